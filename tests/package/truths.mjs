// The servers under test, and what they themselves say of their tasks: the other side of scenarios.mjs.
import { startDemo } from "../servers/demo.mjs";
import { startModernDemo } from "../servers/modern-demo.mjs";
import { startEverything, startPython } from "../servers/start.mjs";
import { words } from "./scenarios/common.mjs";
import { until } from "./support.mjs";

/**
 * What each task said of itself: `tell(task)` keeps it, `told(taskId, seen)` gives all of it without repetitions. What was told
 * on one connection may be overtaken by what was told later on another (`isSure: false`): whoever has not seen it, need not.
 */
function record() {
  const all = new Map();
  return {
    told: (taskId, seen) => all.get(taskId)?.filter(({ line, isSure }) => isSure || seen.includes(line)).map(({ line }) => line),
    tell(task, isSure = true) {
      const lines = all.get(task.taskId) ?? [];
      all.set(task.taskId, lines);
      if (lines.at(-1)?.line !== words(task)) lines.push({ line: words(task), isSure });
      else lines.at(-1).isSure ||= isSure;
    },
  };
}

/** The demo server, which records every status it told: pushed ones with a stream, else those that were asked for. */
async function demoWithTruth({ getStream }) {
  const server = await startDemo({ getStream, pollIntervalMs: 100 });
  const { store } = server;
  const { told, tell } = record();
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
      told,
      status: (taskId) => store.tasks.get(taskId)?.task.status,
      working: (taskId) => store.work.has(taskId),
    },
  };
}

/** The demo's tools in the other revision; records every status it told: by its answers, and where a stream speaks of the task. */
async function modernDemoWithTruth(options) {
  const server = await startModernDemo(options);
  const { tasks, listens } = server;
  const { told, tell } = record();
  const { create, find, onChange } = tasks;
  tasks.create = (...args) => {
    const task = create.apply(tasks, args);
    tell(task);
    return task;
  };
  const isStreamed = ({ taskId }) => listens.all.some(({ open, taskIds }) => open && taskIds.includes(taskId));
  // Only requests of clients look for a task there.
  tasks.find = (taskId) => {
    const task = find.call(tasks, taskId);
    tell(task, !isStreamed(task));
    return task;
  };
  tasks.onChange = (task) => {
    if (isStreamed(task)) tell(task);
    return onChange(task);
  };
  return {
    url: server.url,
    close: () => server.close(),
    truth: { until, told, status: (taskId) => tasks.byId.get(taskId)?.status, working: server.working },
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
  ["hostedSdk", "the Python SDK 1.30, with tasks of ours", () => withTruth(startPython("mcp-1.30"))],
  ["everything", "server-everything", () => withTruth(startEverything())],
  ["hostedEverything", "server-everything, with tasks of ours", () => withTruth(startEverything())],
];

export const demoServers = [
  ["demo", "the demo server, with notifications", () => demoWithTruth({ getStream: true })],
  ["demo", "the demo server, GET answered 405", () => demoWithTruth({ getStream: false })],
  ["demoModern", "the demo's tools in the 2026-07-28 revision, with notifications", () => modernDemoWithTruth()],
  ["demoModern", "the demo's tools in the 2026-07-28 revision, polled (deviation 44)", () => modernDemoWithTruth({ listen: false })],
];

async function withTruth(starting, truth) {
  return { ...(await starting), truth };
}
