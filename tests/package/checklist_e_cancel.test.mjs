// Checklist E11: a task is cancelled by tasks/cancel, which is a wish; a call is cancelled by closing its connection. Nobody
// ever sends notifications/cancelled here: the stub notes that, and the test fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, created, done, fence, form, stub, text, textOf } from "./stub.mjs";
import { inTime, rejection, until } from "./support.mjs";

test("E11: tasks/cancel is sent once, and the server's own word ends the task", async (t) => {
  const { client, sent, methods } = await stub(t);
  const task = client().callTool("puppet");
  const told = [];
  task.onStatusChange(({ status }) => told.push(status));
  const failed = rejection(task);
  await inTime(task.created);
  await inTime(Promise.all([task.cancel(), task.cancel()]));
  assert.equal((await failed).name, "TaskCancelledError");
  assert.deepEqual(told.at(-1), "cancelled");
  await inTime(task.cancel());
  assert.deepEqual(sent("tasks/cancel").map(({ rpc }) => rpc.params.taskId), [task.taskId]);
  assert.ok(!methods().includes("notifications/cancelled"));
});

test("E11: a task that does not heed the cancellation completes, and its result counts", async (t) => {
  let deaf;
  const { client, server } = await stub(t, { hands: {
    "tools/call": () => {
      deaf = server.tasks.create({ heedsCancel: false });
      return { ...deaf.created(), resultType: "task" };
    },
  } });
  const task = client().callTool("puppet");
  const told = [];
  task.onStatusChange(({ status }) => told.push(status));
  const result = task.result();
  await inTime(task.created);
  await inTime(task.cancel());
  assert.equal((await inTime(task.status({ fresh: true }))).status, "working", "the receipt is no end");
  deaf.complete(text("done all the same"));
  assert.equal(textOf(await inTime(result)), "done all the same");
  assert.ok(!told.includes("cancelled"), told.join());
});

test("E11: after the receipt the task is asked after until it is over", async (t) => {
  const { client, server, sent } = await stub(t, { hands: { "tasks/cancel": () => ({ resultType: "complete" }) } });
  const task = client({ stream: false }).callTool("puppet", { pollIntervalMs: 50 });
  const failed = rejection(task);
  await inTime(task.created);
  await inTime(task.cancel());
  const polls = sent("tasks/get").length;
  await until(() => sent("tasks/get").length > polls + 1, "more polls");
  assert.equal(task.getSnapshot().status, "working", "the receipt is no status");
  server.tasks.find(task.taskId).cancel();
  assert.equal((await failed).name, "TaskCancelledError");
  assert.equal(sent("tasks/cancel").length, 1);
});

test("E11: a server that forgets a cancelled task has cancelled it", async (t) => {
  const { client, server } = await stub(t, { hands: {
    "tasks/cancel": ({ rpc }) => {
      server.tasks.find(rpc.params.taskId).expire();
      return { resultType: "complete" };
    },
  } });
  const task = client().callTool("puppet");
  const failed = rejection(task);
  await inTime(task.created);
  await inTime(task.cancel());
  assert.equal((await failed).name, "TaskCancelledError");
});

test("E11: a task that is over is not cancelled any more, and an unknown one is TaskExpiredError", async (t) => {
  const { client, sent } = await stub(t);
  const mine = client();
  const task = mine.callTool("count", { steps: 1 });
  await inTime(task);
  await inTime(task.cancel());
  assert.equal(sent("tasks/cancel").length, 0);
  // By its id it is: that changes nothing, and the answer is what the server says of the task (deviation 27).
  assert.equal((await inTime(mine.cancelTask(task.taskId))).status, "completed");
  assert.equal((await rejection(mine.cancelTask("nobody's"))).name, "TaskExpiredError");
  assert.equal(sent("tasks/cancel").length, 2);
});

test("E11: a task that is cancelled before its id is known is cancelled by its id", async (t) => {
  let name;
  const { client, server, sent } = await stub(t, { hands: {
    "tools/call": () => new Promise((resolve) => { name = () => resolve(created(server.tasks.create().taskId)); }),
  } });
  const task = client().callTool("puppet");
  const failed = rejection(task);
  await until(() => name, "the call");
  const cancelling = task.cancel();
  assert.equal(sent("tasks/cancel").length, 0);
  name();
  await inTime(cancelling);
  assert.equal((await failed).name, "TaskCancelledError");
  assert.deepEqual(sent("tasks/cancel").map(({ rpc }) => rpc.params.taskId), [task.taskId]);
});

