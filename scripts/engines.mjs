// Opens a page in a stock browser of each engine and runs functions in it.
// chromium (CDP) and firefox (WebDriver BiDi) by playwright-core; webkit: WebKitGTK's MiniBrowser by plain WebDriver
// HTTP under Xvfb. None of them is downloaded: they are the system's.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const engines = ["chromium", "firefox", "webkit"];
const bin = { chromium: "/usr/bin/chromium", firefox: "/usr/bin/firefox-esr", webkit: "/usr/bin/WebKitWebDriver", xvfb: "/usr/bin/Xvfb" };
export const chromedriver = "/usr/bin/chromedriver";
export const webkitDriver = bin.webkit;
const chromiumArgs = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const available = {
  chromium: existsSync(bin.chromium),
  firefox: existsSync(bin.firefox),
  webkit: existsSync(bin.webkit) && hasMiniBrowser() && (!!process.env.DISPLAY || existsSync(bin.xvfb)),
};

/** Why tests in that engine cannot run here, or false: the value for node:test's `skip`. */
export function missing(engine) {
  const packages = { chromium: "chromium", firefox: "firefox-esr", webkit: "webkit2gtk-driver and xvfb" };
  return !available[engine] && `${engine} is not installed (Debian: ${packages[engine]})`;
}

/**
 * `evaluate(fn, arg)` runs `fn` in the page with one JSON argument and resolves with its JSON result.
 * `page` is playwright's, in chromium and firefox. Close it even when a test fails: the browser outlives the test else.
 * `args` are more flags, for chromium.
 */
export async function open(engine, { args = [] } = {}) {
  if (engine === "webkit") return webkit();
  const { chromium, firefox } = await import("playwright-core");
  const browser = engine === "chromium"
    ? await chromium.launch({ executablePath: bin.chromium, args: [...chromiumArgs, ...args] })
    : await firefox.launch({ channel: "moz-firefox", executablePath: bin.firefox });
  try {
    // Pages of one context share storage, locks and workers, as the tabs of a user do.
    const page = await (await browser.newContext()).newPage();
    return {
      engine, page,
      version: browser.version(),
      goto: (url) => page.goto(url),
      evaluate: (fn, arg) => page.evaluate(fn, arg),
      /** PNG bytes. */
      screenshot: (options) => page.screenshot(options),
      close: () => browser.close(),
    };
  } catch (e) {
    await browser.close();
    throw e;
  }
}

/** A display for WebKitGTK, which has no headless mode, and the runtime folder it wants. */
export async function startXvfb() {
  const runtime = mkdtempSync(join(tmpdir(), "xdg-"));
  const vars = { XDG_RUNTIME_DIR: runtime, DISPLAY: process.env.DISPLAY, NO_AT_BRIDGE: "1" };
  const clean = () => rmSync(runtime, { recursive: true, force: true });
  if (process.env.DISPLAY) return { vars, stop: clean };
  // -displayfd: Xvfb picks a free display itself and writes its number there
  const x = spawn(bin.xvfb, ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const number = await new Promise((ok, bad) => {
    x.stdio[3].once("data", (d) => ok(String(d).trim()));
    x.once("error", bad);
    x.once("exit", (code) => bad(new Error(`Xvfb ended with ${code}`)));
  });
  return { vars: { ...vars, DISPLAY: `:${number}` }, stop() { x.kill(); clean(); } };
}

export function freePort() {
  return new Promise((ok, bad) => {
    const s = createServer().once("error", bad).listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => ok(port));
    });
  });
}

async function webkit() {
  const x = await startXvfb();
  const port = await freePort();
  const driver = spawn(bin.webkit, [`--port=${port}`], { stdio: "ignore", env: { ...process.env, ...x.vars } });
  const stop = () => { driver.kill(); x.stop(); };
  try {
    await until(() => call(port, "GET", "/status"));
    const { sessionId, capabilities } = await call(port, "POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { args: ["--automation"] }, timeouts: { script: 120_000 } } },
    });
    const at = `/session/${sessionId}`;
    return {
      engine: "webkit",
      version: capabilities.browserVersion,
      goto: (url) => call(port, "POST", at + "/url", { url }),
      async evaluate(fn, arg) {
        const r = await call(port, "POST", at + "/execute/async", {
          script: `const done = arguments[1]; new Promise((ok) => ok((${fn})(arguments[0]))).then((v) => done({ v }), (e) => done({ e: e?.stack ? e + "\\n" + e.stack : String(e) }))`,
          args: [arg ?? null],
        });
        if (r.e !== undefined) throw new Error(r.e);
        return r.v;
      },
      screenshot: async () => Buffer.from(await call(port, "GET", at + "/screenshot"), "base64"),
      async close() {
        await call(port, "DELETE", at).catch(() => {});
        stop();
      },
    };
  } catch (e) {
    stop();
    throw e;
  }
}

async function call(port, method, path, body) {
  const r = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(150_000) });
  const { value } = await r.json();
  if (value?.error) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

async function until(ready) {
  for (let i = 0; ; i++)
    try {
      return await ready();
    } catch (e) {
      if (i > 200) throw e;
      await new Promise((r) => setTimeout(r, 50));
    }
}

/** Whether MiniBrowser is installed. The driver finds it without a path. */
function hasMiniBrowser() {
  const libs = ["x86_64", "aarch64"].map((arch) => `/usr/lib/${arch}-linux-gnu/`).filter(existsSync);
  return libs.some((lib) => readdirSync(lib).some((d) => /^webkit2gtk-4/.test(d) && existsSync(`${lib}${d}/MiniBrowser`)));
}
