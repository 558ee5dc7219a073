// The words of the server that everybody is measured against: MCP 2025-11-25 with tasks, which all of them speak. It keeps
// nothing about a task, so that the memory of a page is the client's own. Runs in the page and in Node.

const start = Date.UTC(2026, 0, 1);
const iso = (ms) => new Date(ms).toISOString();

/** The id of the n-th task: like a UUID, different from the first character on. */
export function taskId(n) {
  let x = Math.imul(n + 1, 0x9e3779b1) >>> 0;
  const hex = () => ((x = Math.imul(x ^ (x >>> 15), 0x85ebca6b) >>> 0)).toString(16).padStart(8, "0");
  const [a, b, c] = [hex(), hex(), hex()];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${c.slice(0, 4)}-${n.toString(16).padStart(12, "0")}`;
}

/** A task's state. */
export function described(id, { pollInterval, status = "working", statusMessage = "at work", at = 0 }) {
  return { taskId: id, status, statusMessage, createdAt: iso(start), lastUpdatedAt: iso(start + at), ttl: 86_400_000, pollInterval };
}

/** A status notification. */
export function notification(id, options) {
  return { jsonrpc: "2.0", method: "notifications/tasks/status", params: described(id, options) };
}

/** What a message is answered with; `undefined`: it wants no answer. `states(id)` tells where a task stands. */
export function protocol({ pollInterval, onCreate = () => {}, states = () => ({}), result }) {
  let made = 0;
  const state = (id) => described(id, { pollInterval, ...states(id) });
  const methods = {
    initialize: () => ({
      protocolVersion: "2025-11-25", serverInfo: { name: "bench", version: "1" },
      capabilities: { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
    }),
    ping: () => ({}),
    "tools/list": () => ({ tools: [
      { name: "work", inputSchema: { type: "object" }, execution: { taskSupport: "optional" } },
      { name: "hello", inputSchema: { type: "object" } },
    ] }),
    "tools/call": ({ task }) => {
      if (!task) return { content: [{ type: "text", text: "hello" }] };
      const id = taskId(made++);
      onCreate(id);
      return { task: state(id) };
    },
    "tasks/get": ({ taskId }) => state(taskId),
    "tasks/result": ({ taskId }) => ({ content: [{ type: "text", text: "done" }], ...result?.(taskId) }),
    "tasks/cancel": ({ taskId }) => ({ ...state(taskId), status: "cancelled" }),
    // A hundred a page.
    "tasks/list": ({ cursor = "0" } = {}) => {
      const from = Number(cursor);
      const to = Math.min(from + 100, made);
      const page = Array.from({ length: to - from }, (_, n) => state(taskId(from + n)));
      return { tasks: page, ...(to < made && { nextCursor: String(to) }) };
    },
  };
  return ({ id, method, params }) => {
    if (id === undefined) return undefined;
    const known = Object.hasOwn(methods, method);
    return known ? { jsonrpc: "2.0", id, result: methods[method](params) } : { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } };
  };
}
