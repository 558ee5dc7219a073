// Thousands of pages that have ended, each with a task in the store: all of their tasks are found, at a cost that grows with their number.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startPuppet } from "./puppet.mjs";
import { clients, entry, inTime } from "./support.mjs";

const { persistIn } = await import(entry("mcp-tasks/persist"));

/** Web Locks that serve four requests in a millisecond: a browser that is asked for thousands at once takes its time, too. */
function slowLocks() {
  const held = new Set();
  const queue = [];
  const counts = { requests: 0 };
  let timer;
  const serve = () => {
    for (const job of queue.splice(0, 4)) job();
    timer = queue.length > 0 ? setTimeout(serve, 1) : undefined;
  };
  return {
    held, counts,
    request(name, options, granted) {
      if (typeof options === "function") [options, granted] = [{}, options];
      counts.requests++;
      return new Promise((resolve, reject) => {
        options.signal?.addEventListener("abort", () => reject(options.signal.reason));
        queue.push(() => {
          if (options.signal?.aborted) return;
          if (!held.has(name)) {
            held.add(name);
            return Promise.resolve(granted({ name })).then(resolve, reject).finally(() => held.delete(name));
          }
          if (options.ifAvailable) resolve(granted(null));
        });
        timer ??= setTimeout(serve, 1);
      });
    },
  };
}

let server;
before(async () => { server = await startPuppet(); });
after(() => server.close());

const OWNERS = 6000;
for (const kind of ["synchronous", "asynchronous"]) {
  test(`L7: the tasks of ${OWNERS} pages that have ended are all found, in a store that is ${kind}`, async (t) => {
    const locks = slowLocks();
    const { navigator } = globalThis;
    Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
    t.after(() => Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true }));
    const items = new Map();
    const counts = { get: 0, keys: 0 };
    const prefix = `mcp-tasks:task:${JSON.stringify(["", server.url])}:`;
    for (let n = 0; n < OWNERS; n++) items.set(`${prefix}owner-${n}:1`, JSON.stringify({ kind: "tool", name: "required", taskId: `left-${n}`, at: n }));
    // A page that is alive keeps its tasks.
    items.set(`${prefix}alive:1`, JSON.stringify({ kind: "tool", name: "required", taskId: "of-another-page", at: 0 }));
    locks.held.add("mcp-tasks:keeps:alive");
    const given = (value) => (kind === "synchronous" ? value : Promise.resolve(value));
    const store = {
      getItem(key) { counts.get++; return given(items.get(key)); },
      setItem: (key, value) => given(void items.set(key, value)),
      removeItem: (key) => given(void items.delete(key)),
      keys() { counts.keys++; return given([...items.keys()]); },
    };
    const { client, warnings } = clients(t, server.url);
    const tasks = await inTime(client({ persist: persistIn(store) }).resume(), "the tasks");
    assert.equal(tasks.length, OWNERS);
    assert.deepEqual(tasks.map(({ taskId }) => taskId), Array.from({ length: OWNERS }, (_, n) => `left-${n}`), "oldest first");
    assert.deepEqual(warnings, []);
    assert.deepEqual(counts, { get: OWNERS, keys: 1 });
    // Each owner once, the page that is alive once more, and this page's own.
    assert.ok(locks.counts.requests <= OWNERS + 3, `${locks.counts.requests} lock requests`);
  });
}
