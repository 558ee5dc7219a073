// bench.mjs [ROW…]: this package beside its peers, in one headless Chromium. All rows: docs/bench.md and bench/results.json
// are written, and it fails unless every row of every subject was measured. Some rows: they are printed, nothing is written.
import { writeFileSync } from "node:fs";
import { rows, subjects } from "../bench/rows.mjs";
import { measureBytes } from "./bench/bytes.mjs";
import { docs, entry, lost, missing, readme, table } from "./bench/report.mjs";
import { startSite } from "./bench/site.mjs";
import { root } from "./env.mjs";

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !rows.some(({ row }) => row === name));
if (unknown.length > 0) {
  console.error(`bench: no such row: ${unknown.join(", ")} (there are ${rows.map(({ row }) => row).join(", ")})`);
  process.exit(2);
}
const chosen = asked.length > 0 ? rows.filter(({ row }) => asked.includes(row)) : rows;
const started = Date.now();
const results = [];
const details = {};

const site = await startSite();
let browser;
try {
  for (const row of chosen)
    for (const subject of subjects) {
      // Two rows of one run: the requests for 24 tasks, and the delay until they resolve.
      if (results.some((r) => r.row === row.row && r.subject === subject)) continue;
      try {
        if (row.how === "bytes") {
          const { values, minified } = await measureBytes(subject);
          (details.minified ??= {})[subject] = minified;
          for (const each of rows.filter(({ how }) => how === "bytes")) take(each, subject, [values[each.row]]);
          continue;
        }
        browser ??= await (await import("./bench/browser.mjs")).openBrowser(site);
        for (const [name, values] of Object.entries(await browser.measure(row, subject))) take(rows.find((r) => r.row === name), subject, values);
      } catch (error) {
        console.error(`bench: ${row.row} of ${subject}: ${error.message.split("\n").slice(0, 3).join(" ")}`);
      }
    }
} finally {
  await browser?.close();
  await site.close();
}

console.log(`\n${table(results, chosen)}`);
console.error(`bench: ${Math.round((Date.now() - started) / 1000)} s`);
const absent = missing(results, chosen);
// Two rows come of one run: here each stands in its place.
const order = ({ row, subject }) => rows.findIndex((each) => each.row === row) * subjects.length + subjects.indexOf(subject);
results.sort((a, b) => order(a) - order(b));
if (absent.length > 0) {
  console.error(`bench: ${lost(absent)}; bench/results.json and docs/bench.md stay as they are`);
  process.exitCode = 1;
} else if (asked.length === 0) {
  writeFileSync(`${root}bench/results.json`, `[\n${results.map((r) => `  ${JSON.stringify(r)}`).join(",\n")}\n]\n`);
  docs(`${root}docs/bench.md`, results, { minified: details.minified, browser: browser.version });
  readme(`${root}README.md`, results);
}

function take(row, subject, values) {
  const measured = entry(row, subject, values);
  if (!chosen.some((each) => each.row === row.row)) return;
  results.push(measured);
  const { median, best, runs } = measured;
  console.error(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${row.row.padEnd(20)} ${subject.padEnd(10)} median ${median}, best ${best} ${row.unit} (of ${runs})`);
}
