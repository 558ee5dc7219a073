// Watching a task: listeners, waiting for a status, asking for it. handles_modern.test.mjs runs the same list in the other era.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { json } from "../servers/scripted.mjs";
import { onlyIn, running, server, textOf } from "./fixture.mjs";
import { clients, inTime, mcp, rejection, settle, until } from "./support.mjs";

const { TimeoutError } = mcp;

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
  test("returns the last known status, and with fresh the status on the server", async (t) => {
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

  test("ttlMs reaches the server as a number and comes back", onlyIn("2025-11-25", "the server decides how long it keeps a task"), async (t) => {
    const { client } = clients(t, server.url);
    const task = client().callTool("required", {}, { task: { ttlMs: 60_000 } });
    assert.equal((await inTime(task.status())).ttlMs, 60_000);
    assert.deepEqual(server.requests.findLast((r) => r.rpc?.method === "tools/call").rpc.params.task, { ttl: 60_000 });
    const plain = client().callTool("optional", {}, { task: false });
    assert.equal(textOf(await inTime(plain)), "optional at once");
  });
});
