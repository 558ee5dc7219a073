// Chromium with a page that runs the scenarios' programs, for page-client.mjs to ask by HTTP.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { startSite, visit } from "../../tests/browser/site.mjs";
import { open } from "../engines.mjs";
import { listen } from "../listen.mjs";

const script = `
import * as mcp from "/package/dist/index.js";
import { runScenario } from "/conformance.mjs";
globalThis.runScenario = (what) => runScenario(mcp, what).then(() => null, String);
globalThis.ready = true;
`;
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' http://localhost:*";

/** `{ url, close() }`: a program posted to `url` runs in the page; 200 if it succeeded, else 500 and its error. */
export async function startPage() {
  const programs = readFileSync(new URL("scenarios.mjs", import.meta.url), "utf8");
  const site = await startSite({ csp: policy, files: { "/page.mjs": script, "/conformance.mjs": programs } });
  let browser;
  try {
    // The suite's servers know nothing of CORS. The profile is thrown away with the browser.
    browser = await open("chromium", { args: ["--disable-web-security"] });
  } catch (e) {
    await site.close();
    throw e;
  }
  const http = createServer(async (req, res) => {
    try {
      let body = "";
      for await (const chunk of req) body += chunk;
      await visit(browser, site); // a fresh page: nothing of the scenario before is left
      const trouble = await browser.evaluate((what) => globalThis.runScenario(what), JSON.parse(body));
      res.writeHead(trouble === null ? 200 : 500).end(trouble);
    } catch (e) {
      res.writeHead(500).end(String(e?.stack ?? e));
    }
  });
  const { url, close } = await listen(http);
  return {
    url,
    async close() {
      await close();
      await browser.close();
      await site.close();
    },
  };
}