test("E11: a call that waits for answers is cancelled without a request: nothing runs at the server", async (t) => {
  const { client, methods } = await stub(t);
  let aborted;
  const onElicitation = (_params, { signal }) => new Promise(() => signal.addEventListener("abort", () => { aborted = true; }));
  const mine = client({ onElicitation });
  const task = mine.callTool("test_tool_with_task");
  const failed = rejection(task);
  await until(() => Object.keys(task.inputRequests).length > 0, "the question");
  await inTime(task.cancel());
  const error = await failed;
  assert.equal(error.name, "TaskCancelledError");
  assert.match(error.message, /calling tool test_tool_with_task: cancelled while the server waited for answers/);
  assert.ok(aborted);
  assert.deepEqual(task.inputRequests, {});
  assert.deepEqual(methods(), ["server/discover", "tools/list", "tools/call"]);
});

test("E11: a task that is cancelled while it asks takes its questions with it", async (t) => {
  const { client, server, sent } = await stub(t);
  let signal;
  const task = client({ onElicitation: (_params, context) => void ({ signal } = context) }).callTool("puppet");
  const failed = rejection(task);
  await inTime(task.created);
  server.tasks.find(task.taskId).ask({ a: form("A?") });
  await until(() => signal, "the question");
  await inTime(task.cancel());
  assert.equal((await failed).name, "TaskCancelledError");
  assert.ok(signal.aborted);
  assert.deepEqual(task.inputRequests, {});
  assert.ok((await task.respond({ a: accept({}) }).catch((error) => error)) instanceof TypeError);
  assert.equal(sent("tasks/update").length, 0);
});

for (const task of [undefined, false]) {
  test(`H2.10: aborting a call that is not answered yet closes its connection and sends nothing more (task: ${task})`, async (t) => {
    const { client, sent, methods } = await stub(t, { hands: { "tools/call": ({ rpc }) => (rpc.params.name === "puppet" ? done : undefined) } });
    const mine = client();
    const abort = new AbortController();
    const reason = new Error("never mind");
    const call = mine.callTool("puppet", {}, { signal: abort.signal, ...(task === undefined ? {} : { task }) });
    const failed = rejection(call);
    await until(() => sent("tools/call").length === 1, "the call");
    abort.abort(reason);
    assert.equal(await failed, reason);
    await until(() => sent("tools/call")[0].cut, "the end of the connection");
    await fence(mine);
    assert.deepEqual(methods().filter((method) => /cancel/.test(method)), []);
    assert.equal(sent("tools/call").length, 2, "that of the fence");
  });
}

test("H2.10: a call that is aborted before it was sent is never sent", async (t) => {
  const { client, sent } = await stub(t, { hands: { "tools/list": ({ n }) => (n === 0 ? done : undefined) } });
  const mine = client();
  const abort = new AbortController();
  const failed = rejection(mine.callTool("greet", {}, { signal: abort.signal }));
  await until(() => sent("tools/list").length === 1, "the list");
  abort.abort();
  assert.equal((await failed).name, "AbortError");
  assert.equal(sent("tools/call").length, 0);
});

test("H2.10: aborting a call that waits for answers withdraws the question, and nothing more is sent", async (t) => {
  const { client, methods } = await stub(t);
  let signal;
  const abort = new AbortController();
  const mine = client({ onElicitation: (_params, context) => void ({ signal } = context) });
  const failed = rejection(mine.callTool("ask_then_answer", {}, { signal: abort.signal }));
  await until(() => signal, "the question");
  abort.abort("enough");
  assert.equal(await failed, "enough");
  await until(() => signal.aborted, "the end of the question");
  assert.deepEqual(methods(), ["server/discover", "tools/list", "tools/call"]);
});

test("H2.10: once the task has a name, the signal of its call has no effect, and that of a waiting ends only the waiting", async (t) => {
  const { client, server, sent } = await stub(t);
  const [call, wait] = [new AbortController(), new AbortController()];
  const task = client().callTool("puppet", {}, { signal: call.signal });
  await inTime(task.created);
  call.abort();
  const waiting = rejection(task.result({ signal: wait.signal }));
  wait.abort("enough waited");
  assert.equal(await waiting, "enough waited");
  const result = task.result();
  server.tasks.find(task.taskId).complete(text("undisturbed"));
  assert.equal(textOf(await inTime(result)), "undisturbed");
  assert.equal(sent("tasks/cancel").length, 0);
});

test("H2.10: a result that comes after the abort is ignored", async (t) => {
  let late;
  const { client, sent } = await stub(t, { hands: {
    "tools/call": ({ rpc }) => (rpc.params.name === "puppet" ? new Promise((resolve) => { late = () => resolve(created("too-late")); }) : undefined),
  } });
  const mine = client();
  const abort = new AbortController();
  const task = mine.callTool("puppet", {}, { signal: abort.signal });
  const failed = rejection(task);
  await until(() => late, "the call");
  abort.abort();
  await failed;
  late();
  await fence(mine);
  assert.equal(task.taskId, undefined);
  assert.ok(sent("tasks/get").every(({ rpc }) => rpc.params.taskId !== "too-late"));
});
