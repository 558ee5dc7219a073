// Every public method checks its arguments in TypeScript. A value of another type that reached the WebAssembly module would end every client
// of the page; the last test of each method shows that the client works on.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { clients, entry, inTime, receiver, settle } from "./support.mjs";

// Without the recorder of the tests, which copies the options.
const { Client } = await import(entry());
const { diagnose, diagnosing } = await import(entry("mcp-tasks/diagnose"));
const { indexedDBStore, persistIn } = await import(entry("mcp-tasks/persist"));
const { SharedClient } = await import(entry("mcp-tasks/shared"));

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable(function () {}, {});
  revoke();
  return proxy;
};
const throwing = (names) => Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, { enumerable: true, get() { throw new RangeError("the getter failed"); } }])));

/** Values that are no string. */
const NO_TEXT = { "a number": 5, "an object": {}, "an object like a string": { length: 1e9, charCodeAt: () => 120 }, "a symbol": Symbol("s"), "null": null, "a revoked proxy": revoked(), "a function": () => {}, "a boolean": true };
const without = (values, ...names) => Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
const NO_OBJECT = { "a number": 5, "a symbol": Symbol("s"), "null": null, "a text": "options", "a boolean": true };
const NO_FUNCTION = without({ ...NO_TEXT, "a text": "f" }, "a function", "a revoked proxy");
const NO_NUMBER = { ...without(NO_TEXT, "a number"), "a text": "5", "NaN": NaN, "a negative number": -1 };
const NO_BOOLEAN = { ...without(NO_TEXT, "a boolean"), "a text": "true" };
const NO_SIGNAL = { ...without(NO_TEXT, "null"), "a text": "signal", "an object like a signal": { aborted: false, addEventListener() {} } };
/** Options objects whose member is hostile, and the object itself. */
const optionsOf = (name, values) => [
  [`options.${name}`, Object.fromEntries([...Object.entries(values).map(([what, value]) => [what, { [name]: value }]), ["a getter that throws", throwing([name])]])],
  ["options", { ...NO_OBJECT }],
];
const NO_ARGS = { ...NO_OBJECT, "an array": [], "a revoked proxy": revoked(), "a function": () => {}, "a getter that throws": throwing(["scene"]), "a BigInt inside": { n: 1n } };

const ref = { taskId: "task-1", kind: "tool", name: "required" };
const refs = (name, values) => Object.fromEntries([...Object.entries(values).map(([what, value]) => [what, { ...ref, [name]: value }]), ["a getter that throws", Object.defineProperty({ ...ref }, name, Object.getOwnPropertyDescriptor(throwing([name]), name))]]);

/** Method, argument, its hostile values, and the call. */
const METHODS = [
  ...["callTool", "getPrompt"].flatMap((method) => [
    [method, "name", NO_TEXT, (client, value) => client[method](value)],
    [method, "args", method === "getPrompt" ? without(NO_ARGS, "a BigInt inside") : NO_ARGS, (client, value) => client[method]("required", value)],
  ]),
  ["getPrompt", "args", { "a BigInt inside": { n: 1n } }, (client, value) => client.getPrompt("required", value)],
  ["readResource", "uri", NO_TEXT, (client, value) => client.readResource(value)],
  ...[
    ["callTool", (client, value) => client.callTool("required", {}, value)],
    ["getPrompt", (client, value) => client.getPrompt("required", {}, value)],
    ["readResource", (client, value) => client.readResource("file:///a", value)],
  ].flatMap(([method, run]) => [
    ...optionsOf("signal", NO_SIGNAL).map(([argument, values]) => [method, argument, values, run]),
    ...optionsOf("task", { ...without(NO_OBJECT), "a function": () => {} }).map(([argument, values]) => [method, argument, values, run]),
    [method, "options.task.ttlMs", Object.fromEntries(Object.entries({ ...NO_NUMBER, Infinity }).map(([what, ttlMs]) => [what, { task: { ttlMs } }])), run],
  ]),
  ...optionsOf("raiseOnError", NO_BOOLEAN).map(([argument, values]) => ["callTool", argument, values, (client, value) => client.callTool("required", {}, value)]),
  ["task", "ref", NO_OBJECT, (client, value) => client.task(value)],
  ["task", "ref.taskId", refs("taskId", { ...NO_TEXT, "an empty text": "" }), (client, value) => client.task(value)],
  ["task", "ref.kind", refs("kind", { ...NO_TEXT, "another text": "__proto__" }), (client, value) => client.task(value)],
  ["task", "ref.name", refs("name", NO_TEXT), (client, value) => client.task(value)],
  ...["getTaskStatus", "getTaskResult", "cancelTask"].map((method) => [method, "taskId", { ...NO_TEXT, "an empty text": "", "nothing": undefined }, (client, value) => client[method](value)]),
  ...optionsOf("cursor", NO_TEXT).map(([argument, values]) => ["listTasks", argument, values, (client, value) => client.listTasks(value)]),
];
const TASK_METHODS = [
  ...["onStatusChange", "onProgress", "subscribe"].map((method) => [method, "listener", { ...NO_FUNCTION, "nothing": undefined }, (task, value) => task[method](value)]),
  ["respond", "answers", NO_OBJECT, (task, value) => task.respond(value)],
  ["respond", "answers", { "a revoked proxy": new Proxy({}, { ownKeys() { throw new RangeError("no"); } }), "a getter that throws": throwing(["key"]) }, (task, value) => task.respond(value)],
  ["respond", 'answers["key"]', { ...NO_OBJECT, "an array": [], "a function": () => {}, "nothing": undefined, "a getter that throws": throwing(["action"]), "a revoked proxy": revoked() }, (task, value) => task.respond({ key: value })],
  ...["result", "status", "wait", "updates"].flatMap((method) => optionsOf("signal", NO_SIGNAL).map(([argument, values]) => [method, argument, values, (task, value) => task[method](value)])),
  ...optionsOf("fresh", NO_BOOLEAN).map(([argument, values]) => ["status", argument, values, (task, value) => task.status(value)]),
  ...optionsOf("timeoutMs", NO_NUMBER).map(([argument, values]) => ["wait", argument, values, (task, value) => task.wait(value)]),
  ...optionsOf("state", { ...NO_TEXT, "another text": "done" }).map(([argument, values]) => ["wait", argument, values, (task, value) => task.wait(value)]),
];

