// What schema.mjs finds, and that it sees what clients send. That they send nothing wrong is checked behind every test.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { server } from "./fixture.mjs";
import { recorded } from "./recorded.mjs";
import { judge } from "./schema.mjs";
import { checkSent, inTime, mcp, tolerate } from "./support.mjs";

const types = { accept: "application/json, text/event-stream", "content-type": "application/json" };
const post = (headers, rpc) => ({ http: "POST", headers: { ...types, ...headers }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...rpc }) });

describe("with a handshake", () => {
  const agreed = { "mcp-protocol-version": "2025-11-25" };
  const initialize = { method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: { elicitation: { form: {} } }, clientInfo: { name: "a", version: "1" } } };
  const right = {
    "a handshake": post({}, initialize),
    "a notification": post(agreed, { id: undefined, method: "notifications/initialized" }),
    "a call as a task": post(agreed, { method: "tools/call", params: { name: "x", arguments: { a: [1] }, task: { ttl: 1 }, _meta: { progressToken: 1 } } }),
    "a prompt as a task, which FastMCP knows": post(agreed, { method: "prompts/get", params: { name: "x", task: {} } }),
    "an answer": post(agreed, { result: { action: "accept", content: { a: "b" }, _meta: { "io.modelcontextprotocol/related-task": { taskId: "t" } } } }),
    "an error": post(agreed, { error: { code: -32601, message: "no" } }),
    "the stream": { http: "GET", headers: { ...agreed, accept: "text/event-stream", "last-event-id": "1" } },
    "the end of a session": { http: "DELETE", headers: { ...agreed, "mcp-session-id": "s" } },
    "HTTP+SSE, at the address that the server named": { ...post({}, { method: "ping" }), first: false },
  };
  const wrong = {
    "an unknown key in the frame": [post(agreed, { method: "ping", extra: 1 }), /extra/],
    "an unknown parameter": [post(agreed, { method: "tasks/get", params: { taskId: "t", wait: 1 } }), /params\.wait is not known/],
    "a missing parameter": [post(agreed, { method: "tasks/get", params: {} }), /params\.taskId/],
    "an unknown capability": [post({}, { ...initialize, params: { ...initialize.params, capabilities: { magic: {} } } }), /capabilities\.magic is not known/],
    "a method of the other revision": [post(agreed, { method: "tasks/update", params: { taskId: "t" } }), /no request of a client's/],
    "a request as a notification": [post(agreed, { id: undefined, method: "tasks/get", params: { taskId: "t" } }), /no notification of a client's/],
    "a header of the other revision": [post({ ...agreed, "mcp-name": "t" }, { method: "ping" }), /mcp-name/],
    "no version after the handshake": [post({}, { method: "ping" }), /mcp-protocol-version undefined/],
    "tasks in a revision without": [post({ "mcp-protocol-version": "2025-06-18" }, { method: "tools/call", params: { name: "x", task: {} } }), /params\.task/],
    "one type too few": [post({ ...agreed, accept: "application/json" }, { method: "ping" }), /accept without text\/event-stream/],
    "a number for an error's words": [post(agreed, { error: { code: -32601, message: 1 } }), /error\.message/],
  };
  judged(right, wrong);
});

describe("of 2026-07-28", () => {
  const declared = { elicitation: { form: {} }, extensions: { "io.modelcontextprotocol/tasks": {} } };
  const ours = (name) => `io.modelcontextprotocol/${name}`;
  const _meta = { [ours("protocolVersion")]: "2026-07-28", [ours("clientCapabilities")]: declared, [ours("clientInfo")]: { name: "a", version: "1" } };
  const request = (method, params = {}, name = undefined, more = {}) => post({
    "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...(name === undefined ? {} : { "mcp-name": name }), ...more,
  }, { method, params: { _meta, ...params } });
  const answer = { action: "accept", content: { value: "L" } };
  const right = {
    "server/discover": request("server/discover"),
    "a list": request("tools/list", { cursor: "c" }),
    "a call": request("tools/call", { name: "x", arguments: { region: "r", n: 2, word: "Grüße" } }, "x", { "mcp-param-region": "r", "mcp-param-n": "2", "mcp-param-word": "=?base64?R3LDvMOfZQ==?=" }),
    "a call in its second round": request("tools/call", { name: "x", arguments: {}, inputResponses: { k: answer }, requestState: "s" }, "x"),
    "a prompt in its second round": request("prompts/get", { name: "x", inputResponses: { k: { roots: [] } } }, "x"),
    "a name that no header can say": request("resources/read", { uri: "data://ä" }, "=?base64?ZGF0YTovL8Ok?="),
    "tasks/get": request("tasks/get", { taskId: "t" }, "t"),
    "tasks/cancel": request("tasks/cancel", { taskId: "t" }, "t"),
    "tasks/update": request("tasks/update", { taskId: "t", inputResponses: { k: answer } }, "t"),
    "listening": request("subscriptions/listen", { notifications: { taskIds: ["t"], toolsListChanged: true } }),
  };
  const wrong = {
    "another name in the header": [request("tasks/get", { taskId: "t" }, "u"), /mcp-name u, not t/],
    "no name in the header": [request("tools/call", { name: "x" }), /mcp-name undefined, not x/],
    "another method in the header": [request("tools/list", {}, undefined, { "mcp-method": "tools/call" }), /mcp-method tools\/call/],
    "another version in the header": [request("tools/list", {}, undefined, { "mcp-protocol-version": "2025-11-25" }), /not as in _meta/],
    "no envelope": [request("tools/list", { _meta: undefined }), /clientCapabilities: missing/],
    "a key of ours in _meta": [request("tools/list", { _meta: { ..._meta, [ours("related-task")]: {} } }), /related-task/],
    "an unknown capability": [request("tools/list", { _meta: { ..._meta, [ours("clientCapabilities")]: { tasks: {} } } }), /capability tasks/],
    "a tasks extension that says something": [request("tools/list", { _meta: { ..._meta, [ours("clientCapabilities")]: { extensions: { [ours("tasks")]: { x: 1 } } } } }), /x/],
    "tasks/get without the extension": [request("tasks/get", { taskId: "t", _meta: { ..._meta, [ours("clientCapabilities")]: {} } }, "t"), /not declared/],
    "a task parameter": [request("tools/call", { name: "x", task: {} }, "x"), /params\.task is not known/],
    "an answer that is none": [request("tasks/update", { taskId: "t", inputResponses: { k: { action: "perhaps" } } }, "t"), /inputResponses/],
    "an answer of a round that is none": [request("tools/call", { name: "x", inputResponses: { k: { action: "perhaps" } } }, "x"), /inputResponses/],
    "a second round of what has one only": [request("tools/list", { requestState: "s" }), /requestState is not known/],
    "a header that mirrors nothing": [request("tools/call", { name: "x", arguments: { a: "1" } }, "x", { "mcp-param-a": "2" }), /mcp-param-a/],
    "a method that is gone": [request("tasks/result", { taskId: "t" }), /not-in-era/],
    "a session": [request("tools/list", {}, undefined, { "mcp-session-id": "s" }), /mcp-session-id/],
    "a stream": [{ http: "GET", headers: { "mcp-protocol-version": "2026-07-28" } }, /only POST/],
    "an answer": [post({ "mcp-protocol-version": "2026-07-28" }, { result: {} }), /only requests and notifications/],
  };
  judged(right, wrong);
});

test("every message of a client is recorded, from the handshake to the end of the session, and is valid", async (t) => {
  const sent = [];
  const { Client } = recorded(mcp, (request) => sent.push(request));
  const client = new Client(server.url, { onWarning() {} });
  t.after(() => client.close());
  assert.ok(client instanceof mcp.Client);
  const task = client.callTool("required");
  const taskId = await inTime(task.created);
  server.finish(taskId);
  await inTime(task);
  const methods = sent.map(({ http, body }) => (body ? JSON.parse(body).method : http));
  for (const method of ["initialize", "notifications/initialized", "tools/list", "tools/call", "tasks/get", "tasks/result"]) assert.ok(methods.includes(method), methods.join(", "));
  assert.deepEqual(sent.flatMap(judge), []);
});

test("an intended violation is tolerated", () => {
  tolerate(/^POST nonsense: /);
  checkSent(post({}, { method: "nonsense" }));
});

function judged(right, wrong) {
  for (const [title, request] of Object.entries(right)) test(`right: ${title}`, () => assert.deepEqual(judge(request), []));
  for (const [title, [request, words]] of Object.entries(wrong)) {
    test(`wrong: ${title}`, () => {
      const found = judge(request);
      assert.ok(found.some((one) => words.test(one)), `${words} is not among ${JSON.stringify(found)}`);
    });
  }
}
