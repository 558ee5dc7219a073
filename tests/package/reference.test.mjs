// What the users of FastMCP's Python client rely on, row by row: making tasks, and asking the client itself. Each title
// begins with the name of its row in tests/coverage.json; docs/differences-from-fastmcp.md says where we differ on purpose.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, failure, initializeResult, json, sse } from "../servers/scripted.mjs";
import { openStream, running, server, textOf, told, working } from "./fixture.mjs";
import { clients, inTime, mcp, rejection, until } from "./support.mjs";

const { ClosedError, PromptTask, ResourceTask, RpcError, TaskExpiredError, ToolError } = mcp;

/** The requests of this method that have come since `mark()`. */
const mark = () => { const from = server.requests.length; return (method) => server.requests.slice(from).filter(({ rpc }) => rpc?.method === method); };
const offer = (requests) => server.script.set("initialize", ({ rpc, res }) =>
  json(res, initializeResult(rpc.id, { capabilities: { tools: {}, prompts: {}, resources: {}, tasks: { list: {}, cancel: {}, requests } } })));

/** Makes the puppet answer a method by a task, where one is asked for. */
function taskBy(method, taskId) {
  server.script.set(method, ({ rpc, res }) => {
    if (!rpc.params.task) return json(res, failure(rpc.id, -32603, "a task was expected"));
    const task = working(taskId, { ttl: rpc.params.task.ttl ?? null });
    server.tasks.set(taskId, { task });
    return json(res, answer(rpc.id, { task }));
  });
}

test("Client.call_tool(task=True): one call for both; a task where the tool offers one, else the plain answer", async (t) => {
  const since = mark();
  const own = clients(t, server.url).client();
  const [required, optional, forbidden] = ["required", "optional", "forbidden"].map((name) => own.callTool(name, { name }, { task: { ttlMs: 60_000 } }));
  assert.equal(textOf(await inTime(forbidden)), "forbidden at once");
  for (const task of [required, optional]) {
    const taskId = await inTime(task.created);
    server.finish(taskId);
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
  }
  assert.deepEqual([required, optional, forbidden].map((task) => task.returnedImmediately), [false, false, true]);
  // By the tool's own word, which is asked for once: nothing is sent to a tool that forbids it.
  const asked = Object.fromEntries(since("tools/call").map(({ rpc }) => [rpc.params.name, rpc.params.task]));
  assert.deepEqual(asked, { required: { ttl: 60_000 }, optional: { ttl: 60_000 }, forbidden: undefined });
  assert.equal(since("tools/list").length, 1);
});

test("Client.get_prompt(task=True): a PromptTask; arguments that are no text are sent as JSON", async (t) => {
  offer({ prompts: { get: {} } });
  taskBy("prompts/get", "prompt-1");
  const since = mark();
  const task = clients(t, server.url).client().getPrompt("review", { subject: "the plan", depth: 3, of: ["a"], deep: null }, { task: { ttlMs: 1000 } });
  assert.ok(task instanceof PromptTask);
  assert.equal(await inTime(task.created), "prompt-1");
  const { name, arguments: args, task: option } = since("prompts/get")[0].rpc.params;
  assert.deepEqual([name, args, option], ["review", { subject: "the plan", depth: "3", of: '["a"]', deep: "null" }, { ttl: 1000 }]);
  server.finish("prompt-1", { messages: [{ role: "user", content: { type: "text", text: "Review!" } }] });
  assert.equal((await inTime(task)).messages[0].content.text, "Review!");
});

test("Client.read_resource(task=True): a ResourceTask", async (t) => {
  offer({ resources: { read: {} } });
  taskBy("resources/read", "resource-1");
  const since = mark();
  const task = clients(t, server.url).client().readResource("file:///a b");
  assert.ok(task instanceof ResourceTask);
  assert.equal(await inTime(task.created), "resource-1");
  assert.deepEqual([since("resources/read")[0].rpc.params.uri, since("resources/read")[0].rpc.params.task], ["file:///a b", {}]);
  const contents = [{ uri: "file:///a b", text: "x" }, { uri: "file:///a b#2", blob: "AAA=" }];
  server.finish("resource-1", { contents });
  assert.deepEqual((await inTime(task)).contents, contents);
});

