// Checklist H2: Streamable HTTP of 2026-07-28, as the stub server sees it. H2.10 is in checklist_e_cancel, H2.13 in
// checklist_h2_rounds, H2.14 in checklist_e_listen. Shown elsewhere: H2.15 as far as it is about the greeting (tests/eras.rs),
// H2.18 by the official scenario json-schema-ref-no-deref: schemas are handed on, and nothing here looks a `$ref` up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { send, sse } from "../servers/scripted.mjs";
import { accept, byHand, created, done, fence, form, own, stub, text, textOf } from "./stub.mjs";
import { inTime, rejection, until } from "./support.mjs";

/** A client that does all that a client can do. Gives its server, and every request. */
async function wholeLife(t, options = {}) {
  const { client, server, sent } = await stub(t, options);
  // Some servers put whoever comes into a session, and number their events.
  const { intercept } = server.options;
  server.options.intercept = (request) => {
    request.res.setHeader("mcp-session-id", "not-of-this-revision");
    return intercept(request);
  };
  const mine = client({
    clientInfo: { name: "whole-life", version: "1.2.3" },
    onElicitation: () => accept({ name: "Luca", confirm: true, word: "x", style: "dry" }), onSampling: () => {}, onListRoots: () => ({ roots: [] }),
  });
  await inTime(Promise.all([mine.ping(), mine.listTools(), mine.listPrompts(), mine.listResources()]));
  await inTime(Promise.all([
    mine.callTool("multi_input"), mine.callTool("test_tool_with_task"), mine.callTool("regional", { region: "eu", dry: true }),
    mine.callTool("count", {}, { task: false }), mine.getPrompt("naïve"), mine.readResource("modern://guarded"), mine.listTasks(),
  ]));
  const task = mine.callTool("puppet");
  const failed = rejection(task);
  await inTime(task.created);
  await until(() => server.listens.all.some(({ taskIds }) => taskIds.includes(task.taskId)), "a stream");
  await inTime(Promise.all([mine.getTaskStatus(task.taskId), task.status({ fresh: true })]));
  await inTime(task.cancel());
  await failed;
  const { requests } = server;
  mine.close();
  const rpc = ["server/discover", "tools/list", "tools/call", "prompts/list", "prompts/get", "resources/list", "resources/read",
    "tasks/get", "tasks/update", "tasks/cancel", "subscriptions/listen"];
  for (const method of rpc) assert.ok(sent(method).length > 0, method);
  return { requests, server, rpc };
}

for (const answerAs of ["json", "sse"]) {
  test(`H2.1, H2.8: nothing but POST, one request each, no session, no response of the client; answers by ${answerAs}`, async (t) => {
    const { requests } = await wholeLife(t, { answerAs });
    for (const { method, headers, rpc } of requests) {
      assert.equal(method, "POST");
      assert.ok(rpc.method !== undefined && rpc.id !== undefined, JSON.stringify(rpc));
      assert.deepEqual([headers["mcp-session-id"], headers["last-event-id"]], [undefined, undefined]);
    }
  });
}

test("H2.2: every request accepts both kinds of answer", async (t) => {
  const { requests } = await wholeLife(t);
  for (const { headers } of requests) {
    assert.deepEqual(headers.accept.split(", ").sort(), ["application/json", "text/event-stream"]);
    assert.equal(headers["content-type"], "application/json");
  }
});

test("H2.3, H2.6: every request says which revision it is, in its header and in its envelope, and whose", async (t) => {
  const { requests } = await wholeLife(t);
  for (const { headers, rpc } of requests) {
    const { _meta } = rpc.params;
    assert.equal(headers["mcp-protocol-version"], "2026-07-28");
    assert.equal(_meta[`${own}protocolVersion`], "2026-07-28");
    assert.equal(typeof _meta[`${own}clientCapabilities`], "object");
    assert.deepEqual(_meta[`${own}clientInfo`], { name: "whole-life", version: "1.2.3" });
  }
});

test("H2.4: Mcp-Method on every request, Mcp-Name where something is named, and only there", async (t) => {
  const { requests } = await wholeLife(t);
  const plain = (value) => value?.replace(/^=\?base64\?(.*)\?=$/, (_, coded) => Buffer.from(coded, "base64").toString("utf8"));
  for (const { headers, rpc } of requests) {
    assert.equal(headers["mcp-method"], rpc.method);
    const { name, uri, taskId } = rpc.params;
    // Node reads headers byte by byte.
    assert.equal(plain(headers["mcp-name"]), name ?? uri ?? taskId, rpc.method);
  }
});

