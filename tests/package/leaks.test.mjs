// Ten thousand handles on one client, used in every way and dropped: nothing is left of them. The client's tables are its
// own affair, so this looks at what cannot lie: the collector, the heap, the module's memory, timers, listeners, requests.
import assert from "node:assert/strict";
import { getEventListeners, setMaxListeners } from "node:events";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { observeModuleMemory } from "../module_memory.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

// The module's memory contains the engine's tables.
const { bytes } = observeModuleMemory();
const moduleBytes = () => {
  assert.ok(bytes() > 0, "the module was instantiated where its memory is observed");
  return bytes();
};
const { Client, clients, inTime, rejection, settle, until } = await import("./support.mjs");

const perBatch = 1000;
const batches = 10;
const kib = 1024;

/** A server without a memory: what becomes of a task is in the name of its tool, and that in its id. */
function startForgetful() {
  const seen = { requests: 0, gets: new Map(), watch: undefined };
  let made = 0;
  const unnamed = new Set(["plain", "silent"]);
  const ends = { quick: "completed", errs: "failed" };
  const stateOf = (taskId) => ({
    taskId, status: ends[taskId.split("-")[0]] ?? "working", createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:00Z", ttl: null, pollInterval: 250,
  });
  const methods = {
    initialize: () => ({
      protocolVersion: "2025-11-25", serverInfo: { name: "fake", version: "1" },
      capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
    }),
    ping: () => ({}),
    "tools/list": () => ({ tools: ["quick", "errs", "stays", "plain", "silent"].map((name) => ({
      name, inputSchema: { type: "object" }, ...(!unnamed.has(name) && { execution: { taskSupport: "required" } }),
    })) }),
    "tools/call": ({ name, task }) => (task ? { task: { ...stateOf(`${name}-${++made}`), status: "working" } } : { content: [] }),
    "tasks/get"({ taskId }) {
      if (seen.watch) seen.watch(taskId);
      return stateOf(taskId);
    },
    "tasks/result": ({ taskId }) => ({ content: [{ type: "text", text: `${taskId} is done` }], isError: taskId.startsWith("errs") }),
    "tasks/cancel": ({ taskId }) => ({ ...stateOf(taskId), status: "cancelled" }),
  };
  seen.fetch = async (_url, init) => {
    seen.requests += 1;
    // As a network does: answers that take no turn at all would leave none for anything else.
    await settle(1);
    init.signal.throwIfAborted();
    if (init.method === "GET") {
      const body = new ReadableStream({ start: (stream) => init.signal.addEventListener("abort", () => stream.error(init.signal.reason), { once: true }) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    const rpc = init.body && JSON.parse(init.body);
    if (rpc?.params?.name === "silent") {
      return new Promise((_, reject) => init.signal.addEventListener("abort", () => reject(init.signal.reason), { once: true }));
    }
    if (rpc?.id === undefined) return new Response(null, { status: 202 });
    return Response.json({ jsonrpc: "2.0", id: rpc.id, result: methods[rpc.method](rpc.params) });
  };
  return seen;
}

/** What is done with a handle (and never returned from an async function, which would wait for its result): `shared` is one signal for all, never aborted; `aborted` is one for a batch, and is. */
const uses = {
  "awaited": (client, { shared }) => client.callTool("quick", {}, { signal: shared }).result({ signal: shared }),
  "a chain of thens": (client) => client.callTool("quick").then((r) => r).finally(() => {}),
  "rejected": (client) => client.callTool("errs").catch(() => {}),
  "answered at once": (client, { shared }) => client.callTool("plain", {}, { signal: shared }).result({ signal: shared }),
  async "listened to and unlistened"(client) {
    const task = client.callTool("stays");
    const offs = [task.onStatusChange(() => {}), task.subscribe(() => {}), task.onStatusChange(() => {})];
    await task.created;
    for (const off of offs) off();
  },
  async "updates() broken out of"(client, { shared }) {
    const task = client.callTool("stays");
    for await (const _ of task.updates({ signal: shared })) break;
  },
  async "updates() never begun, and another given back"(client) {
    const task = client.callTool("stays");
    task.updates();
    const updates = task.updates();
    await updates.next();
    await updates.return();
  },
  "wait() with a limit and a signal": (client, { shared }) => client.callTool("quick").wait({ timeoutMs: 3_600_000, signal: shared }),
  async "wait() that takes too long"(client) {
    const task = client.callTool("stays");
    await rejection(task.wait({ timeoutMs: 1 }));
  },
  async "asked after and cancelled"(client, { shared }) {
    const task = client.callTool("stays");
    await task.status({ signal: shared });
    await task.status({ fresh: true, signal: shared });
    await task.cancel();
  },
  async "found by its reference"(client) {
    const task = client.callTool("quick");
    await task.created;
    await client.task(JSON.parse(JSON.stringify(task))).result();
  },
  "dropped once it has a name": (client) => client.callTool("stays").created,
  "dropped at once": (client) => { client.callTool("stays"); },
  async "the waiting aborted"(client, { aborted }) {
    const waits = [(task) => task.result({ signal: aborted }), (task) => task.wait({ signal: aborted }), (task) => task.wait({ signal: aborted, timeoutMs: 3_600_000 })];
    const reasons = await Promise.all(waits.map((wait) => rejection(wait(client.callTool("stays")))));
    for (const reason of reasons) assert.equal(reason, aborted.reason);
  },
  async "the call aborted"(client, { aborted }) {
    assert.equal(await rejection(client.callTool("silent", {}, { signal: aborted })), aborted.reason);
  },
};

/** Several collections, with time for what is told of them. */
async function collect() {
  for (let i = 0; i < 6; i++) {
    gc();
    await new Promise((r) => setTimeout(r, 10));
  }
}
const timersLeft = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

describe("ten thousand handles, used in every way and dropped", () => {
  test("leave no listener, no timer, no traffic and no memory behind", async (t) => {
    const server = startForgetful();
    const before = timersLeft();
    const own = clients(t, "http://server.invalid/mcp", { fetch: server.fetch }).client();
    await own.ping();
    const counted = { made: 0, collected: 0 };
    const registry = new FinalizationRegistry(() => { counted.collected += 1; });
    // Every handle is counted, however it was made.
    const noted = (task) => (counted.made += 1, registry.register(task), task);
    const client = {
      callTool: (...args) => noted(own.callTool(...args)),
      task: (ref) => noted(own.task(ref)),
    };
    const { signal: shared } = new AbortController();
    setMaxListeners(0, shared);
    const all = Object.entries(uses);

    const batch = async () => {
      const abort = new AbortController();
      setMaxListeners(0, abort.signal); // hundreds wait at once; what counts is how many are left
      const reason = new Error("enough");
      const until = counted.made + perBatch;
      const working = [];
      for (let i = 0; counted.made < until; i++) {
        const [name, use] = all[i % all.length];
        const done = use(client, { shared, aborted: abort.signal });
        working.push(Promise.resolve(done).then(() => {}, (e) => { throw new Error(`${name}: ${e.message}`, { cause: e }); }));
        if (i % all.length === 0) await settle(1);
      }
      // Later than the others have begun to wait, and before they have been told anything that would end it.
      await settle();
      abort.abort(reason);
      await inTime(Promise.all(working), "the end of a batch");
      assert.deepEqual(getEventListeners(abort.signal, "abort"), [], "on the signal that was aborted");
      assert.deepEqual(getEventListeners(shared, "abort"), [], "on the signal that all share");
    };
    const measure = () => ({ heap: process.memoryUsage().heapUsed, module: moduleBytes() });

    // The first batches fill caches and let tables grow to their size; from then on nothing grows. The heap is never quite
    // still, so the least of three batches is compared with the least of the last three, and what looks like growth must go
    // on: the platform takes a few hundred KiB now and then, a leak takes its bytes for each handle of each batch.
    const sizes = [];
    const least = (from) => Math.min(...sizes.slice(from).slice(0, 3).map(({ heap }) => heap));
    const grown = () => (least(-3) - least(2)) / (perBatch * (sizes.length - 5));
    while (sizes.length < batches || (grown() >= 24 && sizes.length < 2 * batches)) {
      await batch();
      await collect();
      sizes.push(measure());
    }
    t.diagnostic(sizes.map(({ heap, module }) => `${Math.round(heap / kib)}+${module / kib}`).join(" ") + ` KiB; ${server.requests} requests`);
    assert.ok(counted.made >= perBatch * batches);
    await until(async () => (await collect(), counted.collected === counted.made), `each of ${counted.made} handles is collected`);
    assert.ok(grown() < 24, `the heap grew by ${Math.round(grown())} bytes a handle`);
    const pages = (sizes.at(-1).module - sizes[2].module) / (64 * kib);
    assert.ok(pages <= 1, `the module's memory grew by ${pages} pages of 64 KiB`);
    await until(() => timersLeft() <= before, `as many timers as before: ${before}`);

    // Not asked after any more, while a task that is watched is; nor are those whose handles are kept, but not watched.
    const kept = ["aborted", "broken out of", "unlistened"].map(() => own.callTool("stays"));
    const enough = new AbortController();
    const ended = rejection(kept[0].result({ signal: enough.signal }));
    for await (const _ of kept[1].updates()) break;
    await Promise.all(kept.map((task) => task.created));
    kept[2].subscribe(() => {})();
    enough.abort();
    await ended;
    const asked = new Set();
    const watched = own.callTool("stays");
    let polls = 0;
    await watched.created;
    server.watch = (taskId) => (taskId === watched.taskId ? (polls += 1) : asked.add(taskId));
    const off = watched.onStatusChange(() => {});
    await until(() => polls >= 4, "polls of a task that is watched");
    off();
    assert.deepEqual([...asked], []);
    const { requests } = server;
    await until(() => timersLeft() <= before, "the last timer is gone");
    assert.equal(server.requests, requests, "nobody watches, nothing is sent");
    assert.ok(kept.every((task) => task.taskId));
  });
});

test("clients that are closed in the middle of everything leave no timer and no memory behind", async (t) => {
  const server = startForgetful();
  const before = timersLeft();
  const counted = { made: 0, collected: 0 };
  const registry = new FinalizationRegistry(() => { counted.collected += 1; });
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const one = async () => {
    const client = new Client("http://server.invalid/mcp", { fetch: server.fetch, onWarning() {} });
    registry.register(client);
    counted.made += 1;
    const stays = client.callTool("stays", {}, { signal });
    stays.onStatusChange(() => {});
    await stays.created;
    const waits = [stays.result({ signal }), client.callTool("silent", {}, { signal }).result(), stays.wait({ timeoutMs: 3_600_000, signal }), client.listTools()];
    const ends = Promise.allSettled(waits);
    await settle(1);
    client.close();
    for (const { status, reason } of (await inTime(ends, "ClosedError")).slice(0, 3)) {
      assert.equal(`${status} ${reason?.code}`, "rejected closed");
    }
  };
  const sizes = [];
  for (let i = 0; i < 6; i++) {
    for (let n = 0; n < 50; n++) await one();
    await collect();
    sizes.push({ heap: process.memoryUsage().heapUsed, module: moduleBytes() });
  }
  t.diagnostic(sizes.map(({ heap, module }) => `${Math.round(heap / kib)}+${module / kib}`).join(" ") + " KiB");
  await until(async () => (await collect(), counted.collected === counted.made), `each of ${counted.made} clients is collected`);
  assert.deepEqual(getEventListeners(signal, "abort"), []);
  await until(() => timersLeft() <= before, `as many timers as before: ${before}`);
  assert.equal(sizes.at(-1).module, sizes[1].module, "the module's memory");
  const grown = (Math.min(sizes[4].heap, sizes[5].heap) - Math.min(sizes[1].heap, sizes[2].heap)) / 150;
  assert.ok(grown < 700, `the heap grew by ${Math.round(grown)} bytes a client`);
});