test("low-level escape: the task option of prompts and resources is params.task itself, and no key of _meta", async (t) => {
  offer({ prompts: { get: {} }, resources: { read: {} } });
  taskBy("prompts/get", "prompt-2");
  taskBy("resources/read", "resource-2");
  const since = mark();
  const own = clients(t, server.url).client();
  await inTime(Promise.all([own.getPrompt("p", {}, { task: { ttlMs: 7 } }).created, own.readResource("u:", { task: { ttlMs: 7 } }).created]));
  for (const { rpc: { params } } of [...since("prompts/get"), ...since("resources/read")]) {
    assert.deepEqual(params.task, { ttl: 7 });
    assert.deepEqual(Object.keys(params._meta ?? {}).filter((key) => key !== "progressToken"), []);
  }
});

test("asymmetry: a tool, prompt or resource that forbids tasks is called without one", async (t) => {
  offer({ tools: { call: {} }, prompts: { get: {} }, resources: { read: {} } });
  const refuse = (result) => ({ rpc, res }) =>
    json(res, rpc.params.task ? failure(rpc.id, -32601, "does not support task-augmented execution") : answer(rpc.id, result));
  server.script.set("prompts/get", refuse({ messages: [] }));
  server.script.set("resources/read", refuse({ contents: [] }));
  const own = clients(t, server.url).client();
  const option = { task: { ttlMs: 1000 } };
  const tasks = [own.callTool("forbidden", {}, option), own.getPrompt("p", {}, option), own.readResource("u:", option)];
  const [tool, prompt, resource] = await inTime(Promise.all(tasks));
  assert.equal(textOf(tool), "forbidden at once");
  assert.deepEqual([prompt.messages, resource.contents], [[], []]);
  assert.deepEqual(tasks.map((task) => task.returnedImmediately), [true, true, true]);
});

test("get_task_status: each call queries the server", async (t) => {
  const { client, taskId } = await running(t);
  server.put(taskId, "working", "one");
  assert.equal((await inTime(client.getTaskStatus(taskId))).statusMessage, "one");
  server.put(taskId, "working", "two");
  const { status, statusMessage, ttlMs, pollIntervalMs } = await inTime(client.getTaskStatus(taskId));
  assert.deepEqual([status, statusMessage, ttlMs, pollIntervalMs], ["working", "two", null, 50]);
});

test("get_task_result: the bare result as the server sent it, and its own words where there is none yet", async (t) => {
  // Deviation 17.
  const { client, taskId } = await running(t);
  server.script.set("tasks/result", ({ rpc, res }) => server.tasks.get(taskId).result === undefined
    && json(res, failure(rpc.id, -32602, "Task not completed yet (current state: working)")));
  const error = await rejection(client.getTaskResult(taskId));
  assert.ok(error instanceof RpcError, error.name);
  assert.match(error.message, /not completed yet \(current state: working\)/);
  const result = { content: [], isError: true, own: { word: 1 }, _meta: { a: null } };
  server.finish(taskId, result);
  assert.deepEqual(await inTime(client.getTaskResult(taskId)), result, "an error of the tool is no rejection here");
});

