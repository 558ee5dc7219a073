// A page and a server of 2024-11-05 on another origin, whose CORS permissions are those of its day.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, open } from "../../scripts/engines.mjs";
import { startHttpSse } from "../servers/http-sse.mjs";
import { startSite, visit } from "./site.mjs";

describe("chromium", { skip: missing("chromium") }, () => {
  let site, browser, server;
  before(async () => {
    [site, server] = await Promise.all([startSite(), startHttpSse()]);
    browser = await open("chromium");
    await visit(browser, site);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([site?.close(), server?.close()]);
  });

  test("a call over HTTP+SSE, and the stream ends with the client", async () => {
    const seen = await browser.evaluate(async (url) => {
      const warnings = [];
      const client = new globalThis.mcp.Client(url, { onWarning: (w) => warnings.push(w) });
      const result = await client.callTool("echo", { text: "at once" });
      client.close();
      return { text: result.content[0].text, warnings };
    }, server.url);
    assert.deepEqual(seen, { text: "at once", warnings: [] });
    for (const end = Date.now() + 15_000; server.streams.size > 0; await new Promise((r) => setTimeout(r, 10))) {
      assert.ok(Date.now() < end, "the stream is still open");
    }
  });
});
