// The soak test: thousands of tasks over all servers, through proxies that break connections, for so many minutes. The clients run in
// this process, the servers in another, so that the heap measured here is the clients'. table.mjs prints and judges the report.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { observeModuleMemory } from "../module_memory.mjs";
import { answerForm, answerQuestion, kinds } from "./calls.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/** So many calls of a server are under way at most; a server that is slower gets fewer. */
const mostUnderWay = 80;
/** A call that has not settled so long after its nominal end hangs. */
const hangsAfterMs = 90_000;
/** Parts of the time: the tables and caches grow in the first; from then on nothing may. */
const phases = [0.15, 0.425, 0.425];
const mostExamples = 8;

/** How a handle is waited for, in turn. None returns the handle from an async function, which would wait for its result. */
const uses = {
  await: (_client, task) => task.then((value) => value),
  async updates(_client, task) {
    for await (const _ of task.updates());
    return task.result();
  },
  async wait(_client, task) {
    await task.wait();
    return task.result();
  },
  listener(_client, task) {
    task.onStatusChange(() => {});
    return task.result();
  },
  async restored({ second }, task) {
    await task.created;
    // A plain result has no task that another client could find.
    return task.taskId === undefined ? task.result() : second.task(JSON.parse(JSON.stringify(task))).result();
  },
};

/** The server took the answer, but its response was lost: then the question is gone, which is what the next attempt is told. */
function isTaken(error) {
  if (error.code !== "unsupported") throw error;
}

/** For a call whose questions are answered by hand. */
async function answering(_client, task) {
  const answered = new Set();
  for await (const { inputRequests = {} } of task.updates()) {
    for (const [key, { params }] of Object.entries(inputRequests)) {
      if (answered.has(key)) continue;
      answered.add(key);
      await task.respond({ [key]: answerForm(params) }).catch(isTaken);
    }
  }
  return task.result();
}

/** The clients of one server, and the counts of its calls by outcome. */
function startCalling(mcp, server, tell) {
  const options = { era: server.era, requestTimeoutMs: 5000, onElicitation: answerQuestion, onWarning: () => { count.warnings += 1; } };
  const clients = { first: new mcp.Client(server.url, options), second: new mcp.Client(server.url, options) };
  const count = { calls: 0, tasks: 0, right: 0, rejected: 0, lost: 0, hanging: 0, warnings: 0 };
  const examples = [];
  const underWay = new Set();
  const useNames = Object.keys(uses).filter((name) => name !== "restored" || !server.isSessionBound);
  const tally = (outcome, words) => {
    count[outcome] += 1;
    if (examples.length < mostExamples) examples.push(`${outcome}: ${words}`);
  };
  let n = 0;

  async function one() {
    const i = n++;
    const kind = server.kinds[i % server.kinds.length];
    const turn = Math.floor(i / server.kinds.length);
    const { tool, args, isRight, nominalMs, cancels, responds } = kinds[kind](turn);
    const use = cancels ? "await" : responds ? "responds" : useNames[turn % useNames.length];
    const task = clients.first.callTool(tool, args);
    count.calls += 1;
    let nominalEnd;
    const created = task.created.then(() => { nominalEnd = Date.now() + nominalMs; }, () => {});
    const outcome = Promise.resolve((uses[use] ?? answering)(clients, task)).then((value) => ({ value }), (error) => ({ error }));
    if (cancels) created.then(() => task.taskId !== undefined && task.cancel()).catch(() => {}); // it may be over, or the network broken
    const abort = new AbortController();
    const late = sleep(nominalMs + hangsAfterMs, "late", { signal: abort.signal }).catch(() => {});
    const ended = await Promise.race([outcome, late]);
    abort.abort();
    const label = `${server.name}, ${kind} ${JSON.stringify(args)}, ${use}`;
    if (task.taskId !== undefined) count.tasks += 1;
    if (ended === "late") return tally("hanging", `${label}: ${task.getSnapshot()?.status}`);
    if (isRight(ended)) {
      count.right += 1;
      // How late a cancellation is, or an answer that is no task, says nothing about polling.
      if (task.taskId !== undefined && !cancels) tell({ index: server.index, taskId: task.taskId, at: Date.now(), nominalEnd });
      return undefined;
    }
    const { error, value } = ended;
    // A fault of the call itself: it is never sent twice, so its fate is not known.
    if (task.taskId === undefined && ["network", "http"].includes(error?.code)) return void (count.rejected += 1);
    return tally("lost", `${label}: ${error ? `${error.code}: ${error.message}` : JSON.stringify(value).slice(0, 200)}`);
  }

  return {
    name: server.name, isDirect: server.isDirect, count, examples,
    /** Calls at the server's rate for so long. */
    async during(ms) {
      const start = performance.now();
      for (let made = 0, now = 0; now < ms; now = performance.now() - start) {
        for (; made < (now / 1000) * server.rate; made++) {
          if (underWay.size >= mostUnderWay) continue;
          const call = one().finally(() => underWay.delete(call));
          underWay.add(call);
        }
        await sleep(50);
      }
    },
    settled: () => Promise.all(underWay),
    close() { for (const client of Object.values(clients)) client.close(); },
  };
}

