// What a client and a handle tell beside the result: every status, every notification, progress; and how that ends.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { answer, failure, json } from "../servers/scripted.mjs";
import { startAsking } from "./asking.mjs";
import { textOf } from "./fixture.mjs";
import { Client, clients, inTime, mcp, rejection, settle, until } from "./support.mjs";

let server;
before(async () => { server = await startAsking(); });
beforeEach(() => { server.clear(); });
after(() => server.close());

async function running(t, options) {
  const mine = clients(t, server.url);
  const client = mine.client(options);
  const task = client.callTool("required");
  return { ...mine, client, task, taskId: await inTime(task.created) };
}

describe("the client", () => {
  test("onTaskStatus is told every change of every live task, awaited or not, with its handle", async (t) => {
    const seen = [];
    const { client, task, taskId } = await running(t, { onTaskStatus: (status, of) => seen.push([status, of]) });
    const other = client.callTool("required");
    const otherId = await inTime(other.created);
    server.put(taskId, "working", "half way");
    await until(() => seen.some(([s]) => s.statusMessage === "half way"));
    server.end(otherId);
    await until(() => seen.some(([s, of]) => s.status === "completed" && of === other));
    const mine = seen.filter(([, of]) => of === task).map(([s]) => s);
    assert.ok(mine.every((s) => s.taskId === taskId && Object.isFrozen(s)));
    assert.equal(mine.at(-1), task.getSnapshot(), "the same object");
  });

  for (const [what, fail] of [
    ["throws", () => { throw new Error("listener trouble"); }],
    ["rejects", async () => { throw new Error("listener trouble"); }],
  ]) {
    test(`an onTaskStatus that ${what} reaches onWarning, and the task its end`, async (t) => {
      const { task, taskId, warnings } = await running(t, { onTaskStatus: fail });
      server.end(taskId);
      assert.equal(textOf(await inTime(task)), `${taskId} is done`);
      await until(() => warnings.some((w) => w.code === "listener-failed" && w.message.includes("listener trouble")));
    });
  }

  test("onNotification receives the notifications that the package does not process, and no others; its errors reach onWarning", async (t) => {
    const seen = [];
    const { task, taskId, warnings } = await running(t, {
      onNotification(notification) {
        seen.push(notification);
        if (notification.method === "notifications/bad") throw new Error("listener trouble");
      },
    });
    task.onStatusChange(() => {});
    const params = { level: "info", data: [1] };
    server.say({ method: "notifications/bad" });
    server.say({ method: "notifications/message", params });
    server.end(taskId);
    await inTime(task);
    assert.deepEqual(seen, [{ method: "notifications/bad", params: {} }, { method: "notifications/message", params }]);
    assert.deepEqual(warnings.map((w) => w.code), ["listener-failed"]);
    assert.match(warnings[0].message, /onNotification.*listener trouble/);
  });

  for (const name of ["onElicitation", "onSampling", "onListRoots", "onTaskStatus", "onNotification", "onWarning"]) {
    test(`${name} must be a function`, () => {
      for (const value of ["x", {}, null, 7]) {
        assert.throws(() => new Client(server.url, { [name]: value }), { name: "TypeError", message: new RegExp(name) });
      }
      new Client(server.url, { [name]: undefined }).close();
    });
  }

  test("disposing of it closes it", async (t) => {
    const { client, task } = await running(t);
    const waiting = rejection(task);
    client[Symbol.dispose]();
    assert.ok(mcp.ClosedError.isInstance(await waiting));
    assert.ok(mcp.ClosedError.isInstance(await rejection(client.ping())));
    client[Symbol.dispose]();
  });

  test("listTasks: where the server lists none, the newest of the client's own that it still knows", async (t) => {
    const { client, task, taskId } = await running(t);
    task.onStatusChange(() => {});
    const gone = client.callTool("required");
    gone.onStatusChange(() => {});
    const goneId = await inTime(gone.created);
    let tasks = [];
    server.script.set("tasks/list", ({ rpc, res }) => json(res, answer(rpc.id, { tasks })));
    server.script.set("tasks/get", ({ rpc, res }) => rpc.params.taskId === goneId && json(res, failure(rpc.id, -32602, "Task not found")));
    await until(() => task.getSnapshot());
    const page = await inTime(client.listTasks());
    assert.deepEqual(page.tasks.map((s) => [s.taskId, s.status]), [[taskId, "working"]]);
    assert.ok(Object.isFrozen(page.tasks[0]));
    const gets = server.count("tasks/get");
    assert.deepEqual(await inTime(client.listTasks({ cursor: "2" })), { tasks: [] }, "another page is what the server says");
    const { ttl, ...listed } = { ...server.tasks.get(taskId).task, taskId: "listed", ttl: 7 };
    tasks = [{ ...listed, ttl }];
    assert.deepEqual((await inTime(client.listTasks())).tasks.map((s) => s.taskId), ["listed"]);
    assert.ok(server.count("tasks/get") >= gets);
  });
});

