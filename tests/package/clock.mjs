// A worker in which time passes only when it is told to: the package runs on a clock and a server of ours. Started by
// polling.test.mjs, one scenario for each worker; posts what it saw.
import { parentPort, workerData } from "node:worker_threads";

const { entry, scenario, arg } = workerData;
const day = 86_400_000;
let now = 5000.25;
const timers = new Map();
const delays = [];
let last = 0;

// Before the package is there: it must not get hold of the real ones.
globalThis.setTimeout = (callback, ms = 0, ...args) => {
  delays.push(ms);
  timers.set(++last, { at: now + ms, callback: () => callback(...args) });
  return last;
};
globalThis.clearTimeout = (id) => void timers.delete(id);
Object.defineProperty(performance, "now", { value: () => now });

/** Lets everything run that needs no time. */
async function settle() {
  for (let i = 0; i < 25; i++) await new Promise((r) => setImmediate(r));
}

/** Lets that many milliseconds pass, one timer after the other. */
async function pass(ms) {
  const end = now + ms;
  for (;;) {
    await settle();
    const [id, next] = [...timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
    if (next === undefined || next.at > end) break;
    timers.delete(id);
    now = Math.max(now, next.at);
    next.callback();
  }
  now = end;
}

/** A server that answers at once; a task of its takes `takesMs`. `polls` are the times of tasks/get since its creation. */
function startServer({ takesMs = 0, pollInterval, ttl = null, unlucky }) {
  const seen = { polls: [], methods: [] };
  let created;
  const state = () => ({
    taskId: "task-1", status: now - created >= takesMs ? "completed" : "working", createdAt: "2026-01-01T00:00:00Z",
    lastUpdatedAt: "2026-01-01T00:00:00Z", ttl, ...(pollInterval === undefined ? {} : { pollInterval }),
  });
  const methods = {
    initialize: () => ({
      protocolVersion: "2025-11-25", serverInfo: { name: "fake", version: "1" },
      capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } },
    }),
    ping: () => ({}),
    "tools/list": () => ({ tools: [{ name: "slow", inputSchema: { type: "object" }, execution: { taskSupport: "required" } }] }),
    "tools/call": () => ((created = now), { task: state() }),
    "tasks/get": () => (seen.polls.push(now - created), state()),
    "tasks/result": () => ({ content: [{ type: "text", text: "done" }] }),
  };
  seen.fetch = async (url, init) => {
    const rpc = init.body && JSON.parse(init.body);
    seen.methods.push(rpc?.method ?? init.method);
    if (rpc?.id === undefined) return new Response(null, { status: rpc ? 202 : 405 });
    const result = methods[rpc.method](rpc.params);
    const trouble = unlucky && rpc.method === "tasks/get" && seen.polls.length === 1;
    if (trouble) return new Response("busy", { status: 429, headers: { "retry-after": unlucky } });
    return Response.json({ jsonrpc: "2.0", id: rpc.id, result });
  };
  return seen;
}

const { Client } = await import(entry);

const scenarios = {
  /** One awaited task. */
  async polls({ server: what, options = {}, waitMs }) {
    const server = startServer(what);
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch: server.fetch, onWarning() {}, ...options });
    await client.ping(); // the module is loaded in real time
    const result = client.callTool("slow").result();
    let text;
    result.then((r) => (text = r.content[0].text), (e) => (text = String(e)));
    await pass(waitMs);
    client.close();
    return { text, polls: server.polls, methods: server.methods };
  },
  /** A task that somebody watches for a while only. */
  async watched() {
    const server = startServer({ takesMs: day, pollInterval: 1000 });
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch: server.fetch });
    await client.ping();
    const task = client.callTool("slow");
    await pass(4500);
    const before = server.polls.length;
    const off = task.onStatusChange(() => {});
    await pass(3900);
    off();
    const during = server.polls.length - before;
    await pass(60_000);
    const after = server.polls.length - before - during;
    client.close();
    await pass(60_000);
    return { before, during, after, left: timers.size };
  },
  /** `wait` with a limit of more than `setTimeout` can take. */
  async longWait({ timeoutMs, passMs }) {
    const server = startServer({ takesMs: 1000 * day, pollInterval: 3_600_000 });
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch: server.fetch });
    await client.ping();
    const task = client.callTool("slow");
    let ended;
    task.wait({ timeoutMs }).then((s) => (ended = s.status), (e) => (ended = e.name));
    await pass(passMs);
    client.close();
    return { ended, polled: server.polls.length > 0 };
  },
};

const seen = await scenarios[scenario](arg);
parentPort.postMessage({ ...seen, longest: Math.max(...delays), shortest: Math.min(...delays) });
