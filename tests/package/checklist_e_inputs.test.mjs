// Checklist E9 and E10: what a task asks its user, by the ledger of keys: each is shown once and answered once, however
// often and in whatever order the server tells it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accept, capabilities, done, fence, form, stub, text, textOf } from "./stub.mjs";
import { inTime, rejection, until } from "./support.mjs";

const answersOf = (sent) => sent("tasks/update").map(({ rpc }) => rpc.params.inputResponses);
const open = (task) => Object.keys(task.inputRequests).sort();
const fresh = (task) => inTime(task.status({ fresh: true }));

/** A puppet of a client whose handler leaves everything to `task.respond()`; `keys` are the questions it was shown. */
async function asking(t, options = {}, clientOptions = {}) {
  const { client, server, sent } = await stub(t, options);
  const keys = [];
  const signals = {};
  const onElicitation = (_params, { key, signal }) => {
    keys.push(key);
    signals[key] = signal;
  };
  const mine = client({ onElicitation, ...clientOptions });
  const task = mine.callTool("puppet");
  await inTime(task.created);
  return { server, sent, mine, task, keys, signals, puppet: server.tasks.find(task.taskId) };
}

for (const stream of [true, false]) {
  test(`E9: a key is shown once, also if the server sends it repeatedly, ${stream ? "pushed and polled" : "polled"}`, async (t) => {
    const { task, puppet, keys, mine } = await asking(t, {}, { stream });
    puppet.ask({ a: form("A?"), b: form("B?") });
    await until(() => keys.length === 2, "the questions");
    for (const message of ["still", "and still"]) {
      puppet.step(message);
      assert.equal((await fresh(task)).statusMessage, message);
    }
    await fence(mine);
    assert.deepEqual(keys.sort(), ["a", "b"]);
    assert.deepEqual(open(task), ["a", "b"]);
    assert.deepEqual(Object.keys(task.getSnapshot().inputRequests).sort(), ["a", "b"]);
  });
}

test("E9: answers to some of the questions: the task waits on for the others, and no key is answered twice", async (t) => {
  const { task, puppet, sent, mine } = await asking(t);
  const result = puppet.ask({ a: form("A?"), b: form("B?"), c: form("C?") }).then((got) => puppet.complete(text(Object.keys(got).join())));
  await until(() => open(task).length === 3, "the questions");
  await inTime(task.respond({ b: accept({ word: "1" }) }));
  assert.equal((await fresh(task)).status, "input_required");
  assert.deepEqual(open(task), ["a", "c"]);
  const again = await task.respond({ b: accept({ word: "2" }) }).catch((error) => error);
  assert.ok(again instanceof TypeError, "it was answered");
  await inTime(task.respond({ c: { action: "decline" }, a: accept({ word: "3" }) }));
  await inTime(result);
  assert.equal(textOf(await inTime(task)), "b,c,a");
  await fence(mine);
  // In whichever updates: that is the client's affair.
  const all = answersOf(sent).flatMap(Object.entries);
  assert.equal(all.length, 3);
  assert.deepEqual(Object.fromEntries(all), { b: accept({ word: "1" }), c: { action: "decline" }, a: accept({ word: "3" }) });
});

for (const staleReads of [1, 3]) {
  test(`E9: ${staleReads} reads after the answer that do not know of it yet: the handler is not called again`, async (t) => {
    const { task, puppet, keys, sent } = await asking(t, { staleReads }, { stream: false });
    puppet.ask({ a: form("A?") });
    await until(() => open(task).length === 1, "the question");
    await inTime(task.respond({ a: accept({ word: "x" }) }));
    for (let i = 0; i < staleReads; i++) assert.equal((await fresh(task)).status, "input_required");
    assert.equal((await fresh(task)).status, "working");
    puppet.complete(text("once"));
    assert.equal(textOf(await inTime(task)), "once");
    assert.deepEqual([keys, sent("tasks/update").length], [["a"], 1]);
  });
}

test("E9: keys that are long and opaque, in another order at every read (deviation 25)", async (t) => {
  const { task, puppet, keys, sent, mine } = await asking(t, { opaqueKeys: true }, { stream: false });
  const end = puppet.ask({ a: form("A?"), b: form("B?") }).then(({ a, b }) => puppet.complete(text(a.content.word + b.content.word)));
  await until(() => keys.length === 2, "the questions");
  for (let i = 0; i < 3; i++) await fresh(task);
  const by = Object.fromEntries(Object.entries(task.inputRequests).map(([key, { params }]) => [params.message, key]));
  await inTime(task.respond({ [by["B?"]]: accept({ word: "second" }) }));
  for (let i = 0; i < 3; i++) await fresh(task);
  assert.deepEqual(open(task), [by["A?"]]);
  await inTime(task.respond({ [by["A?"]]: accept({ word: "first " }) }));
  await inTime(end);
  assert.equal(textOf(await inTime(task)), "first second");
  await fence(mine);
  assert.equal(keys.length, 2);
  assert.deepEqual(answersOf(sent).map(Object.keys), [[by["B?"]], [by["A?"]]]);
});

