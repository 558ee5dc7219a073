// Checklist H2.13: a call that is answered with questions is sent again with all answers, with the server's own note, and with
// an id of its own (Multi Round-Trip Requests).
import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, capabilities, created, declared, fence, form, state, stub, text, textOf } from "./stub.mjs";
import { inTime, rejection, until } from "./support.mjs";

const asks = (inputRequests, more = {}) => ({ resultType: "input_required", ...(inputRequests ? { inputRequests } : {}), ...more });
const rounds = (sent, method = "tools/call") => sent(method).map(({ rpc: { params: { inputResponses, requestState } } }) => ({ inputResponses, requestState }));

/** A client whose every call of one method is answered with `answers`, one after the other. */
async function answered(t, answers, options = {}, method = "tools/call") {
  const { client, ...rest } = await stub(t, { hands: { [method]: ({ n }) => answers[n] } });
  return { mine: client({ onElicitation: ({ message }) => accept({ word: message }), ...options }), ...rest };
}

const states = {
  "plain": "v1.abc-_=", "empty": "", "with quotes": 'a "b" \\ / c', "of several lines": "a\nb\r\n\tc\u0000\u001f", "beyond ASCII": "Größe 日本 😀",
  "a lone surrogate": "\ud800 and \udc00", "like JSON": '{"a":[1,2]}', "like a sentinel": "=?base64?YQ==?=", "long": "x".repeat(100_000),
  "separators": "\u2028\u2029\ufeff", "digits": "00123",
};
for (const [what, requestState] of Object.entries(states)) {
  test(`H2.13: requestState comes back as it was: ${what}`, async (t) => {
    const { mine, sent } = await answered(t, [asks({ a: form("A?") }, { requestState }), text("done")]);
    assert.equal(textOf(await inTime(mine.callTool("greet"))), "done");
    assert.deepEqual(rounds(sent), [{ inputResponses: undefined, requestState: undefined }, { inputResponses: { a: accept({ word: "A?" }) }, requestState }]);
  });
}

test("H2.13: where the server gave no requestState, none is sent, also after a round that had one", async (t) => {
  const { mine, sent } = await answered(t, [asks({ a: form("A?") }), asks({ b: form("B?") }, { requestState: "s" }), asks({ c: form("C?") }), text("done")]);
  assert.equal(textOf(await inTime(mine.callTool("greet"))), "done");
  const [first, ...others] = sent("tools/call").map(({ rpc }) => rpc.params);
  assert.ok(!("requestState" in first) && !("inputResponses" in first));
  assert.deepEqual(others.map((params) => ["requestState" in params, params.requestState, Object.keys(params.inputResponses)]), [
    [false, undefined, ["a"]], [true, "s", ["b"]], [false, undefined, ["c"]],
  ]);
});

test("H2.13: the same call again: its name, its arguments, its declarations; another id", async (t) => {
  const { mine, sent } = await answered(t, [asks({ a: form("A?") }, { requestState: "s" }), text("done")]);
  const args = { region: "eu", deep: { list: [1, "2", null], empty: {} }, big: 9007199254740991 };
  await inTime(mine.callTool("regional", args));
  const [first, second] = sent("tools/call");
  assert.notEqual(first.rpc.id, second.rpc.id);
  const { inputResponses, requestState, ...rest } = second.rpc.params;
  assert.deepEqual(rest, first.rpc.params);
  assert.deepEqual(rest.arguments, args);
  assert.deepEqual(declared(second), {});
  assert.deepEqual(capabilities(second), capabilities(first));
  assert.equal(second.headers["mcp-param-region"], "eu");
});

test("H2.13: answers and state belong to their call: no other request has them", async (t) => {
  const { mine, sent, server } = await answered(t, [asks({ a: form("A?") }, { requestState: "s" }), created("t-1"), text("plain")]);
  server.tasks.byId.set("t-1", Object.assign(server.tasks.create(), { taskId: "t-1" }));
  const task = mine.callTool("greet");
  await inTime(task.created);
  const result = task.result();
  server.tasks.find("t-1").complete(text("done"));
  await inTime(result);
  await inTime(mine.callTool("greet"));
  const second = sent("tools/call")[1];
  for (const request of server.requests.filter((request) => request !== second)) {
    assert.ok(!("requestState" in request.rpc.params) && !("inputResponses" in request.rpc.params), request.rpc.method);
  }
});

test("H2.13: all answers go together, however long some take", async (t) => {
  const { mine, sent } = await answered(t, [asks({ a: form("A?"), b: form("B?"), c: form("C?") }), text("done")], { onElicitation: () => undefined });
  const task = mine.callTool("greet");
  const result = task.result();
  await until(() => Object.keys(task.inputRequests).length === 3, "the questions");
  await inTime(task.respond({ b: accept({ word: "2" }) }));
  await inTime(task.respond({ a: { action: "decline" } }));
  assert.equal(sent("tools/call").length, 1, "one is open");
  assert.deepEqual(Object.keys(task.inputRequests), ["c"]);
  await inTime(task.respond({ c: { action: "cancel" } }));
  assert.equal(textOf(await inTime(result)), "done");
  assert.deepEqual(rounds(sent)[1].inputResponses, { a: { action: "decline" }, b: accept({ word: "2" }), c: { action: "cancel" } });
});