test("list_tasks: the server's own page by page; where that is empty, the newest fifty of this client that still live", async (t) => {
  // Deviation 33.
  const since = mark();
  const own = clients(t, server.url).client();
  const page = (tasks, nextCursor) => ({ rpc, res }) => json(res, answer(rpc.id, { tasks, ...(nextCursor && { nextCursor }) }));
  server.script.set("tasks/list", page([working("theirs")], "next"));
  const first = await inTime(own.listTasks());
  assert.deepEqual([first.tasks.map((task) => task.taskId), first.nextCursor], [["theirs"], "next"]);
  server.script.set("tasks/list", page([]));
  assert.deepEqual((await inTime(own.listTasks({ cursor: "next" }))).tasks, [], "the end of a list is no empty list");
  assert.equal(since("tasks/list")[1].rpc.params.cursor, "next");

  const ids = [];
  for (let i = 0; i < 52; i++) ids.push(await inTime(own.callTool("required").created));
  server.tasks.delete(ids.at(-1));
  const { tasks, nextCursor } = await inTime(own.listTasks());
  assert.deepEqual(tasks.map((task) => task.taskId).sort(), ids.slice(2, -1).sort());
  assert.equal(nextCursor, undefined);
});

test("cancel_task: asks the server and gives its answer; a task that has ended is its error", async (t) => {
  const { client, taskId } = await running(t);
  assert.equal((await inTime(client.cancelTask(taskId))).status, "cancelled");
  assert.equal(server.tasks.get(taskId).task.status, "cancelled");
  server.script.set("tasks/cancel", ({ rpc, res }) => json(res, failure(rpc.id, -32602, "Cannot cancel task: already in terminal status 'cancelled'")));
  const error = await rejection(client.cancelTask(taskId));
  assert.ok(error instanceof RpcError, error.name);
  assert.match(error.message, /terminal status/);
});

test("TaskNotificationHandler: an application's own onNotification takes nothing from onStatusChange", async (t) => {
  const say = openStream();
  const heard = [];
  const { task, taskId } = await running(t, { onNotification: (n) => heard.push(n.method) });
  const statuses = [];
  task.onStatusChange((s) => statuses.push(s.statusMessage));
  await say.ready();
  say(told(working(taskId, { statusMessage: "pushed" })));
  say({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } });
  await until(() => heard.length > 0, "the other notification");
  assert.deepEqual([statuses, heard], [["pushed"], ["notifications/message"]]);
});

test("_task_registry: notifications before the task id are not lost, those about unknown tasks are", async (t) => {
  // Deviation 4.
  const say = openStream();
  const heard = [];
  const { client, warnings } = clients(t, server.url);
  const statuses = [];
  server.script.set("tools/call", async ({ rpc, res }) => {
    await say.ready();
    const task = working("early-1");
    server.tasks.set("early-1", { task });
    say(told({ ...task, statusMessage: "already" }));
    say(told({ ...task, taskId: "stranger", statusMessage: "not ours" }));
    say({ jsonrpc: "2.0", method: "notifications/message", params: {} });
    // Only now, when the client has read all that, is the task named.
    await until(() => heard.length > 0, "what was said on the stream");
    json(res, answer(rpc.id, { task }));
  });
  const own = client({ onNotification: (n) => heard.push(n), onTaskStatus: (s) => statuses.push([s.taskId, s.statusMessage]) });
  await inTime(own.callTool("required").created);
  await until(() => statuses.length > 1, "the early status");
  assert.deepEqual(statuses, [["early-1", undefined], ["early-1", "already"]]);
  assert.deepEqual(warnings, []);
});

test("_await_with_session_monitoring: a session that dies under a waiting task is replaced, and no promise hangs", async (t) => {
  // Deviations 30 and 32.
  let session = "first";
  server.script.set("initialize", ({ rpc, res }) => json(res, initializeResult(rpc.id), 200, { "mcp-session-id": session }));
  const { task, taskId, client } = await running(t);
  const gone = ({ res }) => server.requests.at(-1).headers["mcp-session-id"] !== session
    && json(res, { jsonrpc: "2.0", id: "server-error", error: { code: -32600, message: "Session not found" } }, 404);
  for (const method of ["tasks/get", "tasks/result"]) server.script.set(method, gone);
  const result = task.result();
  session = "second";
  server.finish(taskId);
  assert.equal(textOf(await inTime(result)), `${taskId} is done`);
  // A task that the next session does not know has expired: told, not waited for.
  const lost = client.callTool("required");
  server.tasks.delete(await inTime(lost.created));
  session = "third";
  assert.ok(TaskExpiredError.isInstance(await rejection(lost)));
});