/** What a call throws or rejects with. */
async function thrownBy(run) {
  try {
    await inTime(Promise.resolve(run()), "an error");
  } catch (error) {
    return error;
  }
  return undefined;
}

function isTypeError(error, argument, what) {
  assert.ok(error instanceof TypeError, `${argument}, ${what}: ${error?.name}: ${error?.message}`);
  assert.ok(error.message.includes(argument), `${what}: the message does not name ${argument}: ${error.message}`);
}

let server;
before(async () => { server = await startPuppet(); });
after(() => server.close());

const posts = () => server.requests.filter(({ method }) => method === "POST").length;

/** Makes each call of a table, and completes a task of the same client after each. */
function tested(what, table, make, subject) {
  describe(`M2: ${what}`, () => {
    for (const [method, argument, values, run] of table) {
      test(`${method}: ${argument}`, async (t) => {
        const { client, warnings } = clients(t, server.url);
        const own = make(client);
        const task = own.callTool("required");
        const taskId = await inTime(task.created);
        for (const [name, value] of Object.entries(values)) {
          await settle();
          const sent = posts();
          isTypeError(await thrownBy(() => run(subject(own, task), value)), argument, name);
          assert.equal(posts(), sent, `${name}: nothing was sent`);
        }
        server.finish(taskId);
        assert.equal((await inTime(task)).content[0].text, `${taskId} is done`, "a task of the same client completes");
        assert.deepEqual(warnings, []);
      });
    }
  });
}

tested("methods of Client", METHODS, (client) => client({ stream: false }), (client) => client);
tested("methods of Task", TASK_METHODS, (client) => client({ stream: false }), (client, task) => task);

