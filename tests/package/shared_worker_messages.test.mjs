// The shared worker checks every message of a tab: a value of another type would end the engine that all tabs share. The worker's script runs
// here in Node, whose ports behave as those of a SharedWorker.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { startPuppet } from "./puppet.mjs";
import { folder, inTime, until } from "./support.mjs";

let server, connect;
let hasEnded = false;
before(async () => {
  server = await startPuppet();
  const { fetch } = globalThis;
  // Node's fetch reads no files.
  globalThis.fetch = async (url, init) => String(url).startsWith("file:")
    ? new Response(await readFile(new URL(url)), { headers: { "content-type": "application/wasm" } })
    : fetch(url, init);
  globalThis.addEventListener = (type, listener) => {
    if (type === "connect") connect = (port) => listener({ ports: [port] });
  };
  globalThis.close = () => { hasEnded = true; };
  await import(pathToFileURL(join(folder, "dist/shared_worker.js")).href);
});
after(() => server.close());

/** A tab that has joined an engine. */
async function tab(t, options = {}) {
  const { port1, port2 } = new MessageChannel();
  const received = [];
  port2.onmessage = ({ data }) => received.push(data);
  t.after(() => { send({ type: "leave" }); port2.close(); });
  const send = (message) => port2.postMessage(message);
  const got = (accepts, what) => until(() => received.find(accepts), what);
  connect(port1);
  send({ type: "hello" });
  await got(({ type }) => type === "welcome", "welcome");
  const engine = { key: "key", url: server.url, options: { era: "2025-11-25", stream: false }, hasHeaders: false, observesAll: false, hasNotifications: false, ...options };
  return { send, got, received, join: () => send({ type: "join", engine }) };
}

const hostile = [5, {}, { length: 1e9 }, null, true, ["x"]];
const all = (make) => hostile.map((value) => make(value));
const operations = (make) => all((value) => ({ type: "request", request: 1, operation: make(value) }));
const MESSAGES = {
  "the message itself": [5, null, "hello", undefined, [], {}, { type: 7 }, { type: "constructor" }],
  "tab-lock: lock": all((lock) => ({ type: "tab-lock", lock })),
  "join: url": all((url) => ({ type: "join", engine: { key: "k", url, options: {}, hasHeaders: false, observesAll: false, hasNotifications: false } })),
  "join: an option": ["session", "credentials", "era", "knownEra", "inputKinds", "stream", "pollIntervalMs", "maxMessageBytes", "fetch", "hosts"].flatMap((name) =>
    [{ [name]: { length: 1e9 } }, { [name]: name === "stream" ? 5 : -1 }].map((options) => ({ type: "join", engine: { key: "k", url: "http://a/", options, hasHeaders: false, observesAll: false, hasNotifications: false } }))),
  "call: kind": all((kind) => ({ type: "call", task: 1, kind, name: "required", json: "{}" })),
  "call: name": all((name) => ({ type: "call", task: 1, kind: "tool", name, json: "{}" })),
  "call: json": [...hostile, "{", ""].map((json) => ({ type: "call", task: 1, kind: "tool", name: "required", json })),
  "call: mode": [5, "x", { ttlMs: "5" }, { ttlMs: -1 }, { ttlMs: {} }].map((mode) => ({ type: "call", task: 1, kind: "tool", name: "required", json: "{}", mode })),
  "call: task": all((task) => ({ type: "call", task: task === 5 ? -1 : task, kind: "tool", name: "required", json: "{}" })),
  "attach: ref": all((ref) => ({ type: "attach", task: 1, ref })),
  "attach: taskId": all((taskId) => ({ type: "attach", task: 1, ref: { taskId, kind: "tool", name: "n" } })),
  "attach: name": all((name) => ({ type: "attach", task: 1, ref: { taskId: "t", kind: "tool", name } })),
  "lost: name": all((name) => ({ type: "lost", task: 1, kind: "tool", name })),
  "observe: observation": all((observation) => ({ type: "observe", task: 1, observation })),
  "pause: reason": all((reason) => ({ type: "pause", reason })),
  "headers": all((headers) => ({ type: "headers", request: 1, headers: { a: headers } })),
  "restore-input-request: json": all((json) => ({ type: "restore-input-request", task: 1, json })),
  "notify-task-status: json": all((json) => ({ type: "notify-task-status", json })),
  "request: operation": operations((value) => value),
  "request: list-tasks": operations((cursor) => ({ type: "list-tasks", cursor })),
  "request: get-task-status": operations((taskId) => ({ type: "get-task-status", taskId })),
  "request: cancel-task": operations((taskId) => ({ type: "cancel-task", taskId })),
  "request: respond": operations((answer) => ({ type: "respond", id: 1, answer })),
  "request: refuse": operations((message) => ({ type: "refuse", id: 1, code: -32603, message })),
  "request: wait": operations((state) => ({ type: "wait", task: 1, state })),
};

for (const [what, messages] of Object.entries(MESSAGES)) {
  test(`M2: the shared worker refuses ${what}, and a task of another tab completes`, async (t) => {
    const [one, other] = [await tab(t), await tab(t)];
    one.join();
    other.join();
    other.send({ type: "call", task: 9, kind: "tool", name: "required", json: "{}" });
    const { taskId } = await other.got(({ type }) => type === "created", "the task");
    const before = server.requests.length;
    const refused = () => one.received.filter((message) =>
      [message.warning?.message, message.failure?.message, message.outcome?.failure?.message].some((text) => /refused a message of this tab/.test(text)));
    for (const message of messages) {
      const count = refused().length;
      one.send(message);
      await until(() => refused().length > count, `a refusal of ${JSON.stringify(message)}`);
    }
    assert.equal(server.requests.slice(before).filter(({ rpc }) => rpc?.method !== "tasks/get").length, 0, "nothing was sent");
    other.send({ type: "observe", task: 9, observation: { status: true, result: true } });
    server.finish(taskId);
    const { outcome } = await other.got(({ type }) => type === "settled", "the result");
    assert.equal(JSON.parse(outcome.result.json).content[0].text, `${taskId} is done`);
    assert.equal(hasEnded, false, "the worker goes on");
  });
}

test("M2: a message that comes before the tab has joined is refused", async (t) => {
  const { send, got } = await tab(t);
  send({ type: "request", request: 3, operation: { type: "ping-server" } });
  const { request, failure } = await inTime(got(({ type }) => type === "failure"));
  assert.equal(request, 3);
  assert.match(failure.message, /nothing was sent/);
});
