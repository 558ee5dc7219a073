// The modern stub (tests/servers/modern.mjs) under the official conformance suite: what the tests of the client rely on is
// a server as the specification has it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { installed } from "../../scripts/conformance/official.mjs";
import { startModern } from "../servers/modern.mjs";

const { node, cli, skip = false } = installed();
// All of the extension's.
const tasks = [
  "tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields", "tasks-request-state-removal", "tasks-mrtr-input",
  "tasks-request-headers", "tasks-dispatch-and-envelope", "tasks-status-notifications", "tasks-required-task-error",
  "tasks-mrtr-composition",
];
// Of the base protocol, what no tools of the suite's own are needed for.
const base = ["server-stateless", "http-header-validation", "http-custom-header-server-validation", "caching", "dns-rebinding-protection"];

let server;
let results;
before(async () => {
  server = await startModern({ secondMs: 100 });
  results = mkdtempSync(join(tmpdir(), "conformance-"));
});
after(async () => {
  await server.close();
  rmSync(results, { recursive: true });
});

const suite = (...args) => promisify(execFile)(node, [cli, ...args], { timeout: 60_000, maxBuffer: 2 ** 26 });

/** The checks of one scenario, which are all of them wherever the suite ends with a failure. */
async function checksOf(scenario, ...more) {
  const directory = join(results, scenario);
  const { stdout, code } = await suite("server", "--url", server.url, "--scenario", scenario, "-o", directory, ...more)
    .catch((error) => error);
  const [run] = readdirSync(directory);
  assert.ok(run, `the suite wrote no checks: ${stdout}`);
  return { code, checks: JSON.parse(readFileSync(join(directory, run, "checks.json"), "utf8")) };
}

function assertPassed({ code, checks }) {
  const wrong = checks.filter(({ status }) => !["SUCCESS", "SKIPPED", "INFO"].includes(status));
  assert.deepEqual(wrong.map(({ id, errorMessage }) => `${id}: ${errorMessage}`), []);
  assert.equal(code, undefined, "the suite's exit code");
}

test("every scenario of the extension stands here", { skip }, async () => {
  const { stdout } = await suite("list", "--server");
  assert.deepEqual(stdout.match(/tasks-[\w-]+(?= \[)/g).sort(), [...tasks].sort());
});

for (const scenario of tasks) {
  test(`conformance: ${scenario}`, { skip }, async (t) => {
    const outcome = await checksOf(scenario);
    assertPassed(outcome);
    const skipped = outcome.checks.filter(({ status }) => status === "SKIPPED");
    if (!outcome.checks.some(({ status }) => status === "SUCCESS")) t.skip(`the suite itself skips it: ${skipped[0].errorMessage}`);
  });
}

for (const scenario of base) {
  test(`conformance: ${scenario}`, { skip }, async () => {
    const outcome = await checksOf(scenario, "--spec-version", "2026-07-28");
    assertPassed(outcome);
    assert.ok(outcome.checks.some(({ status }) => status === "SUCCESS"));
  });
}
