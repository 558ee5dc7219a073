import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createTaskSessionEndpointId, createTaskSessionFromClient, resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";

export async function main(url, options) {
  const client = new Client({ name: "app", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  const session = createTaskSessionFromClient(client, { endpointId: createTaskSessionEndpointId("app") });
  const execution = await session.callTool("hello", {});
  return resultFromTaskOutcome(await execution.result());
}
