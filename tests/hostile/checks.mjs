// Shared by the two test files: the servers, the time limit, and the assertions that hold for every attack.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { start } from "../servers/start.mjs";
import { attacks } from "./attacks.mjs";
import { limits, patience } from "./limits.mjs";

/** The hostile server in a process of its own, so that its work does not slow down the honest one. */
export const startHostile = () => start("the hostile server", process.execPath, [fileURLToPath(new URL("server.mjs", import.meta.url))], {});

/** The input of `run` in client.mjs, as plain data. */
export function jobOf(name, { hostile, honest }) {
  const { era, drive, options, begins, waits } = attacks[name];
  return { name, era, drive, options, begins, waits, hostile, honest, settleMs: patience.settle };
}

/** Rejects once an attack has taken too long, with the last step that was reached. */
export function inTime(promise, lastStep) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${patience.attack} ms; the last step: ${lastStep()}`)), patience.attack);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const mib = (bytes) => (bytes === undefined ? "?" : `${Math.round(bytes / 1024 / 1024)} MiB`);

/** Prints the measured values and asserts the counted ones. */
export async function check(t, name, report, hostile) {
  const { ends, check: own, drive } = attacks[name];
  const seen = await (await fetch(`${hostile}${name}/seen`)).json();
  const { longestMs, outcomes, fetches, warnings, notifications, moduleBytes, moduleGrowth, heapGrowth, rssGrowth, honest, unhandled, polluted } = report;
  const how = [...new Set(outcomes.map(({ ok, code }) => (ok ? "ok" : code)))];
  t.diagnostic(`longest block ${longestMs} ms; ${how.join(", ")}; ${fetches.total} requests, ${fetches.most} at once, ${fetches.mostResponses} responses at once; ` +
    `${warnings.count} warnings; ${notifications.mostInTurn} notifications in a turn; module +${mib(moduleGrowth)}, heap +${mib(heapGrowth)}, rss +${mib(rssGrowth)}`);

  const failures = [];
  const holds = (subject, assertion) => {
    try { assertion(); } catch (error) { failures.push(`${subject}: ${error.message}`); }
  };
  holds("the honest client's ping", () => assert.equal(honest.ping, "settled"));
  holds("the honest client's pings", () => assert.equal(honest.pings.failed, 0, `${honest.pings.failed} of ${honest.pings.made} failed`));
  holds("the honest client's task", () => assert.equal(honest.task, 20));
  holds("a new client", () => assert.equal(honest.newcomer, "still here"));
  holds("the attacked client", () => {
    assert.equal(outcomes.length, (drive.lists ?? 0) + (drive.calls?.length ?? 0) * (drive.waiters ?? 1));
    const wrong = outcomes.filter(({ ok, code, isTyped }) => !ends.includes(ok ? "ok" : code) || (!ok && code !== "hangs" && !isTyped));
    assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} of ${outcomes.length} promises settled otherwise than ${ends.join(" or ")}`);
  });
  holds("exceptions", () => assert.deepEqual(unhandled, []));
  holds("Object.prototype", () => assert.equal(polluted, false));
  holds("warnings", () => assert.ok(warnings.count <= limits.warnings, `onWarning was called ${warnings.count} times`));
  const most = limits.heldBytes.most + limits.slackBytes;
  holds("memory of the module", () => {
    assert.ok(moduleBytes > 0, "no memory was found");
    assert.ok(moduleGrowth <= most, `it grew by ${mib(moduleGrowth)}, ${mib(most)} are the most`);
  });
  holds("memory in all", () => {
    const growth = moduleGrowth + Math.max(0, (heapGrowth ?? 0) - limits.clientBytes);
    assert.ok(growth <= most, `it grew by ${mib(growth)}, ${mib(most)} are the most`);
  });
  holds("this attack", () => own?.(report, seen, assert));
  if (failures.length > 0) assert.fail(failures.join("\n"));
}

/** The attacks for a platform: all, or those that MCP_TASKS_ATTACKS names. */
export function attacksFor(platform) {
  const chosen = process.env.MCP_TASKS_ATTACKS?.split(",");
  return Object.entries(attacks).filter(([name, { only }]) => (only ?? platform) === platform && (chosen?.includes(name) ?? true));
}
