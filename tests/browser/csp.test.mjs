// A policy that forbids WebAssembly, and a module that cannot be fetched at first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startPuppet } from "../package/puppet.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startSite, visit } from "./site.mjs";

describe("chromium", { skip: missing("chromium") }, () => {
  let browser, demo, server;
  before(async () => {
    server = await startPuppet();
    demo = await startDemo();
    browser = await open("chromium");
  });
  after(async () => {
    await browser?.close();
    await Promise.all([server?.close(), demo?.close()]);
  });

  /** Two calls one after the other: what each came to, as plain data. */
  const twoCalls = (url) => browser.evaluate(async (url) => {
    const { Client, TasksError } = globalThis.mcp;
    const warnings = [];
    const client = new Client(url, { onWarning: (w) => warnings.push(w) });
    const call = () => client.callTool("forbidden").then(
      (result) => ({ text: result.content[0].text }),
      (e) => ({ name: e.name, code: e.code, message: e.message, retryable: e.retryable, cause: String(e.cause), known: TasksError.isInstance(e) }),
    );
    try {
      return { first: await call(), second: await call(), warnings };
    } finally {
      client.close();
    }
  }, url);

  test("script-src 'self' without 'wasm-unsafe-eval': UnsupportedError that names the directive, nothing is sent (deviation 46)", async (t) => {
    const site = await startSite({ csp: "default-src 'none'; script-src 'self'; connect-src 'self' http://127.0.0.1:*" });
    t.after(() => site.close());
    await visit(browser, site);
    const before = server.requests.length;
    const { first, second, warnings } = await twoCalls(server.url);
    for (const error of [first, second]) {
      assert.equal(error.name, "UnsupportedError", JSON.stringify(error));
      assert.equal(error.code, "unsupported");
      assert.equal(error.retryable, false);
      assert.ok(error.known);
      assert.match(error.message, /'wasm-unsafe-eval'.*script-src.*Nothing was sent/);
      assert.match(error.cause, /CompileError/);
    }
    assert.deepEqual(warnings.map((w) => w.code), ["load-failed", "load-failed"]);
    assert.equal(server.requests.length, before);
  });

  test("script-src 'self' alone and mcp-tasks/js: the engine is JavaScript, nothing is violated, no module is fetched", async (t) => {
    const asked = [];
    const page = `import * as mcp from "/package/dist/js.js";
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective));
      globalThis.mcp = mcp;
      globalThis.ready = true;`;
    const csp = "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:*";
    const site = await startSite({ csp, files: { "/page.mjs": page }, serve: (path) => void asked.push(path) });
    t.after(() => site.close());
    await visit(browser, site);
    const seen = await twoCalls(server.url);
    assert.deepEqual(seen, { first: { text: "forbidden at once" }, second: { text: "forbidden at once" }, warnings: [] });
    assert.deepEqual(await browser.evaluate(() => globalThis.violations), []);
    assert.deepEqual(asked.filter((path) => path.startsWith("/package")), ["/package/dist/js.js", "/package/dist/mcp_tasks_bg.js"]);
  });

  test("mcp-tasks/js keeps up with memory that grows: 30 MB there and back", async (t) => {
    const files = { "/page.mjs": `import * as mcp from "/package/dist/js.js"; globalThis.mcp = mcp; globalThis.ready = true;` };
    const site = await startSite({ csp: "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:*", files });
    t.after(() => site.close());
    await visit(browser, site);
    const length = await browser.evaluate(async (url) => {
      const client = new globalThis.mcp.Client(url);
      try {
        return (await client.callTool("echo", { text: "äx".repeat(10_000_000) })).content[0].text.length;
      } finally {
        client.close();
      }
    }, demo.url);
    assert.equal(length, 20_000_000);
  });

  test("a policy with 'wasm-unsafe-eval' is enough", async (t) => {
    const site = await startSite();
    t.after(() => site.close());
    await visit(browser, site);
    const { first, warnings } = await twoCalls(server.url);
    assert.deepEqual({ first, warnings }, { first: { text: "forbidden at once" }, warnings: [] });
  });

  for (const [what, broken] of [["answered 503", 503], ["answered 404", 404]]) {
    test(`the module is ${what} at first: a typed error and a warning; the next call loads it again`, async (t) => {
      let asked = 0;
      const site = await startSite({ serve: (path) => (path.endsWith(".wasm") && ++asked === 1 ? broken : undefined) });
      t.after(() => site.close());
      await visit(browser, site);
      assert.equal(asked, 0, "loaded with the first call only");
      const { first, second, warnings } = await twoCalls(server.url);
      assert.equal(first.name, "NetworkError", JSON.stringify(first));
      assert.equal(first.retryable, true);
      assert.match(first.message, /could not be loaded.*nothing was sent/);
      assert.deepEqual(warnings.map((w) => w.code), ["load-failed"]);
      assert.deepEqual(second, { text: "forbidden at once" });
      assert.equal(asked, 2);
    });
  }
});
