// <mcp-task> in every engine: a task from its start to its end, and whatever a server says is text.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { engines, missing, open } from "../../scripts/engines.mjs";
import { entry } from "../package/support.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startSite, visit } from "./site.mjs";

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>element</title><link rel="icon" href="data:,"><body><mcp-task id="early"></mcp-task><main></main></body><script type="module" src="/app.mjs"></script>`;
const app = `
import { Client } from "/package/dist/index.js";
globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
globalThis.Client = Client;
globalThis.come = async (condition) => {
  for (const end = Date.now() + 20_000; !condition(); await new Promise((r) => setTimeout(r, 10))) {
    if (Date.now() > end) throw new Error("never came: " + condition);
  }
};
globalThis.put = (task) => {
  const element = document.createElement("mcp-task");
  const events = [];
  for (const type of ["mcp-task-status", "mcp-task-settled"]) document.addEventListener(type, (e) => e.target === element && events.push([type, e.detail]));
  element.task = task;
  document.querySelector("main").replaceChildren(element);
  const part = (name) => element.shadowRoot.querySelector("[part~=" + name + "]");
  return { element, events, part };
};
/** A handle that does as it is told. */
globalThis.handle = (name) => {
  const told = new Set(), waiting = new Set();
  let snapshot, end;
  return {
    name, progress: undefined, cancels: 0, told, waiting,
    subscribe() { return () => {}; },
    getSnapshot: () => snapshot,
    onStatusChange(f) { const own = (s) => f(s); told.add(own); return () => told.delete(own); },
    onProgress() { return () => {}; },
    result: () => new Promise((resolve, reject) => { if (end) end(resolve, reject); else waiting.add([resolve, reject]); }),
    async cancel() { this.cancels++; if (this.refuse) throw new Error(this.refuse); },
    put(status, more) { snapshot = { taskId: "x", status, ttlMs: null, ...more }; for (const f of [...told]) f(snapshot); },
    settle(how) { end = how; for (const [a, b] of waiting) how(a, b); },
  };
};
early.task = handle("early"); // before the element is defined
await import("/package/dist/element.js");
globalThis.ready = true;`;

test("the element's module can be imported where there are no elements", async () => {
  const { McpTaskElement } = await import(entry("mcp-tasks/element"));
  assert.equal(typeof McpTaskElement, "function");
});

for (const engine of engines) {
  describe(engine, { skip: missing(engine) }, () => {
    let browser, demo, site;
    before(async () => {
      demo = await startDemo();
      site = await startSite({ files: { "/": page, "/app.mjs": app } });
      browser = await open(engine);
      await visit(browser, site);
    });
    after(async () => {
      await browser?.close();
      await Promise.all([site?.close(), demo?.close()]);
    });

    test("a task of the demo server: status, result, events; the policy has nothing to say", async () => {
      const seen = await browser.evaluate(async (url) => {
        const client = new Client(url);
        const { events, part } = put(client.callTool("slow_count", { steps: 2, delayMs: 50 }));
        await come(() => events.some(([type]) => type === "mcp-task-settled"));
        client.close();
        return {
          name: part("name").textContent, status: part("status").textContent, output: part("output").textContent,
          hidden: [part("progress").hidden, part("cancel").hidden], counted: events.at(-1)[1].result.structuredContent.counted,
          statuses: [...new Set(events.filter(([type]) => type === "mcp-task-status").map(([, s]) => s.status))], violations,
        };
      }, demo.url);
      assert.deepEqual(seen, {
        name: "slow_count", status: "completed", output: "counted to 2", hidden: [true, true], counted: 2, statuses: ["working", "completed"], violations: [],
      });
    });

    test("the button cancels; a failed task shows its error, and as an alert", async () => {
      const seen = await browser.evaluate(async (url) => {
        const client = new Client(url);
        const task = client.callTool("slow_count", { steps: 100, delayMs: 200 });
        const { events, part } = put(task);
        await task.created;
        part("cancel").click();
        await come(() => events.some(([type]) => type === "mcp-task-settled"));
        client.close();
        return { status: part("status").dataset.status, code: events.at(-1)[1].error.code, role: part("output").getAttribute("role"), part: part("output").getAttribute("part"), words: part("output").textContent };
      }, demo.url);
      assert.equal(seen.words.length > 0, true);
      assert.deepEqual({ ...seen, words: "" }, { status: "cancelled", code: "task_cancelled", role: "alert", part: "output error", words: "" });
    });

    test("names, messages, questions, results and errors of a server are text, also with markup in them", async () => {
      const seen = await browser.evaluate(async () => {
        const evil = `<img src=x onerror="globalThis.hit=1"><script>globalThis.hit=1</script><a href="javascript:hit=1">x</a>`;
        const inside = ({ element }) => [...element.shadowRoot.querySelectorAll("*")].map((e) => e.localName).sort().join();
        const a = handle(evil);
        const one = put(a);
        const clean = inside(one);
        a.put("working", { statusMessage: evil });
        const message = one.part("message").textContent === evil;
        a.put("input_required", { inputRequests: { q: { method: "elicitation/create", params: { message: evil } } } });
        const question = one.part("message").textContent === evil;
        a.settle((resolve) => resolve({ content: [{ type: "text", text: evil }] }));
        await come(() => one.events.length === 3);
        const output = one.part("output").textContent === evil;
        const same = inside(one) === clean;
        const b = handle("b");
        const two = put(b);
        b.put("failed");
        b.settle((_, reject) => reject(new Error(evil)));
        await come(() => two.part("output").textContent === evil);
        return { message, question, output, same, alsoFailed: inside(two) === clean, hit: globalThis.hit === undefined, name: one.part("name").textContent === evil };
      });
      assert.deepEqual(seen, { message: true, question: true, output: true, same: true, alsoFailed: true, hit: true, name: true });
    });

    test("a result of 20 MB is shown in part; one that has no text as JSON", async () => {
      const seen = await browser.evaluate(async () => {
        const a = handle("a");
        const one = put(a);
        a.settle((resolve) => resolve({ content: [{ type: "text", text: "x".repeat(20_000_000) }] }));
        await come(() => one.events.length === 1);
        const length = one.part("output").textContent.length;
        const b = handle("b");
        const two = put(b);
        b.settle((resolve) => resolve({ contents: [{ uri: "a:b" }] }));
        await come(() => two.events.length === 1);
        return { length, json: JSON.parse(two.part("output").textContent) };
      });
      assert.deepEqual(seen, { length: 20_001, json: { contents: [{ uri: "a:b" }] } });
    });

    test("H3: a result whose content is no list of blocks, and an error that cannot be read, are shown and settle the element", async () => {
      const seen = await browser.evaluate(async () => {
        const texts = [];
        for (const content of ["oops", [null], [{ type: "text", text: {} }]]) {
          const task = handle("a");
          const one = put(task);
          task.settle((resolve) => resolve({ content }));
          await come(() => one.events.length === 1);
          texts.push(one.part("output").textContent === JSON.stringify({ content }, undefined, 2));
        }
        const task = handle("b");
        const two = put(task);
        task.settle((_, reject) => reject({ toString: null, valueOf: null }));
        await come(() => two.events.length === 1);
        return { texts, error: two.part("output").textContent };
      });
      assert.deepEqual(seen, { texts: [true, true, true], error: "unknown error" });
    });

    test("for those who listen in place of looking, or have no mouse: names, live regions, a real button", async () => {
      const seen = await browser.evaluate(() => {
        const a = handle("render");
        const { element, part } = put(a);
        a.progress = { progress: 3, total: 12 };
        a.put("working", { statusMessage: "page 3" });
        const words = document.createElement("span");
        words.slot = "cancel";
        words.textContent = "Abbrechen";
        element.append(words);
        const seen = {
          button: [part("cancel").localName, part("cancel").type, part("cancel").hidden],
          slotted: part("cancel").querySelector("slot").assignedNodes()[0] === words,
          progress: [part("progress").value, part("progress").max, part("progress").getAttribute("aria-label")],
          live: [part("status").getAttribute("role"), part("message").getAttribute("role")],
          output: [part("output").tabIndex, part("output").getAttribute("aria-label")],
        };
        element.setAttribute("readonly", "");
        return { ...seen, readonly: part("cancel").hidden };
      });
      assert.deepEqual(seen, {
        button: ["button", "button", false], slotted: true, progress: [3, 12, "render"], live: ["status", "status"], output: [0, "render"], readonly: true,
      });
    });

    test("out of the document it listens no more, back in it shows the end and does not tell it twice; no handle is refused", async () => {
      const seen = await browser.evaluate(async () => {
        const a = handle("a");
        const { element, events, part } = put(a);
        const listening = a.told.size;
        element.remove();
        const left = a.told.size;
        document.querySelector("main").append(element);
        a.put("completed");
        a.settle((resolve) => resolve({ content: [{ type: "text", text: "done" }] }));
        await come(() => events.filter(([type]) => type === "mcp-task-settled").length === 1);
        element.remove();
        document.querySelector("main").append(element);
        await new Promise((r) => setTimeout(r));
        const settled = events.filter(([type]) => type === "mcp-task-settled").length;
        const text = part("output").textContent;
        a.refuse = "no";
        element.task = handle("b");
        const cleared = part("output").textContent;
        let refused;
        try { element.task = {}; } catch (error) { refused = error.name; }
        element.task = undefined;
        return { listening, left, settled, text, cleared, refused, hidden: part("head").hidden, early: early.shadowRoot.querySelector("[part=name]").textContent };
      });
      assert.deepEqual(seen, { listening: 1, left: 0, settled: 1, text: "done", cleared: "", refused: "TypeError", hidden: true, early: "early" });
    });
  });
}
