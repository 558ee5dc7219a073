// The rules users can rely on, one test each, and the handle's small print. handles_modern.test.mjs runs the same list in the
// other era.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { answer, initializeResult, json } from "../servers/scripted.mjs";
import { newest, onlyIn, running, server, textOf } from "./fixture.mjs";
import { Client, clients, inTime, mcp, rejection, settle, until } from "./support.mjs";

const { TasksError, ToolError } = mcp;
// How that is, checklist_e_cancel.test.mjs shows.
const byWord = onlyIn("2025-11-25", "a call is cancelled by its connection, without a word");

describe("the effect of an abort", () => {
  test("aborting callTool's signal before anything was sent: rejects with signal.reason, nothing is sent", async (t) => {
    const { client } = clients(t, server.url);
    const before = server.requests.length;
    const reason = { my: "reason" };
    const task = client().callTool("required", {}, { signal: AbortSignal.abort(reason) });
    assert.equal(await rejection(task), reason);
    assert.equal(await rejection(task.created), reason);
    assert.equal(await rejection(task.status()), reason);
    assert.equal(await rejection(task.wait()), reason);
    await settle();
    assert.equal(server.requests.length, before);
  });

  test("aborting callTool's signal while the call waits for the handshake: rejects with signal.reason, it is not created", async (t) => {
    const { client } = clients(t, server.url);
    const held = new Promise((resolve) => server.script.set(server.wire.greet, ({ rpc, res }) => resolve(() => json(res, server.wire.greeting(rpc.id)))));
    const abort = new AbortController();
    const reason = new Error("changed my mind");
    const calls = server.count("tools/call");
    const own = client();
    const task = own.callTool("required", {}, { signal: abort.signal });
    const waiting = rejection(task);
    const answerNow = await inTime(held, "the handshake");
    abort.abort(reason);
    assert.equal(await waiting, reason);
    answerNow();
    assert.equal(textOf(await inTime(own.callTool("forbidden"))), "forbidden at once");
    assert.equal(server.count("tools/call"), calls + 1, "only the second call was sent");
  });

  test("aborting callTool's signal after the call was sent, before the server named a task: rejects with signal.reason, the task is cancelled", byWord, async (t) => {
    const { client } = clients(t, server.url);
    let go;
    const sent = new Promise((resolve) => server.script.set("tools/call", ({ rpc, res }) => {
      resolve();
      go = () => {
        const taskId = "late-1";
        const task = { taskId, status: "working", createdAt: new Date().toISOString(), lastUpdatedAt: new Date().toISOString(), ttl: null, pollInterval: 50 };
        server.tasks.set(taskId, { task });
        json(res, answer(rpc.id, { task }));
      };
    }));
    const abort = new AbortController();
    const reason = Symbol("enough");
    const task = client().callTool("required", {}, { signal: abort.signal });
    const waiting = rejection(task);
    await inTime(sent, "the call");
    abort.abort(reason);
    assert.equal(await waiting, reason);
    assert.equal(await rejection(task), reason, "for whoever asks later too");
    go();
    await until(() => server.tasks.get("late-1")?.task.status === "cancelled", "the task is cancelled at the server");
  });

  test("aborting callTool's signal while a plain call is on its way: rejects with signal.reason, the server is told", byWord, async (t) => {
    const { client } = clients(t, server.url);
    let rpcId;
    const sent = new Promise((resolve) => server.script.set("tools/call", ({ rpc }) => { rpcId = rpc.id; resolve(); }));
    const abort = new AbortController();
    const task = client().callTool("forbidden", {}, { signal: abort.signal });
    const waiting = rejection(task);
    await inTime(sent, "the call");
    abort.abort("stop");
    assert.equal(await waiting, "stop");
    const told = await until(() => server.requests.find((r) => r.rpc?.method === "notifications/cancelled" && r.rpc.params.requestId === rpcId));
    assert.equal(told.rpc.params.requestId, rpcId);
  });

  test("aborting callTool's signal once the task has a name has no effect", async (t) => {
    const { client } = clients(t, server.url);
    const abort = new AbortController();
    const task = client().callTool("required", {}, { signal: abort.signal });
    await inTime(task.created);
    const cancels = server.count("tasks/cancel");
    abort.abort();
    server.finish(task.taskId);
    assert.equal(textOf(await inTime(task)), `${task.taskId} is done`);
    assert.equal(server.count("tasks/cancel"), cancels);
  });

  for (const [what, wait] of [
    ["result", (task, signal) => task.result({ signal })],
    ["wait", (task, signal) => task.wait({ signal })],
    ["wait with a timeout", (task, signal) => task.wait({ signal, timeoutMs: 1e9 })],
    ["wait for a status", (task, signal) => task.wait({ signal, state: "input_required" })],
    ["updates", async (task, signal) => { for await (const _ of task.updates({ signal })); }],
  ]) {
    test(`aborting the signal of ${what}: rejects with signal.reason, the very object; the task goes on`, async (t) => {
      const { task, taskId } = await running(t);
      const abort = new AbortController();
      const reason = { the: "very object" };
      const waiting = rejection(wait(task, abort.signal));
      await settle();
      abort.abort(reason);
      assert.equal(await waiting, reason);
      assert.equal(await rejection(wait(task, abort.signal)), reason, "an aborted signal does not wait");
      assert.equal(server.tasks.get(taskId).task.status, "working");
      server.finish(taskId);
      assert.equal(textOf(await inTime(task)), `${taskId} is done`);
      assert.deepEqual(getEventListeners(abort.signal, "abort"), []);
    });
  }

  test("aborting the signal of status: rejects with signal.reason, the very object; the task goes on", async (t) => {
    const { task, taskId } = await running(t);
    const held = new Promise((resolve) => server.script.set("tasks/get", resolve));
    const abort = new AbortController();
    const reason = { the: "very object" };
    const waiting = rejection(task.status({ fresh: true, signal: abort.signal }));
    await inTime(held, "tasks/get");
    abort.abort(reason);
    assert.equal(await waiting, reason);
    assert.equal(await rejection(task.status({ fresh: true, signal: abort.signal })), reason);
    assert.equal(server.tasks.get(taskId).task.status, "working");
    assert.deepEqual(getEventListeners(abort.signal, "abort"), []);
  });

  test("aborting one wait leaves another one alone", async (t) => {
    const { task, taskId } = await running(t);
    const abort = new AbortController();
    const first = rejection(task.result({ signal: abort.signal }));
    const second = inTime(task.result());
    abort.abort("first");
    assert.equal(await first, "first");
    server.finish(taskId);
    assert.equal(textOf(await second), `${taskId} is done`);
  });

  test("a signal shared by a thousand calls and waits keeps none of them", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const { signal } = new AbortController();
    const tasks = Array.from({ length: 1000 }, () => own.callTool("forbidden", {}, { signal }));
    await inTime(Promise.all(tasks.map((task) => task.result({ signal }))));
    await Promise.all(tasks.map((task) => task.status({ signal }).catch(() => {})));
    await settle();
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  });
});

