// What a server itself says of its tasks: the other side of scenarios.mjs.
import { startDemo } from "../servers/demo.mjs";
import { startFastmcp34 } from "../servers/fastmcp.mjs";
import { words } from "./scenarios.mjs";
import { until } from "./support.mjs";

/** The demo server, which records every status it told: pushed ones with a stream, else those that were asked for. */
export async function demoWithTruth({ getStream }) {
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

/** FastMCP 3.4, or `{ skip }`. */
export async function fastmcpWithTruth({ stateless }) {
  const server = await startFastmcp34({ stateless });
  if (server.skip) return server;
  return { url: server.url, close: server.close, truth: { until, pushes: !stateless, get: (taskId) => rawGet(server.url, taskId) } };
}

/** `tasks/get` by hand: a session of its own, and no code of the package's. */
async function rawGet(url, taskId) {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const post = async (body) => {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ jsonrpc: "2.0", ...body }) });
    return { response, text: await response.text() };
  };
  const clientInfo = { name: "by hand", version: "0" };
  const { response } = await post({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo } });
  const session = response.headers.get("mcp-session-id");
  if (session) headers["mcp-session-id"] = session;
  headers["mcp-protocol-version"] = "2025-11-25";
  await post({ method: "notifications/initialized" });
  const { text } = await post({ id: 2, method: "tasks/get", params: { taskId } });
  const data = text.startsWith("{") ? text : text.split("\n").filter((line) => line.startsWith("data: {")).map((line) => line.slice(6)).at(-1);
  const { result, error } = JSON.parse(data);
  if (error) throw new Error(`tasks/get: ${error.message}`);
  return result;
}
