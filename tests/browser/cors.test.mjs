// A server that no page of another origin may read: a typed error, and other servers are none the worse for it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startPuppet } from "../package/puppet.mjs";
import { startSite, visit } from "./site.mjs";

describe("chromium", { skip: missing("chromium") }, () => {
  let site, browser, good, closed;
  before(async () => {
    site = await startSite();
    good = await startPuppet();
    closed = await startPuppet({ cors: false });
    browser = await open("chromium");
    await visit(browser, site);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([site, good, closed].map((server) => server?.close()));
  });

  test("a server without CORS headers: NetworkError for all that is asked of it, and another client gets its result", async () => {
    const seen = await browser.evaluate(async ([goodUrl, closedUrl]) => {
      const { Client, NetworkError, TasksError } = globalThis.mcp;
      const plain = (error) => ({
        name: error.name, code: error.code, message: error.message, retryable: error.retryable, cause: String(error.cause),
        known: error instanceof NetworkError && NetworkError.isInstance(error) && TasksError.isInstance(error),
      });
      const rejection = (promise) => promise.then((value) => ({ resolved: value ?? null }), plain);
      const warnings = [];
      const options = { onWarning: (w) => warnings.push(w) };
      const closed = new Client(closedUrl, options);
      const good = new Client(goodUrl, options);
      try {
        const task = closed.callTool("required");
        const waits = [task.result(), task.created, task.wait(), closed.listTools(), closed.ping(), closed.getTaskStatus("x")];
        const errors = Promise.all(waits.map(rejection));
        const result = await good.callTool("forbidden");
        return { errors: await errors, later: await rejection(closed.callTool("required").result()), result, again: await good.callTool("forbidden"), warnings };
      } finally {
        closed.close();
        good.close();
      }
    }, [good.url, closed.url]);
    assert.equal(seen.result.content[0].text, "forbidden at once");
    assert.equal(seen.again.content[0].text, "forbidden at once");
    for (const error of [...seen.errors, seen.later]) {
      assert.equal(error.name, "NetworkError", JSON.stringify(error));
      assert.equal(error.code, "network");
      assert.ok(error.known && error.retryable);
      assert.match(error.cause, /TypeError: Failed to fetch/);
      assert.ok(error.message.includes(closed.url), error.message);
      assert.match(error.message, /Failed to fetch/);
    }
    assert.deepEqual(seen.warnings, []);
    assert.ok(closed.requests.length > 0, "the page did ask");
    assert.ok(closed.requests.every(({ method }) => method === "OPTIONS"), "and its preflight was all that came");
  });

  test("F4: requests to another origin are preflighted once per kind of request, not each time", async () => {
    const server = await startPuppet();
    const preflights = [];
    server.http.on("request", ({ method }) => { if (method === "OPTIONS") preflights.push(method); });
    try {
      await browser.evaluate(async (url) => {
        const client = new globalThis.mcp.Client(url, { stream: false });
        try {
          for (let n = 0; n < 40; n++) await client.listTools();
        } finally {
          client.close();
        }
      }, server.url);
      const posts = server.requests.filter(({ method }) => method === "POST").length;
      assert.ok(posts >= 41, String(posts));
      assert.ok(preflights.length <= 6, `${preflights.length} preflights of ${posts} requests`);
    } finally {
      await server.close();
    }
  });

  test("a server that is read until it forgets its CORS headers: the task is asked after again, and gets its result", async () => {
    // As a proxy does that answers in place of the server when that is down.
    let times = 0;
    good.script.set("tasks/get", ({ res }) => {
      if (++times > 2) return false;
      for (const name of res.getHeaderNames()) if (name.startsWith("access-control-allow")) res.removeHeader(name);
      return void res.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
    });
    const waiting = browser.evaluate(async (url) => {
      const client = new globalThis.mcp.Client(url, { onWarning() {} });
      try {
        return await client.callTool("required");
      } finally {
        client.close();
      }
    }, good.url);
    while (times < 3) await new Promise((r) => setTimeout(r, 10));
    good.finish(`task-${good.tasks.size}`);
    assert.equal((await waiting).content[0].text, `task-${good.tasks.size} is done`);
  });
});
