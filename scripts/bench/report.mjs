// Writes the measurements: entries of bench/results.json, and the tables of docs/bench.md.
import { readFileSync, writeFileSync } from "node:fs";
import { rows, subjects } from "../../bench/rows.mjs";

const begins = "<!-- npm run bench: from here -->";
const ends = "<!-- npm run bench: to here -->";

/** One row of one subject. @throws Error a value is no measurement */
export function entry({ row, unit, better }, subject, values) {
  if (values.length === 0 || !values.every((value) => Number.isFinite(value) && value >= 0)) {
    throw new Error(`${row} of ${subject} gave no numbers: ${JSON.stringify(values)}`);
  }
  const sorted = [...values].sort((a, b) => a - b);
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  const best = better === "higher" ? sorted.at(-1) : sorted[0];
  return { row, subject, unit, median: short((below + above) / 2), best: short(best), runs: values.length };
}

/** The rows of subjects that have no measurement. */
export function missing(results, wanted = rows) {
  return wanted.flatMap(({ row }) => subjects.filter((subject) => !results.some((r) => r.row === row && r.subject === subject)).map((subject) => `${row} of ${subject}`));
}

/** That in words. */
export function lost(absent) {
  return `not measured: ${absent.join(", ")}`;
}

/** A table of the medians, with the best in brackets where there were several runs. */
export function table(results, wanted = rows) {
  const cell = (row, subject) => {
    const found = results.find((r) => r.row === row && r.subject === subject);
    if (!found) return "not measured";
    return found.runs === 1 ? words(found.median) : `${words(found.median)} (${words(found.best)})`;
  };
  const lines = wanted.map(({ row, unit }) => [row, unit, ...subjects.map((subject) => cell(row, subject))]);
  return markdown([["row", "unit", ...subjects], ...lines]);
}

/** Writes the tables into the page, between its two marks. */
export function docs(file, results, { minified, browser }) {
  const page = readFileSync(file, "utf8");
  const [from, to] = [page.indexOf(begins), page.indexOf(ends)];
  if (from < 0 || to < from) throw new Error(`${file} has lost its marks: ${begins} and ${ends}`);
  const meaning = markdown([["row", "what is measured", "better"], ...rows.map(({ row, what, better }) => [row, what, better])]);
  const bytes = subjects.map((subject) => `${subject} ${words(minified[subject])}`).join(", ");
  const made = [
    `Chromium ${browser}. Median, and in brackets the best, of the runs that \`bench/results.json\` counts.`,
    table(results), `Bytes of the smallest useful app before compression: ${bytes}.`, meaning,
  ];
  writeFileSync(file, `${page.slice(0, from)}${begins}\n\n${made.join("\n\n")}\n\n${page.slice(to)}`);
}

/** The rows of README.md, as its readers call them. */
const comparison = {
  "requests-24-push": "requests for 24 tasks, with notifications",
  "requests-24-poll": "requests for 24 tasks, polled",
  "requests-1000x10min": "requests for 1,000 tasks that run for ten minutes",
  "latency-push": "end of a task until the promise resolves, with notifications (ms)",
  "notify-1000": "status notifications per second, 1,000 tasks",
  "longest-task": "longest block of the page by 20,000 notifications (ms)",
  "cold-start": "first visit until the first answer (ms)",
  "handle-bytes-10k": "memory for each pending task (bytes)",
  "bytes-gzip": "smallest app (bytes, gzip)",
};
const compared = { sdk: "SDK 1", "ext-tasks": "SDK 2 with ext-tasks", "mcp-tasks": "mcp-tasks" };

/** Writes the medians of some rows into README.md, between its two marks. */
export function readme(file, results) {
  const page = readFileSync(file, "utf8");
  const [from, to] = ["<!-- npm run bench writes this table -->\n", "\n<!-- /npm run bench -->"];
  const [start, end] = [page.indexOf(from) + from.length, page.indexOf(to)];
  if (start < from.length || end < start) throw new Error(`${file} has lost its marks: ${from.trim()} and ${to.trim()}`);
  const median = (row, subject) => words(results.find((r) => r.row === row && r.subject === subject)?.median ?? Number.NaN);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const lines = Object.entries(comparison).map(([row, label]) => line([label, ...Object.keys(compared).map((subject) => median(row, subject))]));
  const text = [line(["median", ...Object.values(compared)]), "| --- | ---: | ---: | ---: |", ...lines].join("\n");
  writeFileSync(file, page.slice(0, start) + text + page.slice(end));
}

function markdown([head, ...lines]) {
  return [head, head.map((_, n) => (n > 1 && head.length > 3 ? "---:" : "---")), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Three digits that mean something, and whole bytes. */
function short(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function words(value) {
  return value.toLocaleString("en", { maximumFractionDigits: 2 });
}