/** Heap in use after several collections, between which finalizers run. */
async function heap() {
  for (let i = 0; i < 6; i++) {
    gc();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
}

/** Open handles by kind. Pipes to the other process are not counted. */
function handles() {
  const kindsOf = {};
  for (const kind of process.getActiveResourcesInfo()) if (/TCP|Timeout|Immediate/.test(kind)) kindsOf[kind] = (kindsOf[kind] ?? 0) + 1;
  return kindsOf;
}

const total = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);

/** Waits until the sockets that `fetch` keeps alive have been closed. */
async function handlesAfter(before) {
  for (const end = Date.now() + 20_000; total(handles()) > total(before) && Date.now() < end;) await sleep(200);
  return handles();
}

export async function soak({ minutes, seed, entry, log = () => {} }) {
  const module = observeModuleMemory();
  const mcp = await import(entry);
  const host = fork(fileURLToPath(new URL("host.mjs", import.meta.url)), [String(seed)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const answerOf = async (name) => {
    for (;;) {
      const [message] = await Promise.race([once(host, "message"), once(host, "close").then(([code]) => { throw new Error(`the servers' process ended with ${code}`); })]);
      if (message[name]) return message[name];
    }
  };
  const send = (type, value) => host.send({ type, value });
  try {
    const servers = await answerOf("servers");
    for (const { name, skip } of servers) if (skip) log(`without ${name}: ${skip}`);
    const before = handles();
    const calling = servers.filter(({ skip }) => !skip).map((server) => startCalling(mcp, server, (value) => send("settled", value)));
    const measured = [];
    for (const part of phases) {
      send("pause", false);
      await Promise.all(calling.map((one) => one.during(minutes * 60_000 * part)));
      send("pause", true);
      await Promise.all(calling.map((one) => one.settled()));
      measured.push({ heap: await heap(), module: module.bytes() });
      log(`${calling.reduce((sum, { count }) => sum + count.calls, 0)} calls; heap ${Math.round(measured.at(-1).heap / 1024)} KiB`);
    }
    send("account");
    const accounts = await answerOf("accounts");
    for (const one of calling) one.close();
    const after = await handlesAfter(before);
    return {
      minutes, seed, measured, handles: { before, after },
      rows: calling.map(({ name, isDirect, count, examples }) => ({ isDirect, ...count, examples, ...accounts.find((account) => account.name === name) })),
      skipped: servers.filter(({ skip }) => skip).map(({ name }) => name),
    };
  } finally {
    const ended = once(host, "close");
    if (host.connected) send("close"); else host.kill("SIGKILL");
    const late = setTimeout(() => host.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(late);
    module.restore();
  }
}
