// What the tests of the package share: the package itself, as a user's project would import it, and small helpers.
// `scripts/test.mjs package` unpacks the tarball and names its folder; without that, dist/ is taken as it lies there.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { recorded } from "./recorded.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** The unpacked tarball, or undefined. */
export const packed = process.env.MCP_TASKS_PACKED || undefined;
/** Where the package's own package.json lies. */
export const folder = packed ?? root.slice(0, -1);
/** The folder of a project that has the package installed. */
export const project = packed ? process.env.MCP_TASKS_PROJECT || join(packed, "../..") : folder;

if (!packed) console.error("##### NOT THE TARBALL: MCP_TASKS_PACKED is not set, so dist/ is tested as it lies there #####");
if (!existsSync(join(folder, "dist/node.js"))) throw new Error(`${folder} holds no built package: npm run build makes it`);

const require = createRequire(join(project, "package.json"));
/** The file that a project's `import "mcp-tasks"` means here; found by the package's own `exports`. */
export const entry = (path = "mcp-tasks") => pathToFileURL(require.resolve(path)).href;

// Every message that a test's clients send has to be what the protocol says. Other programs only borrow what is here.
const inTest = process.argv[1]?.endsWith(".test.mjs");
const judge = inTest ? (await import("./schema.mjs")).judge : () => [];
const violations = [];
let tolerated = [];
/** Looks at what a client sent, or is about to send. */
export const checkSent = (request) => void violations.push(...judge(request));
/** For a test that makes the package send what the protocol does not know: violations that match are no failure of it. */
export const tolerate = (...patterns) => void tolerated.push(...patterns);
if (inTest) {
  afterEach(() => {
    const found = violations.splice(0).filter((words) => !tolerated.some((pattern) => pattern.test(words)));
    tolerated = [];
    assert.deepEqual([...new Set(found)], [], "what was sent, against the protocol's schema");
  });
}

/** A copy of the package whose clients are checked. */
export const checked = (lib) => recorded(lib, checkSent);
/** The package, as Node gets it. */
export const mcp = checked(await import(entry()));
/** The module for tasks that are hosted here. */
export const receiver = await import(entry("mcp-tasks/receiver"));
export const { Client } = mcp;

/** How long a condition may take on a busy machine. Nothing is asserted about time. */
export const patience = 15_000;

/** Waits until `condition()` gives something true, and gives that. */
export async function until(condition, what = String(condition)) {
  for (const end = Date.now() + patience; ; await new Promise((r) => setTimeout(r, 5))) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`this never came to be: ${what}`);
  }
}

/** What a promise rejects with. One that resolves, or does neither, fails the test instead. */
export function rejection(promise) {
  return inTime(Promise.resolve(promise).then(
    (value) => { throw new Error(`resolved, with ${JSON.stringify(value)}`); },
    (reason) => reason,
  ), "a rejection");
}

/** The promise, or a failure of the test where it hangs. */
export function inTime(promise, what = "an answer") {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs: ${what} never came`)), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Lets everything run that needs no time: microtasks, and what the module has queued. */
export async function settle(turns = 5) {
  for (let i = 0; i < turns; i++) await new Promise((r) => setImmediate(r));
}

/** Makes clients that end with the test; warnings are kept and not printed. */
export function clients(t, url, defaults = {}) {
  const open = [];
  const warnings = [];
  t.after(() => { for (const client of open) client.close(); });
  return {
    warnings,
    client(options = {}) {
      const client = new Client(url, { onWarning: (w) => warnings.push(w), ...defaults, ...options });
      open.push(client);
      return client;
    },
  };
}

/** Runs one scenario of clock.mjs: on a clock that passes only when it is told to. */
export async function onFakeClock(t, scenario, arg) {
  const worker = new Worker(new URL("./clock.mjs", import.meta.url), { workerData: { entry: entry(), scenario, arg } });
  t.after(() => worker.terminate());
  const seen = await inTime(new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  }), scenario);
  for (const request of seen.sent) checkSent(request);
  assert.ok(seen.longest <= 2 ** 31 - 1, `setTimeout fires at once for ${seen.longest}`);
  return seen;
}