describe("M2: constructors and functions", () => {
  const options = {
    ...Object.fromEntries(["pollIntervalMs", "requestTimeoutMs", "maxMessageBytes"].map((name) => [name, { ...NO_NUMBER, Infinity }])),
    ...Object.fromEntries(["onElicitation", "onSampling", "onListRoots", "onTaskStatus", "onNotification", "onWarning", "persist", "fetch"].map((name) => [name, NO_FUNCTION])),
    headers: { "a number": 5, "a text": "x", "null": null, "a symbol": Symbol("s") },
    credentials: { ...NO_TEXT, "another text": "always" },
    era: { ...NO_TEXT, "another text": "2024-11-05" },
    stream: NO_BOOLEAN,
    storage: { ...NO_OBJECT, "an object": {}, "a getter that throws": throwing(["getItem"]) },
    taskHandlers: NO_OBJECT,
    clientInfo: { ...NO_OBJECT, "an object": {}, "numbers": { name: 1, version: 2 }, "a title that is none": { name: "n", version: "1", title: 7 } },
  };
  for (const [name, values] of Object.entries(options)) {
    test(`option ${name} of Client and SharedClient`, async () => {
      for (const [what, value] of Object.entries(values)) {
        isTypeError(await thrownBy(() => new Client(server.url, { [name]: value })), name, what);
        isTypeError(await thrownBy(() => new SharedClient(server.url, { [name]: value })), name, what);
      }
      isTypeError(await thrownBy(() => new Client(server.url, throwing([name]))), "options", "a getter that throws");
    });
  }

  const functions = [
    ["Client", "url", without(NO_TEXT), (value) => new Client(value)],
    ["Client", "options", NO_OBJECT, (value) => new Client(server.url, value)],
    ["SharedClient", "options", { ...NO_OBJECT, "a getter that throws": throwing(["name"]) }, (value) => new SharedClient(server.url, value)],
    ["SharedClient", "name", NO_TEXT, (name) => new SharedClient(server.url, { name })],
    ["SharedClient", "worker", NO_FUNCTION, (worker) => new SharedClient(server.url, { worker })],
    ["persistIn", "store", { ...NO_OBJECT, "an object": {}, "a getter that throws": throwing(["getItem"]) }, (store) => persistIn(store)],
    ["persistIn", "name", NO_TEXT, (name) => persistIn({ getItem() {}, setItem() {}, removeItem() {} }, { name })],
    ["persistIn", "options", NO_OBJECT, (value) => persistIn({ getItem() {}, setItem() {}, removeItem() {} }, value)],
    ["indexedDBStore", "database", NO_TEXT, (value) => indexedDBStore(value)],
    ["diagnose", "url", NO_TEXT, (value) => diagnose(value)],
    ["diagnose", "init", NO_OBJECT, (value) => diagnose(server.url, value)],
    ["diagnosing", "options", NO_OBJECT, (value) => diagnosing(value)],
    ["diagnosing", "fetch", NO_FUNCTION, (value) => diagnosing({ fetch: value })],
    ["diagnosing", "tell", NO_FUNCTION, (value) => diagnosing({ tell: value })],
  ];
  for (const [what, argument, values, run] of functions) {
    test(`${what}: ${argument}`, async () => {
      for (const [name, value] of Object.entries(values)) isTypeError(await thrownBy(() => run(value)), argument, name);
    });
  }
});

