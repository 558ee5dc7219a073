import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

export async function main(url, options) {
  const client = new Client({ name: "app", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  for await (const message of client.experimental.tasks.callToolStream({ name: "hello", arguments: {} })) {
    if (message.type === "result") return message.result;
    if (message.type === "error") throw message.error;
  }
}