test("H2.13: only a note and no question: the call comes back with the note some time later", async (t) => {
  const { client, sent } = await stub(t);
  assert.equal(textOf(await inTime(client({ pollIntervalMs: 50 }).callTool("come_back"))), "welcome back");
  const [first, second] = rounds(sent);
  assert.deepEqual([first.requestState, second.inputResponses], [undefined, undefined]);
  assert.equal(typeof second.requestState, "string");
});

for (const [what, again] of [["questions", () => asks({ a: form("Again?") }, { requestState: "s" })], ["notes", () => asks(undefined, { requestState: "s" })]]) {
  test(`H2.13: ${what} without end come to an end`, async (t) => {
    const { client, sent } = await stub(t, { hands: { "tools/call": ({ rpc }) => (rpc.params.name === "greet" ? again() : undefined) } });
    const mine = client({ pollIntervalMs: 1, onElicitation: () => accept({ word: "again" }) });
    const error = await rejection(mine.callTool("greet"));
    assert.equal(error.name, "ProtocolError");
    assert.match(error.message, /calling tool greet: questions without end.*not sent again/);
    const calls = sent("tools/call").length;
    assert.ok(calls > 10 && calls <= 100, String(calls));
    await fence(mine);
    assert.equal(sent("tools/call").length, calls + 1, "that of the fence");
  });
}

test("H2.13: prompts and resources ask too", async (t) => {
  const { client, sent } = await stub(t);
  const mine = client({ onElicitation: ({ message }) => accept({ style: "dry", word: message }) });
  const prompt = await inTime(mine.getPrompt("naïve"));
  assert.equal(prompt.messages[0].content.text, "Write in the style: dry.");
  const resource = await inTime(mine.readResource("modern://guarded"));
  assert.equal(resource.contents[0].text, "You said: The password?");
  for (const method of ["prompts/get", "resources/read"]) {
    const [first, second] = sent(method);
    assert.equal(sent(method).length, 2);
    assert.notEqual(first.rpc.id, second.rpc.id);
    assert.equal(first.headers["mcp-name"], second.headers["mcp-name"]);
  }
});

test("H2.13: nothing else may ask: a list, a state of a task and a receipt that do are no answers", async (t) => {
  const question = asks({ a: form("A?") }, { requestState: "s" });
  const asked = [];
  const { client } = await stub(t, { hands: { "prompts/list": () => question, "tasks/update": () => question } });
  const mine = client({ onElicitation: (_params, { key }) => void asked.push(key) });
  assert.equal((await rejection(mine.listPrompts())).name, "ProtocolError");
  const task = mine.callTool("confirm_delete");
  task.result().catch(() => {});
  await until(() => Object.keys(task.inputRequests).length > 0, "the question");
  assert.equal((await rejection(task.respond({ confirm: accept({ confirm: true }) }))).name, "ProtocolError");
  assert.deepEqual(asked, ["confirm"]);
});

test("H2.13: a key of the call's and the same key of the task's are two questions", async (t) => {
  const { client, sent } = await stub(t, { hands: {
    "tools/call": ({ n }) => (n === 0 ? asks({ name: form("Before?") }, { requestState: "s" }) : created("t-1")),
    "tasks/get": ({ n }) => (n === 0 ? state("t-1", { status: "input_required", inputRequests: { name: form("Within?") } })
      : state("t-1", { status: "completed", result: text("done") })),
    "tasks/update": () => ({ resultType: "complete" }),
    "subscriptions/listen": () => ({ error: { code: -32601, message: "no" }, status: 404 }),
  } });
  const mine = client({ onElicitation: ({ message }) => accept({ word: message }) });
  assert.equal(textOf(await inTime(mine.callTool("greet"))), "done");
  assert.deepEqual(rounds(sent)[1].inputResponses, { name: accept({ word: "Before?" }) });
  assert.deepEqual(sent("tasks/update").map(({ rpc }) => rpc.params.inputResponses), [{ name: accept({ word: "Within?" }) }]);
});

test("H2.13: a question without a handler rejects the call with a reason, and it is not sent again", async (t) => {
  const sampling = { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };
  const { mine, sent } = await answered(t, [asks({ a: form("A?"), model: sampling }, { requestState: "s" })]);
  const error = await rejection(mine.callTool("greet"));
  assert.equal(error.name, "UnsupportedError");
  assert.match(error.message, /calling tool greet: the server asks for sampling\/createMessage, which nobody here answers; it was not sent again/);
  assert.equal(sent("tools/call").length, 1);
});

test("H2.13: an answer that asks for nothing at all is no answer", async (t) => {
  const { mine, sent } = await answered(t, [asks()]);
  assert.equal((await rejection(mine.callTool("greet"))).name, "ProtocolError");
  assert.equal(sent("tools/call").length, 1);
});

test("H2.13: a handler that throws cancels a form, and the call goes on with that", async (t) => {
  const { client, sent } = await stub(t, { warns: [/^input-failed: /] });
  const task = client({ onElicitation: () => { throw new Error("nobody is here"); } }).callTool("ask_then_answer");
  assert.equal(textOf(await inTime(task)), "Hello, cancel!");
  assert.deepEqual(rounds(sent)[1].inputResponses, { user_name: { action: "cancel" } });
});
