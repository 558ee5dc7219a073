// Tasks that are hosted here, in a page: the rows of the Python SDK over both stores, and IndexedDbTaskStore across tabs, workers and
// reloads.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { rows as hostRows } from "../package/scenarios/receiver-host.mjs";
import { rows } from "../package/scenarios/receiver.mjs";
import { startSite, visit } from "./site.mjs";

const script = `
import * as mcp from "/package/dist/index.js";
import * as receiver from "/package/dist/receiver.js";
import { check, rows } from "/scenarios/receiver.mjs";
import { rows as hostRows } from "/scenarios/receiver-host.mjs";
let stores = 0;
const makes = {
  memory: (options) => new receiver.InMemoryTaskStore(options),
  indexedDb: (options) => new receiver.IndexedDbTaskStore("row " + Date.now() + " " + ++stores, options),
};
Object.assign(globalThis, { mcp, receiver, check, violations: [],
  row: (title, store) => rows[title](receiver, makes[store], check),
  hostRow: (title) => hostRows[title]({ ...mcp, receiver }, check),
});
addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
globalThis.ready = true;
`;
/** Works on a task until it is told to end it; where it is a SharedWorker, for every tab. */
const worker = `
import { IndexedDbTaskStore, taskExecution } from "/package/dist/receiver.js";
const ends = new Map();
async function serve({ store: name, taskId, end }, reply) {
  if (end) return ends.get(taskId)?.(end);
  const store = new IndexedDbTaskStore(name);
  await taskExecution(taskId, store, async (ctx) => {
    await ctx.updateStatus("the worker works");
    reply("begun");
    const result = await new Promise((resolve, reject) => {
      ends.set(taskId, resolve);
      ctx.signal.addEventListener("abort", () => { reply("aborted"); reject(ctx.signal.reason); });
    });
    await ctx.complete(result);
  }).catch((error) => reply(error.name + ": " + error.message));
}
globalThis.onconnect = ({ ports: [port] }) => { port.onmessage = ({ data }) => serve(data, (word) => port.postMessage(word)); };
globalThis.onmessage = ({ data }) => serve(data, (word) => postMessage(word));
`;
const files = { "/page.mjs": script, "/worker.mjs": worker };

