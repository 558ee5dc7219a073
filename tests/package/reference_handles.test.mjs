// What the users of FastMCP's Python client rely on, row by row: the task handle. Each title begins with the name of its
// row in tests/coverage.json; docs/differences-from-fastmcp.md says where we differ on purpose.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, failure, json } from "../servers/scripted.mjs";
import { onlyIn, running, server, textOf, working } from "./fixture.mjs";
import { clients, inTime, mcp, onFakeClock, rejection, settle, until } from "./support.mjs";

const { PromptTask, ResourceTask, TaskCancelledError, TaskFailedError, TimeoutError, ToolError } = mcp;

/** How often this task was asked after with this method. */
const asked = (method, taskId) => server.requests.filter(({ rpc }) => rpc?.method === method && rpc.params.taskId === taskId).length;
/** A handle, by its reference, of a prompt or a resource whose task has ended like this. */
function ended(t, kind, result, status = "completed") {
  const taskId = `${kind}-${server.tasks.size}`;
  server.tasks.set(taskId, { task: working(taskId) });
  server.finish(taskId, result, status);
  return clients(t, server.url).client().task({ taskId, kind, name: "by reference" });
}
const noInk = { content: [{ type: "text", text: "no ink" }], isError: true };

test("Task.task_id: the server's, once it has sent the id; none for a direct response", async (t) => {
  const own = clients(t, server.url).client();
  const task = own.callTool("required");
  assert.equal(task.taskId, undefined);
  const taskId = await inTime(task.created);
  assert.ok(server.tasks.has(taskId));
  assert.equal(task.taskId, taskId);
  const plain = own.callTool("forbidden");
  assert.equal(await inTime(plain.created), undefined);
  assert.equal(plain.taskId, undefined);
});

test("Task.returned_immediately: true for an answer at once, an error of the tool included; false for a task", async (t) => {
  const own = clients(t, server.url).client();
  server.script.set("tools/call", ({ rpc, res }) => rpc.params.name === "forbidden" && json(res, answer(rpc.id, noInk)));
  const [plain, task] = [own.callTool("forbidden"), own.callTool("required")];
  assert.deepEqual([plain.returnedImmediately, task.returnedImmediately], [false, false], "not known yet");
  assert.ok(await rejection(plain) instanceof ToolError);
  await inTime(task.created);
  assert.deepEqual([plain.returnedImmediately, task.returnedImmediately], [true, false]);
});

test("Task.on_status_change(cb): sync and async, polled changes too, each change once; and it can be taken back", async (t) => {
  const { task, taskId, warnings } = await running(t);
  const seen = { sync: [], async: [] };
  const off = task.onStatusChange((s) => { seen.sync.push(s.statusMessage); });
  task.onStatusChange(async (s) => { await settle(); seen.async.push(s.statusMessage); });
  task.onStatusChange(() => { throw new Error("on fire"); });
  server.put(taskId, "working", "one");
  await until(() => seen.async.includes("one"));
  const polls = asked("tasks/get", taskId);
  await until(() => asked("tasks/get", taskId) > polls + 2, "polls that bring the same");
  off();
  server.put(taskId, "working", "two");
  await until(() => seen.async.includes("two"));
  assert.deepEqual(seen, { sync: ["one"], async: ["one", "two"] });
  assert.deepEqual(warnings.map(({ code, message }) => [code, /on fire/.test(message)]), [["listener-failed", true], ["listener-failed", true]]);
});

test("Task.status(): the last known status, updated while the task is watched; with fresh the status on the server", async (t) => {
  const { task, taskId } = await running(t);
  await inTime(task.status());
  assert.equal(asked("tasks/get", taskId), 0, "known from the answer to the call");
  for (const message of ["one", "two", "three"]) {
    server.put(taskId, "working", message);
    assert.equal((await inTime(task.status({ fresh: true }))).statusMessage, message);
  }
  assert.equal(asked("tasks/get", taskId), 3);
  const off = task.onStatusChange(() => {});
  server.put(taskId, "working", "four");
  await until(async () => (await task.status()).statusMessage === "four", "the known status is the new one");
  off();
});

test("Task.wait(): for the end, or for a status; one that is skipped does not keep it; at the server's own interval", async (t) => {
  const { client, task, taskId } = await running(t);
  const [end, asks, skipped] = [task.wait(), task.wait({ state: "input_required" }), task.wait({ state: "failed" })];
  server.put(taskId, "input_required", "who?");
  assert.equal((await inTime(asks)).statusMessage, "who?");
  server.put(taskId, "working", "thanks");
  await until(() => task.getSnapshot().statusMessage === "thanks");
  const late = await rejection(task.wait({ timeoutMs: 1 }));
  assert.ok(late instanceof TimeoutError, late.name);
  server.finish(taskId);
  assert.deepEqual((await inTime(Promise.all([end, skipped]))).map(({ status }) => status), ["completed", "completed"]);

  // An hour's interval beside one of 50 ms: while the latter is asked after again and again, the former is once, early.
  server.script.set("tools/call", ({ rpc, res, n }) => {
    const made = { ...working(`paced-${n}`), ...server.wire.described({}, rpc.params.arguments.interval) };
    server.tasks.set(made.taskId, { task: made });
    return json(res, server.wire.created(rpc.id, made));
  });
  const [slow, quick] = [3_600_000, 50].map((interval) => client.callTool("required", { interval }));
  for (const each of [slow, quick]) each.wait().catch(() => {});
  const [slowId, quickId] = await inTime(Promise.all([slow.created, quick.created]));
  await until(() => asked("tasks/get", quickId) > 12, "polls at an interval of 50 ms");
  assert.ok(asked("tasks/get", slowId) <= 1);
});

