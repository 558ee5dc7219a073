// A site of its own origin for the browser tests: the package as published, the scenarios, a page that does nothing by
// itself. The servers under test have other ports, so everything a page asks of them is cross-origin.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { listen } from "../../scripts/listen.mjs";
import { folder } from "../package/support.mjs";

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".map": "application/json" };
const scenarios = fileURLToPath(new URL("../package", import.meta.url));

/** Strict, but for what the package says it needs: WebAssembly, and its servers. */
export const strict = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' http://127.0.0.1:*";

const page = `<!doctype html><meta charset="utf-8"><title>mcp-tasks</title><link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>`;
const script = `
import * as mcp from "/package/dist/index.js";
import * as receiver from "/package/dist/receiver.js";
import { run } from "/scenarios.mjs";
globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
globalThis.mcp = mcp;
globalThis.runScenario = ({ list, name, url }) => run(list, name, { ...mcp, receiver }, url);
globalThis.receiver = receiver;
globalThis.ready = true;
`;

/**
 * `{ url, close() }`. `files` are more files by their path, as text; `csp` replaces the policy, `serve(path)` may answer
 * a status in place of a file.
 */
export async function startSite({ csp = strict, files = {}, serve = () => undefined } = {}) {
  const own = { "/": page, "/page.mjs": script, ...files };
  const http = createServer((req, res) => {
    const { pathname } = new URL(req.url, "http://x");
    const type = types[extname(pathname) || ".html"] ?? "application/octet-stream";
    const headers = { "content-type": `${type}${/wasm|octet/.test(type) ? "" : "; charset=utf-8"}`, "content-security-policy": csp, "cache-control": "no-store" };
    const status = serve(pathname);
    if (status) return res.writeHead(status, headers).end();
    if (pathname in own) return res.writeHead(200, headers).end(own[pathname]);
    const file = /^\/scenarios(\/[\w-]+)?\.mjs$/.test(pathname) ? join(scenarios, pathname) : inPackage(pathname);
    if (!file || !existsSync(file)) return res.writeHead(404, headers).end();
    res.writeHead(200, headers);
    return createReadStream(file).pipe(res);
  });
  return listen(http);
}

/** Goes to the site and waits until its script has run. */
export async function visit(browser, site) {
  await browser.goto(site.url);
  await browser.evaluate(async () => {
    for (const end = Date.now() + 20_000; !globalThis.ready; await new Promise((r) => setTimeout(r, 10))) {
      if (Date.now() > end) throw new Error("the page's script did not run");
    }
  });
}

function inPackage(pathname) {
  const path = normalize(pathname);
  return path.startsWith(`${sep}package${sep}`) ? join(folder, path.slice("/package/".length)) : undefined;
}
