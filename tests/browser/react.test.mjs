// The hooks of mcp-tasks/react under React 19: with the demo server's tasks, and with handles that count who listens.
import * as esbuild from "esbuild";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { lacking, makeProject } from "../consumers/project.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startSite, visit } from "./site.mjs";

const app = `
import { createElement as h, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server.browser";
import { Client } from "mcp-tasks/inline";
import { useTask, useTasks } from "mcp-tasks/react";

const views = (globalThis.views = []);
function One({ task }) {
  const view = useTask(task);
  views.push(view);
  if (!view) return h("p", null, "none");
  const { status, isPending, result, error } = view;
  return h("p", null, [status?.status ?? "new", isPending ? "pending" : "settled", result?.content[0].text ?? "", error?.code ?? ""].join("|"));
}
function All({ tasks }) {
  const list = useTasks([...tasks]); // a new array each time, as applications hand in
  views.push(list);
  return h("ul", null, list.map((view, i) => h("li", { key: i }, view.status?.status ?? "new")));
}
const parts = { One, All };

const host = document.body.appendChild(document.createElement("main"));
const root = createRoot(host);
globalThis.show = (name, props) => root.render(name ? h(StrictMode, null, h(parts[name], props)) : null);
globalThis.prerender = (name, props) => renderToString(h(parts[name], props));
globalThis.host = host;
globalThis.Client = Client;
globalThis.come = async (condition) => {
  for (const end = Date.now() + 20_000; !condition(); await new Promise((r) => setTimeout(r, 10))) {
    if (Date.now() > end) throw new Error("never came: " + condition + " in " + host.innerHTML);
  }
};

/** A handle that does as it is told, and counts who listens and who waits. */
globalThis.handle = (name) => {
  const listeners = new Set();
  const waiters = new Set();
  let snapshot;
  return {
    name, progress: undefined, listeners, waiters,
    subscribe(listener) { const own = () => listener(); listeners.add(own); return () => listeners.delete(own); },
    getSnapshot: () => snapshot,
    result({ signal }) {
      return new Promise((resolve, reject) => {
        const waiter = { resolve, reject };
        waiters.add(waiter);
        signal.addEventListener("abort", () => { waiters.delete(waiter); reject(signal.reason); });
      });
    },
    put(status) { snapshot = Object.freeze({ taskId: name, status, ttlMs: null }); for (const listener of [...listeners]) listener(); },
    settle(result) { for (const { resolve } of waiters) resolve(result); },
    fail(error) { for (const { reject } of waiters) reject(error); },
  };
};
globalThis.ready = true;`;
const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body></body><script type="module" src="/app.js"></script>`;

describe("React 19 in chromium", { skip: missing("chromium") || lacking("react-dom") }, () => {
  let browser, demo, site;
  before(async () => {
    const ends = [];
    const dir = makeProject({ after: (end) => ends.push(end) }, { "app.js": app }, ["react", "react-dom"]);
    const { outputFiles } = await esbuild.build({
      absWorkingDir: dir, entryPoints: ["app.js"], bundle: true, format: "esm", platform: "browser", outdir: "out", write: false, logLevel: "error",
      define: { "process.env.NODE_ENV": '"development"' },
    }).finally(() => ends.forEach((end) => end()));
    demo = await startDemo();
    site = await startSite({ files: { "/": page, "/app.js": Buffer.from(outputFiles[0].contents) } });
    browser = await open("chromium");
    await visit(browser, site);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([site?.close(), demo?.close()]);
  });

  test("useTask: from the first status to the result, of a real task", async () => {
    const seen = await browser.evaluate(async (url) => {
      views.length = 0;
      const client = new Client(url);
      const task = client.callTool("slow_count", { steps: 2, delayMs: 50 });
      show("One", { task });
      await come(() => host.textContent === "completed|settled|counted to 2|");
      const words = [...new Set(views.map((view) => view.status?.status))];
      const frozen = views.every((view) => Object.isFrozen(view) && view.task === task);
      show(null);
      client.close();
      return { words, frozen };
    }, demo.url);
    assert.deepEqual(seen, { words: [undefined, "working", "completed"], frozen: true });
  });

  test("useTask: the rejection of the task is the view's error", async () => {
    const text = await browser.evaluate(async (url) => {
      const client = new Client(url);
      show("One", { task: client.callTool("crashes") });
      await come(() => host.textContent.includes("settled"));
      const text = host.textContent;
      show(null);
      client.close();
      return text;
    }, demo.url);
    assert.equal(text, "failed|settled||task_failed");
  });

  test("useTask: no task, then one, then another: never the end of one with the status of the other", async () => {
    const seen = await browser.evaluate(async () => {
      const [a, b] = [handle("a"), handle("b")];
      show("One", { task: undefined });
      await come(() => host.textContent === "none");
      a.put("working");
      show("One", { task: a });
      await come(() => host.textContent === "working|pending||");
      a.put("completed");
      a.settle({ content: [{ text: "of a" }] });
      await come(() => host.textContent === "completed|settled|of a|");
      views.length = 0;
      b.put("working");
      show("One", { task: b });
      await come(() => host.textContent === "working|pending||");
      const mixed = views.filter((view) => view?.task === b && view.result);
      show(null);
      await come(() => host.textContent === "");
      return { mixed, left: [a, b].map(({ listeners, waiters }) => [listeners.size, waiters.size]) };
    });
    assert.deepEqual(seen.mixed, []);
    assert.deepEqual(seen.left[1], [0, 0], "who is unmounted neither listens nor waits");
    assert.equal(seen.left[0][0], 0);
  });

  test("useTask twice for one task: one listener, one waiting; unmounting leaves nothing, mounting again goes on", async () => {
    const seen = await browser.evaluate(async () => {
      const a = handle("a");
      const b = a;
      show("All", { tasks: [a, b] });
      await come(() => host.querySelectorAll("li").length === 2);
      const both = [a.listeners.size, a.waiters.size];
      show(null);
      await come(() => host.textContent === "");
      const none = [a.listeners.size, a.waiters.size];
      show("One", { task: a });
      a.put("working");
      await come(() => host.textContent === "working|pending||");
      a.fail(Object.assign(new Error("no"), { code: "task_failed" }));
      await come(() => host.textContent === "working|settled||task_failed");
      show(null);
      return { both, none };
    });
    assert.deepEqual(seen, { both: [1, 1], none: [0, 0] });
  });

  test("useTasks: each in its place, the same array until one changes, tasks that come and go", async () => {
    const seen = await browser.evaluate(async () => {
      const [a, b, c] = ["a", "b", "c"].map(handle);
      const text = () => [...host.querySelectorAll("li")].map((li) => li.textContent).join();
      show("All", { tasks: [a, b] });
      await come(() => text() === "new,new");
      b.put("working");
      await come(() => text() === "new,working");
      const before = views.at(-1);
      show("All", { tasks: [a, b] });
      await new Promise((r) => setTimeout(r));
      await come(() => views.at(-1) === before);
      show("All", { tasks: [c, b] });
      await come(() => text() === "new,working");
      c.put("cancelled");
      await come(() => text() === "cancelled,working");
      const kept = views.at(-1)[1] === before[1];
      show(null);
      await come(() => host.textContent === "");
      return { kept, left: [a, b, c].map(({ listeners, waiters }) => listeners.size + waiters.size) };
    });
    assert.deepEqual(seen, { kept: true, left: [0, 0, 0] });
  });

  test("rendered at a server, a task is pending and has no listener", async () => {
    const seen = await browser.evaluate(() => {
      const a = handle("a");
      return { html: prerender("One", { task: a }), listeners: a.listeners.size };
    });
    assert.deepEqual(seen, { html: "<p>new|pending||</p>", listeners: 0 });
  });
});
