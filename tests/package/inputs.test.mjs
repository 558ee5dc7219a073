// What a server asks: shown to the handler or on the handle, and answered there.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { accepted } from "../servers/scripted.mjs";
import { startAsking } from "./asking.mjs";
import { textOf } from "./fixture.mjs";
import { clients, inTime, mcp, rejection, settle, until } from "./support.mjs";

let server;
before(async () => { server = await startAsking(); });
beforeEach(() => { server.clear(); });
after(() => server.close());

const yes = { action: "accept", content: { name: "Ada" } };

/** A task that the server has named, of a client that may be asked, with the stream open. */
async function running(t, options) {
  const mine = clients(t, server.url);
  const client = mine.client({ onElicitation() {}, ...options });
  const task = client.callTool("required");
  return { ...mine, client, task, taskId: await inTime(task.created) };
}

/** The same, and it asks something that no handler answers. */
async function asked(t, options) {
  const all = await running(t, options);
  const id = server.ask(all.taskId);
  await until(() => Object.keys(all.task.inputRequests).length > 0);
  return { ...all, id, key: String(id) };
}

describe("handlers", () => {
  for (const [what, handler, wanted] of [
    ["a value", () => yes, yes],
    ["a promise", async () => (await settle(), yes), yes],
  ]) {
    test(`the return value of a handler is the answer: ${what}`, async (t) => {
      const { taskId, warnings } = await running(t, { onElicitation: handler });
      const { result } = await server.answer(server.ask(taskId));
      const { _meta, ...rest } = result;
      assert.deepEqual(rest, wanted);
      assert.deepEqual(_meta, { "io.modelcontextprotocol/related-task": { taskId } });
      assert.deepEqual(warnings, []);
    });
  }

  const thrown = Object.assign(new Error("the user would not have it"), { code: -1 });
  for (const [what, handler, code, words] of [
    ["throws", () => { throw new Error("no form"); }, -32603, /no form/],
    ["rejects", async () => { throw new Error("no form"); }, -32603, /no form/],
    ["throws an error with a code", () => { throw thrown; }, -1, /would not have it/],
    ["throws what the platform throws on an abort", () => { throw new DOMException("left", "AbortError"); }, -32603, /left/],
    ["throws an error whose code is no number", () => { throw Object.assign(new Error("gone"), { code: "ENOENT" }); }, -32603, /gone/],
    ["throws something that is no error", () => { throw undefined; }, -32603, /unknown error/],
    ["returns an array", () => [yes], -32603, /must be an object/],
    ["returns text", () => "accept", -32603, /must be an object/],
    ["returns null", () => null, -32603, /must be an object/],
    ["returns what JSON cannot hold", () => ({ action: "accept", content: { n: 1n } }), -32603, /BigInt/],
  ]) {
    test(`a handler that ${what} answers with an error, and onWarning is told`, async (t) => {
      const { taskId, warnings } = await running(t, { onElicitation: handler });
      const { result, error } = await server.answer(server.ask(taskId));
      assert.equal(result, undefined);
      assert.equal(error.code, code);
      assert.match(error.message, words);
      assert.deepEqual(warnings.map((w) => w.code), ["input-failed"]);
      assert.match(warnings[0].message, /elicitation\/create/);
    });
  }

  test("each kind of request has its handler, and only what has one is declared", async (t) => {
    const seen = [];
    const options = {
      onSampling: (params) => (seen.push(params.maxTokens), { role: "assistant", content: { type: "text", text: "hi" }, model: "m" }),
      onListRoots: () => ({ roots: [{ uri: "file:///" }] }),
      onElicitation: undefined,
    };
    const { taskId } = await running(t, options);
    const hello = server.requests.findLast((r) => r.rpc?.method === "initialize");
    assert.deepEqual(hello.rpc.params.capabilities, { sampling: {}, roots: {} });
    const sampled = await server.answer(server.ask(taskId, { method: "sampling/createMessage", params: { messages: [], maxTokens: 7 } }));
    assert.equal(sampled.result.model, "m");
    assert.deepEqual(seen, [7]);
    const roots = await server.answer(server.ask(undefined, { method: "roots/list", params: undefined }));
    assert.deepEqual(roots.result, { roots: [{ uri: "file:///" }] });
    assert.equal((await server.answer(server.ask(taskId))).error.code, -32601);
  });

  test("a handler is told the key, the very handle and a signal", async (t) => {
    const seen = [];
    const { task, taskId } = await running(t, { onElicitation: (params, context) => void seen.push([params, context]) });
    const id = server.ask(taskId);
    await until(() => seen.length === 1);
    const [params, context] = seen[0];
    assert.equal(params.message, "Which?");
    assert.equal(context.key, String(id));
    assert.equal(context.task, task);
    assert.equal(context.signal.aborted, false);
    await inTime(context.task.respond({ [context.key]: yes }));
    assert.equal(context.signal.aborted, true, "it is answered");
  });

  for (const [what, act] of [
    ["the server takes the question back", ({ id }) => server.say({ method: "notifications/cancelled", params: { requestId: id } })],
    ["the task ends", ({ taskId }) => server.end(taskId)],
    ["the client is closed", ({ client }) => client.close()],
  ]) {
    test(`the signal is aborted when ${what}, and what the handler returns then is not sent`, async (t) => {
      let go;
      let signal;
      const all = await running(t, {
        onElicitation: (_, context) => ((signal = context.signal), new Promise((resolve) => { go = resolve; })),
      });
      const id = server.ask(all.taskId);
      await until(() => go);
      act({ ...all, id });
      await until(() => signal.aborted);
      go(yes);
      await settle(20);
      assert.deepEqual(server.answers().filter((rpc) => rpc.id === id), []);
      assert.deepEqual(all.warnings, []);
    });
  }

  test("a question without a task that the handler leaves open is answered with an error", async (t) => {
    await running(t);
    assert.equal((await server.answer(server.ask("a task of another client"))).error.code, -32603);
  });

  test("a task that is not awaited is watched, so that its question is heard; and it is answered while it is not held", async (t) => {
    const { taskId, client } = await running(t, { onElicitation: () => yes });
    await server.answer(server.ask(taskId));
    server.end(taskId);
    assert.equal((await inTime(client.getTaskStatus(taskId))).status, "completed");
  });
});

