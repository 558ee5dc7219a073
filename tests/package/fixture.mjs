// What the tests of handles share: one puppet server for the file, and a task on it that runs.
import { after, before, beforeEach } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime } from "./support.mjs";

export let server;
before(async () => { server = await startPuppet(); });
beforeEach(() => { server.script.clear(); });
after(() => server.close());

export const newest = () => `task-${server.tasks.size}`;
/** A task that the server has named, of a client of its own. */
export async function running(t, options) {
  const mine = clients(t, server.url);
  const client = mine.client(options);
  const task = client.callTool("required");
  const taskId = await inTime(task.created);
  return { ...mine, client, other: mine.client, task, taskId };
}
export const textOf = (result) => result.content[0].text;
