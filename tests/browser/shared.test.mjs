// Many tabs, one connection: what the server sees of them, what each of them sees, and what a tab or a worker that dies in the
// middle leaves behind. WebKit's driver has one window: there the tabs are frames.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startPuppet } from "../package/puppet.mjs";
import { until } from "../package/support.mjs";
import { accepted, json, send, sse } from "../servers/scripted.mjs";
import { startSite, strict } from "./site.mjs";

const TABS = { chromium: 10, firefox: 10, webkit: 4 };
const TASKS = 100;

const files = {
  "/page.mjs": `
    import * as mcp from "/package/dist/shared.js";
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
    Object.assign(globalThis, { mcp, importPersist: () => import("/package/dist/persist.js"), ready: true });`,
  // A worker that ends on request, as one that the system ends; or whose module traps in its next turn, because its clock throws.
  "/mortal.mjs": `
    import "/package/dist/shared_worker.js";
    const fail = () => { throw new Error("the clock is broken"); };
    new BroadcastChannel("mortal").onmessage = ({ data }) => data === "trap" ? Object.defineProperty(performance, "now", { value: fail }) : self.close();`,
};

/** A server of 2025-11-25 with sessions and a stream; `push(id, status, words)` changes a task and tells it. */
async function start() {
  const server = await startPuppet();
  const streams = new Set();
  server.script.set("initialize", ({ rpc, res, n }) => json(res, server.wire.greeting(rpc.id), 200, { "mcp-session-id": `session-${n}` }));
  server.script.set("GET", ({ res }) => {
    sse(res, [], { end: false });
    streams.add(res);
    res.once("close", () => streams.delete(res));
    return true;
  });
  const push = (id, status, words) => {
    server.put(id, status, words);
    for (const res of streams) send(res, { data: { jsonrpc: "2.0", method: "notifications/tasks/status", params: server.tasks.get(id).task } });
  };
  return Object.assign(server, { push, streams });
}