describe("the handle", () => {
  test("shows the open questions: on itself and in its frozen status, which is input_required", async (t) => {
    const { task, taskId, id, key } = await asked(t);
    const { params } = task.inputRequests[key];
    assert.equal(task.inputRequests[key].method, "elicitation/create");
    assert.equal(params.message, "Which?");
    const status = task.getSnapshot();
    assert.equal(status.status, "input_required");
    assert.deepEqual(status.inputRequests, task.inputRequests);
    for (const part of [status, status.inputRequests, status.inputRequests[key]]) assert.ok(Object.isFrozen(part));
    assert.equal(task.getSnapshot(), status, "the same until something changes");
    const again = server.ask(taskId);
    await until(() => Object.keys(task.inputRequests).length === 2);
    assert.deepEqual(Object.keys(task.getSnapshot().inputRequests).sort(), [String(id), String(again)].sort());
    assert.deepEqual(Object.keys(status.inputRequests), [key], "an older status stays as it was");
  });

  test("F7: wait for input_required resolves when the input request is there, and it can be answered at once", async (t) => {
    const { task, taskId } = await running(t);
    server.put(taskId, "input_required");
    server.say({ method: "notifications/tasks/status", params: server.tasks.get(taskId).task });
    await until(() => task.getSnapshot()?.status === "input_required");
    const waiting = task.wait({ state: "input_required" }).then(async (status) => {
      assert.deepEqual(Object.keys(status.inputRequests), Object.keys(task.inputRequests));
      const [key] = Object.keys(task.inputRequests);
      await task.respond({ [key]: yes });
      return status.status;
    });
    const id = server.ask(taskId);
    assert.equal(await inTime(waiting), "input_required");
    assert.deepEqual((await server.answer(id)).result.action, "accept");
  });

  test("F7: without a handler for input requests, wait for input_required resolves with the status", async (t) => {
    const { task, taskId } = await running(t, { onElicitation: undefined });
    task.onStatusChange(() => {});
    server.put(taskId, "input_required");
    server.say({ method: "notifications/tasks/status", params: server.tasks.get(taskId).task });
    assert.equal((await inTime(task.wait({ state: "input_required" }))).status, "input_required");
  });

  test("shows it in updates, to listeners, and no more once it is answered", async (t) => {
    const { task, taskId } = await running(t);
    const heard = [];
    task.onStatusChange((s) => heard.push([s.status, Object.keys(s.inputRequests ?? {}).length]));
    server.ask(taskId);
    const seen = [];
    for await (const status of task.updates()) {
      seen.push(status.status);
      for (const key of Object.keys(status.inputRequests ?? {})) {
        await inTime(task.respond({ [key]: yes }));
        assert.deepEqual(task.inputRequests, {});
        server.end(taskId);
      }
    }
    assert.equal(seen.at(-1), "completed");
    assert.ok(seen.includes("input_required"));
    assert.deepEqual(heard.filter(([, open]) => open > 0).map(([status]) => status), ["input_required"]);
    assert.equal(task.getSnapshot().inputRequests, undefined);
    assert.equal(textOf(await inTime(task)), `${taskId} is done`);
  });

  test("shows nothing any more when the task has ended with a question open", async (t) => {
    const { task, taskId, key } = await asked(t);
    const ended = inTime(task.wait());
    server.end(taskId);
    assert.equal((await ended).inputRequests, undefined);
    await until(() => Object.keys(task.inputRequests).length === 0);
    assert.ok(await rejection(task.respond({ [key]: yes })) instanceof TypeError);
  });

  test("a second handle of the task shows it too, whenever it came", async (t) => {
    const { task, taskId, client, key } = await asked(t);
    const second = client.task(JSON.parse(JSON.stringify(task)));
    assert.deepEqual(second.inputRequests, task.inputRequests);
    await inTime(second.respond({ [key]: yes }));
    assert.deepEqual([task.inputRequests, second.inputRequests], [{}, {}]);
    const next = server.ask(taskId);
    await until(() => String(next) in task.inputRequests && String(next) in second.inputRequests);
  });
});

