// A hostile server, and what a host of tasks owes nobody: limits with typed refusals, nothing of another task, nothing left.
import assert from "node:assert/strict";
import { test } from "node:test";
import { askingServer, prompt, question } from "./scenarios/asking-server.mjs";
import { Client, inTime, receiver, settle, tolerate, until } from "./support.mjs";

const { InMemoryTaskStore, TaskHost } = receiver;
const never = () => new Promise(() => {});

async function hosting(t, options, hostOptions = {}) {
  const errors = [], warnings = [];
  const server = askingServer();
  const host = new TaskHost({ onError: (error) => errors.push(error), ...hostOptions });
  const client = new Client("http://asking.invalid/mcp", { era: "2025-11-25", fetch: server.fetch, taskHandlers: host, onWarning: (w) => warnings.push(w.message), ...options });
  t.after(() => client.close());
  await client.ping();
  await inTime(server.open);
  return { server, client, host, errors, warnings };
}
const createdOf = ({ result }) => result?.task;

test("a thousand requests at once: as many tasks as may be, the others are told -32603, and the rest goes on", async (t) => {
  // checklist R2.15
  const { server, host } = await hosting(t, { onElicitation: never });
  const answers = await inTime(Promise.all(Array.from({ length: 1000 }, (_, n) => server.ask("elicitation/create", question(`question ${n}`)))));
  const tasks = answers.map(createdOf).filter(Boolean);
  const refused = answers.filter(({ error }) => error);
  assert.equal(tasks.length, 100, "the default of maxConcurrent");
  assert.deepEqual([...new Set(refused.map(({ error }) => error.code))], [-32603]);
  assert.match(refused.at(-1).error.message, /too many/i);
  assert.equal((await host.store.getAllTasks()).length, 100);
  assert.equal((await inTime(server.ask("tasks/get", { taskId: tasks[0].taskId }))).result.status, "working");
  // One that ends makes room for another.
  await inTime(server.ask("tasks/cancel", { taskId: tasks[0].taskId }));
  await inTime(server.ask("elicitation/create", question()));
});

test("F14: a cancelled task makes room at once, also where its handler ignores the signal", async (t) => {
  const { server, errors, warnings } = await hosting(t, { onElicitation: never }, { maxConcurrent: 1 });
  for (let n = 0; n < 3; n++) {
    const { taskId } = createdOf(await server.ask("elicitation/create", question()));
    assert.equal((await server.ask("elicitation/create", question())).error.code, -32603, "one that runs is counted");
    await server.ask("tasks/cancel", { taskId });
  }
  assert.deepEqual([errors, warnings], [[], []]);

  // Each place is given back once, also where the work ends after its cancellation.
  const obedient = await hosting(t, { onElicitation: (params, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))) }, { maxConcurrent: 1 });
  const first = createdOf(await obedient.server.ask("elicitation/create", question()));
  await obedient.server.ask("tasks/cancel", { taskId: first.taskId });
  await settle(20);
  assert.equal(createdOf(await obedient.server.ask("elicitation/create", question())).status, "working");
  assert.equal((await obedient.server.ask("elicitation/create", question())).error.code, -32603);
  assert.deepEqual([obedient.errors, obedient.warnings], [[], []]);
});

test("a prompt of 50 MB is refused with -32602 before any work, and nothing is kept of it", async (t) => {
  // checklist R2.15
  let asked = 0;
  const { server, host } = await hosting(t, { onSampling: () => { asked++; return never(); } });
  const { error } = await inTime(server.ask("sampling/createMessage", prompt("x".repeat(50 << 20))));
  assert.equal(error.code, -32602);
  assert.match(error.message, /^The request is \d+ long, and 4194304 is the most: no task was created$/);
  assert.deepEqual([asked, await host.store.getAllTasks()], [0, []]);
  assert.equal(createdOf(await inTime(server.ask("sampling/createMessage", prompt()))).status, "working");
});

test("unknown ids, no ids and ids of another kind are -32602 and disclose nothing", async (t) => {
  const { server } = await hosting(t, { onElicitation: never });
  const { taskId } = createdOf(await server.ask("elicitation/create", question()));
  for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
    for (const params of [{ taskId: taskId.slice(0, 35) }, { taskId: "" }, { taskId: 7 }, { taskId: null }, {}, { taskId: "__proto__" }, { taskId: taskId.toUpperCase() }]) {
      const { error } = await inTime(server.ask(method, params));
      assert.equal(error?.code, -32602, `${method} ${JSON.stringify(params)}`);
      assert.ok(!error.message.includes(taskId.slice(8, 20)), error.message);
    }
  }
  assert.equal((await server.ask("tasks/get", { taskId })).result.status, "working");
});

