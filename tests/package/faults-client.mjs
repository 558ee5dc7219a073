// The client's side of faults.test.mjs, in a worker of its own so that its clock can hurry: makes the calls of a plan, some
// at a time, and posts what came of each. It knows nothing of what is done to it.
import { parentPort, workerData } from "node:worker_threads";
import { hurry } from "./hurry.mjs";
import { distinct, recorded } from "./recorded.mjs";

const { entry, url, plan, atOnce } = workerData;
const clock = await hurry();
const sent = distinct();
const { Client } = recorded(await import(entry), sent.note);
const warnings = [];
const onWarning = (w) => warnings.push(w);
const client = new Client(url, { onWarning });
/** Finds tasks of the first one by their references. */
const second = new Client(url, { onWarning });

/** An outcome as plain data. */
const outcomeOf = (promise) => promise.then(
  (value) => ({ ok: true, value }),
  ({ name, code, message, result, rpc, status }) => ({ ok: false, name, code, message, result, rpc, status }),
);

async function run({ label, tool, args, cancel, shared }) {
  const told = [];
  const task = client.callTool(tool, args);
  const seen = { label, told, ends: 0, elsewhere: [] };
  task.onStatusChange((s) => told.push(s.status));
  let last;
  // Called for each new status, and once more when the outcome is known.
  task.subscribe(() => {
    const now = task.getSnapshot();
    if (now === last) seen.ends += 1;
    last = now;
  });
  const results = [outcomeOf(task.result()), outcomeOf(task.then((r) => r))];
  const named = await task.created.then((id) => id !== undefined, () => false);
  // A task that was not named is none that could be shared or cancelled.
  const elsewhere = named && shared ? [outcomeOf(second.task(JSON.parse(JSON.stringify(task))).result())] : [];
  if (named && cancel) seen.cancel = await outcomeOf(task.cancel());
  seen.outcomes = await Promise.all(results);
  seen.elsewhere = await Promise.all(elsewhere);
  seen.outcomes.push(await outcomeOf(task.result()));
  seen.taskId = task.taskId;
  seen.immediately = task.returnedImmediately;
  return seen;
}

const seen = [];
const left = [...plan];
parentPort.on("message", () => parentPort.postMessage({ stuck: [...underway], ...clock.state(), warnings: warnings.slice(-5) }));
const underway = new Set();
await Promise.all(Array.from({ length: atOnce }, async () => {
  for (let next; (next = left.shift());) {
    underway.add(next.label);
    seen.push(await run(next));
    underway.delete(next.label);
  }
}));
// Time for what must not come any more.
await clock.sleep(200);
parentPort.postMessage({ seen, warnings, sent: sent.all(), tookMs: clock.now() });
client.close();
second.close();
parentPort.close();