describe("stopping to observe", () => {
  test("break out of updates(): stops observing, the traffic ends, the task goes on", async (t) => {
    const { task, taskId } = await running(t);
    let seen = 0;
    for await (const status of task.updates()) {
      assert.equal(status.taskId, taskId);
      if (++seen === 1) server.put(taskId, "working", "half way");
      else break;
    }
    await quiet();
    assert.equal(server.tasks.get(taskId).task.status, "working");
    server.finish(taskId);
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
  });

  test("off(): stops observing, the traffic ends, the task goes on", async (t) => {
    const { task, taskId } = await running(t);
    const seen = [];
    const off = task.onStatusChange((s) => seen.push(s.statusMessage));
    server.put(taskId, "working", "one");
    await until(() => seen.includes("one"));
    off();
    off();
    server.put(taskId, "working", "two");
    await quiet();
    assert.deepEqual(seen, ["one"]);
    assert.equal(server.tasks.get(taskId).task.status, "working");
  });

  test("the same listener given twice is two listeners, each removed separately", async (t) => {
    const { task, taskId } = await running(t);
    const seen = [];
    const listener = (s) => seen.push(s.statusMessage);
    const first = task.onStatusChange(listener);
    const second = task.onStatusChange(listener);
    server.put(taskId, "working", "both");
    await until(() => seen.length === 2);
    first();
    first();
    server.put(taskId, "working", "one");
    await until(() => seen.length === 3);
    second();
    assert.deepEqual(seen, ["both", "both", "one"]);
  });

  test("an unwatched handle causes no traffic", async (t) => {
    await running(t);
    await quiet();
  });

  /** No tasks/get any more: over a time in which a task that is watched is asked after several times. */
  async function quiet() {
    await settle();
    const mine = server.requests.length;
    const watcher = new Client(server.url, { onWarning() {} });
    const watched = watcher.callTool("required");
    watched.onStatusChange(() => {});
    await inTime(watched.created);
    const polls = (of) => server.requests.slice(mine).filter((r) => r.rpc?.method === "tasks/get" && (r.rpc.params.taskId === watched.taskId) === of).length;
    await until(() => polls(true) >= 4, "polls of a task that is watched");
    watcher.close();
    assert.ok(polls(false) <= 1, "at most the request that was on its way");
  }
});

