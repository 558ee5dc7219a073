// The floor: what a page would write by hand for exactly this, with a published parser of event streams and nothing else.
// No retries, no resumption, no limits, no checks, no second revision of the protocol.
import { createParser } from "eventsource-parser";

async function post({ url, fetch }, message) {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(message) });
  return response.status === 202 ? undefined : (await response.json()).result;
}

async function open({ url, fetch }, onMessage) {
  const { ok, body } = await fetch(url, { method: "GET", headers: { accept: "text/event-stream" } });
  if (!ok) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = createParser({ onEvent: ({ data }) => onMessage(JSON.parse(data)) });
  for (let part; !(part = await reader.read()).done; ) parser.feed(decoder.decode(part.value, { stream: true }));
}

let next = 1;
const request = (server, method, params) => post(server, { jsonrpc: "2.0", id: next++, method, params });

async function greet(server) {
  await request(server, "initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } });
  await post(server, { jsonrpc: "2.0", method: "notifications/initialized" });
}

export async function listen(server, onMessage) {
  void open(server, ({ params }) => onMessage(params));
}

export async function watch(server, count, onStatus) {
  const handlers = new Map();
  await greet(server);
  void open(server, ({ method, params }) => method === "notifications/tasks/status" && handlers.get(params.taskId)?.(params));
  for (let n = 0; n < count; n++) {
    const { task } = await request(server, "tools/call", { name: "work", arguments: {}, task: {} });
    handlers.set(task.taskId, ({ statusMessage }) => onStatus(statusMessage));
  }
}

export async function connect(server) {
  const tasks = new Map();
  await greet(server);
  const update = ({ taskId, status }) => {
    const task = tasks.get(taskId);
    if (!task || status === "working") return;
    tasks.delete(taskId);
    clearTimeout(task.timer);
    request(server, "tasks/result", { taskId }).then(task.resolve, task.reject);
  };
  let isPushed = false;
  void open(server, ({ method, params }) => {
    isPushed = true;
    if (method === "notifications/tasks/status") update(params);
  });
  const poll = (taskId, task, ms) => {
    task.timer = setTimeout(async () => {
      if (!isPushed) update(await request(server, "tasks/get", { taskId }));
      if (tasks.has(taskId)) poll(taskId, task, ms);
    }, ms);
  };
  return {
    call(name) {
      const task = { resolve: undefined, reject: undefined, timer: undefined };
      const result = new Promise((resolve, reject) => Object.assign(task, { resolve, reject }));
      const created = request(server, "tools/call", { name, arguments: {}, task: {} }).then(({ task: { taskId, pollInterval } }) => {
        tasks.set(taskId, task);
        poll(taskId, task, pollInterval);
      });
      return { created, result, handle: result };
    },
    plain: (name) => request(server, "tools/call", { name, arguments: {} }),
    close: () => {},
  };
}
