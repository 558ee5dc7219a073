// The servers of the soak test, each behind a proxy that breaks its connections by a seed. They run in a process of their own,
// see host.mjs. Each is `{ name, kinds, rate, start, … }`:
//
//   kinds     which calls are made of it, see calls.mjs
//   rate      calls a second
//   era       the revision that its clients are pinned to (none)
//   rates     likelihoods of faults
//   isDirect  there is no proxy: nothing breaks
//   isSessionBound  its tasks are known in the session that made them only, so no second client can find them
//   start     ({ ended }) => { url, close(), restart? } or { skip }; `ended(taskId)` notes when a task became terminal
import { startDemo } from "../servers/demo.mjs";
import { DemoTaskStore } from "../servers/demo-tools.mjs";
import { postFaults } from "../servers/fault-proxy.mjs";
import { startModernDemo } from "../servers/modern-demo.mjs";
import { startEverything, startPython } from "../servers/start.mjs";

const terminal = new Set(["completed", "failed", "cancelled"]);
/** A third of the rates of faults.test.mjs, because back-offs take real time here. */
const usual = Object.fromEntries(Object.entries(postFaults).map(([fault, rate]) => [fault, fault === "delay" ? rate : rate / 3]));
const keepsSessions = { lose404: 0, lose400: 0 };

/** The demo server. A restart forgets its sessions and keeps its tasks. */
async function demo({ ended, ...options }) {
  const store = new DemoTaskStore();
  for (const method of ["updateTaskStatus", "storeTaskResult"]) {
    const original = store[method];
    store[method] = async (taskId, status, ...rest) => {
      await original.call(store, taskId, status, ...rest);
      if (terminal.has(status)) ended(taskId);
    };
  }
  const all = { pollIntervalMs: 500, maxTtlMs: 120_000, ...options, store };
  let server = await startDemo(all);
  const { url, port } = server;
  return {
    url,
    async restart(whileDown) {
      await server.close({ keepStore: true });
      await whileDown();
      server = await startDemo({ ...all, port });
    },
    trim: () => { server.requests.length = 0; },
    close: () => server.close(),
  };
}

/** The same tools in the 2026-07-28 revision, and some that ask. */
async function modern({ ended, ...options }) {
  const server = await startModernDemo({ pollIntervalMs: 500, ttlMs: 120_000, ...options });
  const { onChange } = server.tasks;
  server.tasks.onChange = (task) => {
    if (terminal.has(task.status)) ended(task.taskId);
    onChange(task);
  };
  return { url: server.url, trim: () => { server.requests.length = 0; }, close: () => server.close() };
}

const demoKinds = ["count", "fails", "crashes", "cancelled", "plain"];
const modernKinds = [...demoKinds, "confirms", "confirmsByHand"];
const fastmcpKinds = ["pyCount", "pyFails", "pyLetters", "pyHalves", "pyCancelled", "pyPlain"];
const sdkKinds = ["sdkCount", "sdkToolError", "sdkFailure", "sdkCancelled"];

export const servers = [
  { name: "demo, streams", rate: 5, kinds: demoKinds, rates: usual, start: demo },
  { name: "demo, polled", rate: 5, kinds: demoKinds, rates: usual, start: (context) => demo({ ...context, getStream: false }) },
  { name: "2026-07-28, streams", rate: 5, kinds: modernKinds, rates: { ...usual, ...keepsSessions }, start: modern },
  { name: "2026-07-28, polled", rate: 5, kinds: modernKinds, rates: { ...usual, ...keepsSessions }, start: (context) => modern({ ...context, listen: false }) },
  { name: "FastMCP 2.14", rate: 1, kinds: fastmcpKinds, rates: { ...usual, ...keepsSessions }, isSessionBound: true, start: () => startPython("fastmcp-2.14") },
  { name: "FastMCP 3.4", rate: 1, kinds: fastmcpKinds, rates: { ...usual, ...keepsSessions }, start: () => startPython("fastmcp-3.4") },
  { name: "FastMCP 3.4, stateless", rate: 1, kinds: fastmcpKinds, rates: { ...usual, ...keepsSessions }, start: () => startPython("fastmcp-3.4", "--stateless") },
  { name: "FastMCP 4.1", rate: 1, kinds: [...fastmcpKinds, "pyGreets"], rates: { ...usual, ...keepsSessions }, start: () => startPython("fastmcp-4.1") },
  { name: "FastMCP 4.1, older era", rate: 1, era: "2025-11-25", kinds: ["pyPlain"], rates: { ...usual, ...keepsSessions }, start: () => startPython("fastmcp-4.1") },
  { name: "Python SDK 1.30", rate: 1, kinds: sdkKinds, rates: { ...usual, ...keepsSessions }, isSessionBound: true, start: () => startPython("mcp-1.30") },
  // It asks on the open response to `tasks/result`, which the proxy would hold until its end, and never asks again on another.
  { name: "Python SDK 1.30, asking", rate: 0.5, kinds: ["sdkGreets"], isDirect: true, isSessionBound: true, start: () => startPython("mcp-1.30") },
  { name: "server-everything", rate: 1, kinds: ["research", "echo"], rates: { ...usual, ...keepsSessions }, isSessionBound: true, start: startEverything },
  { name: "honest", rate: 2, kinds: demoKinds, isDirect: true, start: demo },
];
