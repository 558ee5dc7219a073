// Checklist E12 and H2.14: one stream that tells of the tasks that are watched, its acknowledgement, its ends; and that polling
// is enough wherever a server does it otherwise (deviation 44).
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, send } from "../servers/scripted.mjs";
import { done, fence, own, stub, text, textOf } from "./stub.mjs";
import { inTime, until } from "./support.mjs";

/** A watched puppet and what is needed to look at its streams. */
async function watched(t, options = {}, clientOptions = {}) {
  const { client, server, sent } = await stub(t, options);
  const mine = client(clientOptions);
  const task = mine.callTool("puppet", { pollIntervalMs: 50 });
  const result = task.result();
  result.catch(() => {}); // of a test that ends before its task
  await inTime(task.created);
  const polls = (taskId = task.taskId) => sent("tasks/get").filter(({ rpc }) => rpc.params.taskId === taskId).length;
  const open = () => server.listens.all.filter((listen) => listen.open);
  const speaks = (taskId = task.taskId) => until(() => open().find(({ taskIds }) => taskIds.includes(taskId)), "a stream");
  return { server, sent, mine, task, result, polls, open, speaks, puppet: server.tasks.find(task.taskId) };
}

/** What the stream says to the client, besides what the stub says by itself. */
const say = ({ id, res }, method, params) =>
  send(res, { data: { jsonrpc: "2.0", method, params: { _meta: { [`${own}subscriptionId`]: id }, ...params } } });

test("E12: a task that is acknowledged is notified, and polled once for missed changes", async (t) => {
  const { mine, task, puppet, result, polls, speaks, server } = await watched(t);
  await speaks();
  await until(() => polls() > 0, "one look, for what happened before the stream was there");
  const before = polls();
  for (let i = 0; i < 5; i++) await fence(mine);
  assert.equal(polls(), before);
  const told = [];
  task.onStatusChange(({ statusMessage }) => told.push(statusMessage));
  puppet.step("half way");
  await until(() => told.length === 1, "the notification");
  puppet.complete(text("pushed"));
  assert.equal(textOf(await inTime(result)), "pushed");
  assert.equal(polls(), before, "the notification had the result");
  // On the streams that followed the first: each fence is one more task to speak of.
  assert.ok(server.listens.all.some(({ told }) => told >= 2));
});

test("E12: ids that are left out of the acknowledgement are polled at their interval (deviation 44)", async (t) => {
  const { puppet, result, polls, server, mine, speaks } = await watched(t, { acknowledgeTaskIds: false, notifyTasks: false });
  await speaks();
  const before = polls();
  await until(() => polls() > before + 3, "polls");
  puppet.complete(text("polled"));
  assert.equal(textOf(await inTime(result)), "polled");
  await fence(mine);
  assert.ok(server.listens.all.every(({ told }) => told === 0));
});

test("E12: ids that are not acknowledged, and yet told of: the notification is taken (deviation 44)", async (t) => {
  const { task, puppet, result, speaks } = await watched(t, { acknowledgeTaskIds: false });
  await speaks();
  const told = [];
  task.onStatusChange(({ statusMessage }) => told.push(statusMessage));
  puppet.step("told all the same");
  await until(() => told.includes("told all the same"), "the status");
  puppet.complete(text("done"));
  assert.equal(textOf(await inTime(result)), "done");
});

test("E12: of several ids only one is acknowledged: that one is told of, the other is polled", async (t) => {
  const { client, server, sent } = await stub(t);
  const stranger = server.tasks.create({ pollIntervalMs: 50 });
  const { byId } = server.tasks;
  const mine = client();
  const task = mine.callTool("puppet", { pollIntervalMs: 50 });
  const results = [task.result(), mine.task({ taskId: stranger.taskId, kind: "tool", name: "puppet" }).result()];
  await inTime(task.created);
  // The stub acknowledges what it knows; it knows the stranger again for everything but a stream.
  byId.has = (taskId) => taskId !== stranger.taskId && Map.prototype.has.call(byId, taskId);
  await until(() => server.listens.all.some(({ open, taskIds }) => open && taskIds.includes(task.taskId)), "a stream");
  const polls = () => sent("tasks/get").filter(({ rpc }) => rpc.params.taskId === stranger.taskId).length;
  const before = polls();
  await until(() => polls() > before + 3, "polls of the one");
  for (const one of byId.values()) one.complete(text("done"));
  assert.deepEqual((await inTime(Promise.all(results))).map(textOf), ["done", "done"]);
});

