// What the tests of handles share: one puppet server for the file, and a task on it that runs. The list of a file runs in the
// other era too where another file sets MCP_TASKS_REVISION and then imports that.
import { after, before, beforeEach } from "node:test";
import { send, sse } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime, until } from "./support.mjs";

const revision = process.env.MCP_TASKS_REVISION || "2025-11-25";
/** The options of a test that only the one revision can have, and why. */
export const onlyIn = (name, reason) => ({ skip: revision !== name && `not in this era: ${reason}` });

export let server;
before(async () => { server = await startPuppet({ revision }); });
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

const stamp = () => new Date().toISOString();
/** A task that runs, as a server describes it. */
export const working = (taskId, over = {}) => ({ taskId, status: "working", createdAt: stamp(), lastUpdatedAt: stamp(), ttl: null, pollInterval: 50, ...over });
/** The notification that says so. */
export const told = (task) => ({ jsonrpc: "2.0", method: "notifications/tasks/status", params: task });

/** Lets the puppet offer the standalone stream. What this returns speaks on it; `ready()` waits until a client listens. */
export function openStream() {
  let open;
  server.script.set("GET", ({ res }) => { sse(res, [], { end: false }); open = res; });
  const say = (data) => send(open, { data });
  say.ready = () => until(() => open, "the stream");
  return say;
}
