// What the Python SDK's `ExperimentalTaskHandlers` answer a server with, field by field, and what ours does beyond: by a server
// that asks whatever it likes. Runs unchanged in Node and in a page.
import { askingServer, prompt, question } from "./asking-server.mjs";

const accepted = { action: "accept", content: { name: "Ada" } };
const never = () => new Promise(() => {});

/** A client that hosts tasks, connected to a server that asks. */
async function hosting(lib, options, host = new lib.receiver.TaskHost({ onError: () => {} })) {
  const server = askingServer();
  const warnings = [];
  const client = new lib.Client("http://asking.invalid/mcp", { era: "2025-11-25", fetch: server.fetch, taskHandlers: host, onWarning: (w) => warnings.push(w.message), ...options });
  await client.ping();
  await server.open;
  return { server, client, host, warnings };
}

const created = async (server, method = "elicitation/create", params = question()) => (await server.ask(method, params)).result.task;

export const rows = {
  "host.get_task: flat, with its times and its time to live, and without the task in _meta": async (lib, { equal }) => {
    // checklist R2.5, R2.7, R2.10, R2.14
    const { server, client } = await hosting(lib, { onElicitation: never });
    const task = await created(server);
    equal([task.status, task.ttl, task.pollInterval, task.createdAt === task.lastUpdatedAt], ["working", 60_000, 500, true]);
    equal(Number.isNaN(Date.parse(task.createdAt)), false);
    const got = await server.ask("tasks/get", { taskId: task.taskId, _meta: { "io.modelcontextprotocol/related-task": { taskId: "forged" } } });
    equal(got.result, task);
    equal((await server.ask("tasks/get", { taskId: "nobody's" })).error, { code: -32602, message: "Task not found: nobody's" });
    equal((await server.ask("tasks/get", {})).error.code, -32602);
    client.close();
  },
  "host.get_task_result: waits for the end, is exactly the answer, and names the task": async (lib, { equal }) => {
    // checklist R2.9, R2.16
    let answer;
    const { server, client } = await hosting(lib, { onElicitation: () => new Promise((resolve) => { answer = resolve; }), onSampling: () => { throw Object.assign(new Error("the user said no"), { code: -1 }); } });
    const { taskId } = await created(server);
    let isAnswered = false;
    const results = [1, 2].map(() => server.ask("tasks/result", { taskId }).then((it) => { isAnswered = true; return it; }));
    equal((await server.ask("tasks/get", { taskId })).result.status, "working");
    equal(isAnswered, false);
    answer(accepted);
    for (const { result } of await Promise.all(results)) equal(result, { ...accepted, _meta: { "io.modelcontextprotocol/related-task": { taskId } } });
    const rejected = await created(server, "sampling/createMessage", prompt());
    equal((await server.ask("tasks/result", { taskId: rejected.taskId })).error, { code: -1, message: "the user said no" });
    client.close();
  },
  "host.list_tasks: what can be got can be listed, page by page; not where the host says so": async (lib, { equal }) => {
    // checklist R2.4, R2.12, R2.14
    const { server, client } = await hosting(lib, { onElicitation: never });
    const ids = [];
    for (let n = 0; n < 12; n++) ids.push((await created(server)).taskId);
    const first = (await server.ask("tasks/list")).result;
    const second = (await server.ask("tasks/list", { cursor: first.nextCursor })).result;
    equal([...first.tasks, ...second.tasks].map(({ taskId }) => taskId), ids);
    equal([first.tasks.length, second.nextCursor], [10, undefined]);
    equal((await server.ask("tasks/list", { cursor: "forged" })).error.code, -32602);
    client.close();
    const private_ = await hosting(lib, { onElicitation: never }, new lib.receiver.TaskHost({ list: false }));
    equal(private_.server.capabilities.tasks.list, undefined);
    equal((await private_.server.ask("tasks/list")).error.code, -32601);
    private_.client.close();
  },
  "host.cancel_task: cancelled before it is answered, the work is stopped, and what it says later changes nothing": async (lib, { equal, until }) => {
    // checklist R2.13, R2.6
    let stopped = false, answer;
    const { server, client, host } = await hosting(lib, { onElicitation: (params, { signal }) => new Promise((resolve) => { answer = resolve; signal.addEventListener("abort", () => { stopped = true; }); }) });
    const { taskId } = await created(server);
    const cancelled = (await server.ask("tasks/cancel", { taskId })).result;
    equal([cancelled.taskId, cancelled.status], [taskId, "cancelled"]);
    await until(() => stopped);
    equal((await server.ask("tasks/cancel", { taskId })).error, { code: -32602, message: "Cannot cancel task in terminal state 'cancelled'" });
    equal((await server.ask("tasks/cancel", { taskId: "nobody's" })).error.code, -32602);
    answer(accepted);
    equal((await server.ask("tasks/result", { taskId })).error.code, -32602);
    equal((await host.store.getTask(taskId)).status, "cancelled");
    client.close();
  },
  "host.augmented_sampling: a task at once, then the handler's answer; a plain request is served plainly": async (lib, { equal }) => {
    // checklist R2.8, R2.3
    const said = { role: "assistant", content: { type: "text", text: "42" }, model: "m" };
    const seen = [];
    const { server, client } = await hosting(lib, { onSampling: (params, { key }) => { seen.push([params.maxTokens, typeof key]); return said; } });
    const { taskId } = await created(server, "sampling/createMessage", prompt());
    equal((await server.ask("tasks/result", { taskId })).result.content.text, "42");
    const { task, ...plain } = prompt();
    equal((await server.ask("sampling/createMessage", plain)).result, said);
    equal(seen, [[9, "string"], [9, "string"]]);
    client.close();
  },
  "host.augmented_elicitation: a task at once, then the handler's answer; each status is notified": async (lib, { equal, until }) => {
    // checklist R2.11, R2.10
    const { server, client } = await hosting(lib, { onElicitation: () => accepted });
    const { taskId } = await created(server);
    await until(() => server.told.some(({ method }) => method === "notifications/tasks/status"));
    const { params } = server.told.find(({ method }) => method === "notifications/tasks/status");
    equal([params.taskId, params.status, params._meta], [taskId, "completed", undefined]);
    equal((await server.ask("tasks/result", { taskId })).result.action, "accept");
    client.close();
  },
  "host.build_capability: only what there is somebody for": async (lib, { equal }) => {
    // checklist R2.1
    const declared = async (options, host) => {
      const { server, client } = await hosting(lib, options, host);
      client.close();
      return server.capabilities.tasks;
    };
    const all = { list: {}, cancel: {} };
    equal(await declared({ onElicitation: never, onSampling: never }), { ...all, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } });
    equal(await declared({ onSampling: never }), { ...all, requests: { sampling: { createMessage: {} } } });
    equal(await declared({ onElicitation: never, onTaskStatus: () => {} }, { augmentedElicitation: never, getTask: never }), { requests: { elicitation: { create: {} } } });
    const server = askingServer();
    const client = new lib.Client("http://asking.invalid/mcp", { era: "2025-11-25", fetch: server.fetch, onElicitation: never });
    await client.ping();
    equal(server.capabilities, { elicitation: { form: {} } }, "without a host nothing is said of tasks");
    client.close();
  },
  "host.handles_request: handlers of the application's own get what is theirs; what is not there is -32601": async (lib, { equal }) => {
    const seen = [];
    const at = new Date().toISOString();
    const own = { taskId: "own", status: "working", ttl: null, createdAt: at, lastUpdatedAt: at };
    const { server, client } = await hosting(lib, { onElicitation: () => accepted }, {
      async augmentedElicitation(params, { handler, notify, length, signal }) {
        seen.push([params.message, length > 50, signal.aborted, await handler(params, {})]);
        notify(own);
        return { task: own };
      },
      getTask: ({ taskId }) => ({ ...own, taskId }),
    });
    equal((await server.ask("elicitation/create", question())).result.task.taskId, "own");
    equal(seen, [["Which?", true, false, accepted]]);
    equal((await server.ask("tasks/get", { taskId: "own" })).result.taskId, "own");
    equal((await server.ask("tasks/result", { taskId: "own" })).error.code, -32601);
    equal((await server.ask("tasks/cancel", { taskId: "own" })).error.code, -32601);
    client.close();
  },
};
