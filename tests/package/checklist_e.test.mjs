// Checklist E: what a client of the extension io.modelcontextprotocol/tasks (2026-07-28) has to do, line by line, as the
// stub server sees it. What is asked of the user is in checklist_e_inputs, cancelling in checklist_e_cancel, streams in
// checklist_e_listen. E4 (more requests that may be tasks later) asks for no behaviour: the engine has one path for all three.
import assert from "node:assert/strict";
import { test } from "node:test";
import { byHand, created, declared, extension, fence, form, accept, state, stub, text, textOf } from "./stub.mjs";
import { inTime, onFakeClock, rejection, until } from "./support.mjs";

test("E1: the extension is declared on every request that may make a task, and on every one about tasks", async (t) => {
  const { client, server } = await stub(t);
  const mine = client({ onElicitation: () => accept({ name: "Luca", confirm: true }) });
  await inTime(mine.callTool("multi_input"), "the result");
  const task = mine.callTool("puppet");
  const end = rejection(task);
  await inTime(task.created);
  await until(() => server.listens.all.some(({ taskIds }) => taskIds.includes(task.taskId)), "a stream");
  await inTime(task.status({ fresh: true }));
  await inTime(task.cancel());
  await end;
  const about = server.requests.filter(({ rpc }) => /^tools\/call|^tasks\/|^subscriptions/.test(rpc.method));
  for (const method of ["tools/call", "tasks/get", "tasks/update", "tasks/cancel", "subscriptions/listen"]) {
    assert.ok(about.some(({ rpc }) => rpc.method === method), method);
  }
  for (const request of about) assert.deepEqual(declared(request), {}, request.rpc.method);
});

test("E1: task: false leaves it out of that one call only, which is then answered at once", async (t) => {
  const { client, sent } = await stub(t);
  const mine = client();
  const plain = mine.callTool("count", { steps: 1 }, { task: false });
  assert.equal(textOf(await inTime(plain)), "counted to 1");
  const other = mine.callTool("count", { steps: 1 });
  await inTime(other);
  assert.deepEqual([plain.returnedImmediately, other.returnedImmediately], [true, false]);
  const calls = sent("tools/call");
  assert.deepEqual(calls.map(declared), [undefined, {}]);
  assert.ok(calls.every(({ rpc }) => !("task" in rpc.params)), "the word of the older revision");
});

test("E1: a tool that has to be a task, called with task: false, is UnsupportedError in words, with the server's code", async (t) => {
  const { client, sent } = await stub(t);
  const error = await rejection(client().callTool("failing_job", {}, { task: false }));
  assert.equal(error.name, "UnsupportedError");
  assert.match(error.message, /calling tool failing_job: it has to be a task, and the call forbids that; it was not executed/);
  assert.equal(error.rpc.code, -32021);
  assert.deepEqual(error.rpc.data, { requiredCapabilities: { extensions: { [extension]: {} } } });
  assert.equal(sent("tools/call").length, 1);
});

test("E2: one call, answered by a task, by a result, or by questions and then by either", async (t) => {
  const { client, server } = await stub(t);
  const mine = client({ onElicitation: () => accept({ name: "Luca" }) });
  const seen = [];
  for (const [tool, extended] of [["count", true], ["count", false], ["test_tool_with_task", true], ["ask_then_answer", true]]) {
    server.options.extension = extended;
    const task = mine.callTool(tool);
    seen.push([textOf(await inTime(task)), task.returnedImmediately, (await task.created) !== undefined]);
  }
  assert.deepEqual(seen, [
    ["counted to 3", false, true], ["counted to 3", true, false], ["Hello, Luca!", false, true], ["Hello, Luca!", true, false],
  ]);
});