describe("cancel", () => {
  test("settles by what the server finally says: cancelled", async (t) => {
    const { task, taskId } = await running(t);
    const waiting = rejection(task);
    await inTime(task.cancel());
    const error = await waiting;
    assert.equal(error.code, "task_cancelled");
    assert.equal(error.name, "TaskCancelledError");
    assert.equal(server.tasks.get(taskId).task.status, "cancelled");
    await inTime(task.cancel());
  });

  test("settles by what the server finally says: the task completes all the same", async (t) => {
    const { task, taskId } = await running(t);
    server.script.set("tasks/cancel", ({ rpc, res }) => {
      server.finish(taskId);
      json(res, answer(rpc.id, { ...server.tasks.get(taskId).task, status: "cancelled" }));
    });
    const waiting = inTime(task);
    await inTime(task.cancel());
    assert.equal(textOf(await waiting), `${taskId} is done`);
  });

  test("before the server sent the task id: cancelled when the id arrives", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("required");
    const waiting = rejection(task);
    await inTime(task.cancel());
    assert.equal((await waiting).code, "task_cancelled");
    assert.equal(server.tasks.get(newest()).task.status, "cancelled");
  });

  test("a server that cannot cancel: UnsupportedError, the task goes on", onlyIn("2025-11-25", "who serves tasks can cancel them"), async (t) => {
    const capabilities = { tools: {}, tasks: { requests: { tools: { call: {} } } } };
    server.script.set("initialize", ({ rpc, res }) => json(res, initializeResult(rpc.id, { capabilities })));
    const { task, taskId } = await running(t);
    const error = await rejection(task.cancel());
    assert.equal(error.code, "unsupported");
    assert.match(error.message, /cancel/);
    server.finish(taskId);
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
  });
});

describe("the reference", () => {
  test("JSON.stringify(task) is plain data that finds the task again from a second client", async (t) => {
    const { task, taskId, client, other } = await running(t, { headers: { authorization: "Bearer secret-token" } });
    const text = JSON.stringify(task);
    assert.deepEqual(JSON.parse(text), { taskId, kind: "tool", name: "required" });
    client.close();
    const again = other().task(JSON.parse(text));
    assert.equal(again.taskId, taskId);
    assert.equal(again.name, "required");
    assert.equal(again.returnedImmediately, false);
    assert.equal(await inTime(again.created), taskId);
    assert.equal(JSON.stringify(again), text);
    assert.equal((await inTime(again.status())).status, "working");
    server.finish(taskId);
    assert.equal(textOf(await inTime(again)), `${taskId} is done`);
  });

  test("JSON.stringify before the task has a name throws TypeError, and for an answer at once too", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const task = own.callTool("required");
    assert.throws(() => JSON.stringify(task), { name: "TypeError", message: /required/ });
    await inTime(task.created);
    JSON.stringify(task);
    const atOnce = own.callTool("forbidden");
    await inTime(atOnce);
    assert.throws(() => JSON.stringify(atOnce), TypeError);
  });

  test("a task the server does not know: TaskExpiredError, with the server's words", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().task({ taskId: "long-gone", kind: "tool", name: "required" });
    const error = await rejection(task);
    assert.equal(error.code, "task_expired");
    assert.match(error.message, /Task not found/);
    assert.equal(error.rpc.code, -32602);
  });
});

