// Prints and judges the report of the soak test.
const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
/** Permitted growth from the middle to the end, in bytes: noise of the collector, and one table of the module that doubles. */
const most = { heap: 2 * 1024 * 1024, module: 2 * 1024 * 1024 };

const columns = [
  ["server", ({ name }) => name],
  ["calls", ({ calls }) => calls],
  ["tasks", ({ tasks }) => tasks],
  ["right", ({ right }) => right],
  ["rejected", ({ rejected }) => rejected],
  ["faults", ({ faults, isDirect }) => (isDirect ? "-" : faults)],
  ["outages", ({ outages, isDirect }) => (isDirect ? "-" : outages)],
  ["median", ({ median, isExact }) => late(median, isExact)],
  ["p95", ({ p95, isExact }) => late(p95, isExact)],
  ["max", ({ most: worst, isExact }) => late(worst, isExact)],
  ["lost", ({ lost }) => lost],
  ["duplicate", ({ duplicates }) => duplicates.length],
  ["hanging", ({ hanging }) => hanging],
  ["warnings", ({ warnings }) => warnings],
];
const summed = new Set(["calls", "tasks", "right", "rejected", "faults", "outages", "lost", "duplicate", "hanging", "warnings"]);

const late = (ms, isExact) => (ms === undefined ? "-" : `${isExact ? "" : "~"}${(ms / 1000).toFixed(2)}`);

/** The table, in Markdown. */
export function table({ rows, measured, handles, minutes, seed, skipped }) {
  const cells = rows.map((row) => columns.map(([, cell]) => String(cell(row))));
  const sums = columns.map(([name], i) => (i === 0 ? "all" : summed.has(name) ? String(cells.reduce((sum, row) => sum + (Number(row[i]) || 0), 0)) : ""));
  const lines = [columns.map(([name]) => name), ...cells, sums];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const line = (of) => `| ${of.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const [start, middle, end] = measured;
  const words = (counts) => Object.entries(counts).map(([kind, n]) => `${n} ${kind}`).join(", ") || "none";
  return [
    line(lines[0]), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1).map(line), "",
    `${minutes} min, seed ${seed}. Lateness in seconds after the server ended the task; ~ after the tool's nominal duration.`,
    `heap after collection: ${kib(start.heap)} at the start, ${kib(middle.heap)} in the middle, ${kib(end.heap)} at the end; module ${kib(start.module)}, ${kib(middle.module)}, ${kib(end.module)}`,
    `open handles: ${words(handles.before)} before, ${words(handles.after)} after all clients were closed`,
    ...(skipped.length > 0 ? [`not installed: ${skipped.join(", ")}`] : []),
  ].join("\n");
}

/** The failures of a run, in words. */
export function findings({ rows, measured, handles }) {
  const found = [];
  for (const { name, lost, hanging, duplicates, examples, isDirect, rejected, calls, right } of rows) {
    if (lost + hanging > 0) found.push(`${name}: ${lost} lost, ${hanging} hanging:\n  ${examples.join("\n  ")}`);
    if (duplicates.length > 0) found.push(`${name}: ${duplicates.length} executed more than once:\n  ${duplicates.slice(0, 8).join("\n  ")}`);
    if (isDirect && rejected > 0) found.push(`${name}: ${rejected} calls of an undisturbed server were rejected`);
    if (right < calls / 2) found.push(`${name}: only ${right} of ${calls} calls came to their result, so this shows little`);
  }
  const [, middle, end] = measured;
  if (end.heap - middle.heap > most.heap) found.push(`the heap grew by ${kib(end.heap - middle.heap)} from the middle to the end`);
  if (end.module - middle.module > most.module) found.push(`the module grew by ${kib(end.module - middle.module)} from the middle to the end`);
  const left = Object.entries(handles.after).filter(([kind, n]) => n > (handles.before[kind] ?? 0));
  if (left.length > 0) found.push(`open handles after all clients were closed: ${left.map(([kind, n]) => `${n} ${kind}`).join(", ")}`);
  return found;
}
