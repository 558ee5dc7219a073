// A worker in which time passes only when it is told to: the package runs on a clock and a server of ours. Started by
// polling.test.mjs, one scenario for each worker; posts what it saw.
import { parentPort, workerData } from "node:worker_threads";
import { distinct, recorded } from "./recorded.mjs";

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
/** What the platform's clock shows in place of the time, from the time when it is set. */
let broken;
Object.defineProperty(performance, "now", { value: () => (broken ? broken(now) : now) });

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

/** A server of many tasks that never end by themselves, and that breaks when it is told to: `state.broken(method)` answers then. */
function startManyTasks({ pollInterval = 1000 } = {}) {
  const state = { broken: undefined, ended: false, requests: [], session: 1, settled: 0 };
  const streams = new Set();
  let made = 0;
  const taskOf = (taskId) => ({
    taskId, status: state.ended ? "completed" : "working", createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:00Z", ttl: null, pollInterval,
  });
  const methods = {
    initialize: () => ({
      protocolVersion: "2025-11-25", serverInfo: { name: "fake", version: "1" },
      capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
    }),
    ping: () => ({}),
    "tools/list": () => ({ tools: [{ name: "slow", inputSchema: { type: "object" }, execution: { taskSupport: "required" } }] }),
    "tools/call": () => ({ task: taskOf(`task-${++made}`) }),
    "tasks/get": ({ taskId }) => taskOf(taskId),
    "tasks/result": ({ taskId }) => ({ content: [{ type: "text", text: `${taskId} is done` }] }),
  };
  state.cut = () => {
    for (const stream of streams) stream.error(new TypeError("terminated"));
    streams.clear();
  };
  state.fetch = async (url, init) => {
    const rpc = init.body && JSON.parse(init.body);
    const method = rpc?.method ?? init.method;
    state.requests.push({ at: now, method });
    const broken = state.broken?.(method);
    if (broken) return broken;
    const id = init.headers.get("mcp-session-id");
    if (method !== "initialize" && id !== String(state.session)) return new Response("no such session", { status: 404 });
    if (method === "GET") {
      const body = new ReadableStream({ start: (stream) => void streams.add(stream) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    if (rpc?.id === undefined) return new Response(null, { status: 202 });
    const headers = { "mcp-session-id": String(state.session) };
    return Response.json({ jsonrpc: "2.0", id: rpc.id, result: methods[method](rpc.params) }, { headers });
  };
  return state;
}

/**
 * A server of 2026-07-28 with one task: the n-th answer about it names `intervals[n]`, and the poll after the last finds it
 * completed. After `goneAfterMs` nobody answers any more. `polls` are the times of tasks/get since its creation.
 */
function startModernTask({ intervals = [1000], ttlMs = null, goneAfterMs = Infinity }) {
  const seen = { polls: [], ended: intervals.length > 1 };
  let created, told = 0;
  const state = (over) => ({
    taskId: "task-1", status: "working", createdAt: "2026-07-28T00:00:00Z", lastUpdatedAt: "2026-07-28T00:00:00Z", ttlMs,
    ...(intervals[told] === undefined ? {} : { pollIntervalMs: intervals[told] }), ...over,
  });
  const methods = {
    "server/discover": () => ({ resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private" }),
    "tools/list": () => ({ resultType: "complete", tools: [{ name: "slow", inputSchema: { type: "object" } }], ttlMs: 0, cacheScope: "private" }),
    "tools/call": () => ((created = now), state({ resultType: "task" })),
    "tasks/get": () => {
      seen.polls.push(now - created);
      const over = seen.ended && ++told === intervals.length;
      return state({ resultType: "complete", ...(over ? { status: "completed", result: { content: [{ type: "text", text: "done" }] } } : {}) });
    },
  };
  seen.fetch = async (url, init) => {
    const rpc = JSON.parse(init.body);
    if (created !== undefined && now - created > goneAfterMs) throw new TypeError("fetch failed");
    return Response.json({ jsonrpc: "2.0", id: rpc.id, result: methods[rpc.method](rpc.params) });
  };
  return seen;
}

/** What a server that is down answers, by the kind of its outage. */
const outages = {
  refused: () => { throw new TypeError("fetch failed"); },
  500: () => new Response("boom", { status: 500 }),
  503: () => new Response("down", { status: 503 }),
  "503 with Retry-After": () => new Response("down", { status: 503, headers: { "retry-after": "1" } }),
  429: () => new Response("busy", { status: 429 }),
  /** Up again, but without its sessions and not ready for new ones. */
  lost: (method) => new Response("", { status: method === "initialize" ? 503 : 404 }),
};

/** The most requests in any second. */
const mostInASecond = (requests) => Math.max(0, ...requests.map(({ at }) => requests.filter((r) => r.at >= at && r.at < at + 1000).length));

const sent = distinct();
const { Client } = recorded(await import(entry), sent.note);

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
  /** One awaited task of a server that names another interval each time. */
  async modernPolls({ intervals, waitMs }) {
    const server = startModernTask({ intervals });
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch: server.fetch });
    await client.ping();
    client.callTool("slow").then(() => {});
    await pass(waitMs);
    client.close();
    return { polls: server.polls };
  },
  /** One awaited task of a server that is gone for good. */
  async modernGone({ waitMs, ...what }) {
    const server = startModernTask(what);
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch: server.fetch, onWarning() {} });
    await client.ping();
    const from = now;
    let text, after;
    client.callTool("slow").then(() => {}, (error) => { text = String(error); after = now - from; });
    await pass(waitMs);
    const seen = { text: String(text), after };
    client.close();
    return seen;
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
  /** A device that sleeps over the time limit of a request, and something else happens first when it wakes. */
  async overslept() {
    const server = startServer({ takesMs: 60_000, pollInterval: 1000 });
    const fetch = (url, init) => (init.body?.includes("tasks/get") && asked++ === 0 ? new Promise(() => {}) : server.fetch(url, init));
    let asked = 0;
    let text;
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch, onWarning() {} });
    await client.ping();
    const task = client.callTool("slow");
    task.then((r) => (text = r.content[0].text), (e) => (text = String(e)));
    await pass(1500);
    const before = asked;
    // No timer rings meanwhile.
    now += 40_000;
    task.onStatusChange(() => {});
    await pass(600_000);
    client.close();
    return { before, asked, text };
  },
  /** Many awaited tasks of a server that is down for a while. */
  async outage({ kind, tasks, forMs }) {
    const server = startManyTasks();
    const client = new Client("http://server.invalid/mcp", { fetch: server.fetch, onWarning() {} });
    await client.ping();
    const ends = { ok: 0, failed: [] };
    for (let i = 0; i < tasks; i++) client.callTool("slow").then(() => (ends.ok += 1), (e) => ends.failed.push(String(e)));
    await pass(10_500);
    const before = server.requests.length;
    const from = now;
    server.broken = outages[kind];
    server.cut();
    await pass(forMs);
    const during = server.requests.slice(before);
    const atFirst = during.filter((r) => r.at < from + 1000);
    const failedMeanwhile = ends.failed.length;
    server.broken = undefined;
    server.session += 1;
    server.ended = true;
    await pass(600_000);
    client.close();
    const later = during.slice(atFirst.length);
    return {
      ...ends, failedMeanwhile, before, total: during.length, atFirst: atFirst.length, mostLater: mostInASecond(later),
      streams: during.filter((r) => r.method === "GET").length, methods: [...new Set(during.map((r) => r.method))],
    };
  },
  /** Many calls that are all refused, before anything is done with them, for a while. */
  async refusedCalls({ calls, retryAfter, forMs }) {
    const server = startManyTasks();
    const client = new Client("http://server.invalid/mcp", { fetch: server.fetch, onWarning() {} });
    await client.listTools();
    server.broken = (method) => (method === "tools/call" ? new Response("busy", { status: 429, headers: { "retry-after": retryAfter } }) : undefined);
    const before = server.requests.length;
    const ends = { ok: 0, failed: 0 };
    for (let i = 0; i < calls; i++) client.callTool("slow").then(() => (ends.ok += 1), () => (ends.failed += 1));
    await pass(0);
    const asMade = server.requests.slice(before).filter((r) => r.method === "tools/call").length;
    await pass(forMs);
    const again = server.requests.slice(before).filter((r) => r.method === "tools/call").slice(asMade);
    client.close();
    return { asMade, again: again.length, mostAgain: mostInASecond(again), ...ends };
  },
  /** A task while the platform's clock jumps, to a value or by a difference, and stays there. */
  async brokenClock({ value, by }) {
    const server = startServer({ takesMs: 10_000, pollInterval: 1000 });
    const client = new Client("http://server.invalid/mcp", { stream: false, fetch: server.fetch });
    await client.ping();
    let text;
    client.callTool("slow").then((result) => (text = result.content[0].text));
    await pass(2500);
    broken = by === undefined ? () => Number(value) : (now) => now + by;
    await pass(60_000);
    client.close();
    return { text, polls: server.polls.length };
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
parentPort.postMessage({ ...seen, sent: sent.all(), longest: Math.max(...delays), shortest: Math.min(...delays) });
