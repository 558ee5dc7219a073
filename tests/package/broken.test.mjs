// An instance of the module traps: in a call, in its timer, in the callback of a promise. Every client of the instance ends, every
// pending promise rejects with an InternalError, and nothing enters the instance again. The next client gets a new instance. The
// trap here is a clock that throws within the module, which leaves it as a panic does: borrowed values stay borrowed.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { checked, entry, inTime, rejection, settle, until } from "./support.mjs";

let server;
let breaks = false;
const clock = performance.now;
before(() => {
  // The platform's own callers go on as ever.
  performance.now = function now() {
    if (breaks && /wasm/.test(new Error().stack)) throw new Error("the ice broke");
    return clock.call(performance);
  };
});
after(() => {
  performance.now = clock;
});
beforeEach(async (t) => {
  breaks = false;
  server = await startPuppet();
  t.after(() => server.close());
});

const uncaught = [];
process.on("uncaughtException", (error) => uncaught.push(error));
process.on("unhandledRejection", (error) => uncaught.push(error));

/** A copy of the package with a module of its own. */
let copies = 0;
const copy = async () => checked(await import(`${entry()}?${++copies}`));

function isTold(error, InternalError) {
  assert.ok(InternalError.isInstance(error), String(error));
  assert.match(error.message, /mcp-tasks is broken \(the ice broke\); tasks go on at the server/);
}

/** The clients of an instance that trapped reject every call and send nothing; a new client works. */
async function isOver({ Client, InternalError }, clients, task) {
  isTold(await rejection(task), InternalError);
  breaks = false;
  await settle();
  const before = server.requests.length;
  for (const client of clients) {
    for (const asked of [client.callTool("optional"), client.listTools(), client.ping(), client.task({ taskId: "task-1", kind: "tool" })])
      isTold(await rejection(asked), InternalError);
    client.close();
  }
  await settle();
  assert.equal(server.requests.length, before);
  server.script.clear();
  const fresh = new Client(server.url);
  assert.equal((await inTime(fresh.callTool("forbidden"))).content[0].text, "forbidden at once");
  assert.equal((await inTime(fresh.listTools())).length > 0, true);
  fresh.close();
  await settle();
  assert.deepEqual(uncaught, []);
}

/** Two clients of one module, and a task of each that is waited for. */
async function begin(t, mcp) {
  const clients = [1, 2].map(() => new mcp.Client(server.url));
  t.after(() => { for (const client of clients) client.close(); });
  const tasks = clients.map((client) => client.callTool("required"));
  const results = tasks.map((task) => rejection(task));
  for (const task of tasks) await inTime(task.created);
  return { clients, tasks, results };
}

test("by a call: that client and every other one is told, once", async (t) => {
  const mcp = await copy();
  const { clients, tasks, results } = await begin(t, mcp);
  breaks = true;
  isTold(await rejection(clients[0].ping()), mcp.InternalError);
  for (const result of results) {
    isTold(await result, mcp.InternalError);
    assert.equal((await result).cause.message, "the ice broke");
  }
  await isOver(mcp, clients, tasks[0]);
});

test("by its timer: no promise hangs, and there is no uncaught error", async (t) => {
  const mcp = await copy();
  const { clients, tasks, results } = await begin(t, mcp);
  const polls = server.count("tasks/get");
  await until(() => server.count("tasks/get") > polls + 1);
  // No answer is on its way: what comes next is the timer.
  await new Promise((resolve) => server.script.set("tasks/get", () => { resolve(); return false; }));
  await settle(3);
  breaks = true;
  for (const result of results) isTold(await inTime(result), mcp.InternalError);
  await isOver(mcp, clients, tasks[0]);
});

test("by the value of a promise: no promise hangs, and there is no uncaught error", async (t) => {
  const mcp = await copy();
  const { clients, tasks, results } = await begin(t, mcp);
  let answer;
  server.script.set("tools/list", ({ rpc, res }) => {
    answer = () => res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: rpc.id, result: { tools: [] } }));
  });
  server.script.set("tasks/get", () => undefined); // held: no answer, and so no timer, comes before
  const list = rejection(clients[0].listTools());
  await until(() => answer);
  breaks = true;
  answer();
  isTold(await list, mcp.InternalError);
  for (const result of results) isTold(await result, mcp.InternalError);
  await isOver(mcp, clients, tasks[0]);
});

test("by a call from within a callback of its own: pending work is aborted", async (t) => {
  const mcp = await copy();
  const { Client } = mcp;
  const told = [];
  const client = new Client(server.url, {
    onTaskStatus(status) {
      told.push(status.status);
      breaks = true;
      client.ping().catch(() => {});
    },
  });
  t.after(() => client.close());
  const task = client.callTool("required");
  const result = rejection(task);
  isTold(await result, mcp.InternalError);
  assert.deepEqual(told, ["working"]);
  await isOver(mcp, [client], task);
});