test("E3: a task in answer to a prompt, a resource, a list or a ping is an invalid answer, and its id is never asked after", async (t) => {
  const hand = () => created("trap");
  const { client, sent, methods } = await stub(t, { hands: { "prompts/get": hand, "resources/read": hand, "prompts/list": hand } });
  const mine = client({ onElicitation: () => ({ action: "decline" }) });
  const errors = [
    await rejection(mine.getPrompt("greeting", { name: "you" })),
    await rejection(mine.readResource("modern://about")),
    await rejection(mine.listPrompts()),
  ];
  for (const error of errors) assert.equal(error.name, "ProtocolError", error.message);
  assert.match(errors[0].message, /getting prompt greeting.*a task in answer to a call that may not be one/);
  await fence(mine);
  assert.ok(sent("tasks/get").every(({ rpc }) => rpc.params.taskId !== "trap"), methods().join());
  assert.equal(sent("prompts/get").length + sent("resources/read").length, 2, "asked once each");
});

test("E3: a task in answer to a call that forbade it is an invalid answer too", async (t) => {
  const { client, sent } = await stub(t, { hands: { "tools/call": ({ n }) => (n === 0 ? created("trap") : undefined) } });
  const mine = client();
  const task = mine.callTool("count", {}, { task: false });
  const error = await rejection(task);
  assert.equal(error.name, "ProtocolError", error.message);
  assert.equal(task.taskId, undefined);
  await fence(mine);
  assert.ok(sent("tasks/get").every(({ rpc }) => rpc.params.taskId !== "trap"));
});

test("E3: a task in answer to a ping is an invalid answer", async (t) => {
  const { client, server, sent } = await stub(t);
  const mine = client();
  await inTime(mine.ping());
  byHand(server, { "server/discover": () => created("trap") });
  assert.equal((await rejection(mine.ping())).name, "ProtocolError");
  await fence(mine);
  assert.ok(sent("tasks/get").every(({ rpc }) => rpc.params.taskId !== "trap"));
});

const awkward = {
  "plain:with-colon_1": "plain:with-colon_1",
  "-begins": "-begins",
  " leads": "=?base64?IGxlYWRz?=",
  "trails\t": "=?base64?dHJhaWxzCQ==?=",
  "größe": "=?base64?Z3LDtsOfZQ==?=",
  "日本語": "=?base64?5pel5pys6Kqe?=",
  "=?base64?YQ==?=": "=?base64?PT9iYXNlNjQ/WVE9PT89?=",
  "a\r\nX-Smuggled: yes": "=?base64?YQ0KWC1TbXVnZ2xlZDogeWVz?=",
};
for (const [taskId, header] of Object.entries(awkward)) {
  test(`E5: Mcp-Name is the task's id wherever a task is meant: ${JSON.stringify(taskId)}`, async (t) => {
    const { client, server, sent } = await stub(t, { stream: false });
    const real = server.tasks.create();
    server.tasks.byId.delete(real.taskId);
    server.tasks.byId.set((real.taskId = taskId), real);
    real.ask({ word: form("A word?") });
    const task = client({ onElicitation: () => accept({ word: "x" }) }).task({ taskId, kind: "tool", name: "puppet" });
    const end = rejection(task);
    await until(() => real.status === "working", "the answer");
    await inTime(task.cancel());
    await end;
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      assert.ok(sent(method).length > 0, method);
      for (const { headers, rpc, status } of sent(method)) {
        assert.deepEqual([headers["mcp-name"], rpc.params.taskId, status], [header, taskId, 200], method);
        assert.equal(headers["x-smuggled"], undefined);
      }
    }
  });
}

test("E6: the interval is what each answer says, that of a new task and those that are smaller or left out included", async (t) => {
  // What the answers name; after the last one the task is over.
  const { polls } = await onFakeClock(t, "modernPolls", { intervals: [1000, 3000, 500, undefined, 2000], waitMs: 60_000 });
  // The first is that of the answer to the call; where none is named, the last one stands.
  assert.deepEqual(polls.map(Math.round), [1000, 4000, 4500, 5000, 7000]);
});

