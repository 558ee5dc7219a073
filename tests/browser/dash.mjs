// Drives the dashboard in any engine, by what stands in the page: WebKitGTK's driver knows no more than to run a function there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { open } from "../../scripts/engines.mjs";
import { listen } from "../../scripts/listen.mjs";
import { serve } from "../../scripts/serve.mjs";

/** How long a condition may take on a busy machine; nothing is asserted about time. */
export const patience = Number(process.env.PATIENCE ?? 30_000);

/** The element with a test id. */
export const t = (id) => `[data-testid="${id}"]`;
/** A row of the board by its tool, and its status where one is given. */
export const row = (name, status) => `${t("task")}[data-name="${name}"]${status ? `[data-status=${status}]` : ""}`;

/**
 * The page as `npm start` serves it, beside servers of the test's: `{ browser, site, ui, close() }`. `ui` has
 * - `fresh()`: the page as a new tab has it; `go(path)` and `reload()`: the page with what the tab remembers;
 * - `wait(selector, text?)`: until something visible matches (and says `text`, a string), and gives what it says; `gone(selector)`;
 * - `click(selector)`, `fill(selector, value)`, `count(selector)`, `text(selector)`;
 * - `start(tool, args)`: a call with these arguments; `clean()`: asserts that nothing was run, blocked or thrown.
 */
export async function openDashboard(engine, demo) {
  const site = await serve({ demo });
  const browser = await open(engine);
  const ui = drive(browser, site);
  const close = async () => {
    await browser.close();
    await site.close();
  };
  await browser.page?.addInitScript(watch);
  return { browser, site, ui, page: browser.page, close };
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

/**
 * The dashboard as any static web server has it, which sends no header of its own but `headers`: `{ url, requests, close() }`, where
 * `requests` has the paths that were requested. `pages` are more pages of that origin, by their path.
 */
export async function startStatic({ headers = {}, pages = {} } = {}) {
  const requests = [];
  const http = createServer((req, res) => {
    const { pathname } = new URL(req.url, "http://x");
    requests.push(pathname);
    if (pathname in pages) return res.writeHead(200, { "content-type": "text/html" }).end(pages[pathname]);
    const path = join(root, pathname.startsWith("/dist/") ? "" : "www", pathname === "/" ? "index.html" : pathname);
    if (!existsSync(path)) return res.writeHead(404).end();
    res.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream", ...headers }).end(readFileSync(path));
  });
  return { ...(await listen(http)), requests };
}

/** In the page: notes what must not happen. */
function watch() {
  globalThis.seen ??= [];
  document.addEventListener("securitypolicyviolation", (event) => seen.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  addEventListener("error", (event) => seen.push(`error: ${event.message}`));
  addEventListener("unhandledrejection", (event) => seen.push(`rejection: ${event.reason}`));
  for (const name of ["alert", "confirm", "prompt"]) globalThis[name] = () => void seen.push(name);
  globalThis.pwned = (how) => void seen.push(`ran: ${how}`);
}

function drive(browser, site) {
  const ask = (what, ...args) => browser.evaluate(inPage, { what, args, patience });
  const ui = {
    async go(path = "") {
      await browser.goto(site.url + path);
      if (!browser.page) await browser.evaluate(watch); // the page's own scripts may be at work already
      await ui.wait("h1");
    },
    async fresh() {
      // Beside the page, which writes down what it watches when it is left.
      await browser.goto(`${site.url}style.css`);
      await browser.evaluate(() => sessionStorage.clear());
      await ui.go();
    },
    async reload() {
      await browser.evaluate(() => { globalThis.isOld = true; });
      await browser.evaluate(() => { setTimeout(() => location.reload(), 0); });
      for (const end = Date.now() + patience; ; await new Promise((r) => setTimeout(r, 50))) {
        const old = await browser.evaluate(() => globalThis.isOld === true || document.readyState !== "complete").catch(() => true);
        if (!old) break;
        assert.ok(Date.now() < end, "the page did not load again");
      }
      if (!browser.page) await browser.evaluate(watch);
    },
    wait: (selector, text) => ask("wait", selector, text),
    gone: (selector) => ask("gone", selector),
    click: (selector) => ask("click", selector),
    fill: (selector, value) => ask("fill", selector, value),
    count: (selector) => ask("count", selector),
    text: (selector) => ask("wait", selector),
    async start(tool, args = {}) {
      await ui.click(t(`tool-${tool}`));
      for (const [name, value] of Object.entries(args)) await ui.fill(t(`arg-${name}`), value);
      await ui.click(t("start"));
    },
    async clean() {
      assert.deepEqual(await browser.evaluate(() => globalThis.seen), []);
    },
  };
  return ui;
}

/** In the page; all that is waited for is waited for here. */
async function inPage({ what, args: [selector, value], patience }) {
  const visible = () => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility({ visibilityProperty: true }));
  const until = async (condition) => {
    for (const end = Date.now() + patience; ; await new Promise((r) => setTimeout(r, 25))) {
      const found = condition();
      if (found) return found;
      if (Date.now() < end) continue;
      const texts = (elements) => [...elements].map(({ textContent }) => textContent).join(" | ").slice(0, 800);
      throw new Error(`never: ${what} ${selector} ${value ?? ""}, but ${texts(visible())}; ${texts(document.querySelectorAll("[data-testid=task]"))}`);
    }
  };
  const says = (element) => (value == null || element.textContent.includes(value));
  switch (what) {
    case "wait":
      return (await until(() => visible().find(says))).textContent;
    case "gone":
      return void (await until(() => visible().length === 0));
    case "count":
      return visible().length;
    case "click":
      return (await until(() => visible().find((element) => !element.disabled))).click();
    case "fill": {
      const [element] = await until(() => visible().length > 0 && visible());
      element.focus();
      if (element.type === "checkbox") { if (element.checked !== value) element.click(); return; }
      element.value = String(value);
      for (const type of ["input", "change"]) element.dispatchEvent(new Event(type, { bubbles: true }));
    }
  }
}