describe("chromium", { skip: missing("chromium") }, () => {
  let site, browser, tabs;
  before(async () => {
    site = await startSite({ files });
    browser = await open("chromium");
    // All tabs of one user: they share what the origin has.
    tabs = await browser.page.context().browser().newContext();
    await visit(browser, site);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  for (const store of ["memory", "indexedDb"]) {
    describe(`rows, with the store ${store}`, () => {
      for (const title of Object.keys(rows)) test(title, () => browser.evaluate(([title, store]) => globalThis.row(title, store), [title, store]));
    });
  }
  describe("rows of the host", () => {
    for (const title of Object.keys(hostRows)) test(title, () => browser.evaluate((title) => globalThis.hostRow(title), title));
  });

  /** Another tab of the same site. */
  async function tab(t) {
    const page = await tabs.newPage();
    t.after(() => page.close());
    await page.goto(site.url);
    await page.waitForFunction(() => globalThis.ready);
    return page;
  }

  test("a task made in a page and worked on by a shared worker: the page is reloaded in the middle, the result is read after it", async (t) => {
    // The worker lives as long as one tab has it.
    const other = await tab(t);
    await other.evaluate(() => { globalThis.shared = new SharedWorker("/worker.mjs", { type: "module" }); });
    const page = await tab(t);
    const taskId = await page.evaluate(async () => {
      const store = new globalThis.receiver.IndexedDbTaskStore("reloaded");
      const { taskId } = await store.createTask({ ttlMs: 600_000 });
      const { port } = new SharedWorker("/worker.mjs", { type: "module" });
      const begun = new Promise((resolve) => { port.onmessage = ({ data }) => resolve(data); });
      port.postMessage({ store: "reloaded", taskId });
      if (await begun !== "begun") throw new Error(await begun);
      return taskId;
    });
    await page.reload();
    await page.waitForFunction(() => globalThis.ready);
    const seen = await page.evaluate(async (taskId) => {
      const store = new globalThis.receiver.IndexedDbTaskStore("reloaded");
      const during = await store.getTask(taskId);
      const { port } = new SharedWorker("/worker.mjs", { type: "module" });
      port.postMessage({ taskId, end: { content: "done after the reload" } });
      const after = await store.waitForUpdate(taskId, "working");
      return { during: [during.status, during.statusMessage], after: after.status, outcome: await store.getResult(taskId), listed: (await store.listTasks()).tasks.length };
    }, taskId);
    assert.deepEqual(seen, { during: ["working", "the worker works"], after: "completed", outcome: { result: { content: "done after the reload" } }, listed: 1 });
  });

  test("a worker that is killed in the middle leaves a task that has failed and says why, not one that works for ever", async (t) => {
    const page = await tab(t);
    const [waited, got, again] = await page.evaluate(async () => {
      const store = new globalThis.receiver.IndexedDbTaskStore("killed");
      const { taskId } = await store.createTask();
      const worker = new Worker("/worker.mjs", { type: "module" });
      const begun = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
      worker.postMessage({ store: "killed", taskId });
      if (await begun !== "begun") throw new Error(await begun);
      const waiting = store.waitForUpdate(taskId, "working");
      worker.terminate();
      const waited = await waiting;
      const again = await globalThis.check.rejects(globalThis.receiver.taskExecution(taskId, store, () => {}));
      return [waited, await store.getTask(taskId), again.reason];
    });
    assert.deepEqual([waited.status, got.status, again], ["failed", "failed", "terminal"]);
    assert.match(got.statusMessage, /^the page or worker that did the work was closed, reloaded or ended before the work ended the task$/);
  });

  test("a page that is reloaded while it does the work itself leaves a task that has failed and says why", async (t) => {
    const page = await tab(t);
    const taskId = await page.evaluate(async () => {
      const store = new globalThis.receiver.IndexedDbTaskStore("own");
      const { taskId } = await store.createTask();
      await new Promise((begun) => void globalThis.receiver.taskExecution(taskId, store, () => new Promise(begun)));
      return taskId;
    });
    const other = await tab(t);
    const look = (page) => page.evaluate(async (taskId) => (await new globalThis.receiver.IndexedDbTaskStore("own").getTask(taskId)).status, taskId);
    assert.equal(await look(other), "working");
    await page.reload();
    // The platform lets go of the old page's lock in its own time.
    await other.waitForFunction(async (taskId) => (await new globalThis.receiver.IndexedDbTaskStore("own").getTask(taskId)).status === "failed", taskId);
  });

  test("cancelTask in one tab stops the work of another's worker, and a task is never begun twice", async (t) => {
    const [page, other] = [await tab(t), await tab(t)];
    const taskId = await page.evaluate(async () => {
      const store = new globalThis.receiver.IndexedDbTaskStore("cancelled");
      const { taskId } = await store.createTask();
      const worker = new Worker("/worker.mjs", { type: "module" });
      globalThis.said = [];
      const begun = new Promise((resolve) => { worker.onmessage = ({ data }) => { globalThis.said.push(data); resolve(); }; });
      worker.postMessage({ store: "cancelled", taskId });
      await begun;
      return taskId;
    });
    const seen = await other.evaluate(async (taskId) => {
      const store = new globalThis.receiver.IndexedDbTaskStore("cancelled");
      const twice = await globalThis.check.rejects(globalThis.receiver.taskExecution(taskId, store, () => {}));
      return [twice.message.replace(taskId.slice(0, 8), "?"), (await globalThis.receiver.cancelTask(store, taskId)).status];
    }, taskId);
    assert.deepEqual(seen, ["Task ?… is worked on elsewhere: the work was not begun", "cancelled"]);
    await page.waitForFunction(() => globalThis.said.includes("aborted"));
  });

  test("a task that has ended is reported as ended, also while its worker still runs", async (t) => {
    const page = await tab(t);
    const reason = await page.evaluate(async () => {
      const store = new globalThis.receiver.IndexedDbTaskStore("lasting");
      const { taskId } = await store.createTask();
      await new Promise((ended) => void globalThis.receiver.taskExecution(taskId, store, async (ctx) => {
        await ctx.complete({ n: 1 });
        ended();
        await new Promise(() => {});
      }));
      return (await globalThis.check.rejects(globalThis.receiver.taskExecution(taskId, store, () => {}))).reason;
    });
    assert.equal(reason, "terminal");
  });

  test("a database that is deleted while a store has it open is deleted at once, and made anew at the next use", async (t) => {
    const page = await tab(t);
    const seen = await page.evaluate(async () => {
      const store = new globalThis.receiver.IndexedDbTaskStore("deleted");
      const { taskId } = await store.createTask();
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase("mcp-tasks:deleted");
        request.onsuccess = resolve;
        request.onerror = request.onblocked = () => reject(new Error("it is held"));
      });
      const before = await store.getTask(taskId);
      return [before, (await store.createTask()).status, (await store.listTasks()).tasks.length];
    });
    assert.deepEqual(seen, [undefined, "working", 1]);
  });

  test("nothing of all this breaks the content security policy", async () => {
    assert.deepEqual(await browser.evaluate(() => globalThis.violations), []);
  });
});

for (const engine of ["firefox", "webkit"]) {
  describe(engine, { skip: missing(engine) }, () => {
    test("the rows hold over both stores, and those of the host", async (t) => {
      const site = await startSite({ files });
      t.after(() => site.close());
      const browser = await open(engine);
      t.after(() => browser.close());
      await visit(browser, site);
      for (const store of ["memory", "indexedDb"]) {
        for (const title of Object.keys(rows)) await browser.evaluate(([title, store]) => globalThis.row(title, store), [title, store]);
      }
      for (const title of Object.keys(hostRows)) await browser.evaluate((title) => globalThis.hostRow(title), title);
    });
  });
}