test("H2.5: values that a header cannot carry are written in Base64, names and arguments alike", async (t) => {
  const { client, sent } = await stub(t);
  const mine = client({ onElicitation: () => ({ action: "decline" }) });
  await inTime(mine.getPrompt("naïve"));
  assert.equal(sent("prompts/get")[0].headers["mcp-name"], "=?base64?bmHDr3Zl?=");
  const regions = {
    "eu west": "eu west", " eu": "=?base64?IGV1?=", "eu\n": "=?base64?ZXUK?=", "Île": "=?base64?w45sZQ==?=", "": "",
    "=?base64?x?=": "=?base64?PT9iYXNlNjQ/eD89?=", "\u007f": "=?base64?fw==?=", "😀": "=?base64?8J+YgA==?=",
  };
  for (const region of Object.keys(regions)) await inTime(mine.callTool("regional", { region }, { task: false }));
  assert.deepEqual(sent("tools/call").map(({ headers }) => headers["mcp-param-region"]), Object.values(regions));
});

test("H2.7: arguments in headers: text, whole numbers and truth values; none for null, absent or unannotated arguments", async (t) => {
  const { client, sent } = await stub(t);
  const mine = client();
  await inTime(mine.callTool("regional", { region: "eu", priority: 42, dry: false, note: "n" }));
  await inTime(mine.callTool("regional", { region: "eu", priority: null, dry: true }));
  await inTime(mine.callTool("regional", { region: "eu", priority: -7 }));
  const mirrored = sent("tools/call").map(({ headers }) => Object.entries(headers).filter(([name]) => name.startsWith("mcp-param-")).sort());
  assert.deepEqual(mirrored, [
    [["mcp-param-dry-run", "false"], ["mcp-param-priority", "42"], ["mcp-param-region", "eu"]],
    [["mcp-param-dry-run", "true"], ["mcp-param-region", "eu"]],
    [["mcp-param-priority", "-7"], ["mcp-param-region", "eu"]],
  ]);
});

test("H2.7: tools whose annotations break a rule are not listed, and not called; the others are", async (t) => {
  // A refusal comes in the turn of the call, before anybody can await it: that it is awaited all the same is no warning.
  const warns = [/^bad-tool: left a tool out of the list: invalid_/];
  const { client, sent, warnings } = await stub(t, { invalidTools: true, warns });
  const mine = client();
  const names = (await inTime(mine.listTools())).map(({ name }) => name);
  assert.deepEqual(names.filter((name) => name.startsWith("invalid_")), []);
  assert.ok(names.includes("regional"));
  assert.ok(warnings.length > 0);
  for (const name of ["invalid_object", "invalid_twice", "invalid_number"]) {
    const error = await rejection(mine.callTool(name, { value: "x" }));
    assert.equal(error.name, "UnsupportedError", error.message);
    assert.match(error.message, /x-mcp-header.*it was not sent/);
  }
  assert.equal(sent("tools/call").length, 0);
  assert.equal(textOf(await inTime(mine.callTool("greet"))), "Hello, World!");
});

test("H2.7: headers that do not fit (-32020): the tools are listed again, and the call is sent once more", async (t) => {
  // The tool had no annotations when it was listed first.
  const old = { name: "regional", inputSchema: { type: "object", properties: { region: { type: "string" } } } };
  const { client, sent, methods } = await stub(t, { hands: {
    "tools/list": ({ n }) => (n === 0 ? { resultType: "complete", tools: [old], ttlMs: 0, cacheScope: "private" } : undefined),
  } });
  assert.equal(textOf(await inTime(client().callTool("regional", { region: "eu" }, { task: false }))), "routed");
  assert.deepEqual(methods(), ["server/discover", "tools/list", "tools/call", "tools/list", "tools/call"]);
  const calls = sent("tools/call");
  assert.deepEqual(calls.map(({ headers, status }) => [headers["mcp-param-region"], status]), [[undefined, 400], ["eu", 200]]);
  assert.notEqual(calls[0].rpc.id, calls[1].rpc.id);
});