describe("M2: mcp-tasks/receiver", () => {
  const { cancelTask, createTaskState, InMemoryTaskStore, isTerminal, taskExecution, TaskHost, updateTaskState } = receiver;
  const { generateTaskId } = receiver;
  const TTL = { ...NO_NUMBER, Infinity };
  const memory = () => new InMemoryTaskStore();
  const execution = (run) => async (value) => {
    const store = memory();
    const { taskId } = await store.createTask();
    await taskExecution(taskId, store, async (context) => {
      const error = await thrownBy(() => run(context, value));
      await context.complete({ ok: true });
      throw error ?? new Error("nothing was thrown");
    });
  };
  const STATUS = { ...NO_TEXT, "another text": "done" };
  const functions = [
    ["isTerminal", "status", NO_TEXT, isTerminal],
    ["createTaskState", "ttlMs", TTL, (ttlMs) => createTaskState({ ttlMs })],
    ["createTaskState", "metadata", NO_OBJECT, (value) => createTaskState(value)],
    ["createTaskState", "taskId", NO_TEXT, (value) => createTaskState({}, value)],
    ["updateTaskState", "task", { ...NO_OBJECT, "a getter that throws": throwing(["status"]) }, (task) => updateTaskState(task, {})],
    ["updateTaskState", "update", NO_OBJECT, (update) => updateTaskState(createTaskState(), update)],
    ["updateTaskState", "update.status", STATUS, (status) => updateTaskState(createTaskState(), { status })],
    ["updateTaskState", "update.statusMessage", NO_TEXT, (statusMessage) => updateTaskState(createTaskState(), { statusMessage })],
    ["cancelTask", "store", { ...NO_OBJECT, "an object": {} }, (store) => cancelTask(store, "task")],
    ["cancelTask", "taskId", NO_TEXT, (value) => cancelTask(memory(), value)],
    ["taskExecution", "taskId", NO_TEXT, (value) => taskExecution(value, memory(), () => {})],
    ["taskExecution", "store", { ...NO_OBJECT, "an object": {} }, (store) => taskExecution("task", store, () => {})],
    ["taskExecution", "work", NO_FUNCTION, (work) => taskExecution("task", memory(), work)],
    ["TaskContext.updateStatus", "statusMessage", NO_TEXT, execution((context, value) => context.updateStatus(value))],
    ["TaskContext.updateStatus", "status", STATUS, execution((context, value) => context.updateStatus("message", value))],
    ["TaskContext.complete", "result", { "a getter that throws": throwing(["x"]), "a BigInt inside": { n: 1n } }, execution((context, value) => context.complete(value))],
    ["TaskContext.fail", "error", NO_TEXT, execution((context, value) => context.fail(value))],
    ["TaskContext.fail", "code", without(NO_NUMBER, "a negative number"), execution((context, value) => context.fail("error", value))],
    ["InMemoryTaskStore", "options", NO_OBJECT, (value) => new InMemoryTaskStore(value)],
    ...["maxTasks", "maxResultBytes", "maxTtlMs", "pageSize"].map((name) => ["InMemoryTaskStore", name, NO_NUMBER, (value) => new InMemoryTaskStore({ [name]: value })]),
    ["InMemoryTaskStore.createTask", "metadata", NO_OBJECT, (value) => memory().createTask(value)],
    ["InMemoryTaskStore.createTask", "ttlMs", TTL, (ttlMs) => memory().createTask({ ttlMs })],
    ["InMemoryTaskStore.createTask", "taskId", NO_TEXT, (value) => memory().createTask({}, value)],
    ...["getTask", "getResult", "deleteTask", "notifyUpdate"].map((method) => [`InMemoryTaskStore.${method}`, "taskId", NO_TEXT, (value) => memory()[method](value)]),
    ["InMemoryTaskStore.updateTask", "taskId", NO_TEXT, (value) => memory().updateTask(value, {})],
    ["InMemoryTaskStore.updateTask", "update", NO_OBJECT, (value) => memory().updateTask("task", value)],
    ["InMemoryTaskStore.updateTask", "update.status", STATUS, (status) => memory().updateTask("task", { status })],
    ["InMemoryTaskStore.updateTask", "update.statusMessage", NO_TEXT, (statusMessage) => memory().updateTask("task", { statusMessage })],
    ["InMemoryTaskStore.storeResult", "taskId", NO_TEXT, (value) => memory().storeResult(value, { result: {} })],
    ["InMemoryTaskStore.storeResult", "outcome", { "a getter that throws": throwing(["result"]), "a BigInt inside": { result: { n: 1n } } }, (value) => memory().storeResult("task", value)],
    ["InMemoryTaskStore.listTasks", "cursor", NO_TEXT, (value) => memory().listTasks(value)],
    ["InMemoryTaskStore.waitForUpdate", "taskId", NO_TEXT, (value) => memory().waitForUpdate(value, "working")],
    ["InMemoryTaskStore.waitForUpdate", "known", STATUS, (value) => memory().waitForUpdate("task", value)],
    ["InMemoryTaskStore.waitForUpdate", "options.signal", { ...NO_SIGNAL }, (signal) => memory().waitForUpdate("task", "working", { signal })],
    ["TaskHost", "options", NO_OBJECT, (value) => new TaskHost(value)],
    ["TaskHost", "store", { ...NO_OBJECT, "an object": {} }, (store) => new TaskHost({ store })],
    ["TaskHost", "list", NO_BOOLEAN, (list) => new TaskHost({ list })],
    ["TaskHost", "onError", NO_FUNCTION, (onError) => new TaskHost({ onError })],
    ...["maxConcurrent", "maxTtlMs", "maxRequestLength"].map((name) => ["TaskHost", name, NO_NUMBER, (value) => new TaskHost({ [name]: value })]),
  ];
  for (const [what, argument, values, run] of functions) {
    test(`${what}: ${argument}`, async () => {
      for (const [name, value] of Object.entries(values)) isTypeError(await thrownBy(() => run(value)), argument, name);
      // The module works on.
      const store = memory();
      const { taskId } = await store.createTask({ ttlMs: 1000 }, generateTaskId());
      await taskExecution(taskId, store, (context) => context.complete({ done: true }));
      assert.deepEqual(await store.getResult(taskId), { result: { done: true } });
    });
  }

  test("F14: a ttlMs of NaN, -1 or Infinity is a TypeError, and creates no task", async () => {
    const store = memory();
    for (const ttlMs of [NaN, -1, Infinity]) {
      isTypeError(await thrownBy(() => store.createTask({ ttlMs })), "ttlMs", String(ttlMs));
      assert.throws(() => createTaskState({ ttlMs }), { name: "TypeError", message: /ttlMs/ });
    }
    assert.deepEqual(await store.getAllTasks(), []);
  });
});
