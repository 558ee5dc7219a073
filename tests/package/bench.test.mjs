// The bench's own checks: what it wrote is whole, and it never passes over a measurement that is missing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { rows, subjects } from "../../bench/rows.mjs";
import { notification, protocol, taskId } from "../../bench/protocol.mjs";
import { docs, entry, missing, readme, table } from "../../scripts/bench/report.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const results = JSON.parse(readFileSync(`${root}bench/results.json`, "utf8"));
const bench = (...args) => spawnSync(process.execPath, ["scripts/bench.mjs", ...args], { cwd: root, encoding: "utf8" });

test("bench/results.json has every row of every subject, and nothing else", () => {
  assert.deepEqual(missing(results), []);
  assert.equal(results.length, rows.length * subjects.length);
  for (const result of results) {
    assert.deepEqual(Object.keys(result), ["row", "subject", "unit", "median", "best", "runs"]);
    const { row, subject, unit, median, best, runs } = result;
    const { unit: wanted, better } = rows.find((each) => each.row === row);
    assert.equal(unit, wanted, row);
    assert.ok(subjects.includes(subject), subject);
    assert.ok(runs >= 1 && Number.isInteger(runs) && median > 0, `${row} of ${subject}`);
    assert.ok(better === "higher" ? best >= median : best <= median, `${row} of ${subject}: the best is worse than the median`);
  }
});

test("docs/bench.md tells what bench/results.json says", () => {
  const page = readFileSync(`${root}docs/bench.md`, "utf8");
  for (const line of table(results).split("\n")) assert.ok(page.includes(line), line);
});

test("README.md compares with the figures of bench/results.json", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = join(folder, "README.md");
    copyFileSync(`${root}README.md`, file);
    readme(file, results);
    assert.equal(readFileSync(`${root}README.md`, "utf8"), readFileSync(file, "utf8"));
    writeFileSync(file, "Nothing.\n");
    assert.throws(() => readme(file, results), /has lost its marks/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a measurement that is missing is named", () => {
  const without = results.filter(({ row, subject }) => !(row === "notify-5000" && subject === "ext-tasks"));
  assert.deepEqual(missing(without), ["notify-5000 of ext-tasks"]);
  assert.ok(table(without).includes("not measured"));
  for (const values of [[], [Number.NaN], [1, undefined], [-1]]) assert.throws(() => entry(rows[0], "sdk", values), /stream-0.3k of sdk gave no numbers/);
  assert.deepEqual(entry(rows[0], "sdk", [1, 4, 2]), { row: "stream-0.3k", subject: "sdk", unit: "MB/s", median: 2, best: 4, runs: 3 });
  assert.deepEqual(entry(rows.at(-1), "sdk", [1003, 1001]), { row: "bytes-brotli", subject: "sdk", unit: "bytes", median: 1002, best: 1001, runs: 2 });
});

test("the bench fails when a row was not measured, and leaves what it wrote before", () => {
  const before = readFileSync(`${root}bench/results.json`, "utf8");
  // No browser to be found: an empty room for whoever looks for one.
  const blind = spawnSync(process.execPath, ["--import", "data:text/javascript,import fs from 'node:fs';import { syncBuiltinESMExports } from 'node:module';const { existsSync } = fs;fs.existsSync = (path) => !/chromium/.test(path) %26%26 existsSync(path);syncBuiltinESMExports();", "scripts/bench.mjs", "longest-task"], { cwd: root, encoding: "utf8" });
  assert.equal(blind.status, 1, blind.stderr);
  for (const subject of subjects) assert.match(blind.stderr, new RegExp(`longest-task of ${subject}: chromium is not installed`));
  assert.match(blind.stderr, /not measured: longest-task of sdk, longest-task of ext-tasks, longest-task of floor, longest-task of mcp-tasks/);
  assert.equal(readFileSync(`${root}bench/results.json`, "utf8"), before);
});

test("the bench measures the rows that are asked for, and names the ones that there are", () => {
  const bytes = bench("bytes-gzip");
  assert.equal(bytes.status, 0, bytes.stderr);
  assert.match(bytes.stdout, /\| row \| unit \| sdk \| ext-tasks \| floor \| mcp-tasks \|\n.*\n\| bytes-gzip \| bytes( \| [\d,]+){4} \|/);
  const odd = bench("speed");
  assert.equal(odd.status, 2);
  assert.match(odd.stderr, /no such row: speed \(there are stream-0.3k, /);
});

test("the page keeps its words around the tables, and is not written without the marks", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = join(folder, "bench.md");
    writeFileSync(file, "Before.\n<!-- npm run bench: from here -->\nearlier words\n<!-- npm run bench: to here -->\nAfter.\n");
    const minified = Object.fromEntries(subjects.map((subject) => [subject, 1000]));
    docs(file, results, { minified, browser: "1" });
    docs(file, results, { minified, browser: "2" });
    const page = readFileSync(file, "utf8");
    assert.match(page, /^Before\.\n[^]*Chromium 2\.[^]*\nAfter\.\n$/);
    assert.ok(!page.includes("earlier words") && !page.includes("Chromium 1"));
    writeFileSync(file, "Nothing.\n");
    assert.throws(() => docs(file, results, { minified, browser: "1" }), /has lost its marks/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the bench's server names each task once, and lists them all", () => {
  const answer = protocol({ pollInterval: 5000 });
  const ask = (method, params = {}) => answer({ jsonrpc: "2.0", id: 1, method, params }).result;
  const made = Array.from({ length: 250 }, () => ask("tools/call", { task: {} }).task.taskId);
  assert.equal(new Set(made).size, 250);
  assert.deepEqual(made, Array.from({ length: 250 }, (_, n) => taskId(n)));
  const listed = [];
  for (let cursor; ; ) {
    const page = ask("tasks/list", { cursor });
    listed.push(...page.tasks.map((task) => task.taskId));
    if (!(cursor = page.nextCursor)) break;
  }
  assert.deepEqual(listed, made);
  assert.deepEqual(notification(made[3], { pollInterval: 5000 }).params, ask("tasks/get", { taskId: made[3] }));
  assert.equal(answer({ jsonrpc: "2.0", method: "notifications/initialized" }), undefined);
});
