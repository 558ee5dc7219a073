// Counting: every runner's words become { passed, failed, skipped }. Zero tests where some were expected is a failure.

export const none = Object.freeze({ passed: 0, failed: 0, skipped: 0 });

export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** A runner or an engine that cannot run here: one skip, and a prominent line with the reason. */
export function skip(what, reason) {
  console.log(`\n##### SKIPPED: ${what}: ${reason} #####\n`);
  return { ...none, skipped: 1 };
}

/** A runner that broke rather than reported: one failure on top of what it counted. */
export function crashed(what, why, counts = none) {
  console.log(`\n##### FAILED: ${what}: ${why} #####\n`);
  return add(counts, { ...none, failed: 1 });
}

/** cargo test and wasm-bindgen-test both end each binary with such a line. */
export function rustCounts(text) {
  let counts = none;
  for (const m of text.matchAll(/^test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored/gm))
    counts = add(counts, { passed: +m[1], failed: +m[2], skipped: +m[3] });
  return counts;
}

/** node:test's TAP reporter ends with these; a test that was cancelled or still to do has not passed. */
export function tapCounts(text) {
  const last = (word) => Number([...text.matchAll(new RegExp(`^# ${word} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: last("pass"), failed: last("fail") + last("cancelled"), skipped: last("skipped") + last("todo") };
}

/** The counts of a finished runner, with one failure more if it failed without counting one. */
export function judge(what, result, counts) {
  if (!result.ok && counts.failed === 0) return crashed(what, result.why, counts);
  if (result.ok && counts.failed > 0) console.log(`${what}: the runner ended well although tests failed`);
  if (result.ok && counts.passed + counts.failed + counts.skipped === 0) return crashed(what, "it ran no test at all");
  return counts;
}
