// A page is reloaded in every state that a task can be in: the next one finds the task again, or says the loss in words.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startPuppet } from "../package/puppet.mjs";
import { until } from "../package/support.mjs";
import { accepted, answer, json, sse } from "../servers/scripted.mjs";
import { startSite, visit } from "./site.mjs";

const params = { mode: "form", message: "Which?", requestedSchema: { type: "object", properties: { word: { type: "string" } } } };

/** A server of either revision whose task asks, once, when it is put to `input_required`. */
async function start(revision) {
  const server = await startPuppet({ revision });
  const answers = [];
  if (revision < "2026") {
    server.script.set("initialize", ({ rpc, res, n }) => json(res, server.wire.greeting(rpc.id), 200, { "mcp-session-id": `session-${n}` }));
    server.script.set("tasks/result", ({ rpc, res, n }) => {
      if (server.tasks.get(rpc.params.taskId).result) return false;
      // As released servers do: on this stream, once, and never again.
      const ask = { jsonrpc: "2.0", id: "q-1", method: "elicitation/create", params };
      sse(res, n === 0 ? [{ data: ask }] : [], { end: false });
      return true;
    });
    server.script.set("POST", ({ rpc, res }) => {
      answers.push(rpc.result.content);
      server.finish("task-1");
      accepted(res);
    });
  } else {
    server.script.set("tasks/get", ({ rpc, res }) => {
      const { task } = server.tasks.get(rpc.params.taskId);
      if (task.status !== "input_required") return false;
      return json(res, answer(rpc.id, { resultType: "complete", ...task, inputRequests: { which: { method: "elicitation/create", params } } })), true;
    });
    server.script.set("tasks/update", ({ rpc, res }) => {
      answers.push(rpc.params.inputResponses.which.content);
      server.finish("task-1");
      return json(res, answer(rpc.id, { resultType: "complete" })), true;
    });
  }
  return Object.assign(server, { answers });
}

/** In the page: a client that keeps its tasks in that store, and what an earlier page left. */
async function openClient([url, era, where, word]) {
  const { persistIn, indexedDBStore } = await import("/package/dist/persist.js");
  const stores = { sessionStorage: () => sessionStorage, localStorage: () => localStorage, indexedDB: () => indexedDBStore() };
  globalThis.asked = 0;
  const onElicitation = () => (globalThis.asked++, word == null ? undefined : { action: "accept", content: { word } });
  globalThis.client = new globalThis.mcp.Client(url, { era, onElicitation, onWarning: () => {}, persist: persistIn(stores[where]()) });
  globalThis.tasks = await globalThis.client.resume();
  return globalThis.tasks.map(({ taskId, name, kind }) => ({ taskId, name, kind }));
}
/** In the page: whether the store holds nothing of that server's any more. */
async function isDropped([url, where]) {
  const { indexedDBStore } = await import("/package/dist/persist.js");
  const keys = where === "indexedDB" ? await indexedDBStore().keys("mcp-tasks:") : Object.keys(globalThis[where]);
  return !keys.some((key) => key.includes(url));
}
const outcome = () => globalThis.tasks[0].then(
  (result) => ({ text: result.content[0].text }),
  (error) => ({ name: error.name, code: error.code, message: error.message }),
);
const ref = { taskId: "task-1", name: "optional", kind: "tool" };
const done = { text: "task-1 is done" };

for (const engine of ["chromium", "firefox", "webkit"]) {
  describe(engine, { skip: missing(engine) }, () => {
    let site, browser, server;
    before(async () => {
      site = await startSite();
      browser = await open(engine);
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    for (const era of ["2025-11-25", "2026-07-28"]) {
      for (const where of ["sessionStorage", "localStorage", "indexedDB"]) {
        describe(`${era}, ${where}`, () => {
          beforeEach(async () => {
            server = await start(era);
            await visit(browser, site);
          });
          afterEach(() => server.close());
          const begin = (word) => browser.evaluate(openClient, [server.url, era, where, word]);
          const reload = async (word) => (await visit(browser, site), begin(word));
          const call = () => browser.evaluate(async () => {
            globalThis.task = globalThis.client.callTool("optional", { secret: "argument" });
            globalThis.task.catch(() => {});
            await globalThis.task.created;
          });
          const left = async () => {
            await until(() => browser.evaluate(isDropped, [server.url, where]), "that what was seen is dropped");
            return reload();
          };
          /** Where the engine's own page process crashes under its driver, the browser is begun anew and the test with it, once. */
          const scene = (title, run) => test(title, async () => {
            try {
              await run();
            } catch (error) {
              if (!/page crash or hang|Could not parse script result/.test(error.message)) throw error;
              await browser.close().catch(() => {});
              server.close();
              [browser, server] = [await open(engine), await start(era)];
              await visit(browser, site);
              await run();
            }
          });

          scene("working: found again, and its result", async () => {
            assert.deepEqual(await begin(), []);
            await call();
            assert.deepEqual(await reload(), [ref]);
            server.finish("task-1");
            assert.deepEqual(await browser.evaluate(outcome), done);
            if (era < "2026") assert.equal(server.count("initialize"), 1, "the same session goes on");
            assert.deepEqual(await left(), []);
          });

          scene("input_required: found again, asked again, and answered", async () => {
            assert.deepEqual(await begin(), []);
            await call();
            server.put("task-1", "input_required");
            await until(() => browser.evaluate(() => globalThis.asked === 1), "the question");
            assert.deepEqual(await reload("reloaded"), [ref]);
            assert.deepEqual(await browser.evaluate(outcome), done);
            assert.deepEqual(server.answers, [{ word: "reloaded" }]);
            assert.deepEqual(await left(), []);
          });

          scene("terminal, unseen: found again, and its result", async () => {
            assert.deepEqual(await begin(), []);
            await browser.evaluate(async () => { await globalThis.client.callTool("optional").created; });
            server.finish("task-1");
            assert.deepEqual(await reload(), [ref]);
            assert.deepEqual(await browser.evaluate(outcome), done);
            assert.deepEqual(await left(), []);
          });

          scene("before the creation is confirmed: lost in words, and not sent again", async () => {
            assert.deepEqual(await begin(), []);
            server.script.set("tools/call", () => true);
            await browser.evaluate(() => { void globalThis.client.callTool("optional").created.catch(() => {}); });
            await until(() => server.count("tools/call") === 1, "the call");
            assert.deepEqual((await reload()).map(({ taskId, name }) => [taskId ?? "none", name]), [["none", "optional"]]);
            const { name, code, message } = await browser.evaluate(outcome);
            assert.deepEqual([name, code], ["TaskLostError", "task_lost"]);
            assert.match(message, /^the page was left before the server had answered the call of optional: /);
            assert.equal(server.count("tools/call"), 1);
            assert.deepEqual(await left(), []);
          });
        });
      }
    }

    test("the tasks of an open page are not picked up by another", { skip: engine === "webkit" && "one window only" }, async (t) => {
      server = await start("2025-11-25");
      t.after(() => server.close());
      await visit(browser, site);
      const args = [server.url, "2025-11-25", "localStorage"];
      await browser.evaluate(openClient, args);
      await browser.evaluate(async () => { await globalThis.client.callTool("optional").created; });
      const other = await browser.page.context().newPage();
      await other.goto(site.url);
      await other.waitForFunction("globalThis.ready");
      assert.deepEqual(await other.evaluate(openClient, args), []);
      await other.close();
      await visit(browser, site);
      assert.deepEqual(await browser.evaluate(openClient, args), [ref]);
    });
  });
}
