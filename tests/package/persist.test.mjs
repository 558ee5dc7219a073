// Tasks that outlive their client: what the option `persist` keeps, what `resume()` gives back, and when it is dropped.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { accepted, answer, json, sse } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, entry, inTime, mcp, rejection, settle, until } from "./support.mjs";

const { persistIn } = await import(entry("mcp-tasks/persist"));
const { TaskExpiredError, TaskLostError, ToolTask } = mcp;

/** As `sessionStorage` is: items are properties, methods are not. */
class Store {
  getItem(key) { return this[key] ?? null; }
  setItem(key, value) { this[key] = String(value); }
  removeItem(key) { delete this[key]; }
}
/** A store that writes when the test lets it: `write()` does what was asked for. */
function slowStore() {
  const inner = new Store();
  const asked = [];
  const later = (write) => (...args) => new Promise((resolve) => asked.push(() => resolve(write(...args))));
  return {
    inner, asked,
    getItem: async (key) => inner.getItem(key),
    keys: async () => Object.keys(inner),
    setItem: later((key, value) => inner.setItem(key, value)),
    removeItem: later((key) => inner.removeItem(key)),
    async write() {
      for (const write of asked.splice(0)) write();
      await settle();
    },
  };
}
/** Holds the timers of five seconds back, and no others (the platform's fetch has its own): gives what lets them go off. */
function heldTimers(t) {
  const { setTimeout: real } = globalThis;
  const held = [];
  globalThis.setTimeout = (act, ms, ...args) => (ms === 5000 ? void held.push(act) : real(act, ms, ...args));
  const restore = () => { globalThis.setTimeout = real; };
  t.after(restore);
  return () => {
    restore();
    assert.equal(held.length, 1);
    held[0]();
  };
}
const kept = (store) => Object.values(store).map((text) => JSON.parse(text));

