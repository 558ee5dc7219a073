// The verdict of the soak test: each kind of failure is found, and a good run has none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, table } from "./table.mjs";

const mib = 1024 * 1024;
const row = {
  name: "demo", calls: 100, tasks: 80, right: 95, rejected: 5, lost: 0, hanging: 0, duplicates: [], examples: [], warnings: 3,
  faults: 7, outages: 1, isDirect: false, isExact: true, median: 210, p95: 900, most: 4000,
};
const report = {
  minutes: 1, seed: 1, rows: [row], skipped: [], handles: { before: { TCPSocketWrap: 1 }, after: { TCPSocketWrap: 1 } },
  measured: [10, 11, 11].map((heap) => ({ heap: heap * mib, module: mib })),
};
const withRow = (over) => ({ ...report, rows: [{ ...row, ...over }] });

test("a good run has no findings, and its table has a line for each server and the sums", () => {
  assert.deepEqual(findings(report), []);
  const lines = table(report).split("\n");
  assert.match(lines[2], /^\| demo +\|.*\b0\.21\b.*\b4\.00\b/);
  assert.match(lines[3], /^\| all +\| +100 \| +80 \|/);
});

const bad = {
  "a lost task": [withRow({ lost: 1, examples: ["lost: count"] }), /1 lost/],
  "a hanging task": [withRow({ hanging: 1, examples: ["hanging: count"] }), /1 hanging/],
  "a call that was executed twice": [withRow({ duplicates: ["count {}: 2 times"] }), /executed more than once/],
  "a rejected call of an undisturbed server": [withRow({ isDirect: true }), /undisturbed/],
  "too few results": [withRow({ right: 40 }), /only 40 of 100/],
  "a heap that grows": [{ ...report, measured: [10, 11, 14].map((heap) => ({ heap: heap * mib, module: mib })) }, /heap grew by 3072 KiB/],
  "a module that grows": [{ ...report, measured: [1, 1, 4].map((module) => ({ heap: mib, module: module * mib })) }, /module grew/],
  "an open handle": [{ ...report, handles: { before: {}, after: { Timeout: 2 } } }, /2 Timeout/],
};
for (const [name, [wrong, words]] of Object.entries(bad)) {
  test(`the verdict names ${name}`, () => {
    const found = findings(wrong);
    assert.equal(found.length, 1);
    assert.match(found[0], words);
  });
}
