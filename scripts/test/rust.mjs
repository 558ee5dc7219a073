// The Rust tests: natively, and compiled to wasm in Node and in each engine.
import { existsSync, readdirSync } from "node:fs";
import { root, wasmTarget } from "../env.mjs";
import { available, chromedriver, missing, startXvfb, webkitDriver } from "../engines.mjs";
import { add, crashed, judge, none, rustCounts, skip } from "./counts.mjs";
import { firefoxTests } from "./firefox.mjs";
import { stream } from "./process.mjs";

export const testRunner = root + "target/tools/wbg-test-runner";

export async function native() {
  // --no-fail-fast: the count is over all test files, not up to the first that fails
  const result = await stream("cargo", ["test", "--locked", "--no-fail-fast"], { limit: 1500 });
  return judge("cargo test", result, rustCounts(result.text));
}

export async function wasm() {
  const files = await compile();
  if (!Array.isArray(files)) return files;
  let counts = none;
  for (const file of files)
    for (const [engine, run] of Object.entries(runs)) {
      console.log(`\n--- wasm tests in ${engine}`);
      counts = add(counts, await run(file).catch((e) => crashed(`wasm tests in ${engine}`, e.message)));
    }
  return counts;
}

/** Compiles tests/web*.rs once; the runner then takes the same file to each engine. */
async function compile() {
  const names = readdirSync(root + "tests").filter((f) => /^web.*\.rs$/.test(f)).map((f) => f.slice(0, -3)).sort();
  if (names.length === 0) return skip("wasm tests", "there is no tests/web*.rs");
  const args = ["test", "--locked", "--target", wasmTarget, "--no-run", "--message-format=json-render-diagnostics", ...names.flatMap((n) => ["--test", n])];
  // Without debug information: the runner parses the whole file, for each engine.
  const result = await stream("cargo", args, { extra: { CARGO_PROFILE_DEV_DEBUG: "0" }, limit: 900, show: false });
  if (!result.ok) return crashed("compiling the wasm tests", result.why);
  return result.text.split("\n").filter((l) => l.startsWith("{")).map((l) => JSON.parse(l))
    .filter((m) => m.reason === "compiler-artifact" && m.executable && m.target.kind.includes("test")).map((m) => m.executable);
}

const browserEnv = { WASM_BINDGEN_USE_BROWSER: "1", WASM_BINDGEN_TEST_TIMEOUT: "120", WASM_BINDGEN_TEST_DRIVER_TIMEOUT: "30" };

const runs = {
  async Node(file) {
    const result = await stream(testRunner, [file], { extra: { WASM_BINDGEN_TEST_ONLY_NODE: "1" }, limit: 120 });
    if (result.ok && result.text.includes("only configured to run in a browser")) return skip("wasm tests in Node", "the file asks for a browser");
    return judge("wasm tests in Node", result, rustCounts(result.text));
  },
  async chromium(file) {
    if (!available.chromium) return skip("wasm tests in chromium", missing("chromium"));
    if (!existsSync(chromedriver)) return skip("wasm tests in chromium", "chromedriver is not installed (Debian: chromium-driver)");
    return driven("chromium", file, { CHROMEDRIVER: chromedriver });
  },
  async webkit(file) {
    if (!available.webkit) return skip("wasm tests in webkit", missing("webkit"));
    const x = await startXvfb();
    try {
      // The runner's "Safari" speaks plain WebDriver, which WebKitGTK's driver does too.
      return await driven("webkit", file, { SAFARIDRIVER: webkitDriver, ...x.vars });
    } finally {
      x.stop();
    }
  },
  async firefox(file) {
    if (!available.firefox) return skip("wasm tests in firefox", missing("firefox"));
    return firefoxTests(testRunner, file);
  },
};

/** Headless, by the runner itself over WebDriver; webdriver.json has the browsers' flags. */
async function driven(engine, file, extra) {
  for (let attempt = 1; ; attempt++) {
    const result = await stream(testRunner, [file], { extra: { ...browserEnv, ...extra }, limit: 240 });
    // Not even a start means that the browser did not come up, which a busy machine may do to it: once more.
    if (result.ok || /^running \d+ test/m.test(result.text) || attempt === 2)
      return judge(`wasm tests in ${engine}`, result, rustCounts(result.text));
    console.log(`wasm tests in ${engine}: the browser did not come up (${result.why}); trying once more`);
  }
}