for (const revision of ["2025-11-25", "2026-07-28"]) {
  describe(revision, () => {
    const isOld = revision < "2026";
    let server, store;
    beforeEach(async () => {
      server = await startPuppet({ revision });
      if (isOld) server.script.set("initialize", ({ rpc, res, n }) => json(res, server.wire.greeting(rpc.id), 200, { "mcp-session-id": `session-${n}` }));
      store = new Store();
    });
    afterEach(() => server.close());
    /** A page after another: each is left before the next comes. */
    function pages(t, options = {}) {
      const mine = clients(t, server.url, { era: revision, ...options });
      let last;
      const page = (more = {}) => {
        last?.close();
        return (last = mine.client({ persist: persistIn(store), ...more }));
      };
      return { page, warnings: mine.warnings };
    }

    test("a task that runs is found by the next page, in the same session, and gives its result", async (t) => {
      const { page } = pages(t);
      const task = page().callTool("optional", { scene: 7 });
      await task.created;
      const next = page();
      const [again, ...more] = await next.resume();
      assert.ok(again instanceof ToolTask && more.length === 0);
      assert.deepEqual([again.taskId, again.name, again.kind], ["task-1", "optional", "tool"]);
      assert.deepEqual(await next.resume(), [again], "the same handles");
      server.finish("task-1");
      assert.equal((await inTime(again.result())).content[0].text, "task-1 is done");
      assert.deepEqual(kept(store), [], "seen");
      if (!isOld) return;
      assert.equal(server.count("initialize"), 1);
      const later = server.requests.slice(2).map(({ headers }) => headers);
      assert.ok(later.length > 2 && later.every((h) => h["mcp-session-id"] === "session-0" && h["mcp-protocol-version"] === revision));
      assert.equal(server.count("DELETE"), 0, "the tasks may belong to it");
      const ids = server.requests.map(({ rpc }) => rpc?.id).filter((id) => id !== undefined);
      assert.equal(new Set(ids).size, ids.length, "no id twice in a session");
    });

    test("the stored data contains no header, no argument and no query", async (t) => {
      const { page } = pages(t, { headers: () => ({ authorization: "Bearer secret-1", cookie2: "secret-2" }) });
      const client = page();
      await client.callTool("optional", { key: "secret-3" }).created;
      const open = clients(t, `${server.url}?key=secret-4`, { era: revision, headers: { "x-key": "secret-5" } }).client({ persist: persistIn(store) });
      await open.callTool("optional").created;
      const all = JSON.stringify(Object.entries(store));
      assert.equal(Object.keys(store).length, 2);
      assert.doesNotMatch(all, /secret|bearer|authorization/i);
      for (const one of kept(store)) {
        const names = ["at", "kind", "name", ...(isOld ? ["session"] : []), "taskId"];
        assert.deepEqual(Object.keys(one).filter((name) => name !== "until").sort(), names);
      }
    });

    test("an end that was not received is kept; one that was awaited or sent to a listener is not", async (t) => {
      const { page } = pages(t);
      const client = page();
      const [unseen, awaited, watched] = [1, 2, 3].map(() => client.callTool("optional"));
      await Promise.all([unseen.created, awaited.created, watched.created]);
      watched.onStatusChange(() => {});
      for (const { taskId } of [unseen, awaited]) server.finish(taskId);
      await awaited;
      server.put(watched.taskId, "cancelled");
      await until(() => watched.getSnapshot()?.status === "cancelled");
      await unseen.status({ fresh: true });
      await until(() => kept(store).length === 1);
      const [again, ...more] = await page().resume();
      assert.deepEqual([again.taskId, more], [unseen.taskId, []]);
      assert.equal((await inTime(again.result())).content[0].text, `${unseen.taskId} is done`);
      assert.deepEqual(kept(store), []);
    });

    test("a call that was left before the server had named its task is lost in words, once, and not sent again", async (t) => {
      server.script.set("tools/call", () => true);
      const { page, warnings } = pages(t);
      void page().callTool("optional").created.catch(() => {});
      await until(() => server.count("tools/call") === 1);
      const [lost] = await page().resume();
      const error = await rejection(lost);
      assert.ok(TaskLostError.isInstance(error) && error instanceof TaskLostError);
      assert.deepEqual([error.code, error.retryable], ["task_lost", false]);
      assert.match(error.message, /optional: whether it runs is not known, and it was not sent again/);
      assert.equal(await rejection(lost.created), error);
      assert.equal(await rejection(lost.status()), error);
      assert.equal(lost.taskId, undefined);
      assert.deepEqual([await page().resume(), server.count("tools/call"), warnings], [[], 1, []]);
    });

    test("a loss that is not awaited is a warning", async (t) => {
      server.script.set("tools/call", () => true);
      const { page, warnings } = pages(t);
      void page().callTool("optional").created.catch(() => {});
      await until(() => server.count("tools/call") === 1);
      await page().resume();
      await until(() => warnings.some(({ code, message }) => code === "unobserved-failure" && /was left before/.test(message)));
    });

    test("a task that the server has dropped rejects with TaskExpiredError, and is dropped", async (t) => {
      const { page } = pages(t);
      await page().callTool("optional").created;
      server.tasks.clear();
      const [again] = await page().resume();
      assert.ok(TaskExpiredError.isInstance(await rejection(again)));
      assert.deepEqual(kept(store), []);
    });

    test("a task whose time to live is over is found once more, and kept on only if the server still tells of it", async (t) => {
      const { page } = pages(t);
      const task = page().callTool("optional", {}, { task: { ttlMs: 60_000 } });
      await task.created;
      const [key] = Object.keys(store);
      store[key] = JSON.stringify({ ...kept(store)[0], until: 1 });
      const [again] = await page().resume();
      assert.equal(again.taskId, task.taskId);
      assert.deepEqual(kept(store), []);
      const [none] = await page().resume();
      assert.equal(none, undefined);
    });

    test("a direct, refused or aborted call leaves nothing", async (t) => {
      const { page } = pages(t);
      const client = page();
      await client.callTool("forbidden");
      server.script.set("tools/call", ({ rpc, res, n }) => n === 1 && (json(res, { jsonrpc: "2.0", id: rpc.id, error: { code: -32000, message: "no" } }), true));
      await rejection(client.callTool("optional"));
      await rejection(client.callTool("optional", {}, { signal: AbortSignal.abort() }));
      assert.deepEqual(kept(store), []);
    });

    test("a call that no answer came to is kept for a moment, since a page that is being left sees that first", async (t) => {
      server.script.set("tools/call", ({ res }) => (res.destroy(), true));
      const { page } = pages(t);
      const error = await rejection(page().callTool("optional"));
      assert.deepEqual([error.code, kept(store).length], ["network", 1]);
      await until(() => kept(store).length === 0);
    });

    test("a store that fails is warned of once, and nothing else comes of it", async (t) => {
      const { page, warnings } = pages(t);
      const full = { ...store, getItem: () => null, setItem() { throw new Error("quota exceeded"); }, removeItem() {} };
      const client = page({ persist: persistIn(full) });
      const tasks = [client.callTool("optional"), client.callTool("optional")];
      await Promise.all(tasks.map((task) => task.created));
      assert.deepEqual(warnings.map(({ code }) => code), ["persist-failed"]);
      assert.match(warnings[0].message, /not kept.*quota exceeded/);
      const closed = { getItem: async () => null, setItem: async () => {}, removeItem: async () => {}, keys: async () => { throw new Error("forbidden"); } };
      assert.deepEqual(await page({ persist: persistIn(closed) }).resume(), []);
      assert.match(warnings[1].message, /the tasks of earlier pages were not found: forbidden/);
    });

    test("an invalid entry of the store is ignored and removed", async (t) => {
      const { page } = pages(t);
      await page().callTool("optional").created;
      const [key] = Object.keys(store);
      const prefix = key.slice(0, key.lastIndexOf(":"));
      const whole = kept(store)[0];
      const bad = ["{", "null", "5", JSON.stringify({ ...whole, kind: "__proto__" }), JSON.stringify({ ...whole, taskId: 5 }), JSON.stringify({ ...whole, at: "x" }),
        JSON.stringify({ ...whole, session: { text: 5 } }), JSON.stringify({ ...whole, asked: [5] }), JSON.stringify({ ...whole, taskId: "" })];
      bad.forEach((text, n) => { store[`${prefix}:bad-${n}`] = text; });
      store["something else"] = "stays";
      const [again, ...more] = await page().resume();
      assert.deepEqual([again.taskId, more], ["task-1", []]);
      assert.equal(Object.keys(store).length, 2);
    });

    test("a store that takes its time is written in order", async (t) => {
      const inner = new Store();
      const slow = (f) => async (...args) => { await new Promise((r) => setTimeout(r, 2)); return f(...args); };
      const lazy = { getItem: slow((k) => inner.getItem(k)), setItem: slow((k, v) => inner.setItem(k, v)), removeItem: slow((k) => inner.removeItem(k)), keys: slow(() => Object.keys(inner)) };
      const { page } = pages(t);
      const task = page({ persist: persistIn(lazy) }).callTool("optional");
      await task.created;
      await until(() => kept(inner)[0]?.taskId === "task-1");
      const [again] = await page({ persist: persistIn(lazy) }).resume();
      assert.equal(again.taskId, "task-1");
      server.finish("task-1");
      await again;
      await until(() => kept(inner).length === 0);
    });

    test("nothing of a call is sent before the store has kept it, and its creation is told when its name is kept", async (t) => {
      const slow = slowStore();
      const { page } = pages(t);
      const client = page({ persist: persistIn(slow) });
      const task = client.callTool("optional");
      const order = [];
      void task.created.then(() => order.push("created"));
      const result = task.result();
      await until(() => slow.asked.length === 1);
      await settle(50);
      assert.deepEqual([kept(slow.inner), server.requests.length], [[], 0]);
      await slow.write();
      assert.equal(kept(slow.inner)[0].name, "optional");
      await until(() => task.taskId === "task-1");
      await settle(50);
      assert.deepEqual([order, kept(slow.inner)[0].taskId], [[], undefined]);
      const late = task.created.then(() => order.push("asked for later"));
      await until(() => slow.write().then(() => order.length === 2));
      await late;
      assert.deepEqual([order.sort(), kept(slow.inner)[0].taskId], [["asked for later", "created"], "task-1"]);
      server.finish("task-1");
      assert.equal((await inTime(result)).content[0].text, "task-1 is done", "who waited meanwhile was not forgotten");
    });

    test("a call that is given up, or whose client is closed, while the store takes its time is never sent", async (t) => {
      const slow = slowStore();
      const { page } = pages(t);
      const client = page({ persist: persistIn(slow) });
      const control = new AbortController();
      const given = client.callTool("optional", {}, { signal: control.signal });
      control.abort("no more");
      assert.equal(await rejection(given), "no more");
      await slow.write();
      await client.listTools();
      const closed = client.callTool("optional");
      client.close();
      assert.equal((await rejection(closed)).code, "closed");
      await slow.write();
      assert.equal(server.count("tools/call"), 0);
    });

    test("a store that hangs holds the first call up for a while, and no other; one that refuses, none", async (t) => {
      const { page, warnings } = pages(t);
      const hangs = slowStore();
      const client = page({ persist: persistIn(hangs) });
      assert.deepEqual(await client.resume(), []);
      const goOff = heldTimers(t);
      const first = client.callTool("optional");
      await settle(50);
      assert.deepEqual([server.requests.length, warnings], [0, []]);
      goOff();
      assert.equal(await inTime(first.created), "task-1");
      assert.equal(await inTime(client.callTool("optional").created), "task-2");
      assert.deepEqual(warnings.map(({ code }) => code), ["persist-failed"]);
      assert.match(warnings[0].message, /perhaps not kept.*the store has not answered within 5 seconds$/);

      const refuses = { ...slowStore(), setItem: async () => { throw new Error("quota exceeded"); } };
      assert.equal(await inTime(page({ persist: persistIn(refuses) }).callTool("optional").created), "task-3");
      assert.match(warnings[1].message, /not kept.*quota exceeded$/);
    });

    test("a store that does not say what it holds is not waited for longer than five seconds", async (t) => {
      const { page, warnings } = pages(t);
      const goOff = heldTimers(t);
      const client = page({ persist: persistIn({ ...slowStore(), keys: () => new Promise(() => {}) }) });
      const found = client.resume();
      await settle();
      goOff();
      assert.deepEqual(await inTime(found), []);
      assert.match(warnings[0].message, /the tasks of earlier pages were not found: the store has not answered within 5 seconds$/);
    });

    test("other names and other servers keep to themselves", async (t) => {
      const { page } = pages(t);
      await page({ persist: persistIn(store, { name: "luca" }) }).callTool("optional").created;
      assert.deepEqual(await page({ persist: persistIn(store) }).resume(), []);
      assert.deepEqual(await page({ persist: persistIn(store, { name: "mia" }) }).resume(), []);
      assert.deepEqual(await clients(t, `${server.url}/other`).client({ persist: persistIn(store, { name: "luca" }) }).resume(), []);
      assert.equal((await page({ persist: persistIn(store, { name: "luca" }) }).resume()).length, 1);
    });

    test("a handle of a reference is kept, too", async (t) => {
      const { page } = pages(t);
      await page().callTool("optional").created;
      page({ persist: undefined });
      for (const key of Object.keys(store)) store.removeItem(key);
      page().task({ taskId: "task-1", kind: "tool", name: "optional" });
      assert.equal((await page().resume())[0].taskId, "task-1");
    });

    test("where nothing was left, nothing is sent", async (t) => {
      const { page } = pages(t);
      assert.deepEqual(await page().resume(), []);
      assert.equal(server.requests.length, 0);
    });
  });
}

