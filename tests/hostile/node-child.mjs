// Runs one attack in a process of its own, because it may end the process: the job comes as the first message, the report goes
// back as the last. Started with --expose-gc.
import { observeModuleMemory } from "../module_memory.mjs";
import { run } from "./client.mjs";

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(inWords(reason)));
process.on("uncaughtException", (error) => unhandled.push(inWords(error)));

/** The reason may be one that cannot be turned into a string. */
function inWords(reason) {
  try { return String(reason?.stack ?? reason); } catch { return "a value that cannot be printed"; }
}

/** It never shrinks, so this is the most that was ever in use. */
const { bytes: moduleBytes } = observeModuleMemory();
const rss = () => process.memoryUsage().rss;
const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
let before;
const watch = {
  step: (words) => process.send({ step: words }),
  before() { before = { heap: heap(), rss: rss(), module: moduleBytes() }; },
  held: () => ({ heapGrowth: heap() - before.heap, rssGrowth: rss() - before.rss }),
  after: () => ({ moduleBytes: moduleBytes(), moduleGrowth: moduleBytes() - before.module, unhandled }),
};

process.once("message", async ({ entry, job }) => {
  const { Client, TasksError, ...errors } = await import(entry);
  const isInstance = TasksError?.isInstance ?? ((error) => Object.values(errors).some((type) => type.isInstance?.(error)));
  await run(job, { Client, TasksError: { isInstance } }, watch).then(
    (report) => process.send({ report }),
    (error) => process.send({ failed: inWords(error) }),
  );
  process.disconnect();
});