test("E9: a key that vanishes is withdrawn: its answer is not sent", async (t) => {
  const { task, puppet, signals, sent } = await asking(t);
  puppet.ask({ a: form("A?"), b: form("B?") });
  await until(() => open(task).length === 2, "the questions");
  puppet.asked.delete("a");
  puppet.step("never mind");
  await until(() => signals.a.aborted, "the end of the question");
  assert.deepEqual([open(task), signals.b.aborted], [["b"], false]);
  assert.ok((await task.respond({ a: accept({}) }).catch((error) => error)) instanceof TypeError);
  puppet.complete(text("over"));
  assert.equal(textOf(await inTime(task)), "over");
  assert.ok(signals.b.aborted);
  assert.deepEqual([open(task), sent("tasks/update").length], [[], 0]);
});

test("E9: a handler that takes longer than its question: the late answer goes nowhere", async (t) => {
  const { client, server, sent } = await stub(t);
  let answer;
  const onElicitation = () => new Promise((resolve) => { answer = resolve; });
  const mine = client({ onElicitation });
  const task = mine.callTool("puppet");
  await inTime(task.created);
  const puppet = server.tasks.find(task.taskId);
  puppet.ask({ a: form("A?") });
  await until(() => answer, "the question");
  puppet.asked.clear();
  puppet.step("never mind");
  await until(() => open(task).length === 0, "its end");
  answer(accept({ word: "late" }));
  await fence(mine);
  assert.equal(sent("tasks/update").length, 0);
});

test("E9: a handler that throws answers a form with cancel, and says so", async (t) => {
  const { client, sent } = await stub(t, { warns: [/^input-failed: elicitation\/create was not answered: nobody is here$/] });
  const onElicitation = () => { throw new Error("nobody is here"); };
  const task = client({ onElicitation }).callTool("confirm_delete");
  assert.equal(textOf(await inTime(task)), "kept it (cancel)");
  assert.deepEqual(answersOf(sent), [{ confirm: { action: "cancel" } }]);
});

test("E9: a new leg has new questions, also by the same handler", async (t) => {
  const { client, sent } = await stub(t);
  const onElicitation = ({ message }, { key }) => accept({ word: `${key}:${message}` });
  assert.equal(textOf(await inTime(client({ onElicitation }).callTool("ask_twice"))), "first:First? second:Second?");
  assert.deepEqual(answersOf(sent).map(Object.keys), [["first"], ["second"]]);
});

test("E9: an update that the server refuses tells so, and the question can be answered anew", async (t) => {
  const { task, puppet, sent } = await asking(t, { hands: {
    "tasks/update": ({ n }) => (n === 0 ? { error: { code: -32602, message: "the form is torn", data: { by: "hand" } } } : undefined),
  } });
  puppet.ask({ a: form("A?") }).then(() => puppet.complete(text("mended")));
  await until(() => open(task).length === 1, "the question");
  const error = await rejection(task.respond({ a: accept({ word: "x" }) }));
  assert.equal(error.name, "RpcError", error.message);
  assert.deepEqual(error.rpc, { code: -32602, message: "the form is torn", data: { by: "hand" } });
  assert.deepEqual(open(task), ["a"]);
  await inTime(task.respond({ a: accept({ word: "y" }) }));
  assert.equal(textOf(await inTime(task)), "mended");
  assert.equal(sent("tasks/update").length, 2);
});

test("E9: an update that met trouble is sent again: a key is answered once, however often it comes", async (t) => {
  const { task, puppet, sent } = await asking(t, { warns: [/^retrying: /], hands: {
    "tasks/update": ({ n, res }) => (n === 0 ? (res.destroy(), done) : undefined),
  } });
  puppet.ask({ a: form("A?") }).then(() => puppet.complete(text("mended")));
  await until(() => open(task).length === 1, "the question");
  await inTime(task.respond({ a: accept({ word: "x" }) }));
  assert.equal(textOf(await inTime(task)), "mended");
  assert.deepEqual(answersOf(sent), [{ a: accept({ word: "x" }) }, { a: accept({ word: "x" }) }]);
  const [first, second] = sent("tasks/update").map(({ rpc }) => rpc.id);
  assert.notEqual(first, second);
});