test("H2.7: headers that never fit are an error after the second try", async (t) => {
  const { client, sent } = await stub(t, { hands: { "tools/call": () => ({ error: { code: -32020, message: "Header mismatch: for ever" } }) } });
  const error = await rejection(client().callTool("regional", { region: "eu" }));
  assert.equal(error.name, "RpcError");
  assert.deepEqual([error.rpc.code, error.rpc.message], [-32020, "Header mismatch: for ever"]);
  assert.deepEqual([sent("tools/call").length, sent("tools/list").length], [2, 2]);
});

test("H2.8: on a stream comments, requests and strangers' notifications are passed over, and progress is told", async (t) => {
  const { client, server, sent } = await stub(t, { hands: {
    "tools/call": ({ rpc, res }) => {
      const { progressToken } = rpc.params._meta;
      sse(res, [
        ": keep-alive\n\n",
        { id: "1", data: { jsonrpc: "2.0", id: 0, method: "elicitation/create", params: form("Now?").params } },
        { data: { jsonrpc: "2.0", id: 1, method: "ping" } },
        { data: { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress: 1, total: 2 } } },
        ": keep-alive\n\n",
        { id: "2", retry: 10, data: { jsonrpc: "2.0", id: rpc.id, result: { resultType: "complete", ...text("after all that") } } },
      ]);
      return done;
    },
  } });
  let asked = 0;
  const task = client({ onElicitation: () => void (asked += 1) }).callTool("greet");
  const progress = [];
  task.onProgress((p) => progress.push(p));
  assert.equal(textOf(await inTime(task)), "after all that");
  assert.deepEqual(progress, [{ progress: 1, total: 2 }]);
  assert.equal(asked, 0);
  assert.deepEqual(server.requests.filter(({ rpc }) => rpc.method === undefined), [], "nothing is answered");
  assert.equal(sent("tools/call").length, 1);
});

/** Ways in which an answer is lost. */
const losses = {
  "before its head": ({ res }) => (res.destroy(), done),
  "in the middle of a JSON text": ({ res }) => {
    res.writeHead(200, { "content-type": "application/json", "content-length": 100 }).write('{"jsonrpc":');
    setImmediate(() => res.destroy());
    return done;
  },
  "after a stream has begun": ({ res }) => {
    sse(res, [{ id: "7", data: "" }], { end: false });
    setImmediate(() => res.destroy());
    return done;
  },
  "by a stream that ends without it": ({ res }) => {
    sse(res, [{ id: "7", data: "" }], { end: false });
    send(res, ": so long\n\n");
    res.end();
    return done;
  },
};
const trouble = [/^retrying: /];
for (const [how, lose] of Object.entries(losses)) {
  test(`H2.9: an answer to tools/call that is lost ${how}: the call is not sent again, and that is said`, async (t) => {
    const { client, sent } = await stub(t, { warns: trouble, hands: { "tools/call": (call) => (call.n === 0 ? lose(call) : undefined) } });
    const mine = client();
    const error = await rejection(mine.callTool("count"));
    assert.equal(error.name, "NetworkError", error.message);
    assert.match(error.message, /calling tool count.*may have executed it.*not sent again/);
    await fence(mine);
    assert.equal(sent("tools/call").length, 2, "the lost one and that of the fence");
  });

  test(`H2.9: reads, and a tool with a hint that it only reads, are sent again with a new id; lost ${how}`, async (t) => {
    const once = (request) => (request.n === 0 ? lose(request) : undefined);
    const { client, server, sent } = await stub(t, { warns: trouble, hands: {
      "tools/list": ({ n }) => ({
        resultType: "complete", ttlMs: 0, cacheScope: "private",
        tools: [{ name: "greet", inputSchema: { type: "object" }, annotations: n === 0 ? { idempotentHint: true } : { readOnlyHint: true } }],
      }),
      "tools/call": once, "prompts/get": once, "resources/read": once,
    } });
    const mine = client();
    assert.equal(textOf(await inTime(mine.callTool("greet"))), "Hello, World!");
    assert.equal((await inTime(mine.getPrompt("greeting", { name: "you" }))).messages[0].content.text, "Greet you.");
    assert.equal((await inTime(mine.readResource("modern://about"))).contents[0].text, "The modern stub of mcp-tasks.");
    for (const method of ["tools/call", "prompts/get", "resources/read"]) {
      const [first, second, ...more] = sent(method).map(({ rpc }) => rpc);
      assert.notEqual(first.id, second.id);
      assert.deepEqual({ ...first, id: 0 }, { ...second, id: 0 });
      assert.equal(more.length, 0);
    }
    assert.ok(server.requests.every(({ headers, method }) => method === "POST" && !("last-event-id" in headers)), "nothing is taken up");
  });

  test(`H2.9: a poll whose answer is lost ${how} is sent again with a new id, and the task goes on`, async (t) => {
    const { client, sent } = await stub(t, { warns: trouble, listen: false, hands: { "tasks/get": (poll) => (poll.n === 0 ? lose(poll) : undefined) } });
    assert.equal(textOf(await inTime(client().callTool("count", { steps: 1 }))), "counted to 1");
    const ids = sent("tasks/get").map(({ rpc }) => rpc.id);
    assert.ok(ids.length > 1);
    assert.equal(new Set(ids).size, ids.length);
  });
}