describe("progress", () => {
  const step = (token, progress, message) =>
    server.say({ method: "notifications/progress", params: { progressToken: token, progress, total: 3, message } });
  const token = (taskId) => server.requests.findLast((r) => r.rpc?.method === "tools/call").rpc.params._meta.progressToken;

  test("is told to listeners and kept, newest, for who asks later", async (t) => {
    const { task, taskId, warnings } = await running(t);
    assert.equal(task.progress, undefined);
    const seen = [];
    const statuses = [];
    const off = task.onProgress((p) => seen.push(p));
    task.onProgress(() => { throw new Error("listener trouble"); });
    task.onStatusChange((s) => statuses.push(s));
    step(token(taskId), 1, "one");
    await until(() => seen.length === 1);
    assert.deepEqual(seen, [{ progress: 1, total: 3, message: "one" }]);
    assert.equal(task.progress, seen[0]);
    assert.ok(Object.isFrozen(task.progress));
    off();
    step(token(taskId), 2);
    await until(() => task.progress.progress === 2);
    assert.equal(seen.length, 1);
    assert.deepEqual(task.progress, { progress: 2, total: 3 });
    await until(() => warnings.length === 2);
    assert.ok(warnings.every((w) => w.code === "listener-failed"));
    assert.deepEqual(statuses.filter((s) => !s?.taskId), [], "a status listener is told statuses");
    assert.throws(() => task.onProgress("often"), TypeError);
  });

  test("of an unknown token is ignored", async (t) => {
    const { task, taskId, warnings } = await running(t);
    task.onProgress(() => assert.fail("told"));
    for (const other of [token(taskId) + 1000, 0, "x", null]) step(other, 1);
    server.end(taskId);
    await inTime(task);
    assert.equal(task.progress, undefined);
    assert.deepEqual(warnings, []);
  });
});

describe("disposing of a handle", () => {
  test("ends its listeners and iterations; the task goes on", async (t) => {
    const { task, taskId, client, warnings } = await running(t);
    const second = client.task(task.toJSON());
    const seen = [];
    task.onStatusChange((s) => seen.push(s));
    task.onProgress((p) => seen.push(p));
    second.onStatusChange(() => {});
    const updates = (async () => { for await (const _ of task.updates()); return "ended"; })();
    const waits = task.wait();
    await settle();
    task[Symbol.dispose]();
    assert.equal(await inTime(updates), "ended");
    const waitsAfterwards = task.wait();
    const before = seen.length;
    server.put(taskId, "working", "further");
    await until(() => second.getSnapshot()?.statusMessage === "further");
    assert.equal(seen.length, before);
    assert.equal(server.tasks.get(taskId).task.status, "working");
    server.end(taskId);
    assert.equal(textOf(await inTime(task)), `${taskId} is done`, "it can be awaited all the same");
    for (const status of await inTime(Promise.all([waits, waitsAfterwards]))) assert.equal(status.status, "completed");
    assert.deepEqual(warnings, []);
    task[Symbol.dispose]();
  });
});

describe("a tool's result", () => {
  for (const [what, result, data] of [
    ["structured content", { structuredContent: { a: 1 } }, { a: 1 }],
    ["wrapped content", { structuredContent: { result: 5 }, _meta: { fastmcp: { wrap_result: true } } }, 5],
    ["wrapped nothing", { structuredContent: { result: null }, _meta: { fastmcp: { wrap_result: true } } }, null],
    ["text alone", {}, undefined],
  ]) {
    test(`has data and meta that JSON does not see: ${what}`, async (t) => {
      const { task, taskId } = await running(t);
      const sent = { content: [], ...result };
      server.finish(taskId, sent);
      const got = await inTime(task);
      assert.deepEqual(got.data, data);
      assert.equal(got.meta, got._meta);
      assert.deepEqual(Object.keys(got), Object.keys(sent));
      assert.deepEqual(JSON.parse(JSON.stringify(got)), sent);
      assert.deepEqual(got, sent);
    });
  }

  test("keeps what the server itself calls data and meta", async (t) => {
    const { task, taskId } = await running(t);
    const sent = { content: [], data: 7, meta: 8, structuredContent: { a: 1 } };
    server.finish(taskId, sent);
    const got = await inTime(task);
    assert.deepEqual([got.data, got.meta], [7, 8]);
    assert.deepEqual(JSON.parse(JSON.stringify(got)), sent);
  });

  test("is unwrapped where the tool's schema says so, and never for an error", async (t) => {
    const tool = { name: "required", inputSchema: {}, outputSchema: { "x-fastmcp-wrap-result": true }, execution: { taskSupport: "required" } };
    server.script.set("tools/list", ({ rpc, res }) => json(res, answer(rpc.id, { tools: [tool] })));
    const first = await running(t);
    server.finish(first.taskId, { content: [], structuredContent: { result: [1, 2] } });
    assert.deepEqual((await inTime(first.task)).data, [1, 2]);
    const second = first.client.callTool("required", {}, { raiseOnError: false });
    server.finish(await inTime(second.created), { content: [], isError: true, structuredContent: { result: 1 } }, "failed");
    const { data, structuredContent } = await inTime(second);
    assert.deepEqual([data, structuredContent], [undefined, { result: 1 }]);
  });
});
