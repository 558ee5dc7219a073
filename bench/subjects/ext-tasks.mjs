// @modelcontextprotocol/client, the SDK of the second generation, with @modelcontextprotocol/ext-tasks.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createTaskSessionEndpointId, createTaskSessionFromClient, resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";
import { listenBy } from "../listen.mjs";

const transportOf = ({ url, fetch }) => new StreamableHTTPClientTransport(new URL(url), { fetch });

async function sessionOf(server) {
  const client = new Client({ name: "bench", version: "1" });
  await client.connect(transportOf(server));
  return { client, session: createTaskSessionFromClient(client, { endpointId: createTaskSessionEndpointId("bench") }) };
}

export const listen = (server, onMessage) => listenBy(transportOf(server), onMessage);

/** An iteration of each task's updates, of which it keeps the newest only. */
export async function watch(server, count, onStatus) {
  const { session } = await sessionOf(server);
  const follow = async (execution) => {
    for await (const { type, task } of execution.updates()) if (type === "task") onStatus(task.statusMessage);
  };
  for (let n = 0; n < count; n++) void follow(await session.callTool("work", {}, { task: { preference: "require" } }));
}

export async function connect(server) {
  const { client, session } = await sessionOf(server);
  return {
    call(name) {
      const created = session.callTool(name, {}, { task: { preference: "require" } });
      const result = created.then(async (execution) => resultFromTaskOutcome(await execution.result()));
      return { created, result, handle: [created, result] };
    },
    close: () => void session.close().then(() => client.close()),
  };
}
