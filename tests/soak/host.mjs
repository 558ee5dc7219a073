// The servers' side of the soak test, in a process of its own: the servers, the proxies before them, outages and restarts by the seed,
// and the account of each call. Messages: see `handlers` and run.mjs.
import { setTimeout as sleep } from "node:timers/promises";
import { chance, startFaultProxy } from "../servers/fault-proxy.mjs";
import { keyOf } from "./calls.mjs";
import { servers } from "./servers.mjs";

const outage = { everyMs: 15_000, lastsMs: 1_500 };
const seed = Number(process.argv[2]);
const running = [];

/** Starts one server with its proxy. */
async function begin(described, index) {
  const ends = new Map();
  const settled = [];
  const { name, kinds, rate, era, rates, isDirect = false, isSessionBound = false } = described;
  const server = await described.start({ ended: (taskId) => void (ends.has(taskId) || ends.set(taskId, Date.now())) });
  const public_ = { name, kinds, rate, era, isDirect, isSessionBound, index };
  if (server.skip) return { public: { ...public_, skip: server.skip } };
  const proxy = isDirect ? undefined : await startFaultProxy({ seed: seed + index, target: () => server.url, rates, labelOf: keyOf });
  const one = { ...described, server, proxy, ends, settled, outageCount: 0, public: { ...public_, url: proxy?.url ?? server.url } };
  running.push(one);
  return one;
}

/** Breaks a server's connections now and then; one that can is restarted. */
async function disturb(one, index) {
  for (let n = 0; !isOver; n++) {
    await sleep(outage.everyMs * (0.5 + chance(seed, "outage", index, n)), undefined, { ref: false });
    if (isOver || isPaused) continue;
    one.proxy.down = true;
    one.proxy.cut();
    one.outageCount += 1;
    const wait = () => sleep(outage.lastsMs);
    if (one.server.restart) await one.server.restart(wait); else await wait();
    one.proxy.down = false;
  }
}
let isOver = false;
let isPaused = false; // no outage begins while the clients wait for their last tasks

function quantile(sorted, q) {
  return sorted.length === 0 ? undefined : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** The figures of one server that only this process knows. */
function account({ public: { name }, proxy, ends, settled, outageCount }) {
  const known = settled.filter(({ taskId, nominalEnd }) => ends.has(taskId) || nominalEnd !== undefined);
  const late = known.map(({ taskId, at, nominalEnd }) => Math.max(0, at - (ends.get(taskId) ?? nominalEnd))).sort((a, b) => a - b);
  const twice = [...proxy?.calls ?? []].filter(([key, { forwarded }]) => forwarded > 1 && !key.endsWith(" round"));
  const faults = Object.entries(proxy?.counts ?? {}).reduce((sum, [fault, n]) => sum + (fault === "delay" ? 0 : n), 0);
  return {
    name, outages: outageCount, faults, requests: proxy?.requests.length, isExact: ends.size > 0,
    median: quantile(late, 0.5), p95: quantile(late, 0.95), most: late.at(-1),
    duplicates: twice.map(([key, { forwarded }]) => `${key}: ${forwarded} times`),
  };
}

const handlers = {
  settled: ({ index, ...one }) => void running.find((r) => r.public.index === index).settled.push(one),
  pause: (paused) => { isPaused = paused; },
  account: () => process.send({ accounts: running.map(account) }),
  async close() {
    isOver = true;
    await Promise.all(running.map(async ({ proxy, server }) => {
      await proxy?.close();
      await server.close();
    }));
    process.exit(0);
  },
};
process.on("message", ({ type, value }) => handlers[type](value));
// The other process has died: the servers must not outlive it.
process.once("disconnect", () => process.exit(1));

const all = await Promise.all(servers.map(begin));
setInterval(() => { for (const { server } of running) server.trim?.(); }, 10_000).unref();
for (const [index, one] of running.entries()) if (one.proxy) void disturb(one, index);
process.send({ servers: all.map((one) => one.public) });