test("Client.new(): a second client of the same server shares nothing with the first", async (t) => {
  server.script.set("tasks/list", ({ rpc, res }) => json(res, answer(rpc.id, { tasks: [] })));
  const mine = [];
  const { client, other, taskId } = await running(t, { onTaskStatus: (s) => mine.push(s.taskId) });
  const second = other({ onTaskStatus: undefined });
  const foreign = second.callTool("required");
  const foreignId = await inTime(foreign.created);
  assert.deepEqual((await inTime(second.listTasks())).tasks.map((task) => task.taskId), [foreignId]);
  client.close();
  server.finish(foreignId);
  assert.equal(textOf(await inTime(foreign)), `${foreignId} is done`);
  assert.deepEqual([...new Set(mine)], [taskId]);
});

test("progress: notifications/progress of a plain call and of a task, by the token that every call carries", async (t) => {
  const say = openStream();
  const own = clients(t, server.url).client();
  const tokens = [];
  const progress = (params) => ({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: tokens.at(-1), ...params } });
  server.script.set("tools/call", ({ rpc, res }) => {
    tokens.push(rpc.params._meta.progressToken);
    if (rpc.params.task) return false;
    return sse(res, [{ data: progress({ progress: 1, total: 2, message: "half" }) }, { data: answer(rpc.id, { content: [] }) }]);
  });
  const plain = own.callTool("forbidden");
  await inTime(plain);
  assert.deepEqual(plain.progress, { progress: 1, total: 2, message: "half" });
  const task = own.callTool("required");
  const heard = [];
  const off = task.onProgress((p) => heard.push(p));
  await inTime(task.created);
  await say.ready();
  say(progress({ progress: 0.25 }));
  await until(() => heard.length > 0, "the progress");
  off();
  say(progress({ progress: 0.5 }));
  await until(() => task.progress.progress === 0.5, "the newest progress");
  assert.deepEqual(heard, [{ progress: 0.25 }]);
  assert.equal(new Set(tokens).size, 2);
});

test("raise_on_error: the same for an answer at once and for a task's result", async (t) => {
  const own = clients(t, server.url).client();
  const result = { content: [{ type: "text", text: "no ink" }], isError: true };
  server.script.set("tools/call", ({ rpc, res }) => !rpc.params.task && json(res, answer(rpc.id, result)));
  for (const name of ["required", "forbidden"]) {
    const call = async (raiseOnError) => {
      const task = own.callTool(name, {}, { raiseOnError });
      const taskId = await inTime(task.created);
      if (taskId) server.finish(taskId, result, "failed");
      return task.result();
    };
    const error = await rejection(call(undefined));
    assert.ok(error instanceof ToolError, `${name}: ${error.name}`);
    assert.deepEqual([error.message, error.result], ["no ink", result]);
    assert.deepEqual(await inTime(call(false)), result);
  }
});

test("data parsing: a value that FastMCP wrapped is unwrapped, by its mark or by the tool's schema; nothing is built from it", async (t) => {
  // Deviation 21.
  const tool = (name, outputSchema) => ({ name, inputSchema: { type: "object" }, outputSchema });
  const tools = [tool("by_schema", { type: "object", "x-fastmcp-wrap-result": true }), tool("by_mark"), tool("not_wrapped", { type: "object" }), tool("fails")];
  server.script.set("tools/list", ({ rpc, res }) => json(res, answer(rpc.id, { tools })));
  const answers = {
    by_schema: { structuredContent: { result: 5 } },
    by_mark: { structuredContent: { result: ["2026-01-01"] }, _meta: { fastmcp: { wrap_result: true } } },
    not_wrapped: { structuredContent: { result: 5 } },
    fails: { structuredContent: { result: 5 }, isError: true },
  };
  server.script.set("tools/call", ({ rpc, res }) => json(res, answer(rpc.id, { content: [], ...answers[rpc.params.name] })));
  const since = mark();
  const own = clients(t, server.url).client();
  const results = await inTime(Promise.all(Object.keys(answers).map((name) => own.callTool(name, {}, { raiseOnError: false }).result())));
  assert.deepEqual(results.map((result) => result.data), [5, ["2026-01-01"], { result: 5 }, undefined]);
  assert.equal(results[1].meta, results[1]._meta);
  assert.deepEqual(JSON.parse(JSON.stringify(results[0])), { content: [], structuredContent: { result: 5 } }, "as it was sent");
  assert.equal(since("tools/list").length, 1, "one list for all calls");
});