test("E6: no poll comes before the interval of the answer before it, by the server's own clock", async (t) => {
  const intervals = [60, 150, 90, 120];
  const at = [];
  const { client, server } = await stub(t, { hands: {
    "tasks/get": ({ n, rpc }) => {
      at.push(performance.now());
      const task = server.tasks.find(rpc.params.taskId);
      if (n + 1 < intervals.length) task.step(`answer ${n}`, { pollIntervalMs: intervals[n + 1] });
      else task.complete(text("polled"));
    },
    "tools/call": () => void at.push(performance.now()),
  } });
  assert.equal(textOf(await inTime(client({ stream: false }).callTool("puppet", { pollIntervalMs: intervals[0] }))), "polled");
  const waits = at.slice(1).map((time, i) => time - at[i]);
  assert.equal(waits.length, intervals.length);
  // A timer may ring a fraction of a millisecond early.
  for (const [i, wait] of waits.entries()) assert.ok(wait > intervals[i] - 2, `${i}: after ${wait} of ${intervals[i]} ms`);
});

test("E7: asked after until it is over, and not once more", async (t) => {
  const { client, server, sent } = await stub(t, { listen: false });
  const mine = client();
  const task = mine.callTool("count", { steps: 4 });
  assert.equal(textOf(await inTime(task)), "counted to 4");
  const polls = () => sent("tasks/get").filter(({ rpc }) => rpc.params.taskId === task.taskId).length;
  const before = polls();
  assert.ok(before > 0);
  await fence(mine);
  assert.equal(polls(), before);
  assert.equal(server.tasks.find(task.taskId).status, "completed");
});

test("E7: a failed task is told with its code, its words and its data, and is not asked after again", async (t) => {
  const { client, sent } = await stub(t);
  const mine = client();
  const task = mine.callTool("protocol_error_job", { code: -32050 });
  const error = await rejection(task);
  assert.equal(error.name, "TaskFailedError");
  assert.deepEqual(error.rpc, { code: -32050, message: "the ice broke", data: { depth: 3 } });
  assert.match(error.message, /the ice broke/);
  const polls = () => sent("tasks/get").filter(({ rpc }) => rpc.params.taskId === task.taskId).length;
  const before = polls();
  await fence(mine);
  assert.equal(polls(), before);
});

test("E7: after a restart the task is found by its stored reference, and polled immediately", async (t) => {
  const { client, server, sent } = await stub(t);
  const first = client();
  const task = first.callTool("puppet");
  await inTime(task.created);
  const stored = JSON.stringify(task);
  first.close();
  const before = sent("tasks/get").length;
  const again = client().task(JSON.parse(stored));
  const result = again.result();
  await until(() => sent("tasks/get").length > before, "a poll");
  server.tasks.find(task.taskId).complete(text("still here"));
  assert.equal(textOf(await inTime(result)), "still here");
  assert.equal(sent("tools/call").length, 1, "nothing was called again");
});

test("E7: a task id gives access to the task of another client; an unknown id is TaskExpiredError", async (t) => {
  const { client, server } = await stub(t);
  const { taskId } = server.tasks.create();
  const mine = client();
  const task = mine.task({ taskId, kind: "tool", name: "somebody's" });
  assert.equal((await inTime(task.status())).status, "working");
  server.tasks.find(taskId).complete(text("theirs"));
  assert.equal(textOf(await inTime(task)), "theirs");
  assert.equal((await inTime(mine.getTaskStatus(taskId))).status, "completed");
  const lost = await rejection(mine.task({ taskId: "nobody's", kind: "tool", name: "lost" }));
  assert.equal(lost.name, "TaskExpiredError");
  assert.equal(lost.rpc.code, -32602);
});

test("E8: a task that outlived its time is TaskExpiredError in the server's words", async (t) => {
  const { client } = await stub(t);
  const task = client({ stream: false }).callTool("fleeting", { ttlMs: 100 });
  const error = await rejection(task);
  assert.equal(error.name, "TaskExpiredError");
  assert.match(error.message, /not found/);
  assert.equal(task.getSnapshot().ttlMs, 100);
});