describe("respond", () => {
  test("resolves when the server has taken the answer, not before", async (t) => {
    const { task, id, key } = await asked(t);
    let take;
    const come = new Promise((resolve) => server.script.set("POST", ({ res }) => resolve(take = () => accepted(res))));
    let taken = false;
    const answering = task.respond({ [key]: yes }).then(() => (taken = true));
    await inTime(come, "the answer");
    await settle();
    assert.equal(taken, false);
    take();
    await inTime(answering);
    assert.deepEqual((await server.answer(id)).result.content, yes.content);
  });

  test("takes several at once", async (t) => {
    const { task, taskId, id } = await asked(t);
    const second = server.ask(taskId, { id: "task-1-0" });
    await until(() => Object.keys(task.inputRequests).length === 2);
    await inTime(task.respond({ [id]: yes, [second]: { action: "decline" } }));
    assert.equal((await server.answer(id)).result.action, "accept");
    assert.equal((await server.answer("task-1-0")).result.action, "decline");
    assert.deepEqual(task.inputRequests, {});
  });

  for (const [what, answers, words] of [
    ["a key that is not open", (key) => ({ [key]: yes, nonsense: yes }), /nonsense.*nothing was sent/],
    ["a list", (key) => ({ [key]: [yes] }), /must be an object/],
    ["text", (key) => ({ [key]: "accept" }), /must be an object/],
    ["nothing", (key) => ({ [key]: undefined }), /must be an object/],
    ["a function", (key) => ({ [key]: () => yes }), /must be an object/],
  ]) {
    test(`rejects ${what} with TypeError, and nothing is sent`, async (t) => {
      const { task, id, key } = await asked(t);
      const error = await rejection(task.respond(answers(key)));
      assert.ok(error instanceof TypeError);
      assert.match(error.message, words);
      await settle(20);
      assert.deepEqual(server.answers().filter((rpc) => rpc.id === id), []);
      assert.ok(key in task.inputRequests, "it is open still");
    });
  }

  test("rejects when the server takes the question back meanwhile", async (t) => {
    const { task, id, key } = await asked(t);
    const come = new Promise((resolve) => server.script.set("POST", () => resolve()));
    const answering = rejection(task.respond({ [key]: yes }));
    await inTime(come, "the answer");
    server.say({ method: "notifications/cancelled", params: { requestId: id } });
    const error = await answering;
    assert.ok(mcp.UnsupportedError.isInstance(error));
    assert.match(error.message, /no longer waits/);
  });

  test("rejects with ClosedError when the client is closed meanwhile", async (t) => {
    const { task, key, client } = await asked(t);
    const come = new Promise((resolve) => server.script.set("POST", () => resolve()));
    const answering = rejection(task.respond({ [key]: yes }));
    await inTime(come, "the answer");
    client.close();
    assert.ok(mcp.ClosedError.isInstance(await answering));
  });
});