test("forgotten task: one reason for every operation, with the server's words; the list leaves it out", async (t) => {
  // Deviation 31.
  server.script.set("tasks/list", ({ rpc, res }) => json(res, answer(rpc.id, { tasks: [] })));
  const { client, task, taskId } = await running(t);
  server.tasks.delete(taskId);
  for (const asked of [client.getTaskStatus(taskId), client.getTaskResult(taskId), client.cancelTask(taskId), task.status({ fresh: true }), task.result(), task.wait()]) {
    const error = await rejection(asked);
    assert.ok(error instanceof TaskExpiredError, error.name);
    assert.match(error.message, /Task not found/);
    assert.equal(error.rpc.code, -32602);
  }
  assert.deepEqual((await inTime(client.listTasks())).tasks, []);
});

test("outside the context: after close() known values stay, and other operations reject with a reason", async (t) => {
  const { client, task, taskId } = await running(t);
  const ended = client.callTool("forbidden");
  await inTime(ended);
  client.close();
  assert.equal(textOf(await ended), "forbidden at once");
  assert.equal((await ended.status()).status, "completed");
  assert.equal(task.getSnapshot().taskId, taskId);
  for (const asked of [task, client.getTaskStatus(taskId), client.callTool("forbidden")]) {
    const error = await rejection(asked);
    assert.ok(ClosedError.isInstance(error), error.name);
    assert.match(error.message, /closed.*tasks go on/);
  }
});

test("elicitation: one handler for plain calls and for tasks, which learns whose question it is", async (t) => {
  // Deviations 22 and 40.
  const question = (id, _meta) => ({ jsonrpc: "2.0", id, method: "elicitation/create", params: { message: `who asks as ${id}?`, requestedSchema: { type: "object", properties: {} }, _meta } });
  const answers = [];
  let waiting;
  // What has no method is an answer of ours.
  server.script.set("POST", ({ rpc, res }) => {
    answers.push([rpc.id, rpc.result.content.by]);
    res.writeHead(202).end();
    waiting();
  });
  server.script.set("tools/call", ({ rpc, res }) => {
    if (rpc.params.task) return false;
    sse(res, [{ data: question(0) }], { end: false });
    waiting = () => res.end(`data: ${JSON.stringify(answer(rpc.id, { content: [] }))}\n\n`);
  });
  const { client, task, taskId } = await running(t, { onElicitation: (params, context) => ({ action: "accept", content: { by: context.task.name } }) });
  await inTime(client.callTool("forbidden"));
  server.script.set("tasks/result", ({ rpc, res }) => {
    if (server.tasks.get(taskId).task.status === "completed") return false;
    sse(res, [{ data: question("task-q", { "io.modelcontextprotocol/related-task": { taskId } }) }], { end: false });
    waiting = () => {
      server.finish(taskId);
      res.end(`data: ${JSON.stringify(answer(rpc.id, server.tasks.get(taskId).result))}\n\n`);
    };
  });
  server.put(taskId, "input_required", "who?");
  assert.equal(textOf(await inTime(task)), `${taskId} is done`);
  assert.deepEqual(answers, [[0, "forbidden"], ["task-q", "required"]]);
});