test("a forged related task changes neither whom a request is about nor whose answer it gets", async (t) => {
  const { server } = await hosting(t, { onElicitation: ({ message }) => ({ action: "accept", content: { message } }) });
  const [one, two] = await Promise.all(["one", "two"].map(async (m) => createdOf(await server.ask("elicitation/create", question(m)))));
  const forged = { "io.modelcontextprotocol/related-task": { taskId: two.taskId } };
  const { result } = await inTime(server.ask("tasks/result", { taskId: one.taskId, _meta: forged }));
  assert.equal(result.content.message, "one");
  assert.deepEqual(result._meta["io.modelcontextprotocol/related-task"], { taskId: one.taskId });
  const fresh = createdOf(await inTime(server.ask("elicitation/create", { ...question("three"), _meta: forged })));
  assert.ok(![one.taskId, two.taskId].includes(fresh.taskId));
});

test("two clients share nothing: another's task id is unknown", async (t) => {
  const [mine, other] = await Promise.all([hosting(t, { onElicitation: never }), hosting(t, { onElicitation: never })]);
  const { taskId } = createdOf(await mine.server.ask("elicitation/create", question()));
  assert.equal((await other.server.ask("tasks/get", { taskId })).error.code, -32602);
  assert.deepEqual((await other.server.ask("tasks/list")).result.tasks, []);
});

test("a host serves one client: a second one is refused, so that no server gets at another's tasks", async (t) => {
  const { server, host } = await hosting(t, { onElicitation: never });
  const { taskId } = createdOf(await server.ask("elicitation/create", question()));
  const second = await hosting(t, { onElicitation: never, taskHandlers: host });
  for (const [method, params] of [["tasks/get", { taskId }], ["tasks/list", {}], ["elicitation/create", question()]]) {
    const { error } = await inTime(second.server.ask(method, params));
    assert.equal(error.code, -32603, method);
    assert.match(error.message, /another client/);
  }
  assert.equal((await server.ask("tasks/get", { taskId })).result.status, "working");
});

test("the time to live is cut to the limit, a strange one is as good as none, and what outlives it stops its work", async (t) => {
  // checklist R2.7, R2.15
  const { server } = await hosting(t, { onElicitation: never }, { maxTtlMs: 5000 });
  for (const ttl of [60_000, Number.MAX_SAFE_INTEGER, undefined, -1, "soon", 1e300]) {
    tolerate(/task\.ttl/);
    assert.equal(createdOf(await inTime(server.ask("elicitation/create", { ...question(), task: { ttl } }))).ttl, 5000, String(ttl));
  }
  const stopped = [];
  const short = await hosting(t, { onElicitation: (params, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => { stopped.push(params.message); reject(signal.reason); })) });
  const { taskId } = createdOf(await short.server.ask("elicitation/create", question("short", 20)));
  await until(() => stopped.length > 0);
  assert.equal((await short.server.ask("tasks/get", { taskId })).error.code, -32602);
  assert.deepEqual([short.errors, short.warnings], [[], []]);
});

test("a request that the server takes back is no longer answered, and its task goes on", async (t) => {
  let answer;
  const { server } = await hosting(t, { onElicitation: () => new Promise((resolve) => { answer = resolve; }) });
  const { taskId } = createdOf(await server.ask("elicitation/create", question()));
  let isAnswered = false;
  void server.ask("tasks/result", { taskId }).then(() => { isAnswered = true; });
  server.say("notifications/cancelled", { requestId: server.newest() });
  await until(() => answer);
  answer({ action: "accept", content: {} });
  assert.equal((await inTime(server.ask("tasks/result", { taskId }))).result.action, "accept");
  assert.equal(isAnswered, false);
});

test("a handler that gives nothing, or what JSON cannot hold, fails its task in words", async (t) => {
  const circular = {};
  circular.self = circular;
  for (const [answer, words] of [[undefined, /must be an object/], ["yes", /must be an object/], [circular, /circular/i], [null, /must be an object/]]) {
    const { server, errors } = await hosting(t, { onElicitation: () => answer });
    const { taskId } = createdOf(await server.ask("elicitation/create", question()));
    const { error } = await inTime(server.ask("tasks/result", { taskId }));
    assert.equal(error.code, -32603);
    assert.match(error.message, words);
    assert.equal(errors.length, 1);
  }
});

test("options that make no sense are a TypeError", () => {
  for (const options of [{ maxConcurrent: 0 }, { maxTtlMs: -1 }, { maxRequestLength: "much" }, { maxConcurrent: NaN }]) {
    assert.throws(() => new TaskHost(options), { name: "TypeError", message: /must be a number of at least 1/ });
  }
  for (const options of [{ maxTasks: 0 }, { pageSize: 0.5 }, { maxResultBytes: null }]) {
    assert.throws(() => new InMemoryTaskStore(options), TypeError);
  }
  assert.throws(() => new Client("http://x.invalid/", { taskHandlers: 7 }), { name: "TypeError", message: /taskHandlers/ });
});

test("F13: after requestCancellation() the signal is aborted at once", async () => {
  const store = new InMemoryTaskStore();
  const { taskId } = await store.createTask();
  let seen;
  await receiver.taskExecution(taskId, store, (context) => {
    context.requestCancellation();
    seen = { isCancelled: context.isCancelled, aborted: context.signal.aborted };
    context.signal.throwIfAborted();
    seen.wentOn = true;
  });
  assert.deepEqual(seen, { isCancelled: true, aborted: true });
});