for (const engine of ["chromium", "firefox", "webkit"]) {
  describe(engine, { skip: missing(engine) }, () => {
    let site, browser, server, tabs;
    before(async () => {
      site = await startSite({ files, csp: `${strict}; frame-src 'self'` });
      browser = await open(engine);
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });
    beforeEach(async () => {
      server = await start();
      tabs = [];
      if (engine === "webkit") await browser.goto(site.url);
    });
    afterEach(async () => {
      for (const tab of tabs) await tab.close();
      await server.close();
    });

    /** One more tab; `evaluate(f, arg)` runs `f(window of the tab, arg)` in it. */
    async function openTab() {
      const tab = engine === "webkit" ? await openFrame() : await openPage();
      const close = tab.close;
      tab.close = async () => {
        if (tabs.includes(tab)) tabs.splice(tabs.indexOf(tab), 1);
        await close();
      };
      tabs.push(tab);
      await until(() => tab.evaluate((w) => w.ready === true), "the tab");
      return tab;
    }
    async function openPage() {
      const page = await browser.page.context().newPage();
      await page.goto(site.url);
      return { evaluate: (f, arg) => page.evaluate(`(${f})(globalThis, ${JSON.stringify(arg ?? null)})`), close: () => page.close(), reload: () => page.reload() };
    }
    async function openFrame() {
      const id = `frame-${Math.random().toString(36).slice(2)}`;
      await browser.evaluate(([id, src]) => { document.body.append(Object.assign(document.createElement("iframe"), { id, src })); }, [id, site.url]);
      const within = (f) => ({ toString: () => `(arg) => (${f})(document.getElementById("${id}").contentWindow, arg)` });
      return { evaluate: (f, arg) => browser.evaluate(within(f), arg), close: () => browser.evaluate((id) => document.getElementById(id)?.remove(), id) };
    }
    /** So many tabs, each with a client. */
    async function openTabs(count, options = {}) {
      const all = [];
      for (let n = 0; n < count; n++) {
        const tab = await openTab();
        await begin(tab, n, options);
        all.push(tab);
      }
      return all;
    }
    const begin = (tab, n, { mortal = false, asks = false, token = false } = {}) => tab.evaluate((w, [url, n, mortal, asks, token]) => {
      const own = (f) => (w.warnings = [], w.seen = {}, w.asked = 0, f);
      w.client = own(new w.mcp.SharedClient(url, {
        era: "2025-11-25",
        onWarning: ({ code, message }) => w.warnings.push(`${code}: ${message}`),
        ...(token && { headers: async () => ({ authorization: `Bearer ${n}` }) }),
        ...(mortal && { worker: () => new w.SharedWorker("/mortal.mjs", { type: "module", name: `mortal ${url}` }) }),
        ...(asks && { onElicitation: () => (w.asked++, asks === "answer" ? { action: "accept", content: { tab: n } } : new w.Promise(() => {})) }),
      }));
    }, [server.url, n, mortal, asks, token]);
    /** Calls so many tasks, and keeps their handles. */
    const call = (tab, count) => tab.evaluate(async (w, count) => {
      w.tasks = Array.from({ length: count }, () => w.client.callTool("required"));
      return Promise.all(w.tasks.map((task) => task.created));
    }, count);
    /** Watches tasks by their ids, and waits for their results. */
    const watch = (tab, ids) => tab.evaluate((w, ids) => {
      w.tasks ??= [];
      w.results = Promise.all(ids.map((taskId) => {
        const task = w.tasks.find((task) => task.taskId === taskId) ?? w.client.task({ taskId, kind: "tool", name: "required" });
        w.seen[taskId] = [];
        task.onStatusChange((s) => w.seen[taskId].push(s.statusMessage ?? s.status));
        return task.then((r) => r.content[0].text, (e) => `${e.name}: ${e.message}`);
      }));
    }, ids);
    const saw = (tab, words) => tab.evaluate((w, words) => Object.values(w.seen).filter((seen) => seen.includes(words)).length, words);
    const results = (tab) => tab.evaluate((w) => w.results);
    const warnings = (tab) => tab.evaluate((w) => [...w.warnings, ...w.violations]);
    const isShared = (tab) => tab.evaluate((w) => w.client.isShared);
    const done = (ids) => ids.map((id) => `${id} is done`);
    const end = (ids) => {
      for (const id of ids) {
        server.finish(id);
        server.push(id, "completed");
      }
    };

    test(`${TABS[engine]} tabs that watch the same ${TASKS} tasks: one session, one stream, one poll loop; the first tab is closed and no update is lost`, async () => {
      const all = await openTabs(TABS[engine]);
      const ids = await call(all[0], TASKS);
      for (const tab of all) await watch(tab, ids);
      for (const id of ids) server.push(id, "working", "one");
      for (const tab of all) await until(async () => (await saw(tab, "one")) === TASKS, "the first update, in every tab");
      const [first, ...rest] = all;
      await first.close();
      for (const id of ids) server.push(id, "working", "two");
      for (const tab of rest) await until(async () => (await saw(tab, "two")) === TASKS, "the second update, in every tab that is left");
      end(ids);
      for (const tab of rest) assert.deepEqual([await results(tab), await warnings(tab), await isShared(tab)], [done(ids), [], true]);
      assert.deepEqual([server.count("initialize"), server.count("GET"), server.count("tools/call")], [1, 1, TASKS]);
      assert.equal(server.count("tasks/result"), TASKS, "each result was fetched once");
      const gets = new Map();
      for (const { rpc } of server.requests) if (rpc?.method === "tasks/get") gets.set(rpc.params.taskId, (gets.get(rpc.params.taskId) ?? 0) + 1);
      // A loop for each tab would have asked at least once for each.
      assert.ok(Math.max(...gets.values()) < TABS[engine] || engine === "webkit", `${Math.max(...gets.values())} times after one task`);
    });

    test("a tab that dies in the middle of a call and of a question leaves nothing hanging: another tab's handler answers", async () => {
      const ask = { jsonrpc: "2.0", id: "q-1", method: "elicitation/create", params: { message: "Which?", requestedSchema: { type: "object", properties: {} } } };
      server.script.set("tasks/result", ({ rpc, res, n }) => {
        if (server.tasks.get(rpc.params.taskId).result) return false;
        sse(res, n === 0 ? [{ data: { ...ask, params: { ...ask.params, _meta: { "io.modelcontextprotocol/related-task": { taskId: rpc.params.taskId } } } } }] : [], { end: false });
        return true;
      });
      const answers = [];
      server.script.set("POST", ({ rpc, res }) => {
        answers.push(rpc.result.content);
        accepted(res);
        end(["task-1"]);
      });
      const [dying] = await openTabs(1, { asks: "ponder" });
      const [id] = await call(dying, 1);
      await watch(dying, [id]);
      server.push(id, "input_required");
      await until(() => dying.evaluate((w) => w.asked === 1), "the question, in the first tab");
      const living = await openTab();
      await begin(living, 7, { asks: "answer" });
      await watch(living, [id]);
      await until(() => living.evaluate((w) => Object.keys(w.client.task({ taskId: "task-1", kind: "tool", name: "x" }).inputRequests).length + w.seen["task-1"].length > 0), "the question, shown");
      assert.equal(await living.evaluate((w) => w.asked), 0, "one tab's handler answers");
      await dying.evaluate((w) => { w.client.callTool("required").catch(() => {}); });
      await dying.close();
      assert.deepEqual(await results(living), [`${id} is done`]);
      assert.deepEqual([answers, await living.evaluate((w) => w.asked)], [[{ tab: 7 }], 1]);
    });

    test("headers come from a tab that lives, are asked for before each request, and are kept nowhere", async () => {
      const all = await openTabs(2, { token: true });
      const [id] = await call(all[0], 1);
      await watch(all[1], [id]);
      await until(() => server.count("tasks/get") > 0, "a poll");
      assert.ok(server.requests.every(({ method, headers }) => method === "OPTIONS" || /^Bearer [01]$/.test(headers.authorization)));
      await all[0].close();
      const before = server.requests.length;
      await all[1].evaluate((w) => w.client.listTools());
      assert.ok(server.requests.slice(before).every(({ headers }) => headers.authorization === "Bearer 1"));
      end([id]);
      assert.deepEqual(await results(all[1]), done([id]));
    });

    test("a worker that ends: calls with a task id continue in the next one, others reject with a reason, nothing hangs", async () => {
      const all = await openTabs(2, { mortal: true });
      const ids = await call(all[0], 3);
      for (const tab of all) await watch(tab, ids);
      server.push(ids[0], "working", "before");
      for (const tab of all) await until(() => saw(tab, "before"), "an update");
      const lists = server.count("tools/list");
      server.script.set("tools/call", () => true);
      server.script.set("tools/list", () => true);
      await all[0].evaluate((w) => {
        const words = (e) => `${e.name}: ${e.message}`;
        w.unnamed = w.client.callTool("required").then(String, words);
        w.listing = w.client.listTools().then(String, words);
      });
      await until(() => server.count("tools/call") === 4 && server.count("tools/list") === lists + 1, "a call and a question");
      await all[1].evaluate((w) => { new w.BroadcastChannel("mortal").postMessage("die"); });
      assert.match(await all[0].evaluate((w) => w.unnamed), /^NetworkError: the shared worker has ended before the server had answered the call: whether it runs is not known/);
      assert.match(await all[0].evaluate((w) => w.listing), /^NetworkError: the shared worker has ended before the server had answered$/);
      await until(() => server.count("initialize") === 2 && server.streams.size === 1, "another worker");
      server.push(ids[1], "working", "after");
      for (const tab of all) await until(() => saw(tab, "after"), "an update after it");
      end(ids);
      for (const tab of all) assert.deepEqual(await results(tab), done(ids));
    });

    test("a worker whose module traps ends, and its tasks go on in the next one", async () => {
      const [tab] = await openTabs(1, { mortal: true });
      const [id] = await call(tab, 1);
      await watch(tab, [id]);
      await until(() => server.streams.size === 1, "a worker");
      await tab.evaluate((w) => { new w.BroadcastChannel("mortal").postMessage("trap"); });
      await until(() => server.count("initialize") === 2 && server.streams.size === 1, "another worker");
      server.push(id, "working", "after");
      await until(() => saw(tab, "after"), "an update after it");
      end([id]);
      assert.deepEqual([await results(tab), await warnings(tab), await isShared(tab)], [done([id]), [], true]);
    });

    test("three workers that end within a minute: the engine runs in the page and its tasks go on", async () => {
      const [tab] = await openTabs(1, { mortal: true });
      const [id] = await call(tab, 1);
      await watch(tab, [id]);
      await tab.evaluate((w) => { w.waiting = w.tasks[0].wait({ state: "input_required" }).then((s) => s.status); });
      for (let n = 1; n <= 3; n++) {
        await until(() => server.count("initialize") === n && server.streams.size === 1, `worker ${n}`);
        await tab.evaluate((w) => { new w.BroadcastChannel("mortal").postMessage("die"); });
      }
      await until(() => server.count("initialize") === 4 && server.streams.size === 1, "the engine in the page");
      assert.equal(await isShared(tab), false);
      server.push(id, "input_required", "after");
      await until(() => saw(tab, "after"), "an update from the engine in the page");
      assert.equal(await tab.evaluate((w) => w.waiting), "input_required");
      end([id]);
      const warned = ["not-shared: the connection is not shared with other tabs: it has ended again and again"];
      assert.deepEqual([await results(tab), await warnings(tab)], [done([id]), warned]);
    });

    test("a shared client's handles behave as those of a client of the tab's own", async () => {
      const [tab] = await openTabs(1);
      const refusal = "calling tool optional: the server answered with error -32602: not like this";
      const failing = { content: [{ type: "text", text: "no paper" }], isError: true };
      server.script.set("tools/call", ({ rpc, res }) => {
        const { name } = rpc.params.arguments;
        if (name === "refused") return json(res, { jsonrpc: "2.0", id: rpc.id, error: { code: -32602, message: "not like this" } });
        if (name === "failing") return json(res, { jsonrpc: "2.0", id: rpc.id, result: failing });
        return name === "silent";
      });
      const seen = await tab.evaluate(async (w) => {
        const call = (name, options) => w.client.callTool("optional", { name }, options);
        const words = (e) => [e.name, e.message];
        const raised = await call("failing").catch((e) => [...words(e), e.result.content[0].text]);
        const immediate = call("failing", { raiseOnError: false });
        const resolved = (await immediate).isError;
        const updates = [];
        for await (const s of immediate.updates()) updates.push(s.status);
        const refused = call("refused");
        const reasons = [await refused.created.catch(words), await refused.catch(words)];
        call("refused");
        const abort = new w.AbortController();
        const silent = call("silent", { signal: abort.signal });
        const aborted = silent.catch((e) => e === abort.signal.reason);
        await w.client.listTools();
        abort.abort(new w.Error("enough"));
        return { raised, resolved, immediate: [immediate.returnedImmediately, updates, immediate.getSnapshot() === await immediate.status()], reasons, aborted: await aborted };
      });
      assert.deepEqual(seen, {
        raised: ["ToolError", "no paper", "no paper"],
        resolved: true,
        immediate: [true, ["completed"], true],
        reasons: [["RpcError", refusal], ["RpcError", refusal]],
        aborted: true,
      });
      await until(async () => (await warnings(tab)).length > 0, "the warning of the failure that nothing observed");
      assert.deepEqual(await warnings(tab), [`unobserved-failure: ${refusal}`]);

      server.script.delete("tools/call");
      const [id, other] = await call(tab, 2);
      const running = await tab.evaluate(async (w) => {
        const [task, other] = w.tasks;
        const words = (e) => [e.name, e.message];
        const limited = await task.wait({ timeoutMs: 20 }).catch(words);
        const fresh = await task.status({ fresh: true });
        const isSame = task.getSnapshot() === fresh && Object.isFrozen(fresh);
        const answered = await task.respond({ name: {} }).catch(words);
        await other.cancel();
        const cancelled = await other.catch((e) => e.name);
        const lost = await w.client.task({ taskId: "nothing", kind: "tool", name: "required" }).catch((e) => e.name);
        return { limited, isSame, answered, cancelled, status: (await other.status()).status, lost };
      });
      assert.deepEqual(running, {
        limited: ["TimeoutError", "required did not get there within 20 ms; the task goes on"],
        isSame: true,
        answered: ["TypeError", "required waits for no answer to name (open: none); nothing was sent"],
        cancelled: "TaskCancelledError",
        status: "cancelled",
        lost: "TaskExpiredError",
      });
      assert.equal(server.tasks.get(other).task.status, "cancelled");
      const closed = await tab.evaluate(async (w) => {
        const waiting = [w.tasks[0].result(), w.tasks[0].wait()].map((promise) => promise.catch((e) => e.name));
        await w.client.listTools();
        w.client.close();
        return Promise.all([...waiting, w.tasks[0].cancel().catch((e) => e.name)]);
      });
      assert.deepEqual([closed, server.tasks.get(id).task.status], [["ClosedError", "ClosedError", "ClosedError"], "working"]);
    });

    test("a worker that cannot be had: the tab has a client of its own, and says why where one could be", async () => {
      const [tab] = await openTabs(1);
      const seen = await tab.evaluate(async (w, url) => {
        const run = async (options) => {
          const warnings = [];
          const client = new w.mcp.SharedClient(url, { era: "2025-11-25", onWarning: ({ code, message }) => warnings.push(`${code}: ${message}`), ...options });
          const before = client.isShared;
          const text = (await client.callTool("forbidden")).content[0].text;
          const { isShared } = client;
          client.close();
          return { before: before ?? "unknown", isShared, text, warnings };
        };
        const lost = await run({ worker: () => new w.SharedWorker("/nothing.mjs", { type: "module" }) });
        const thrown = await run({ worker: () => { throw new Error("not today"); } });
        const { SharedWorker } = w;
        delete w.SharedWorker;
        const none = await run({});
        w.SharedWorker = SharedWorker;
        return { lost, thrown, none };
      }, server.url);
      const own = { before: "unknown", isShared: false, text: "forbidden at once" };
      assert.deepEqual(seen.none, { ...own, warnings: [] });
      assert.deepEqual(seen.thrown, { ...own, warnings: ["not-shared: the connection is not shared with other tabs: not today"] });
      assert.match(seen.lost.warnings.join(), /^not-shared: the connection is not shared with other tabs: /);
      assert.deepEqual({ ...seen.lost, warnings: [] }, { ...own, warnings: [] });
    });

    test("with `persist` a tab that is reloaded finds its tasks, in the same session", { skip: engine === "webkit" && "a frame is not reloaded by the driver" }, async () => {
      const tab = await openTab();
      const begin = () => tab.evaluate(async (w, url) => {
        const { persistIn } = await w.importPersist();
        w.client = new w.mcp.SharedClient(url, { era: "2025-11-25", persist: persistIn(w.sessionStorage) });
        w.tasks = await w.client.resume();
        return w.tasks.map(({ taskId }) => taskId);
      }, server.url);
      assert.deepEqual(await begin(), []);
      const [id] = await call(tab, 1);
      await tab.reload();
      await until(() => tab.evaluate((w) => w.ready === true), "the tab");
      assert.deepEqual(await begin(), [id]);
      server.finish(id);
      assert.equal(await tab.evaluate(async (w) => (await w.tasks[0]).content[0].text), `${id} is done`);
      assert.deepEqual([server.count("initialize"), server.count("DELETE")], [1, 0]);
      assert.equal(await isShared(tab), true);
    });

    test("the session ends when the last client is closed, not before", async () => {
      const all = await openTabs(2);
      for (const tab of all) await tab.evaluate((w) => w.client.listTools());
      await all[0].evaluate((w) => w.client.close());
      await all[1].evaluate((w) => w.client.listTools());
      assert.deepEqual([server.count("DELETE"), server.count("initialize")], [0, 1]);
      await all[1].evaluate((w) => w.client.close());
      await until(() => server.count("DELETE") === 1, "the end of the session");
      const [name] = await all[1].evaluate((w) => w.client.listTools().then(() => [], (e) => [e.name]));
      assert.equal(name, "ClosedError");
    });
  });
}