test("H2.11: ids are whole numbers, and none comes twice", async (t) => {
  const { requests } = await wholeLife(t);
  const ids = requests.map(({ rpc }) => rpc.id);
  assert.ok(ids.every(Number.isInteger));
  assert.equal(new Set(ids).size, ids.length);
});

test("H2.12: a list of an unknown type is none, one without a type is", async (t) => {
  const { client } = await stub(t, { hands: {
    "prompts/list": () => ({ resultType: "input_required", requestState: "x", prompts: [] }),
    "resources/list": () => ({ resources: [{ uri: "a://b", name: "b" }] }),
  } });
  const mine = client();
  assert.equal((await rejection(mine.listPrompts())).name, "ProtocolError");
  assert.deepEqual(await inTime(mine.listResources()), [{ uri: "a://b", name: "b" }]);
});

test("H2.15: an error in the body of a 4xx reaches the caller with its code, its words and its data (deviation 34)", async (t) => {
  const data = { why: ["a", { b: null }] };
  const { client, server, methods } = await stub(t);
  const mine = client();
  await inTime(mine.ping());
  for (const [code, status] of [[-32602, 400], [-32601, 404], [-32603, 500], [-32000 - 99, 400], [4711, 400]]) {
    const error = { code, message: `no, because ${code}`, data };
    byHand(server, { "tools/call": () => ({ error, status }), "prompts/get": () => ({ error, status }), "resources/read": () => ({ error, status }) });
    for (const call of [() => mine.callTool("greet"), () => mine.getPrompt("greeting"), () => mine.readResource("modern://about")]) {
      const seen = await rejection(call());
      assert.equal(seen.name, "RpcError", seen.message);
      assert.deepEqual(seen.rpc, error);
      assert.ok(seen.message.includes(error.message));
    }
  }
  assert.equal(methods().filter((method) => method === "server/discover").length, 2, "the ping's, and the first: nobody is greeted anew");
  assert.equal(methods().filter((method) => method === "tools/call").length, 5);
});

test("H2.15: a task that the server refuses to talk about continues: waiting promises reject with the server's message", async (t) => {
  const error = { code: -32050, message: "not today", data: 7 };
  const { client } = await stub(t, { warns: [/^bad-answer: /], hands: {
    "tools/call": () => created("t-1"), "tasks/get": () => ({ error }), "tasks/cancel": () => ({ error }),
  } });
  const mine = client();
  const task = mine.callTool("count");
  await inTime(task.created);
  const refused = await rejection(task.cancel());
  assert.deepEqual([refused.name, refused.rpc], ["RpcError", error]);
  const status = await rejection(mine.getTaskStatus("t-1"));
  assert.deepEqual([status.name, status.rpc], ["RpcError", error]);
});

test("H2.16: a list is kept by one client for its calls, and requested again by each explicit listing", async (t) => {
  const { client, sent } = await stub(t);
  const [one, other] = [client({ headers: { authorization: "Bearer one" } }), client({ headers: { authorization: "Bearer other" } })];
  await inTime(Promise.all([one.callTool("greet"), one.callTool("greet")]));
  assert.equal(sent("tools/list").length, 1);
  await inTime(one.listTools());
  assert.equal(sent("tools/list").length, 2);
  await inTime(other.callTool("greet"));
  assert.deepEqual(sent("tools/list").map(({ headers }) => headers.authorization), ["Bearer one", "Bearer one", "Bearer other"]);
});

test("H2.17: nothing is sent that this revision has not", async (t) => {
  const { requests, rpc } = await wholeLife(t);
  assert.deepEqual([...new Set(requests.map((request) => request.rpc.method))].sort(), rpc.toSorted());
});
