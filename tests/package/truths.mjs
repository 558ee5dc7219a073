// The servers under test, and what they themselves say of their tasks: the other side of scenarios.mjs.
import { startDemo } from "../servers/demo.mjs";
import { startEverything, startPython } from "../servers/start.mjs";
import { words } from "./scenarios/common.mjs";
import { until } from "./support.mjs";

/** The demo server, which records every status it told: pushed ones with a stream, else those that were asked for. */
async function demoWithTruth({ getStream }) {
  const server = await startDemo({ getStream, pollIntervalMs: 100 });
  const { store } = server;
  const told = new Map();
  const tell = (task) => {
    const lines = told.get(task.taskId) ?? [];
    told.set(task.taskId, lines);
    if (lines.at(-1) !== words(task)) lines.push(words(task));
  };
  const { createTask, getTask, onChange } = store;
  store.createTask = async (...args) => {
    const task = await createTask.apply(store, args);
    tell(task);
    return task;
  };
  if (getStream) {
    store.onChange = (task, ids) => {
      tell(task);
      return onChange(task, ids);
    };
  } else {
    store.getTask = async (taskId, sessionId) => {
      const task = await getTask.call(store, taskId, sessionId);
      // A session asks for one of a client's requests; the demo's own look at its tasks tells nobody anything.
      if (task && sessionId !== undefined) tell(task);
      return task;
    };
  }
  return {
    url: server.url,
    close: () => server.close(),
    truth: {
      until,
      told: (taskId) => told.get(taskId),
      status: (taskId) => store.tasks.get(taskId)?.task.status,
      working: (taskId) => store.work.has(taskId),
    },
  };
}

/** A server that is not ours: what it says is asked by hand, within the scenarios. `{ skip }` where it is missing. */
export const realServers = [
  ["fastmcp3", "FastMCP 3.4, with notifications", () => withTruth(startPython("fastmcp-3.4"), { pushes: true })],
  ["fastmcp3Stateful", "FastMCP 3.4, asking back", () => withTruth(startPython("fastmcp-3.4"))],
  ["fastmcp3", "FastMCP 3.4, GET answered 405 (deviation 15)", () => withTruth(startPython("fastmcp-3.4", "--stateless"), { pushes: false })],
  ["fastmcp4", "FastMCP 4.1", () => withTruth(startPython("fastmcp-4.1"), { pushes: false })],
  ["fastmcp4Legacy", "FastMCP 4.1 after the older handshake", () => withTruth(startPython("fastmcp-4.1"))],
  ["fastmcp2", "FastMCP 2.14", () => withTruth(startPython("fastmcp-2.14"), { pushes: true })],
  ["sdk", "the Python SDK 1.30", () => withTruth(startPython("mcp-1.30"))],
  ["sdkOneGroup", "the Python SDK 1.30, with its own task group", () => withTruth(startPython("mcp-1.30", "--one-group"))],
  ["everything", "server-everything", () => withTruth(startEverything())],
];

export const demoServers = [
  ["demo", "the demo server, with notifications", () => demoWithTruth({ getStream: true })],
  ["demo", "the demo server, GET answered 405", () => demoWithTruth({ getStream: false })],
];

async function withTruth(starting, truth) {
  return { ...(await starting), truth };
}
