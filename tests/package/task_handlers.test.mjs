// The option taskHandlers: each handler that is given is served, also alone and without a handler of input requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { askingServer } from "./scenarios/asking-server.mjs";
import { Client, inTime, receiver } from "./support.mjs";

const METHODS = { getTask: "tasks/get", getTaskResult: "tasks/result", listTasks: "tasks/list", cancelTask: "tasks/cancel" };
const NOW = "2026-12-01T00:00:00Z";
const task = (taskId, status) => ({ taskId, status, createdAt: NOW, lastUpdatedAt: NOW, ttl: null });
const RESULTS = {
  getTask: ({ taskId }) => task(taskId, "working"),
  getTaskResult: () => ({ action: "decline" }),
  listTasks: () => ({ tasks: [] }),
  cancelTask: ({ taskId }) => task(taskId, "cancelled"),
};

async function hosting(t, taskHandlers, options = {}) {
  const server = askingServer();
  const warnings = [];
  const client = new Client("http://asking.invalid/mcp", { era: "2025-11-25", fetch: server.fetch, taskHandlers, onWarning: (warning) => warnings.push(warning), ...options });
  t.after(() => client.close());
  await client.ping();
  await inTime(server.open, "the stream, on which the server asks");
  return { server, warnings };
}

for (const [name, method] of Object.entries(METHODS)) {
  test(`F12: taskHandlers with ${name} alone serves ${method}, and refuses the other requests with one wording`, async (t) => {
    const asked = [];
    const { server, warnings } = await hosting(t, { [name]: (params) => { asked.push(params); return RESULTS[name](params); } });
    assert.deepEqual((await inTime(server.ask(method, { taskId: "t-1" }))).result, RESULTS[name]({ taskId: "t-1" }));
    assert.deepEqual(asked, [{ taskId: "t-1" }]);
    for (const other of Object.values(METHODS).filter((other) => other !== method)) {
      assert.deepEqual((await inTime(server.ask(other, { taskId: "t-1" }))).error, { code: -32601, message: `this client does not serve ${other}` });
    }
    const declared = { listTasks: { list: {} }, cancelTask: { cancel: {} } }[name];
    assert.deepEqual(server.capabilities.tasks, declared, "get and result have no capability");
    assert.deepEqual(warnings, []);
  });
}

test("F12: a TaskHost without onElicitation and onSampling serves what can be asked of its tasks", async (t) => {
  const host = new receiver.TaskHost();
  const { server, warnings } = await hosting(t, host);
  const { taskId } = await host.store.createTask();
  assert.equal((await inTime(server.ask("tasks/list"))).result.tasks[0].taskId, taskId);
  assert.equal((await inTime(server.ask("tasks/get", { taskId }))).result.status, "working");
  const result = server.ask("tasks/result", { taskId });
  await host.store.storeResult(taskId, { result: { action: "decline" } });
  await host.store.updateTask(taskId, { status: "completed" });
  assert.equal((await inTime(result)).result.action, "decline");
  const second = await host.store.createTask();
  assert.equal((await inTime(server.ask("tasks/cancel", { taskId: second.taskId }))).result.status, "cancelled");
  assert.deepEqual(server.capabilities.tasks, { list: {}, cancel: {} });
  assert.deepEqual(warnings, []);
});

test("F14: a handler that is taken away is refused with the same wording", async (t) => {
  const handlers = { getTask: RESULTS.getTask };
  const { server } = await hosting(t, handlers);
  delete handlers.getTask;
  assert.deepEqual((await inTime(server.ask("tasks/get", { taskId: "t" }))).error, { code: -32601, message: "this client does not serve tasks/get" });
});

test("a task that is completed without a result answers tasks/result with -32603", async (t) => {
  const host = new receiver.TaskHost();
  const { server } = await hosting(t, host);
  const { taskId } = await host.store.createTask();
  await host.store.updateTask(taskId, { status: "completed" });
  assert.equal((await inTime(server.ask("tasks/result", { taskId }))).error.code, -32603);
});

test("a change of statusMessage alone is not notified", async (t) => {
  const host = new receiver.TaskHost();
  const { server } = await hosting(t, host, { onElicitation: () => new Promise(() => {}) });
  const { task } = (await inTime(server.ask("elicitation/create", { message: "Which?", requestedSchema: { type: "object", properties: {} }, task: { ttl: 60_000 } }))).result;
  await host.store.updateTask(task.taskId, { statusMessage: "half way" });
  await host.store.updateTask(task.taskId, { status: "input_required", statusMessage: "waiting" });
  await host.store.updateTask(task.taskId, { status: "cancelled" });
  assert.equal((await inTime(server.ask("tasks/get", { taskId: task.taskId }))).result.status, "cancelled");
  const told = server.told.filter(({ method }) => method === "notifications/tasks/status").map(({ params }) => params.statusMessage);
  assert.ok(!told.includes("half way"), String(told));
  assert.ok(told.includes("waiting"), String(told));
});
