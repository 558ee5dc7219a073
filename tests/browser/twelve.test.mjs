// Twelve tasks in `input_required` on one HTTP/1.1 origin, at a server that tells each question on a `tasks/result` that is
// left open, and nowhere else: a browser has six sockets for all of them and for their answers.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { until } from "../package/support.mjs";
import { accepted, answer, initializeResult, json, send, sse, startScripted } from "../servers/scripted.mjs";
import { startSite, visit } from "./site.mjs";

const TASKS = 12;
const tool = { name: "ask", inputSchema: { type: "object" }, execution: { taskSupport: "required" } };

/** `held` are the open requests by task, `answers` how many were held when each answer came. */
async function startAsker() {
  const tasks = new Map();
  const held = new Map();
  const streams = new Set();
  const most = { lasting: 0, held: 0 };
  const answers = [];

  function tally() {
    most.held = Math.max(most.held, held.size);
    most.lasting = Math.max(most.lasting, held.size + streams.size);
  }
  function keep(res, set, key, value) {
    sse(res, [], { end: false });
    set.set?.(key, value) ?? set.add(value);
    tally();
    res.once("close", () => {
      if (!set.get || set.get(key) === value) set.delete(set.get ? key : value);
    });
  }
  function ask(task, { res }) {
    task.asked = true;
    const _meta = { "io.modelcontextprotocol/related-task": { taskId: task.taskId } };
    send(res, { data: { jsonrpc: "2.0", id: task.taskId, method: "elicitation/create", params: { message: task.taskId, requestedSchema: {}, _meta } } });
  }
  const described = ({ taskId, status, at }) => ({ taskId, status, createdAt: at, lastUpdatedAt: new Date().toISOString(), ttl: null, pollInterval: 100 });
  const resultOf = (task) => ({ content: [{ type: "text", text: task.text }] });

  const methods = {
    initialize: ({ rpc, res }) => json(res, initializeResult(rpc.id)),
    "tools/list": ({ rpc, res }) => json(res, answer(rpc.id, { tools: [tool] })),
    "tools/call"({ rpc, res }) {
      const task = { taskId: `task-${tasks.size + 1}`, status: "input_required", at: new Date().toISOString(), asked: false };
      tasks.set(task.taskId, task);
      json(res, answer(rpc.id, { task: described(task) }));
    },
    "tasks/get": ({ rpc, res }) => json(res, answer(rpc.id, described(tasks.get(rpc.params.taskId)))),
    "tasks/result"({ rpc, res }) {
      const { taskId } = rpc.params;
      const task = tasks.get(taskId);
      if (task.status === "completed") return json(res, answer(rpc.id, resultOf(task)));
      keep(res, held, taskId, { res, id: rpc.id });
      // Once: an answer is for the question, whichever stream is open by then.
      if (!task.asked) ask(task, held.get(taskId));
      return undefined;
    },
  };
  const server = await startScripted(({ method, rpc, res }) => {
    if (method === "GET") return keep(res, streams, undefined, res);
    if (rpc?.method) return methods[rpc.method] ? methods[rpc.method]({ rpc, res }) : accepted(res);
    const task = tasks.get(rpc?.id);
    if (!task) return accepted(res);
    answers.push(held.size);
    Object.assign(task, { status: "completed", text: rpc.result.content.answer });
    accepted(res);
    const waiting = held.get(task.taskId);
    return waiting && void waiting.res.end(`data: ${JSON.stringify(answer(waiting.id, resultOf(task)))}\n\n`);
  });
  return { ...server, tasks, held, most, answers };
}

describe("chromium", { skip: missing("chromium") }, () => {
  let site, browser, server;
  before(async () => {
    site = await startSite();
    browser = await open("chromium");
  });
  beforeEach(async () => {
    server = await startAsker();
    await visit(browser, site);
  });
  afterEach(() => server.close());
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  /** What every one of these ends with. */
  function finished(texts) {
    assert.deepEqual(texts, Array.from({ length: TASKS }, (_, n) => `to task-${n + 1}`));
    assert.deepEqual(server.errors, []);
    assert.equal(server.answers.length, TASKS, "each was answered once");
    assert.equal(server.answers[0], 4, "the first answer came while four were held");
    assert.ok(server.connections.most <= 6, `${server.connections.most} connections`);
    // The end of one may reach the server behind the one that takes its place.
    assert.ok([4, 5].includes(server.most.held) && server.most.lasting <= server.most.held + 1, JSON.stringify(server.most));
  }

  /** Makes the calls, and waits until every question has come in: nobody answers, so who has got its own makes room. */
  async function allAsked(handler) {
    await browser.evaluate(([url, count, handles]) => {
      const all = (globalThis.twelve = { asked: 0, held: 0, most: 0 });
      // Until somebody answers, a held request ends by being broken off, and in no other way.
      const counted = (address, init) => {
        if (String(init.body).includes('"tasks/result"')) {
          all.most = Math.max(all.most, ++all.held);
          init.signal.addEventListener("abort", () => all.held--, { once: true });
        }
        return fetch(address, init);
      };
      all.opened = new Promise((resolve) => { all.open = resolve; });
      const answered = async ({ message }) => (await all.opened, { action: "accept", content: { answer: `to ${message}` } });
      const onElicitation = (params) => (all.asked++, handles ? answered(params) : undefined);
      all.client = new globalThis.mcp.Client(url, { onElicitation, fetch: counted });
      all.tasks = Array.from({ length: count }, () => all.client.callTool("ask"));
      all.finish = async () => {
        const results = await Promise.all(all.tasks);
        all.client.close();
        const number = (text) => Number(text.split("-")[1]);
        return results.map((r) => r.content[0].text).sort((a, b) => number(a) - number(b));
      };
    }, [server.url, TASKS, handler]);
    await until(async () => (await browser.evaluate(() => globalThis.twelve.asked)) === TASKS, "twelve questions");
    await until(() => server.held.size === 4, "four held requests");
    assert.equal(server.answers.length, 0);
    assert.equal(await browser.evaluate(() => globalThis.twelve.most), 4, "held at once");
  }

  test("a handler answers while four are held, and all twelve finish", async () => {
    await allAsked(true);
    finished(await browser.evaluate(() => (globalThis.twelve.open(), globalThis.twelve.finish())));
  });

  test("task.respond() answers while four are held, and all twelve finish", async () => {
    await allAsked(false);
    const texts = await browser.evaluate(async () => {
      const { tasks, finish } = globalThis.twelve;
      for (const task of tasks) {
        const [[key, { params }]] = Object.entries(task.getSnapshot().inputRequests);
        await task.respond({ [key]: { action: "accept", content: { answer: `to ${params.message}` } } });
      }
      return finish();
    });
    finished(texts);
  });
});