describe("2025-11-25", () => {
  const ask = { jsonrpc: "2.0", id: "q-1", method: "elicitation/create", params: { message: "Which?", requestedSchema: { type: "object", properties: {} } } };

  /** A server that asks once, on the first `tasks/result`, and takes the answer from whoever gives it. */
  async function asker() {
    const server = await startPuppet();
    const got = { answers: [] };
    server.script.set("initialize", ({ rpc, res, n }) => json(res, server.wire.greeting(rpc.id), 200, { "mcp-session-id": `session-${n}` }));
    server.script.set("tasks/result", ({ rpc, res, n }) => {
      if (server.tasks.get(rpc.params.taskId).result) return false;
      sse(res, n === 0 ? [{ data: ask }] : [], { end: false });
      return true;
    });
    // An answer is a POST without a method.
    server.script.set("POST", ({ rpc, res }) => {
      got.answers.push(rpc);
      server.finish("task-1");
      accepted(res);
    });
    return { server, got };
  }

  test("a question that was open is asked again, and its answer reaches the server", async (t) => {
    const { server, got } = await asker();
    t.after(() => server.close());
    const store = new Store();
    const { client } = clients(t, server.url, { era: "2025-11-25" });
    let asked = 0;
    const first = client({ persist: persistIn(store), onElicitation: () => void asked++ });
    const task = first.callTool("optional");
    await task.created;
    server.put("task-1", "input_required");
    task.result().catch(() => {});
    await until(() => asked === 1);
    assert.deepEqual(kept(store)[0].asked.map((text) => JSON.parse(text)), [ask]);
    first.close();

    const next = client({ persist: persistIn(store), onElicitation: ({ message }, { task: of }) => ({ action: "accept", content: { message, of: of.taskId } }) });
    const [again] = await next.resume();
    assert.equal((await inTime(again.result())).content[0].text, "task-1 is done");
    assert.deepEqual(got.answers.map(({ id, result }) => [id, result.content]), [["q-1", { message: "Which?", of: "task-1" }]]);
    assert.deepEqual([server.count("initialize"), kept(store)], [1, []]);
  });

  test("a page that answers nothing does not go on with a session in which it could", async (t) => {
    const { server } = await asker();
    t.after(() => server.close());
    const store = new Store();
    const { client } = clients(t, server.url, { era: "2025-11-25" });
    const first = client({ persist: persistIn(store), onElicitation: () => undefined });
    await first.callTool("optional").created;
    first.close();
    const next = client({ persist: persistIn(store) });
    const [again] = await next.resume();
    await again.status();
    assert.equal(server.count("initialize"), 2);
    assert.equal(kept(store)[0].session.text.split(" ")[2], "session-1", "its own is kept now");
  });

  test("a session that the server has forgotten is begun anew, and the task is asked after in it", async (t) => {
    const { server } = await asker();
    t.after(() => server.close());
    const store = new Store();
    const { client } = clients(t, server.url, { era: "2025-11-25" });
    const first = client({ persist: persistIn(store) });
    await first.callTool("optional").created;
    first.close();
    server.script.set("tasks/get", ({ rpc, res, n }) => n === 0 && (json(res, answer(rpc.id, {}), 404), true));
    const next = client({ persist: persistIn(store) });
    const [again] = await next.resume();
    assert.equal((await inTime(again.status())).status, "working");
    assert.equal(server.count("initialize"), 2);
  });
});

test("bad stores and a client without `persist` are told so in words", async (t) => {
  for (const store of [undefined, null]) assert.throws(() => persistIn(store), { name: "TypeError", message: `store must be an object, not ${store}` });
  assert.throws(() => persistIn({}), { name: "TypeError", message: "store.getItem must be a function, not undefined" });
  assert.throws(() => persistIn({ getItem() {}, setItem() {} }), { name: "TypeError", message: "store.removeItem must be a function, not undefined" });
  assert.throws(() => persistIn(new Store(), { name: 5 }), { name: "TypeError", message: "options.name must be a string, not 5" });
  const { client } = clients(t, "http://127.0.0.1:9/mcp");
  assert.throws(() => client({ persist: new Store() }), { name: "TypeError", message: "persist must be a function, not an object" });
  assert.match((await rejection(client().resume())).message, /resume\(\) needs the option persist/);
});
