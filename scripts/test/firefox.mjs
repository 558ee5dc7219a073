// The wasm tests in Firefox without geckodriver (Debian has none): the test runner serves its page, playwright opens it
// over WebDriver BiDi, and the page's own text is the verdict.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, open } from "../engines.mjs";
import { crashed, judge, rustCounts } from "./counts.mjs";
import { end, start } from "./process.mjs";

const limit = 120_000;

export async function firefoxTests(runner, file) {
  const address = `127.0.0.1:${await freePort()}`;
  // The runner serves until it is ended, and cannot remove its files then: they get a folder that this script removes.
  const dir = mkdtempSync(join(tmpdir(), "wasm-tests-"));
  const server = start(runner, [file], {
    extra: { NO_HEADLESS: "1", WASM_BINDGEN_USE_BROWSER: "1", WASM_BINDGEN_TEST_ADDRESS: address, TMPDIR: dir }, stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((_, bad) => {
    server.once("error", bad);
    server.once("exit", (code) => bad(new Error(`the test runner ended with ${code}`)));
  });
  ended.catch(() => {}); // looked at below, while it matters
  let page;
  try {
    await Promise.race([ended, served(`http://${address}/`)]);
    page = await open("firefox");
    const text = await Promise.race([ended, verdict(page, `http://${address}/`)]);
    console.log(text.trimEnd());
    const counts = rustCounts(text);
    if (!/^test result: /m.test(text)) return crashed("wasm tests in firefox", `no verdict within ${limit / 1000} s`);
    return judge("wasm tests in firefox", { ok: /^test result: ok/m.test(text), why: "the page says FAILED" }, counts);
  } finally {
    await page?.close();
    end(server);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function served(url) {
  for (const until = Date.now() + 60_000; ; await pause())
    try {
      return await fetch(url);
    } catch (e) {
      if (Date.now() > until) throw e;
    }
}

/** The text of the page when it contains the verdict, or at the end of the time limit. */
async function verdict(page, url) {
  await page.goto(url);
  for (const until = Date.now() + limit; ; await pause()) {
    const text = await page.evaluate(() => document.getElementById("output")?.textContent ?? "");
    if (/^test result: .*$/m.test(text) || Date.now() > until) return text;
  }
}

function pause() {
  return new Promise((r) => setTimeout(r, 100));
}
