// A server whose tasks stand where the test puts them. No timers of its own, no stream: what happens is what was asked.
import { accepted, answer, failure, initializeResult, json, startScripted } from "../servers/scripted.mjs";

const tools = ["required", "optional", "forbidden"].map((taskSupport) => ({
  name: taskSupport, inputSchema: { type: "object" }, execution: { taskSupport },
}));
const complete = (id, result) => answer(id, { resultType: "complete", ...result });
const cached = { ttlMs: 0, cacheScope: "private" };

/** What differs between the revisions: how a client is greeted, how a task is asked for, described and ended. */
const dialects = {
  "2025-11-25": {
    greet: "initialize",
    greeting: (id, over) => initializeResult(id, over),
    list: (id) => answer(id, { tools }),
    asksForTask: ({ task }) => task !== undefined,
    described: ({ task: { ttl = null } = {} }, pollInterval) => ({ ttl, pollInterval }),
    created: (id, task) => answer(id, { task }),
    state: (id, { task }) => answer(id, task),
    cancelled: (id, task) => answer(id, task),
    statusOf: () => 200,
    end: (status) => status,
  },
  "2026-07-28": {
    greet: "server/discover",
    greeting: (id, over) => complete(id, { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ...cached, ...over }),
    list: (id) => complete(id, { tools: tools.map(({ execution, ...tool }) => tool), ...cached }),
    asksForTask: ({ name, _meta }) =>
      name !== "forbidden" && _meta["io.modelcontextprotocol/clientCapabilities"].extensions?.["io.modelcontextprotocol/tasks"] !== undefined,
    described: (_params, pollIntervalMs) => ({ ttlMs: null, pollIntervalMs }),
    created: (id, task) => answer(id, { resultType: "task", ...task }),
    state: (id, { task, result }) => complete(id, { ...task, ...(task.status === "completed" ? { result } : {}) }),
    cancelled: (id) => complete(id),
    statusOf: ({ error }) => ({ [-32601]: 404 })[error?.code] ?? (error ? 400 : 200),
    // A tool's error does not fail its task.
    end: (status) => (status === "failed" ? "completed" : status),
  },
};

/**
 * Tools named by their task support (in 2026-07-28 only the server knows it, and `optional` becomes a task wherever it may).
 * Tasks are named `task-1`, `task-2` … in the order they were created.
 *
 * - `put(id, status, statusMessage)` moves a task, `finish(id, result)` completes it;
 * - `script.set(method, handler)` answers a JSON-RPC method in place of the puppet: `({ rpc, res, n })`, `n` counting
 *   the calls of that method from 0; a handler that returns `false` leaves this one to the puppet;
 * - `count(method)` is how often a method was asked for;
 * - `wire` has the words of its revision.
 */
export async function startPuppet({ cors, pollInterval = 50, revision = "2025-11-25" } = {}) {
  const wire = dialects[revision];
  const tasks = new Map();
  const script = new Map();
  const counts = new Map();
  const stamp = () => new Date().toISOString();
  const unknown = (rpc) => failure(rpc.id, -32602, `Task not found: ${rpc.params.taskId}`);

  const methods = {
    [wire.greet]: (rpc) => wire.greeting(rpc.id),
    "tools/list": (rpc) => wire.list(rpc.id),
    "tools/call"(rpc) {
      const { name } = rpc.params;
      if (!wire.asksForTask(rpc.params)) return answer(rpc.id, { content: [{ type: "text", text: `${name} at once` }] });
      const taskId = `task-${tasks.size + 1}`;
      const made = { taskId, status: "working", createdAt: stamp(), lastUpdatedAt: stamp(), ...wire.described(rpc.params, pollInterval) };
      tasks.set(taskId, { task: made });
      return wire.created(rpc.id, made);
    },
    "tasks/get": (rpc) => tasks.has(rpc.params.taskId) ? wire.state(rpc.id, tasks.get(rpc.params.taskId)) : unknown(rpc),
    "tasks/result"(rpc) {
      const found = tasks.get(rpc.params.taskId);
      return found ? answer(rpc.id, found.result ?? {}) : unknown(rpc);
    },
    "tasks/cancel"(rpc) {
      const found = tasks.get(rpc.params.taskId);
      if (!found) return unknown(rpc);
      put(rpc.params.taskId, "cancelled");
      return wire.cancelled(rpc.id, found.task);
    },
  };

  function put(taskId, status, statusMessage) {
    const found = tasks.get(taskId);
    found.task = { ...found.task, status, statusMessage, lastUpdatedAt: stamp() };
  }

  const server = await startScripted(({ method, rpc, res }) => {
    const name = rpc?.method ?? method;
    const n = counts.get(name) ?? 0;
    counts.set(name, n + 1);
    if (script.has(name) && script.get(name)({ rpc, res, n }) !== false) return undefined;
    if (method === "GET") return res.writeHead(405).end();
    if (method === "DELETE") return res.writeHead(200).end();
    const said = methods[name]?.(rpc) ?? (revision > "2026" && rpc?.id !== undefined && failure(rpc.id, -32601, `Method not found: ${name}`));
    return said ? json(res, said, wire.statusOf(said)) : accepted(res);
  }, { cors });

  return {
    ...server, tasks, script, put, wire,
    count: (name) => counts.get(name) ?? 0,
    finish(taskId, result = { content: [{ type: "text", text: `${taskId} is done` }] }, status = "completed") {
      tasks.get(taskId).result = result;
      put(taskId, wire.end(status));
    },
  };
}
