// The modern stub (tests/servers/modern.mjs), where the official conformance suite does not look: streams of tasks, every
// header rule, what pages are told, questions before a task, and each of its options. Raw requests, without the package.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startModern } from "../servers/modern.mjs";

const tasksExtension = "io.modelcontextprotocol/tasks";
const everything = { elicitation: {}, sampling: {}, roots: {}, extensions: { [tasksExtension]: {} } };
const meta = (capabilities, version = "2026-07-28") => ({
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientCapabilities": capabilities,
});

/** A stub for one test, and a client of it: `rpc` gives back `{ status, headers, result, error }`, `raw` a Response. */
async function stub(t, options) {
  const server = await startModern({ stepMs: 5, secondMs: 5, ...options });
  t.after(() => server.close());
  let id = 0;
  const raw = (method, params = {}, { headers = {}, capabilities = everything, envelope = meta(capabilities), signal } = {}) => {
    const name = params.taskId ?? params.name ?? params.uri;
    const all = {
      "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28",
      "mcp-method": method, ...(name === undefined ? {} : { "mcp-name": name }), ...headers,
    };
    return fetch(server.url, {
      method: "POST",
      signal: signal ?? AbortSignal.timeout(10_000), // nothing here waits longer
      headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
      body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params: { ...params, _meta: { ...envelope, ...params._meta } } }),
    });
  };
  const rpc = async (...args) => {
    const res = await raw(...args);
    return { status: res.status, headers: res.headers, ...await res.json() };
  };
  const call = (name, args = {}, more = {}, options = {}) => rpc("tools/call", { name, arguments: args, ...more }, options);
  const get = async (taskId) => (await rpc("tasks/get", { taskId })).result;
  const update = (taskId, inputResponses) => rpc("tasks/update", { taskId, inputResponses });
  const status = async (taskId, wanted) => {
    let task;
    await until(async () => (task = await get(taskId)).status === wanted, `the status ${wanted}`);
    return task;
  };
  const listen = async (taskIds, options) => events(await raw("subscriptions/listen", { notifications: { taskIds } }, options));
  return { server, raw, rpc, call, get, update, status, listen };
}

/** The messages of an event stream; `next()` waits for one and gives undefined at the end. */
function events(res) {
  assert.match(res.headers.get("content-type"), /^text\/event-stream/);
  async function* messages() {
    let text = "";
    for await (const chunk of res.body.pipeThrough(new TextDecoderStream())) {
      const parts = (text + chunk).split("\n\n");
      text = parts.pop();
      for (const part of parts) yield JSON.parse(part.replace(/^data: /, ""));
    }
  }
  const all = messages();
  return { next: async () => (await all.next()).value };
}

async function until(condition, what) {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(2)) if (await condition()) return;
  assert.fail(`waited in vain for ${what}`);
}

const accept = (content) => ({ action: "accept", content });
const failure = ({ status, error }) => [status, error?.code];

test("listen: the acknowledgement comes first, then each change with the id of the stream, and at last the answer", async (t) => {
  const { server, call, listen } = await stub(t);
  const { taskId } = (await call("puppet")).result;
  const other = (await call("puppet")).result.taskId;
  const stream = await listen([taskId, "nobody's"]);
  const acknowledged = await stream.next();
  const _meta = acknowledged.params._meta;
  const { id } = server.sent("subscriptions/listen")[0].rpc;
  assert.deepEqual(_meta, { "io.modelcontextprotocol/subscriptionId": id });
  assert.equal(acknowledged.method, "notifications/subscriptions/acknowledged");
  assert.deepEqual(acknowledged.params.notifications, { taskIds: [taskId] });

  const task = server.tasks.find(taskId);
  server.tasks.find(other).step("told to nobody");
  task.step("half way");
  task.ask({ name: { method: "roots/list" } });
  task.complete({ content: [] });
  const told = [await stream.next(), await stream.next(), await stream.next()];
  for (const { method, params } of told) {
    assert.equal(method, "notifications/tasks");
    assert.deepEqual(params._meta, _meta);
    assert.equal(params.taskId, taskId);
    assert.ok(!("resultType" in params));
  }
  assert.deepEqual(told.map(({ params }) => params.status), ["working", "input_required", "completed"]);
  assert.equal(told[0].params.statusMessage, "half way");
  assert.deepEqual(told[1].params.inputRequests, { name: { method: "roots/list" } });
  assert.deepEqual(told[2].params.result, { content: [] });

  server.listens.end();
  assert.deepEqual(await stream.next(), { jsonrpc: "2.0", id, result: { resultType: "complete", _meta } });
  assert.equal(await stream.next(), undefined);
  assert.equal(server.listens.all[0].told, 3);
});

