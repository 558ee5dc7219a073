// conformance.mjs [node] [chromium] [SCENARIO …]: the official client scenarios against the package as it would be published,
// in Node and in Chromium, or only those named. One line for each; the last line is the count over all.
import { installed } from "./conformance/official.mjs";
import { conform, runs } from "./conformance/suite.mjs";
import { missing } from "./engines.mjs";
import { skip } from "./test/counts.mjs";
import { pack } from "./test/package.mjs";

const places = ["node", "chromium"];
const names = [...new Set(runs.map(({ scenario }) => scenario))];
const words = process.argv.slice(2);
const unknown = words.filter((word) => !places.includes(word) && !names.includes(word));
if (unknown.length > 0) {
  console.error(`conformance: unknown: ${unknown.join(", ")} (there are ${[...places, ...names].join(", ")})`);
  process.exit(2);
}
/** Of a list, those that were named, or all where none was. */
const chosen = (list) => (list.some((one) => words.includes(one)) ? list.filter((one) => words.includes(one)) : list);

const { skip: reason } = installed();
if (reason) {
  console.error(`conformance: ${reason}`);
  process.exit(1);
}

// The tests use the tarball: support.mjs reads these when it is loaded, in this process and in the programs.
const packed = pack();
process.once("exit", () => packed.remove());
process.env.MCP_TASKS_PACKED = packed.folder;
process.env.MCP_TASKS_PROJECT = packed.project;
const { startPage } = await import("./conformance/page.mjs");

let passed = 0;
let failed = 0;
let skipped = 0;
for (const place of chosen(places)) {
  if (place === "chromium" && missing(place)) {
    skipped += skip("the official scenarios in Chromium", missing(place)).skipped;
    continue;
  }
  const page = place === "chromium" ? await startPage() : undefined;
  try {
    for (const run of runs.filter(({ scenario }) => chosen(names).includes(scenario))) {
      const result = await conform(run, { page });
      result.ok ? passed++ : failed++;
      console.log(`${result.ok ? "ok  " : "FAIL"} ${place.padEnd(8)} ${run.title}: ${result.passed} checks passed, ${result.failed} failed`);
      if (!result.ok) console.log(result.words.replace(/^/gm, "       "));
    }
  } finally {
    await page?.close();
  }
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
if (failed > 0 || passed === 0) process.exitCode = 1;
