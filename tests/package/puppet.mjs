// A server whose tasks stand where the test puts them. No timers of its own, no stream: what happens is what was asked.
import { accepted, answer, failure, initializeResult, json, startScripted } from "../servers/scripted.mjs";

const tools = ["required", "optional", "forbidden"].map((taskSupport) => ({
  name: taskSupport, inputSchema: { type: "object" }, execution: { taskSupport },
}));

/**
 * Tools named by their task support. Tasks are named `task-1`, `task-2` … in the order they were created.
 *
 * - `put(id, status, statusMessage)` moves a task, `finish(id, result)` completes it;
 * - `script.set(method, handler)` answers a JSON-RPC method in place of the puppet: `({ rpc, res, n })`, `n` counting
 *   the calls of that method from 0; a handler that returns `false` leaves this one to the puppet;
 * - `count(method)` is how often a method was asked for.
 */
export async function startPuppet({ cors, pollInterval = 50 } = {}) {
  const tasks = new Map();
  const script = new Map();
  const counts = new Map();
  const stamp = () => new Date().toISOString();
  const unknown = (rpc) => failure(rpc.id, -32602, `Task not found: ${rpc.params.taskId}`);

  const methods = {
    initialize: (rpc) => initializeResult(rpc.id),
    "tools/list": (rpc) => answer(rpc.id, { tools }),
    "tools/call"(rpc) {
      const { name, task } = rpc.params;
      if (!task) return answer(rpc.id, { content: [{ type: "text", text: `${name} at once` }] });
      const taskId = `task-${tasks.size + 1}`;
      const made = { taskId, status: "working", createdAt: stamp(), lastUpdatedAt: stamp(), ttl: task.ttl ?? null, pollInterval };
      tasks.set(taskId, { task: made });
      return answer(rpc.id, { task: made });
    },
    "tasks/get": (rpc) => tasks.has(rpc.params.taskId) ? answer(rpc.id, tasks.get(rpc.params.taskId).task) : unknown(rpc),
    "tasks/result"(rpc) {
      const found = tasks.get(rpc.params.taskId);
      return found ? answer(rpc.id, found.result ?? {}) : unknown(rpc);
    },
    "tasks/cancel"(rpc) {
      const found = tasks.get(rpc.params.taskId);
      if (!found) return unknown(rpc);
      put(rpc.params.taskId, "cancelled");
      return answer(rpc.id, found.task);
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
    return methods[name] ? json(res, methods[name](rpc)) : accepted(res);
  }, { cors });

  return {
    ...server, tasks, script, put,
    count: (name) => counts.get(name) ?? 0,
    finish(taskId, result = { content: [{ type: "text", text: `${taskId} is done` }] }, status = "completed") {
      tasks.get(taskId).result = result;
      put(taskId, status);
    },
  };
}