test("E8: a server that is gone for longer than it keeps the task is waited for no more", async (t) => {
  const seen = await onFakeClock(t, "modernGone", { ttlMs: 30_000, goneAfterMs: 5000, waitMs: 600_000 });
  assert.match(seen.text, /TaskExpiredError.*no longer than it said/);
  // The time to live is the server's, counted from what it said last; and the network may have been what was gone.
  assert.ok(seen.after > 30_000, String(seen.after));
  const kept = await onFakeClock(t, "modernGone", { ttlMs: null, goneAfterMs: 5000, waitMs: 600_000 });
  assert.equal(kept.text, "undefined", "kept without limit, so it is waited for without limit");
});

for (const [status, name] of [["completed", undefined], ["failed", "TaskFailedError"], ["cancelled", "TaskCancelledError"]]) {
  test(`E13: a task that is ${status} when it is created`, async (t) => {
    const { client, sent } = await stub(t);
    const task = client().callTool("instant", { status });
    if (name === undefined) assert.equal(textOf(await inTime(task)), "done at once");
    else assert.equal((await rejection(task)).name, name);
    assert.equal(task.returnedImmediately, false);
    assert.equal(task.getSnapshot().status, status);
    // The answer to the call does not bring what the task came to; a cancelled one has come to nothing.
    assert.equal(sent("tasks/get").length, status === "cancelled" ? 0 : 1);
  });
}

for (const inlinedResultType of [false, true]) {
  test(`E14: the result within a task ${inlinedResultType ? "with" : "without"} a resultType of its own (deviation 45)`, async (t) => {
    const { client, server } = await stub(t, { inlinedResultType });
    assert.equal(textOf(await inTime(client().callTool("count", { steps: 1 }))), "counted to 1");
    // It may also be pushed.
    const task = client().callTool("puppet");
    const result = task.result();
    await inTime(task.created);
    await until(() => server.listens.all.some(({ taskIds }) => taskIds.includes(task.taskId)), "a stream");
    server.tasks.find(task.taskId).complete(text("pushed"));
    assert.equal(textOf(await inTime(result)), "pushed");
  });
}

test("E14: a result of an unknown type is no result: ProtocolError, which names it", async (t) => {
  const answers = [{ resultType: "riddle", ...text("x") }, { resultType: "", ...text("x") }, { resultType: "Complete", ...text("x") }];
  const { client, sent } = await stub(t, { hands: { "tools/call": ({ n }) => answers[n] } });
  const mine = client();
  for (const { resultType } of answers) {
    const error = await rejection(mine.callTool("greet"));
    assert.equal(error.name, "ProtocolError", error.message);
    assert.ok(error.message.includes(resultType));
  }
  assert.equal(sent("tools/call").length, answers.length, "none is sent again");
});

test("E14: a result without a type is complete, and a state that calls itself a task is a state", async (t) => {
  const { client } = await stub(t, { hands: {
    "tools/call": ({ n }) => (n === 0 ? text("an older server's") : created("t-1")),
    "tasks/get": () => state("t-1", { resultType: "task", status: "completed", result: text("in the words of a draft") }),
  } });
  const mine = client();
  assert.equal(textOf(await inTime(mine.callTool("greet"))), "an older server's");
  assert.equal(textOf(await inTime(mine.callTool("count"))), "in the words of a draft");
});

test("E14: a state without a time to live, with times of another zone, is a state", async (t) => {
  const odd = { createdAt: "2026-11-21T01:55:06.733838+00:00", lastUpdatedAt: "2026-11-21T01:55:06.733838+00:00", ttlMs: undefined };
  const { client } = await stub(t, { hands: {
    "tools/call": () => created("t-1", odd),
    "tasks/get": () => state("t-1", { ...odd, status: "completed", result: text("read") }),
  } });
  const task = client().callTool("count");
  assert.equal(textOf(await inTime(task)), "read");
  assert.equal(task.getSnapshot().ttlMs, null);
});