test("H2.14: one stream for all tasks, however many are watched", async (t) => {
  const { client, server } = await stub(t);
  const mine = client();
  const tasks = Array.from({ length: 10 }, () => mine.callTool("puppet"));
  const results = tasks.map((task) => task.result());
  await inTime(Promise.all(tasks.map((task) => task.created)));
  const open = () => server.listens.all.filter((listen) => listen.open);
  await until(() => open().length === 1 && open()[0].taskIds.length === 10, "one stream that speaks of all");
  for (const [i, { taskId }] of tasks.entries()) server.tasks.find(taskId).complete(text(`n${i}`));
  assert.deepEqual((await inTime(Promise.all(results))).map(textOf), tasks.map((_, i) => `n${i}`));
});

test("H2.14: a stream that speaks of more tasks is opened before the old one is closed", async (t) => {
  const opened = [];
  const { server, mine, task, open, speaks } = await watched(t, { hands: {
    "subscriptions/listen": ({ rpc }) => void opened.push([open().length, rpc.params.notifications.taskIds.length]),
  } });
  const first = await speaks();
  const other = mine.callTool("puppet");
  other.onStatusChange(() => {});
  await inTime(other.created);
  await speaks(other.taskId);
  assert.deepEqual(opened, [[0, 1], [1, 2]]);
  await until(() => !first.open, "the end of the first");
  assert.deepEqual(new Set(server.listens.all[1].taskIds), new Set([task.taskId, other.taskId]));
  // A third handle of the same task needs no other stream.
  mine.task(JSON.parse(JSON.stringify(other))).onStatusChange(() => {});
  await fence(mine);
  assert.ok(opened.length <= 3, "the fence is a task of its own");
});

test("H2.14: 404 is how a server says that it has no such stream: no word about it, polls, and no second try (deviation 44)", async (t) => {
  const { mine, puppet, result, polls, sent } = await watched(t, { listen: false });
  await until(() => polls() > 2, "polls");
  puppet.complete(text("polled"));
  assert.equal(textOf(await inTime(result)), "polled");
  await fence(mine);
  await fence(mine);
  assert.deepEqual(sent("subscriptions/listen").map(({ status }) => status), [404]);
});

test("H2.14: another refusal is told once, with the remedy, and polled", async (t) => {
  const { mine, puppet, result, polls, sent } = await watched(t, {
    warns: [/^stream-failed: .*too many streams.*polled instead/],
    hands: { "subscriptions/listen": () => ({ error: { code: -32603, message: "too many streams" }, status: 400 }) },
  });
  await until(() => polls() > 2, "polls");
  puppet.complete(text("polled"));
  assert.equal(textOf(await inTime(result)), "polled");
  await fence(mine);
  assert.equal(sent("subscriptions/listen").length, 1);
});

for (const [how, end] of [["is cut", (server) => server.listens.cut()], ["ends with its answer", (server) => server.listens.end()]]) {
  test(`H2.14: a stream that ${how} is opened anew; changes in between are polled`, async (t) => {
    const { server, mine, puppet, result, polls, speaks, sent } = await watched(t);
    const first = await speaks();
    const other = mine.callTool("puppet", { pollIntervalMs: 50 });
    const otherResult = other.result();
    await inTime(other.created);
    await speaks(other.taskId);
    end(server);
    const before = polls();
    server.tasks.find(other.taskId).complete(text("in between"));
    assert.equal(textOf(await inTime(otherResult)), "in between");
    const again = await speaks();
    assert.ok(again !== first && !first.open);
    assert.notEqual(again.id, first.id);
    assert.ok(polls() > before);
    const quiet = polls();
    puppet.complete(text("told again"));
    assert.equal(textOf(await inTime(result)), "told again");
    assert.ok(polls() <= quiet + 1);
    assert.ok(sent("subscriptions/listen").every(({ headers }) => !("last-event-id" in headers)), "nothing is taken up: it is a new one");
  });
}