test("listen: ids left out of the acknowledgement, streams that say nothing, and a server without them", async (t) => {
  const { server, call, raw, rpc, listen } = await stub(t, { acknowledgeTaskIds: false });
  const { taskId } = (await call("puppet")).result;
  const stream = await listen([taskId]);
  assert.deepEqual((await stream.next()).params.notifications, {});
  server.tasks.find(taskId).step("told all the same");
  assert.equal((await stream.next()).params.statusMessage, "told all the same");
  server.options.notifyTasks = false;
  server.tasks.find(taskId).step("not told");
  server.listens.cut();
  await assert.rejects(stream.next());
  const ask = (options) => raw("subscriptions/listen", { notifications: { taskIds: [taskId] } }, options);
  const undeclared = await ask({ capabilities: {} });
  assert.equal(undeclared.status, 400);
  assert.deepEqual((await undeclared.json()).error.data, { requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
  server.options.listen = false;
  assert.deepEqual(failure(await rpc("subscriptions/listen", { notifications: {} })), [404, -32601]);
});

test("headers: versions first, then the method, then the name", async (t) => {
  const { rpc, call } = await stub(t);
  const list = async (headers, envelope) => failure(await rpc("tools/list", {}, { headers, envelope }));
  assert.deepEqual(await list({ "mcp-protocol-version": undefined }), [400, -32020]);
  assert.deepEqual(await list({}, meta({}, "2027-01-01")), [400, -32020]);
  assert.deepEqual(await list({ "mcp-protocol-version": "2025-11-25" }, {}), [400, -32022]);
  assert.deepEqual(await list({}, {}), [400, -32602]);
  assert.deepEqual(await list({ "mcp-method": undefined }), [400, -32020]);
  assert.deepEqual(await list({ "mcp-method": "Tools/list" }), [400, -32020]);
  const unsupported = await rpc("tools/list", {}, { headers: { "mcp-protocol-version": "x" }, envelope: meta({}, "x") });
  assert.deepEqual(unsupported.error.data, { supported: ["2026-07-28"], requested: "x" });
  const greet = async (name) => failure(await call("greet", {}, {}, { headers: { "mcp-name": name } }));
  assert.deepEqual(await greet(undefined), [400, -32020]);
  assert.deepEqual(await greet("Greet"), [400, -32020]);
  assert.deepEqual(await greet("=?base64?Z3JlZXQ?="), [400, -32020]); // without its padding
  assert.deepEqual(await greet("=?base64?Z3JlZXQ=?="), [200, undefined]);
  assert.deepEqual(failure(await rpc("tasks/get", { taskId: "a" }, { headers: { "mcp-name": "b" } })), [400, -32020]);
  const coded = `=?base64?${Buffer.from("naïve").toString("base64")}?=`;
  const prompt = await rpc("prompts/get", { name: "naïve" }, { headers: { "mcp-name": coded } });
  assert.equal(prompt.result.resultType, "input_required");
  assert.deepEqual(failure(await rpc("tasks/list")), [404, -32601]);
});

test("headers: Mcp-Param-* for annotated arguments, none for absent or null ones", async (t) => {
  const { call } = await stub(t);
  const regional = async (args, headers) => failure(await call("regional", args, {}, { headers }));
  const args = { region: "eu", priority: 42, dry: false, note: "x" };
  const right = { "mcp-param-region": "eu", "mcp-param-priority": "42", "mcp-param-dry-run": "false" };
  assert.deepEqual(await regional(args, right), [200, undefined]);
  assert.deepEqual(await regional({ ...args, dry: null }, { ...right, "mcp-param-dry-run": undefined }), [200, undefined]);
  assert.deepEqual(await regional({ ...args, dry: null }, right), [400, -32020]);
  assert.deepEqual(await regional(args, { ...right, "mcp-param-priority": undefined }), [400, -32020]);
  assert.deepEqual(await regional(args, { ...right, "mcp-param-priority": "42.0" }), [400, -32020]);
  assert.deepEqual(await regional(args, { ...right, "mcp-param-region": "us" }), [400, -32020]);
});

test("pages: a preflight names every header, and pages of other machines get nothing", async (t) => {
  const { server } = await stub(t);
  const preflight = (origin) => fetch(server.url, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
  const { status, headers } = await preflight("http://localhost:5173");
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-origin"), "http://localhost:5173");
  assert.equal(headers.get("access-control-allow-methods"), "POST, OPTIONS");
  assert.equal(headers.get("access-control-max-age"), "600");
  assert.deepEqual(headers.get("access-control-allow-headers").split(", "), [
    "content-type", "accept", "authorization", "mcp-protocol-version", "mcp-method", "mcp-name",
    "mcp-param-region", "mcp-param-priority", "mcp-param-dry-run",
  ]);
  assert.match(headers.get("access-control-expose-headers"), /www-authenticate/);
  const foreign = await preflight("https://evil.example");
  assert.equal(foreign.status, 403);
  assert.equal(foreign.headers.get("access-control-allow-origin"), null);
  server.options.origins = ["https://evil.example"];
  assert.equal((await preflight("https://evil.example")).status, 204);
  assert.equal((await preflight("http://localhost:5173")).status, 403);
});

test("HTTP: only POST, of one request or notification, which accepts both types", async (t) => {
  const { server, raw } = await stub(t);
  for (const method of ["GET", "DELETE"]) {
    const res = await fetch(server.url, { method, headers: { accept: "text/event-stream" } });
    assert.deepEqual([res.status, res.headers.get("allow")], [405, "POST, OPTIONS"]);
  }
  assert.equal((await raw("tools/list", {}, { headers: { accept: "application/json" } })).status, 406);
  assert.equal((await raw("tools/list", {}, { headers: { "content-type": "text/plain" } })).status, 415);
  const post = async (body) => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const res = await fetch(server.url, { method: "POST", headers, body });
    return [res.status, (await res.text().then((text) => text && JSON.parse(text))).error?.code];
  };
  assert.deepEqual(await post("{"), [400, -32700]);
  assert.deepEqual(await post("[]"), [400, -32600]);
  assert.deepEqual(await post('{"jsonrpc":"2.0","id":1,"result":{}}'), [400, -32600]);
  assert.deepEqual(await post('{"jsonrpc":"2.0","id":null,"method":"tools/list"}'), [400, -32600]);
  assert.deepEqual(await post('{"jsonrpc":"2.0","method":"notifications/cancelled"}'), [202, undefined]);
  assert.deepEqual(server.notes, ["notifications/cancelled: over HTTP the connection is closed instead"]);
});

test("questions before a task: the same request again, with its state and the answers", async (t) => {
  const { call, rpc, status } = await stub(t);
  const first = (await call("ask_then_answer")).result;
  assert.equal(first.resultType, "input_required");
  assert.deepEqual(Object.keys(first.inputRequests), ["user_name"]);
  const { requestState } = first;
  const inputResponses = { user_name: accept({ name: "Alice" }) };
  const again = await call("ask_then_answer", {}, { requestState, inputResponses });
  assert.equal(again.result.content[0].text, "Hello, Alice!");
  assert.equal((await call("ask_then_answer", {}, { requestState })).result.resultType, "input_required");
  assert.deepEqual(failure(await call("ask_then_answer", { more: 1 }, { requestState, inputResponses })), [400, -32602]);
  assert.deepEqual(failure(await call("ask_then_answer", {}, { requestState: `${requestState}x`, inputResponses })), [400, -32602]);
  assert.deepEqual(failure(await call("ask_then_answer", {}, {}, { capabilities: {} })), [400, -32021]);

  const { result: state } = await call("come_back");
  assert.ok(!("inputRequests" in state));
  assert.equal((await call("come_back", {}, { requestState: state.requestState })).result.content[0].text, "welcome back");

  const asked = (await call("test_tool_with_task")).result;
  const created = (await call("test_tool_with_task", {}, { requestState: asked.requestState, inputResponses })).result;
  assert.equal(created.resultType, "task");
  assert.equal((await status(created.taskId, "completed")).result.content[0].text, "Hello, Alice!");

  const uri = "modern://guarded";
  const guarded = (await rpc("resources/read", { uri })).result;
  const read = await rpc("resources/read", { uri, requestState: guarded.requestState, inputResponses: { word: { action: "decline" } } });
  assert.equal(read.result.contents[0].text, "You said: decline");
});

test("tasks: each tool does what stands in the table", async (t) => {
  const { server, call, get, rpc, update, status } = await stub(t);
  const create = async (...args) => {
    const { result } = await call(...args);
    assert.equal(result.resultType, "task");
    for (const member of ["result", "error", "inputRequests"]) assert.ok(!(member in result));
    return result.taskId;
  };
  const counted = await status(await create("count", { steps: 2, label: "x" }), "completed");
  assert.deepEqual(counted.result.structuredContent, { counted: 2, label: "x" });
  assert.equal(counted.statusMessage, "step 2 of 2");
  assert.equal((await call("count", { steps: 1 }, {}, { capabilities: {} })).result.content[0].text, "counted to 1");
  assert.deepEqual(failure(await call("failing_job", {}, {}, { capabilities: {} })), [400, -32021]);
  assert.equal((await status(await create("failing_job"), "completed")).result.isError, true);
  const failed = await status(await create("protocol_error_job", { code: -32050 }), "failed");
  assert.deepEqual(failed.error, { code: -32050, message: "the ice broke", data: { depth: 3 } });
  for (const wanted of ["completed", "failed", "cancelled"]) {
    const { result } = await call("instant", { status: wanted });
    assert.deepEqual([result.resultType, result.status, "result" in result, "error" in result], ["task", wanted, false, false]);
    assert.equal((await get(result.taskId)).status, wanted);
  }

  const stubborn = await create("stubborn");
  assert.deepEqual((await rpc("tasks/cancel", { taskId: stubborn })).result.resultType, "complete");
  assert.equal((await status(stubborn, "completed")).result.content[0].text, "done all the same");
  const puppet = await create("puppet");
  await rpc("tasks/cancel", { taskId: puppet });
  assert.equal((await get(puppet)).status, "cancelled");

  const twice = await create("ask_twice");
  assert.deepEqual(Object.keys((await status(twice, "input_required")).inputRequests), ["first"]);
  await update(twice, { first: accept({ word: "one" }), nobody: accept({}) });
  await until(() => server.tasks.find(twice).asked.has("second"), "the second question");
  await update(twice, { first: accept({ word: "again" }), second: { action: "decline" } });
  assert.equal((await status(twice, "completed")).result.content[0].text, "one decline");
  assert.deepEqual(server.notes, ["answered, but never asked: nobody", "answered twice: first"]);

  const all = await create("ask_all");
  const questions = (await status(all, "input_required")).inputRequests;
  assert.deepEqual(Object.values(questions).map(({ method }) => method), ["elicitation/create", "sampling/createMessage", "roots/list"]);

  const { taskId, ttlMs } = (await call("fleeting")).result;
  assert.equal(ttlMs, 15);
  await until(() => !server.tasks.byId.has(taskId), "the end of its time to live");
  assert.deepEqual(failure(await rpc("tasks/get", { taskId })), [400, -32602]);
});

test("the clock is the test's, where it wants that", async (t) => {
  const waiting = new Map();
  const timers = {
    setTimeout: (run, ms) => { waiting.set(run, ms); return run; },
    clearTimeout: (run) => void waiting.delete(run),
  };
  const { call, get } = await stub(t, { timers, now: () => 0, ttlMs: null, pollIntervalMs: 100, stepMs: 1000 });
  const { taskId, createdAt } = (await call("restless")).result;
  assert.equal(createdAt, "1970-01-01T00:00:00.000Z");
  const intervals = [];
  for (let i = 0; i < 3; i++) {
    await until(() => waiting.size > 0, "its timer");
    intervals.push((await get(taskId)).pollIntervalMs);
    assert.deepEqual([...waiting.values()], [2000]);
    const [run] = waiting.keys();
    waiting.clear();
    run();
  }
  await until(async () => (await get(taskId)).status === "completed", "its end");
  assert.deepEqual(intervals, [100, 200, 50]);
});

test("options: deviations of real servers", async (t) => {
  const { server, call, get, update, rpc, raw, status } = await stub(t, { inlinedResultType: true, opaqueKeys: true, staleReads: 1 });
  const { taskId } = (await call("multi_input")).result;
  const { inputRequests } = await status(taskId, "input_required");
  const keys = Object.keys(inputRequests);
  for (const key of keys) assert.match(key, new RegExp(`^${taskId}:[0-9a-f]{16}$`));
  assert.deepEqual(Object.keys((await get(taskId)).inputRequests), keys.toReversed());
  const nameKey = keys.find((key) => inputRequests[key].params.message === "Who are you?");
  const confirmKey = keys.find((key) => key !== nameKey);
  await update(taskId, { [nameKey]: accept({ name: "Luca" }) });
  assert.equal(Object.keys((await get(taskId)).inputRequests).length, 2); // not yet known
  assert.deepEqual(Object.keys((await get(taskId)).inputRequests), [confirmKey]);
  await update(taskId, { [confirmKey]: accept({ confirm: true }) });
  const { result } = await status(taskId, "completed");
  assert.deepEqual([result.resultType, result.content[0].text], ["complete", "Luca, true"]);

  server.options.answerAs = "sse";
  const stream = events(await raw("tools/list"));
  assert.equal((await stream.next()).result.tools[0].name, "greet");
  assert.equal(await stream.next(), undefined);
  const narrated = events(await raw("tools/call", { name: "narrate", arguments: { steps: 2 }, _meta: { progressToken: "p" } }));
  assert.deepEqual((await narrated.next()).params, { progressToken: "p", progress: 1, total: 2, message: "chapter 1" });
  assert.equal((await narrated.next()).params.progress, 2);
  assert.equal((await narrated.next()).result.content[0].text, "the end");
  server.options.answerAs = "json";

  server.options.extension = false;
  assert.deepEqual(failure(await rpc("tasks/get", { taskId })), [404, -32601]);
  assert.ok(!("extensions" in (await rpc("server/discover")).result.capabilities));
  assert.equal((await call("count", { steps: 1 })).result.resultType, "complete");
  server.options.intercept = ({ rpc, res }) => rpc.method === "tools/list" && !!res.writeHead(503).end();
  assert.equal((await raw("tools/list")).status, 503);
});

test("option legacy: initialize is answered on the same URL, and tasks are not of its time", async (t) => {
  const { server, rpc } = await stub(t, { legacy: true });
  const old = async (method, params, headers) => {
    const res = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    return { status: res.status, ...await res.json() };
  };
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "old", version: "0" } };
  const { result } = await old("initialize", params);
  assert.equal(result.protocolVersion, "2025-11-25");
  assert.ok(!("tasks" in result.capabilities));
  const header = { "mcp-protocol-version": "2025-11-25" };
  const called = await old("tools/call", { name: "greet", arguments: { name: "you" } }, header);
  assert.deepEqual(called.result, { content: [{ type: "text", text: "Hello, you!" }] });
  const { status, error } = await old("tasks/get", { taskId: "x" }, header);
  assert.equal(status, 200);
  assert.deepEqual(error, { code: -32601, message: "Method 'tasks/get' is not available at protocol version '2025-11-25'." });
  assert.equal((await rpc("server/discover")).status, 200);
  server.options.legacy = false;
  assert.deepEqual(failure(await old("initialize", params)), [400, -32020]);
  assert.deepEqual(failure(await old("initialize", params, header)), [400, -32022]);
});

test("a call ends with its connection, and the log says so", async (t) => {
  const { server, raw } = await stub(t, { secondMs: 1000 });
  const leave = new AbortController();
  const calling = raw("tools/call", { name: "slow_compute", arguments: { seconds: 60 } }, { capabilities: {}, signal: leave.signal });
  await until(() => server.requests.length === 1, "the call");
  leave.abort();
  await assert.rejects(calling);
  await until(() => server.requests[0].cut, "its end");
  const [{ method, path, headers, rpc, status }] = server.requests;
  assert.deepEqual([method, path, headers["mcp-name"], status], ["POST", "/mcp", "slow_compute", undefined]);
  assert.deepEqual(rpc.params.arguments, { seconds: 60 });
});