test("E10: each question comes as the standalone request would: its kind's handler, its very parameters", async (t) => {
  const { client } = await stub(t);
  const seen = {};
  const answers = {
    form: accept({ word: "yes" }),
    model: { role: "assistant", content: { type: "text", text: "said the model" }, model: "m-1", stopReason: "endTurn" },
    roots: { roots: [{ uri: "file:///work", name: "work" }] },
  };
  const handler = (name) => (params, { key, task, signal }) => {
    seen[name] = { params, key, tool: task?.name, aborted: signal.aborted };
    return answers[name];
  };
  const mine = client({ onElicitation: handler("form"), onSampling: handler("model"), onListRoots: handler("roots") });
  const result = await inTime(mine.callTool("ask_all"));
  assert.deepEqual(result.structuredContent, answers);
  const about = (name) => ({ key: name, tool: "ask_all", aborted: false });
  const { params: asked } = form("A word?");
  asked.requestedSchema.required = ["word"];
  assert.deepEqual(seen, {
    form: { params: asked, ...about("form") },
    model: { params: { messages: [{ role: "user", content: { type: "text", text: "A word?" } }], maxTokens: 10 }, ...about("model") },
    roots: { params: {}, ...about("roots") },
  });
});

test("E10: the supported input requests are declared on every request, and nothing else", async (t) => {
  const { client, server } = await stub(t);
  const none = () => undefined;
  const cases = [
    [{}, []], [{ onElicitation: none }, ["elicitation"]], [{ onSampling: none }, ["sampling"]], [{ onListRoots: none }, ["roots"]],
    [{ onElicitation: none, onSampling: none, onListRoots: none }, ["elicitation", "roots", "sampling"]],
  ];
  for (const [handlers, expected] of cases) {
    const before = server.requests.length;
    await fence(client(handlers));
    for (const request of server.requests.slice(before)) {
      const words = Object.keys(capabilities(request)).filter((word) => word !== "extensions").sort();
      assert.deepEqual(words, expected, request.rpc.method);
      if (handlers.onElicitation) assert.deepEqual(capabilities(request).elicitation, { form: {} });
    }
  }
});

for (const [tool, word, handlers] of [
  ["confirm_delete", "onElicitation", {}], ["test_missing_capability", "onSampling", { onElicitation: () => undefined }],
  ["ask_all", "onListRoots", { onElicitation: () => undefined, onSampling: () => undefined }],
]) {
  test(`E10: a tool that needs ${word} of a client without it is UnsupportedError, which says what to give (-32021)`, async (t) => {
    const { client, sent } = await stub(t);
    const error = await rejection(client(handlers).callTool(tool));
    assert.equal(error.name, "UnsupportedError", error.message);
    assert.ok(error.message.includes(word) && error.message.includes("it was not executed"), error.message);
    assert.equal(error.rpc.code, -32021);
    assert.equal(sent("tools/call").length, 1);
  });
}

const unserved = {
  "a kind without a handler": { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } },
  "a kind that nobody knows": { method: "weather/ask", params: {} },
  "a form in a browser of its own": { method: "elicitation/create", params: { mode: "url", message: "Sign in", url: "https://example.org", elicitationId: "1" } },
};
for (const [what, question] of Object.entries(unserved)) {
  test(`E10: ${what}: the waiting ends with UnsupportedError, the other questions and the task go on`, async (t) => {
    const { task, puppet, keys, sent } = await asking(t);
    const failed = rejection(task);
    const asked = puppet.ask({ strange: question, a: form("A?") });
    const error = await failed;
    assert.equal(error.name, "UnsupportedError", error.message);
    assert.ok(error.message.includes(question.method) && error.message.includes("the task continues"), error.message);
    await until(() => keys.length === 1, "the question that is served");
    assert.deepEqual(open(task), ["a"]);
    await inTime(task.respond({ a: accept({ word: "x" }) }));
    // Somebody else answers the strange one: whoever waits again gets the result.
    puppet.answer({ strange: accept({}) });
    await inTime(asked);
    puppet.complete(text("all the same"));
    assert.equal(textOf(await inTime(task.result())), "all the same");
    assert.deepEqual(answersOf(sent), [{ a: accept({ word: "x" }) }]);
  });
}

test("E10: a model that refuses has no word here: the waiting ends in words, the task goes on", async (t) => {
  const { client, server, sent } = await stub(t, { warns: [/^input-failed: sampling\/createMessage was not answered: the user said no$/] });
  const onSampling = () => { throw Object.assign(new Error("the user said no"), { code: -1 }); };
  const task = client({ onSampling }).callTool("puppet");
  await inTime(task.created);
  const failed = rejection(task);
  const puppet = server.tasks.find(task.taskId);
  puppet.ask({ model: { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } } });
  const error = await failed;
  assert.equal(error.name, "UnsupportedError");
  assert.match(error.message, /sampling\/createMessage.*the user said no/);
  puppet.complete(text("without the model"));
  assert.equal(textOf(await inTime(task.result())), "without the model");
  assert.equal(sent("tasks/update").length, 0);
});