describe("the promise", () => {
  test("is lazy: a failing handle without an await raises no unhandledRejection, and is warned about once", async (t) => {
    const unhandled = [];
    const note = (reason) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    t.after(() => process.off("unhandledRejection", note));
    const { client, warnings } = clients(t, server.url);
    server.script.set("tools/call", ({ rpc, res }) => json(res, { jsonrpc: "2.0", id: rpc.id, error: { code: -32602, message: "no such thing" } }));
    const own = client();
    const task = own.callTool("forbidden");
    await until(() => warnings.length > 0, "a warning");
    await settle(20);
    assert.deepEqual(unhandled, []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].message, /no such thing/);
    // Whoever asks late is told all the same.
    const error = await rejection(task);
    assert.equal(error.code, "rpc");
    assert.deepEqual(error.rpc, { code: -32602, message: "no such thing" });
    assert.equal(warnings.length, 1);
  });

  test("then, catch and finally are those of a promise", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const task = own.callTool("forbidden");
    let ended = 0;
    assert.equal(await inTime(task.then((r) => textOf(r))), "forbidden at once");
    assert.equal(await inTime(task.finally(() => ended++).then(textOf)), "forbidden at once");
    assert.equal(ended, 1);
    const bad = own.task({ taskId: "none", kind: "tool", name: "x" });
    assert.equal(await inTime(bad.catch((e) => e.code)), "task_expired");
    assert.equal(await inTime(Promise.all([task]).then(([r]) => textOf(r))), "forbidden at once");
  });

  test("an answer at once: returnedImmediately, no taskId, no change of status", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("forbidden");
    const seen = [];
    task.onStatusChange((s) => seen.push(s));
    assert.equal(task.returnedImmediately, false, "not known yet");
    assert.equal(await inTime(task.created), undefined);
    assert.equal(task.returnedImmediately, true);
    await inTime(task);
    assert.equal(task.taskId, undefined);
    assert.deepEqual(seen, []);
    const updates = [];
    for await (const status of task.updates()) updates.push(status);
    assert.deepEqual(updates, [task.getSnapshot()]);
    await inTime(task.cancel());
  });

  test("a direct response has the status completed, without a task id", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("forbidden");
    await inTime(task);
    for (const ask of [() => task.status(), () => task.wait(), () => task.status({ fresh: true }), async () => task.getSnapshot()]) {
      const { createdAt, lastUpdatedAt, ...status } = await inTime(ask());
      assert.deepEqual(status, { taskId: "", status: "completed", ttlMs: null });
      assert.equal(createdAt, lastUpdatedAt);
      assert.ok(Date.parse(createdAt) <= Date.now());
    }
  });

  test("raiseOnError: a tool's failure rejects with ToolError that carries the result; false resolves with it", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const result = { content: [{ type: "text", text: "on fire" }], isError: true, structuredContent: { at: 7 } };
    for (const name of ["required", "forbidden"]) {
      server.script.set("tools/call", ({ rpc, res }) => name === "forbidden" && json(res, answer(rpc.id, result)));
      const call = async (options) => {
        const task = own.callTool(name, {}, options);
        const id = await inTime(task.created);
        if (id) server.finish(id, result, "failed");
        return task.result();
      };
      const error = await rejection(call());
      assert.ok(error instanceof ToolError);
      assert.equal(error.message, "on fire");
      assert.deepEqual(error.result, result);
      assert.deepEqual(await inTime(call({ raiseOnError: false })), result);
    }
  });
});