test("H2.14: a server whose streams all die young is polled, and that is said once", async (t) => {
  const { puppet, result, sent } = await watched(t, {
    warns: [/^stream-failed: /],
    hands: { "subscriptions/listen": ({ res }) => (res.writeHead(200, { "content-type": "text/event-stream" }).end(), done) },
  });
  await until(() => sent("subscriptions/listen").length === 3, "three tries");
  puppet.complete(text("polled"));
  assert.equal(textOf(await inTime(result)), "polled");
});

for (const name of ["notifications/tasks", "notifications/tasks/status"]) {
  test(`H2.14: a task is told of as ${name}`, async (t) => {
    const { task, puppet, result, speaks } = await watched(t, { notifyTasks: false });
    const listen = await speaks();
    const told = [];
    task.onStatusChange(({ statusMessage }) => told.push(statusMessage));
    puppet.step("told by hand");
    say(listen, name, puppet.detail());
    await until(() => told.includes("told by hand"), "the status");
    puppet.complete(text("done"));
    say(listen, name, puppet.detail());
    assert.equal(textOf(await inTime(result)), "done");
  });
}

test("H2.14: notifications about unknown tasks, or invalid ones, change nothing", async (t) => {
  const { task, puppet, result, speaks } = await watched(t, { warns: [/^bad-notification: /] });
  const listen = await speaks();
  const { taskId, ...nameless } = puppet.detail();
  say(listen, "notifications/tasks", nameless);
  say(listen, "notifications/tasks", { ...puppet.detail(), taskId: "a stranger's", status: "failed" });
  say(listen, "notifications/unheard/of", { more: true });
  puppet.step("undisturbed");
  await until(() => task.getSnapshot()?.statusMessage === "undisturbed", "the status");
  puppet.complete(text("done"));
  assert.equal(textOf(await inTime(result)), "done");
});

test("H2.14: a stream's end may be told before it comes, by a notification or by its answer", async (t) => {
  const { puppet, result, speaks } = await watched(t);
  const first = await speaks();
  say(first, "notifications/cancelled", { requestId: first.id, reason: "shutting down" });
  send(first.res, { data: answer(first.id, { resultType: "complete", _meta: { [`${own}subscriptionId`]: first.id } }) });
  first.res.end();
  await until(() => !first.open, "its end");
  await speaks();
  puppet.complete(text("on the second"));
  assert.equal(textOf(await inTime(result)), "on the second");
});

test("H2.14: without a watcher the stream is closed, and the next watcher opens one", async (t) => {
  const { server, mine, puppet, result, open, speaks } = await watched(t);
  const first = await speaks();
  puppet.complete(text("done"));
  await inTime(result);
  await until(() => !first.open, "its end");
  assert.equal(open().length, 0);
  const task = mine.callTool("puppet");
  const off = task.onStatusChange(() => {});
  await inTime(task.created);
  const second = await speaks(task.taskId);
  off();
  await until(() => !second.open, "its end");
  assert.equal(server.tasks.find(task.taskId).status, "working", "the task goes on");
});

test("H2.14: close() ends the stream, and no task", async (t) => {
  const { server, mine, task, speaks } = await watched(t);
  const listen = await speaks();
  mine.close();
  await until(() => !listen.open, "its end");
  assert.equal(server.tasks.find(task.taskId).status, "working");
});

test("H2.14: stream: false opens none for any watched task", async (t) => {
  const { mine, puppet, result, polls, sent } = await watched(t, {}, { stream: false });
  await until(() => polls() > 2, "polls");
  puppet.complete(text("polled"));
  assert.equal(textOf(await inTime(result)), "polled");
  await fence(mine);
  assert.equal(sent("subscriptions/listen").length, 0);
});
