// The crate without the TypeScript layer: the glue as wasm-bindgen generates it, in a page, against the demo server.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { engines, missing, open } from "../../scripts/engines.mjs";
import { root, wasmTarget } from "../../scripts/env.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startModern } from "../servers/modern.mjs";
import { startSite, visit } from "./site.mjs";

const page = `<!doctype html><meta charset="utf-8"><title>crate</title><link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>`;
const script = `
import init, * as crate from "/mcp_tasks.js";
await init();
globalThis.crate = crate;
globalThis.ready = true;
`;

/** What wasm-bindgen makes of the crate's module: no trap guard, no bundler, nothing of src/js. */
function makeGlue(folder) {
  const built = `${root}target/${wasmTarget}/release/mcp_tasks.wasm`;
  const made = spawnSync(`${root}target/tools/wbg`, [built, "--target", "web", "--out-dir", folder, "--out-name", "mcp_tasks"], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  return {
    "/mcp_tasks.js": readFileSync(join(folder, "mcp_tasks.js")),
    "/mcp_tasks_bg.wasm": readFileSync(join(folder, "mcp_tasks_bg.wasm")),
  };
}

let site, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "mcp-tasks-crate-"));
  site = await startSite({ files: { "/": page, "/page.mjs": script, ...makeGlue(folder) } });
});
after(async () => {
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const engine of engines) {
  describe(engine, { skip: missing(engine) }, () => {
    let browser, demo;
    before(async () => {
      demo = await startDemo({ pollIntervalMs: 50 });
      browser = await open(engine);
      await visit(browser, site);
    });
    after(async () => {
      await browser?.close();
      await demo?.close();
    });
    const count = (rpc) => demo.requests.filter((request) => request.rpc === rpc).length;

    test("the promise of a task resolves with its result", async () => {
      const seen = await browser.evaluate(async (url) => {
        const client = new globalThis.crate.Client(url);
        const task = client.callTool("slow_count", JSON.stringify({ steps: 3, delayMs: 50, label: "grüße 🎉" }));
        const before = { taskId: task.taskId ?? null, isSettled: task.isSettled, kind: task.kind, name: task.name };
        const result = await task.result();
        const { status } = await task.status();
        client.close();
        return { before, result, status, created: typeof task.taskId, isSettled: task.isSettled, returnedImmediately: task.returnedImmediately };
      }, demo.url);
      assert.deepEqual(seen, {
        before: { taskId: null, isSettled: false, kind: "tool", name: "slow_count" },
        result: { content: [{ type: "text", text: "counted to 3" }], structuredContent: { counted: 3, label: "grüße 🎉" }, _meta: seen.result._meta },
        status: "completed", created: "string", isSettled: true, returnedImmediately: false,
      });
    });

    test("onStatusChange reports each status in order until its unsubscribe function is called", async () => {
      const seen = await browser.evaluate(async (url) => {
        const client = new globalThis.crate.Client(url);
        const task = client.callTool("slow_count", JSON.stringify({ steps: 5, delayMs: 200 }));
        const all = [];
        const first = [];
        task.onStatusChange(({ status, statusMessage }) => void all.push(`${status} ${statusMessage}`));
        const unsubscribe = task.onStatusChange((status) => {
          first.push(Object.isFrozen(status));
          if (first.length === 2) unsubscribe();
        });
        await task.result();
        client.close();
        return { all, first };
      }, demo.url);
      // The first statuses may have been replaced before the client learned of the task.
      const steps = seen.all.filter((line) => line.startsWith("working step "));
      assert.deepEqual(steps, [1, 2, 3, 4, 5].map((n) => `working step ${n} of 5`).slice(-steps.length));
      assert.ok(steps.length >= 4, String(seen.all));
      assert.match(seen.all.at(-1), /^completed /);
      assert.deepEqual(seen.first, [true, true]);
    });

    test("cancel resolves and the task ends cancelled", async () => {
      const seen = await browser.evaluate(async (url) => {
        const client = new globalThis.crate.Client(url);
        const task = client.callTool("slow_count", JSON.stringify({ steps: 100, delayMs: 1000 }));
        const outcome = task.result().then(() => "resolved", (error) => error.code);
        await task.wait({ state: "working" });
        const cancelled = await task.cancel();
        const { status } = await task.wait();
        const seen = { cancelled: cancelled ?? null, status, outcome: await outcome, snapshot: task.snapshot.status };
        client.close();
        return seen;
      }, demo.url);
      assert.deepEqual(seen, { cancelled: null, status: "cancelled", outcome: "task_cancelled", snapshot: "cancelled" });
    });

    test("with stream: false polling alone completes the task", async () => {
      const before = { streams: demo.requests.filter(({ method }) => method === "GET").length, polls: count("tasks/get") };
      const text = await browser.evaluate(async (url) => {
        const client = new globalThis.crate.Client(url, { stream: false, pollIntervalMs: 50 });
        const { content } = await client.callTool("slow_count", JSON.stringify({ steps: 4, delayMs: 150 })).result();
        client.close();
        return content[0].text;
      }, demo.url);
      assert.equal(text, "counted to 4");
      assert.equal(demo.requests.filter(({ method }) => method === "GET").length, before.streams);
      assert.ok(count("tasks/get") - before.polls >= 2, `${count("tasks/get") - before.polls} polls`);
    });

    test("a promise rejects with an Error that has a code", async () => {
      const seen = await browser.evaluate(async (url) => {
        const plain = (error) => ({ isError: error instanceof Error, code: error.code, message: error.message, text: error.result?.content[0].text ?? null });
        const rejection = (promise) => promise.then(() => "resolved", plain);
        const client = new globalThis.crate.Client(url);
        const [tool, crash, unknown] = await Promise.all([
          rejection(client.callTool("always_fails", "{}").result()),
          rejection(client.callTool("crashes", "{}").result()),
          rejection(client.getTaskStatus("no-such-task")),
        ]);
        const result = await client.callTool("always_fails", "{}", { raiseOnError: false }).result();
        client.close();
        return { tool, crash, unknown, isError: result.isError };
      }, demo.url);
      const { tool, crash, unknown, isError } = seen;
      assert.deepEqual(tool, { isError: true, code: "tool_error", message: "the printer is on fire", text: "the printer is on fire" });
      assert.deepEqual([crash.isError, crash.code], [true, "task_failed"]);
      assert.match(crash.message, /the ice broke/);
      assert.deepEqual([unknown.isError, unknown.code], [true, "task_expired"]);
      assert.equal(isError, true);
    });

    test("respond answers input requests by their keys", async (t) => {
      const modern = await startModern();
      t.after(() => modern.close());
      const seen = await browser.evaluate(async (url) => {
        const client = new globalThis.crate.Client(url, { inputKinds: ["elicitation"], pollIntervalMs: 50 });
        const task = client.callTool("multi_input", "{}");
        await task.wait({ state: "input_required" });
        const { inputRequests } = task;
        const mistake = await task.respond({ unknown: {} }).then(() => "resolved", (error) => error.name);
        await task.respond({
          name: { action: "accept", content: { name: "Luca" } },
          confirm: { action: "accept", content: { confirm: true } },
        });
        const { content } = await task.result();
        client.close();
        return { keys: Object.keys(inputRequests).sort(), method: inputRequests.name.method, mistake, text: content[0].text };
      }, modern.url);
      assert.deepEqual({ ...seen, text: undefined }, { keys: ["confirm", "name"], method: "elicitation/create", mistake: "TypeError", text: undefined });
      assert.match(seen.text, /Luca/);
    });

    test("a closed client rejects with the code closed", async () => {
      const seen = await browser.evaluate(async (url) => {
        const rejection = (promise) => promise.then(() => "resolved", (error) => [error instanceof Error, error.code]);
        const client = new globalThis.crate.Client(url);
        const task = client.callTool("slow_count", JSON.stringify({ steps: 100, delayMs: 1000 }));
        const waiting = [task.result(), task.wait(), client.ping()].map(rejection);
        await task.wait({ state: "working" });
        client.close();
        const later = [client.callTool("echo", "{}").result(), client.listTools(), task.result(), task.cancel()].map(rejection);
        return Promise.all([...waiting.slice(0, 2), ...later]);
      }, demo.url);
      assert.deepEqual(seen, Array(6).fill([true, "closed"]));
    });
  });
}