test("Task._wait_terminal: waiting for the result goes on through input_required", async (t) => {
  const { task, taskId } = await running(t);
  let settled = false;
  const result = task.result().finally(() => { settled = true; });
  for (const [status, message] of [["input_required", "first?"], ["working", "thanks"], ["input_required", "second?"]]) {
    server.put(taskId, status, message);
    await until(() => task.getSnapshot().statusMessage === message, message);
    assert.equal(settled, false, message);
  }
  server.finish(taskId);
  assert.equal(textOf(await inTime(result)), `${taskId} is done`);
});

test("Task.result(): fetched once, however long it takes; a failure keeps the server's words, the result of a cancelled task is not requested", onlyIn("2025-11-25", "the result comes with the status"), async (t) => {
  const { client, task, taskId } = await running(t);
  const both = [task.result(), task.result()];
  server.finish(taskId);
  const [one, two] = await inTime(Promise.all(both));
  assert.equal(one, two);
  assert.equal(await inTime(task.result()), one);
  assert.equal(asked("tasks/result", taskId), 1);

  const [failed, cancelled] = [client.callTool("required"), client.callTool("required")];
  const [failedId, cancelledId] = await inTime(Promise.all([failed.created, cancelled.created]));
  server.tasks.get(failedId).result = { _meta: { "io.modelcontextprotocol/related-task": { taskId: failedId } } };
  server.put(failedId, "failed", "the ice broke");
  const error = await rejection(failed);
  assert.ok(error instanceof TaskFailedError, error.name);
  assert.match(error.message, /the ice broke/);
  server.put(cancelledId, "cancelled", "by the night shift");
  const end = await rejection(cancelled);
  assert.ok(end instanceof TaskCancelledError, end.name);
  assert.match(end.message, /by the night shift/);
  assert.equal(asked("tasks/result", cancelledId), 0);

  // Two hours, on a clock that passes when it is told to.
  const long = await onFakeClock(t, "polls", { server: { takesMs: 7_200_000, pollInterval: 60_000 }, waitMs: 8_000_000 });
  assert.equal(long.text, "done");
});

test("Task.cancel(): asks the server, whose status is then told; nothing to do for an answer at once", async (t) => {
  const { client, task, taskId } = await running(t);
  const before = await task.status();
  await inTime(task.cancel());
  assert.equal(asked("tasks/cancel", taskId), 1);
  assert.deepEqual([before.status, (await inTime(task.wait())).status, (await task.status()).status], ["working", "cancelled", "cancelled"]);
  const plain = client.callTool("forbidden");
  await inTime(plain);
  const cancels = server.count("tasks/cancel");
  await inTime(plain.cancel());
  assert.equal(server.count("tasks/cancel"), cancels);
  assert.equal(textOf(await plain), "forbidden at once");

  const refused = client.callTool("required");
  await inTime(refused.created);
  server.script.set("tasks/cancel", ({ rpc, res }) => json(res, failure(rpc.id, -32603, "not today")));
  assert.match((await rejection(refused.cancel())).message, /not today/);
});

test("Task.__await__: awaiting the handle is awaiting its result, as often as one likes", async (t) => {
  const { task, taskId } = await running(t);
  server.finish(taskId);
  const result = await inTime(task);
  assert.equal(result, await task.result());
  assert.equal(result, await task);
  assert.equal(await inTime(Promise.race([task])), result);
});

test("ToolTask.result: content, structured content, data and meta of a task as of an answer at once", async (t) => {
  const { client, task, taskId } = await running(t);
  const result = { content: [{ type: "text", text: "5" }], structuredContent: { result: 5 }, _meta: { fastmcp: { wrap_result: true } } };
  server.finish(taskId, result);
  server.script.set("tools/call", ({ rpc, res }) => json(res, answer(rpc.id, result)));
  for (const got of await inTime(Promise.all([task, client.callTool("forbidden")]))) {
    assert.deepEqual(got, result);
    assert.deepEqual([got.data, got.meta], [5, result._meta]);
  }
  const failing = client.task({ ...task.toJSON() });
  server.finish(taskId, noInk, "failed");
  assert.equal((await rejection(failing)).message, "no ink");
});

test("PromptTask.result: the messages; the error that FastMCP sends in their place rejects in its own words", async (t) => {
  const messages = [{ role: "user", content: { type: "text", text: "Review!" } }];
  const task = ended(t, "prompt", { description: "d", messages });
  assert.ok(task instanceof PromptTask);
  assert.deepEqual(await inTime(task), { description: "d", messages });
  const error = await rejection(ended(t, "prompt", noInk, "failed"));
  assert.ok(error instanceof ToolError, error.name);
  assert.equal(error.message, "no ink");
});

test("ResourceTask.result: the contents, text or base64; the error that FastMCP sends in their place rejects", async (t) => {
  const contents = [{ uri: "u:1", text: "x", mimeType: "text/plain" }, { uri: "u:2", blob: "AAA=" }];
  const task = ended(t, "resource", { contents });
  assert.ok(task instanceof ResourceTask);
  assert.deepEqual((await inTime(task)).contents, contents);
  const error = await rejection(ended(t, "resource", noInk, "failed"));
  assert.ok(error instanceof ToolError, error.name);
  assert.equal(error.message, "no ink");
});
