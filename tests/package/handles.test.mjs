// The rules users can rely on, one test each, and the handle's small print.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { after, before, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";
import { answer, initializeResult, json } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { Client, clients, entry, inTime, mcp, rejection, settle, until } from "./support.mjs";

const { ClosedError, TasksError, TimeoutError, ToolError } = mcp;
let server;
before(async () => { server = await startPuppet(); });
beforeEach(() => { server.script.clear(); });
after(() => server.close());

const newest = () => `task-${server.tasks.size}`;
/** A task that the server has named, of a client of its own. */
async function running(t, options) {
  const mine = clients(t, server.url);
  const client = mine.client(options);
  const task = client.callTool("required");
  const taskId = await inTime(task.created);
  return { ...mine, client, other: mine.client, task, taskId };
}
const textOf = (result) => result.content[0].text;

describe("what aborting means", () => {
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
    const held = new Promise((resolve) => server.script.set("initialize", ({ rpc, res }) => resolve(() => json(res, initializeResult(rpc.id)))));
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

  test("aborting callTool's signal after the call was sent, before the server named a task: rejects with signal.reason, the task is cancelled", async (t) => {
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

  test("aborting callTool's signal while a plain call is on its way: rejects with signal.reason, the server is told", async (t) => {
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

  test("the same listener given twice is two listeners, each taken back by itself", async (t) => {
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

  test("a handle nobody watches causes no traffic", async (t) => {
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

  test("before the server has named the task: cancelled as soon as it is", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("required");
    const waiting = rejection(task);
    await inTime(task.cancel());
    assert.equal((await waiting).code, "task_cancelled");
    assert.equal(server.tasks.get(newest()).task.status, "cancelled");
  });

  test("a server that cannot cancel: UnsupportedError, the task goes on", async (t) => {
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
  test("is lazy: a failing handle nobody awaits raises no unhandledRejection, and is warned about once", async (t) => {
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
    assert.equal(task.getSnapshot(), undefined);
    assert.deepEqual(seen, []);
    const updates = [];
    for await (const status of task.updates()) updates.push(status);
    assert.deepEqual(updates, []);
    await inTime(task.cancel());
  });

  test("an answer at once has no status: status() and wait() reject with an error of this package", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("forbidden");
    await inTime(task);
    for (const ask of [() => task.status(), () => task.wait()]) {
      const error = await rejection(ask());
      assert.ok(TasksError.isInstance(error), `${error.name}: ${error.message}`);
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

describe("listeners", () => {
  test("one that throws and one that rejects are isolated, and each is warned about", async (t) => {
    const { task, taskId, warnings } = await running(t);
    const seen = [];
    task.onStatusChange(() => { throw new Error("I throw"); });
    task.onStatusChange(async () => { throw new Error("I reject"); });
    task.onStatusChange((s) => seen.push(s.statusMessage));
    task.subscribe(() => { throw new Error("I throw too"); });
    server.put(taskId, "working", "one");
    await until(() => seen.includes("one"), "the healthy listener is called");
    await settle();
    for (const words of ["I throw", "I reject", "I throw too"]) assert.ok(warnings.some((w) => w.message.includes(words)), words);
    assert.ok(warnings.every((w) => w.code === "listener-failed"), JSON.stringify(warnings));
    server.finish(taskId);
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
  });

  test("one that throws something that cannot even be turned into text is isolated too", async (t) => {
    const { task, taskId, warnings } = await running(t);
    const seen = [];
    task.onStatusChange(() => { throw Object.create(null); });
    task.onStatusChange((s) => seen.push(s.statusMessage));
    server.put(taskId, "working", "one");
    await until(() => warnings.length > 0 || seen.length > 0, "a sign of life");
    await settle();
    assert.deepEqual(seen, ["one"]);
    assert.equal(warnings[0]?.code, "listener-failed");
  });

  test("one that is added or removed by another, in the middle of a change", async (t) => {
    const { task, taskId } = await running(t);
    const seen = [];
    let off2 = () => {};
    task.onStatusChange((s) => {
      seen.push(`1 ${s.statusMessage}`);
      off2();
      if (seen.length === 1) task.onStatusChange((later) => seen.push(`3 ${later.statusMessage}`));
    });
    off2 = task.onStatusChange((s) => seen.push(`2 ${s.statusMessage}`));
    server.put(taskId, "working", "one");
    await until(() => seen.includes("1 one"));
    await settle();
    server.put(taskId, "working", "two");
    await until(() => seen.includes("3 two"));
    assert.equal(seen.includes("2 two"), false);
  });

  test("subscribe and getSnapshot: bound, and the same frozen object until something changes", async (t) => {
    const { task, taskId } = await running(t);
    const { subscribe, getSnapshot } = task;
    let told = 0;
    const off = subscribe(() => told++);
    const first = getSnapshot();
    assert.ok(Object.isFrozen(first));
    const before = server.count("tasks/get");
    await until(() => server.count("tasks/get") > before + 2, "several polls");
    assert.equal(getSnapshot(), first);
    assert.equal(told, 0);
    server.put(taskId, "working", "moved");
    await until(() => told > 0);
    assert.notEqual(getSnapshot(), first);
    assert.equal(getSnapshot().statusMessage, "moved");
    assert.equal(await task.status(), getSnapshot());
    off();
  });

  test("updates() gives the present state, then each change, and ends after a terminal one", async (t) => {
    const { task, taskId } = await running(t);
    const seen = [];
    for await (const { status, statusMessage } of task.updates()) {
      seen.push([status, statusMessage]);
      if (seen.length === 1) server.put(taskId, "input_required", "your name?");
      if (seen.length === 2) server.put(taskId, "working", "going on");
      if (seen.length === 3) server.finish(taskId);
    }
    assert.deepEqual(seen, [["working", undefined], ["input_required", "your name?"], ["working", "going on"], ["completed", undefined]]);
    const again = [];
    for await (const { status } of task.updates()) again.push(status);
    assert.deepEqual(again, ["completed"]);
  });

  test("updates() of a call that fails before it is a task throws what it failed with", async (t) => {
    const { client } = clients(t, server.url);
    server.script.set("tools/call", ({ rpc, res }) => json(res, { jsonrpc: "2.0", id: rpc.id, error: { code: -1, message: "no" } }));
    const task = client().callTool("required");
    assert.equal((await rejection((async () => { for await (const _ of task.updates()); })())).code, "rpc");
    assert.equal((await rejection(task.wait())).code, "rpc");
    assert.equal((await rejection(task.status())).code, "rpc");
    assert.equal((await rejection(task.created)).code, "rpc");
  });

  test("a listener may call every method of client and task, at each change", async (t) => {
    const { task, taskId, client, warnings } = await running(t);
    const rejected = [];
    const calls = [];
    const keep = (promise) => Promise.resolve(promise).catch((e) => rejected.push(e));
    const seen = [];
    task.onStatusChange((s) => {
      seen.push(s.statusMessage ?? s.status);
      const own = new AbortController();
      const child = client.callTool("required", {}, { signal: own.signal });
      own.abort("at once");
      const attached = client.task(JSON.parse(JSON.stringify(task)));
      attached.onStatusChange(() => {})();
      const off = task.onStatusChange(() => {});
      const iterator = task.updates();
      calls.push(
        keep(child.catch((e) => assert.equal(e, "at once"))),
        keep(client.listTools()), keep(client.callTool("forbidden")), keep(task.status()), keep(task.status({ fresh: true })),
        keep(iterator.next().then(() => iterator.return())), keep(attached.status()), keep(task.created),
        keep(attached.result({ signal: AbortSignal.abort("x") }).catch(() => {})),
      );
      off();
      task.subscribe(() => {})();
      assert.equal(task.getSnapshot(), s);
      if (s.statusMessage === "two") calls.push(keep(attached.cancel()));
      if (s.status === "cancelled") {
        client.close();
        client.close();
      }
    });
    for (const message of ["one", "two"]) {
      server.put(taskId, "working", message);
      await until(() => seen.includes(message), message);
    }
    await until(() => seen.includes("cancelled"), "cancelled");
    await inTime(Promise.all(calls), "every method's answer");
    assert.deepEqual(warnings.filter((w) => w.code === "listener-failed"), []);
    for (const error of rejected) assert.ok(["closed", "task_cancelled"].includes(error.code), String(error.stack ?? error));
  });
});

describe("wait", () => {
  test("resolves with the status waited for, or with the terminal one where that never comes", async (t) => {
    const { task, taskId } = await running(t);
    const wanted = task.wait({ state: "input_required" });
    const end = task.wait();
    const never = task.wait({ state: "failed", timeoutMs: 1e12 });
    server.put(taskId, "input_required", "?");
    assert.equal((await inTime(wanted)).statusMessage, "?");
    server.finish(taskId);
    assert.equal((await inTime(end)).status, "completed");
    assert.equal((await inTime(never)).status, "completed");
    assert.equal((await inTime(task.wait({ timeoutMs: 1e9 }))).status, "completed");
  });

  test("timeoutMs: rejects with TimeoutError, the task goes on", async (t) => {
    const { task, taskId } = await running(t);
    const error = await rejection(task.wait({ timeoutMs: 20 }));
    assert.ok(error instanceof TimeoutError);
    assert.equal(error.code, "timeout");
    assert.equal(error.retryable, true);
    assert.match(error.message, /required.*20 ms.*goes on/);
    assert.equal(server.tasks.get(taskId).task.status, "working");
    server.finish(taskId);
    assert.equal((await inTime(task.wait())).status, "completed");
  });

  test("rejects where waiting cannot help: the server wants authorization", async (t) => {
    const { task } = await running(t);
    server.script.set("tasks/get", ({ res }) => void res.writeHead(401, { "www-authenticate": 'Bearer realm="tasks"' }).end());
    const error = await rejection(task.wait());
    assert.equal(error.code, "authorization_required");
    assert.equal(error.challenge, 'Bearer realm="tasks"');
  });
});

describe("status", () => {
  test("gives what is known, and with fresh what the server says now", async (t) => {
    const { task, taskId } = await running(t);
    const asked = server.count("tasks/get");
    const known = await inTime(task.status());
    assert.equal(known.status, "working");
    assert.equal(server.count("tasks/get"), asked);
    server.put(taskId, "working", "news");
    assert.equal(await task.status(), known);
    assert.equal((await inTime(task.status({ fresh: true }))).statusMessage, "news");
    assert.equal(server.count("tasks/get"), asked + 1);
    assert.ok(Object.isFrozen(await task.status()));
    assert.deepEqual(Object.keys(await task.status()).sort(),
      ["createdAt", "lastUpdatedAt", "pollIntervalMs", "status", "statusMessage", "taskId", "ttlMs"]);
  });

  test("ttlMs reaches the server as a number and comes back", async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("required", {}, { task: { ttlMs: 60_000 } });
    assert.equal((await inTime(task.status())).ttlMs, 60_000);
    assert.deepEqual(server.requests.findLast((r) => r.rpc?.method === "tools/call").rpc.params.task, { ttl: 60_000 });
    const plain = client().callTool("optional", {}, { task: false });
    assert.equal(textOf(await inTime(plain)), "optional at once");
  });
});

describe("what makes no sense throws TypeError synchronously, and nothing is sent", () => {
  const bad = {
    "arguments that are an array": (c) => c.callTool("forbidden", []),
    "arguments that are null": (c) => c.callTool("forbidden", null),
    "arguments that are text": (c) => c.callTool("forbidden", "x"),
    "arguments with a cycle": (c) => { const a = {}; a.a = a; c.callTool("forbidden", a); },
    "arguments with a BigInt": (c) => c.callTool("forbidden", { n: 1n }),
    "a tool's name that is missing": (c) => c.callTool(),
    "a tool's name that is a number": (c) => c.callTool(7),
    "a negative ttlMs": (c) => c.callTool("forbidden", {}, { task: { ttlMs: -1 } }),
    "a ttlMs that is no number": (c) => c.callTool("forbidden", {}, { task: { ttlMs: NaN } }),
    "a ttlMs that is text": (c) => c.callTool("forbidden", {}, { task: { ttlMs: "60000" } }),
    "a ttlMs without end": (c) => c.callTool("forbidden", {}, { task: { ttlMs: Infinity } }),
    "a signal that is none": (c) => c.callTool("forbidden", {}, { signal: {} }),
    "a reference that is none": (c) => c.task({ taskId: "", kind: "tool", name: "x" }),
    "a reference of another kind": (c) => c.task({ taskId: "x", kind: "job", name: "x" }),
    "no reference": (c) => c.task(null),
    "a listener that is no function": (c) => c.task({ taskId: "x", kind: "tool", name: "x" }).onStatusChange("no"),
    "a subscriber that is no function": (c) => c.task({ taskId: "x", kind: "tool", name: "x" }).subscribe(),
  };
  for (const [what, run] of Object.entries(bad)) {
    test(what, async (t) => {
      const { client } = clients(t, server.url);
      const own = client();
      await inTime(own.listTools());
      const before = server.requests.length;
      assert.throws(() => run(own), TypeError);
      await settle();
      assert.equal(server.requests.length, before);
      assert.equal(textOf(await inTime(own.callTool("forbidden"), "an answer afterwards")), "forbidden at once", "the client still works");
    });
  }

  test("options of Client", () => {
    for (const options of [{ pollIntervalMs: 0 }, { pollIntervalMs: NaN }, { pollIntervalMs: "5" }, { maxMessageBytes: -1 }, { maxMessageBytes: Infinity }]) {
      assert.throws(() => new Client(server.url, options), { name: "TypeError", message: new RegExp(Object.keys(options)[0]) });
    }
    for (const url of ["not a url", "/relative", "", undefined]) assert.throws(() => new Client(url), TypeError, String(url));
  });

  test("a timeoutMs that is no number", async (t) => {
    const { task } = await running(t);
    for (const timeoutMs of [NaN, -1, "20"]) {
      const error = await rejection(task.wait({ timeoutMs }));
      assert.equal(error.name, "TypeError", `${timeoutMs}: ${error}`);
    }
  });
});

describe("after close()", () => {
  const closed = (error) => {
    assert.ok(error instanceof ClosedError, `${error?.name}: ${error?.message}`);
    assert.equal(error.code, "closed");
    assert.match(error.message, /closed/);
  };

  const pending = {
    "the result": (task) => task.result(),
    "wait": (task) => task.wait(),
    "wait with a timeout": (task) => task.wait({ timeoutMs: 1e9 }),
    "updates": async (task) => { for await (const _ of task.updates()); },
    "a fresh status": (task) => task.status({ fresh: true }),
  };
  for (const [what, wait] of Object.entries(pending)) {
    test(`whoever waits for ${what} gets ClosedError`, async (t) => {
      const { task, client } = await running(t);
      server.script.set("tasks/get", () => {});
      const waiting = rejection(wait(task));
      await settle();
      client.close();
      closed(await waiting);
    });
  }

  test("whoever waits for a cancellation gets ClosedError", async (t) => {
    const { task, client } = await running(t);
    const asked = new Promise((resolve) => server.script.set("tasks/cancel", resolve));
    const waiting = rejection(task.cancel());
    await inTime(asked, "tasks/cancel");
    client.close();
    closed(await waiting);
  });

  test("whoever waits for the creation gets ClosedError", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const asked = new Promise((resolve) => server.script.set("tools/call", resolve));
    const task = own.callTool("required");
    const waiting = rejection(task.created);
    await inTime(asked, "tools/call");
    own.close();
    closed(await waiting);
    closed(await rejection(task));
  });

  test("closed before the module is loaded: ClosedError, no request", async (t) => {
    const { client } = clients(t, server.url);
    const own = client();
    const before = server.requests.length;
    const task = own.callTool("required");
    const tools = own.listTools();
    own.close();
    closed(await rejection(task));
    closed(await rejection(tools));
    await settle(20);
    assert.equal(server.requests.length, before);
  });

  const later = {
    "callTool": ({ client }) => client.callTool("required"),
    "callTool's created": ({ client }) => client.callTool("required").created,
    "task(ref)": ({ client, ref }) => client.task(ref),
    "task(ref).status()": ({ client, ref }) => client.task(ref).status(),
    "listTools": ({ client }) => client.listTools(),
    "result": ({ task }) => task.result(),
    "wait": ({ task }) => task.wait(),
    "updates": async ({ task }) => { for await (const _ of task.updates()); },
    "status({ fresh: true })": ({ task }) => task.status({ fresh: true }),
    "cancel": ({ task }) => task.cancel(),
  };
  for (const [what, call] of Object.entries(later)) {
    test(`${what}: ClosedError, no request`, async (t) => {
      const { task, client } = await running(t);
      const ref = task.toJSON();
      client.close();
      await until(() => server.requests.at(-1).method === "DELETE" || true);
      await settle();
      const posts = server.requests.filter((r) => r.method === "POST").length;
      closed(await rejection(call({ client, task, ref })));
      await settle();
      assert.equal(server.requests.filter((r) => r.method === "POST").length, posts);
    });
  }

  test("a task that had ended keeps its result and its status", async (t) => {
    const { task, taskId, client } = await running(t);
    server.finish(taskId);
    await inTime(task);
    client.close();
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
    assert.equal((await inTime(task.status())).status, "completed");
    await inTime(task.cancel());
  });

  test("the task goes on at the server, and the session is given back", async (t) => {
    server.script.set("initialize", ({ rpc, res }) => json(res, initializeResult(rpc.id), 200, { "mcp-session-id": "the-session" }));
    const { taskId, client } = await running(t);
    client.close();
    const goodbye = await until(() => server.requests.find((r) => r.method === "DELETE"), "DELETE");
    assert.equal(goodbye.headers["mcp-session-id"], "the-session");
    assert.equal(server.tasks.get(taskId).task.status, "working");
  });

  test("the process is not kept alive: it ends by itself", async () => {
    const program = `
      const { Client } = await import(${JSON.stringify(entry())});
      const client = new Client(${JSON.stringify(server.url)});
      const task = client.callTool("required");
      const off = task.onStatusChange(() => {});
      const waiting = task.catch((e) => e.code);
      await task.created;
      client.close();
      console.log(await waiting);`;
    const child = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
    assert.equal(child.stdout.trim(), "closed");
  });
});

describe("errors", () => {
  const codes = {
    ToolError: "tool_error", TaskFailedError: "task_failed", TaskCancelledError: "task_cancelled", TaskExpiredError: "task_expired",
    RpcError: "rpc", HttpError: "http", AuthorizationRequiredError: "authorization_required", NetworkError: "network",
    ProtocolError: "protocol", UnsupportedError: "unsupported", ClosedError: "closed", TimeoutError: "timeout", InternalError: "internal",
  };
  const make = (lib, name) => name === "ToolError"
    ? new lib.ToolError({ content: [{ type: "text", text: "words" }] })
    : new lib[name](name === "TimeoutError" ? "words" : { code: codes[name], message: "words" });

  test("each class has its literal code, its name, a message, and is an Error", () => {
    for (const [name, code] of Object.entries(codes)) {
      const error = make(mcp, name);
      assert.ok(error instanceof Error && error instanceof TasksError, name);
      assert.equal(error.code, code);
      assert.equal(error.name, name);
      assert.equal(error.message, "words");
      assert.match(error.stack, new RegExp(`^${name}: words`));
      assert.equal(typeof error.retryable, "boolean");
    }
    const exported = Object.keys(mcp).filter((name) => name.endsWith("Error") && name !== "TasksError");
    assert.deepEqual(exported.sort(), Object.keys(codes).sort());
  });

  test("isInstance knows the errors of another copy of the package, and nothing else", async () => {
    const copy = await import(entry("mcp-tasks/inline"));
    assert.notEqual(copy.Client, mcp.Client);
    for (const name of Object.keys(codes)) {
      const theirs = make(copy, name);
      assert.equal(theirs instanceof mcp[name], false, name);
      assert.ok(mcp[name].isInstance(theirs), name);
      assert.ok(mcp.TasksError.isInstance(theirs), name);
      for (const other of Object.keys(codes)) assert.equal(mcp[other].isInstance(theirs), other === name, `${other} of ${name}`);
    }
    for (const value of [undefined, null, 1, "x", {}, new Error("x"), new TypeError("x")]) assert.equal(mcp.TasksError.isInstance(value), false);
  });

  test("a network error keeps its cause", async (t) => {
    const { client } = clients(t, "http://127.0.0.1:9/mcp");
    const error = await rejection(client().callTool("x"));
    assert.equal(error.code, "network");
    assert.ok(error.message.length > 0);
    assert.ok(error.cause !== undefined, "cause");
  });
});
