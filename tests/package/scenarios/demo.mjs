// The demo server: what a user does with tools on the official SDK; and the same list in the 2026-07-28 revision, against the
// same tools on a stub.
import { eavesdrop, textOf, toolError, verifyToolError, without, words } from "./common.mjs";

/** The demo server. `truth`: `{ told(taskId, seen), status(taskId), working(taskId) }`. */
export const demo = {
  "a task gives the right result, and onStatusChange tells every status the server sent, in order": {
    async run(lib, url, help) {
      const task = help.client().callTool("slow_count", { steps: 4, delayMs: 120, label: "grüße 🎉" });
      const told = help.watch(task);
      const result = await help.inTime(task, "the result");
      return { taskId: task.taskId, told, result, immediately: task.returnedImmediately, snapshot: words(task.getSnapshot()) };
    },
    verify({ taskId, told, result, immediately, snapshot }, truth, assert) {
      assert.equal(textOf(result), "counted to 4");
      assert.deepEqual(result.structuredContent, { counted: 4, label: "grüße 🎉" });
      assert.equal(immediately, false);
      assert.deepEqual(told, truth.told(taskId, told));
      assert.equal(told.at(-1), snapshot);
      assert.match(snapshot, /^completed/);
    },
  },
  "await alone is enough": {
    async run(lib, url, help) {
      return help.inTime(help.client().callTool("render_report", { title: "Q", pages: 1, draft: true }), "the result");
    },
    verify(result, truth, assert) {
      assert.equal(textOf(result), "# Q\n\n## Page 1 (draft)\n\nFigures of page 1.");
    },
  },
  "updates() is told what onStatusChange is told": {
    async run(lib, url, help) {
      const task = help.client().callTool("slow_count", { steps: 2, delayMs: 120 });
      const told = help.watch(task);
      const updates = [];
      await help.inTime((async () => { for await (const s of task.updates()) updates.push(words(s)); })(), "the end of updates()");
      return { told, updates };
    },
    verify({ told, updates }, truth, assert) {
      assert.ok(told.length >= 2, String(told));
      assert.deepEqual(updates, told);
    },
  },
  "cancel() ends a long task as cancelled on the server, and its work stops": {
    async run(lib, url, help) {
      const task = help.client().callTool("slow_count", { steps: 100, delayMs: 60_000 });
      const told = help.watch(task);
      const failed = help.rejection(task);
      for await (const s of task.updates()) if (s.statusMessage === "step 1 of 100") break;
      await help.inTime(task.cancel(), "the cancellation");
      const error = await failed;
      const raw = await help.client().task(task.toJSON()).status();
      return { taskId: task.taskId, told, error, raw };
    },
    async verify({ taskId, told, error, raw }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.equal(error.code, "task_cancelled");
      assert.match(told.at(-1), /^cancelled/);
      assert.equal(raw.status, "cancelled");
      assert.equal(truth.status(taskId), "cancelled");
      await truth.until(() => truth.working(taskId) === false, "the work has stopped");
    },
  },
  "a tool that answers at once": {
    async run(lib, url, help) {
      const task = help.client().callTool("echo", { text: "at once" });
      const told = help.watch(task);
      const result = await help.inTime(task, "the result");
      return { result, told, immediately: task.returnedImmediately, hasId: "taskId" in task && task.taskId !== undefined, created: (await task.created) ?? null };
    },
    verify({ result, told, immediately, hasId, created }, truth, assert) {
      assert.equal(textOf(result), "at once");
      assert.deepEqual({ told, immediately, hasId, created }, { told: [], immediately: true, hasId: false, created: null });
    },
  },
  "task: false is a plain call of a tool that could be a task": {
    async run(lib, url, help) {
      const task = help.client().callTool("slow_count", { steps: 1, delayMs: 10 }, { task: false });
      return { result: await help.inTime(task, "the result"), immediately: task.returnedImmediately };
    },
    verify({ result, immediately }, truth, assert) {
      assert.equal(textOf(result), "counted to 1");
      assert.equal(immediately, true);
    },
  },
  "a tool that fails rejects with ToolError that carries the result; raiseOnError: false resolves": {
    run: (lib, url, help) => toolError(lib, help, "always_fails", { reason: "no more paper" }),
    verify: (seen, truth, assert) => verifyToolError(seen, "no more paper", assert),
  },
  "a task that crashes rejects with TaskFailedError in the server's words": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool("crashes");
      const told = help.watch(task);
      const error = await help.rejection(task);
      // raiseOnError is about results; there is none.
      const other = await help.rejection(client.callTool("crashes", {}, { raiseOnError: false }));
      return { error, other, told, taskId: task.taskId };
    },
    verify({ error, other, told, taskId }, truth, assert) {
      for (const e of [error, other]) {
        assert.equal(e.name, "TaskFailedError");
        assert.equal(e.code, "task_failed");
        assert.match(e.message, /the ice broke/);
        assert.equal(e.rpc.code, -32603);
        assert.match(e.rpc.message, /the ice broke/);
      }
      assert.equal(told.at(-1), "failed: the ice broke");
      assert.equal(truth.status(taskId), "failed");
    },
  },
  "a tool that does not exist, and arguments that do not fit": {
    async run(lib, url, help) {
      const client = help.client();
      const [a, b, c] = await Promise.all([
        help.rejection(client.callTool("no_such_tool")),
        help.rejection(client.callTool("add", { a: "one", b: 2 })),
        help.rejection(client.callTool("slow_count", { steps: -1 })),
      ]);
      return [a, b, c];
    },
    verify(errors, truth, assert) {
      for (const error of errors) {
        assert.ok(["ToolError", "RpcError"].includes(error.name), error.name);
        assert.match(error.message, /no_such_tool|add|slow_count/);
      }
    },
  },
  "thirty tasks at once, each with its own result": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = Array.from({ length: 30 }, (_, i) => client.callTool("slow_count", { steps: 2, delayMs: 60, label: `n${i}` }));
      const results = await help.inTime(Promise.all(tasks), "thirty results");
      return { labels: results.map((r) => r.structuredContent.label), ids: tasks.map((task) => task.taskId) };
    },
    verify({ labels, ids }, truth, assert) {
      assert.deepEqual(labels, Array.from({ length: 30 }, (_, i) => `n${i}`));
      assert.equal(new Set(ids).size, 30);
    },
  },
  "a second client finds a running task by its reference": {
    async run(lib, url, help) {
      const first = help.client();
      const task = first.callTool("slow_count", { steps: 3, delayMs: 150, label: "kept" });
      await help.inTime(task.created, "the task's name");
      const text = JSON.stringify(task);
      first.close();
      const again = help.client().task(JSON.parse(text));
      const told = help.watch(again);
      const result = await help.inTime(again, "the result");
      return { result, told, taskId: again.taskId };
    },
    verify({ result, told, taskId }, truth, assert) {
      assert.equal(result.structuredContent.label, "kept");
      assert.match(told.at(-1), /^completed/);
      assert.equal(truth.status(taskId), "completed");
    },
  },
  "listTools lists every tool": {
    async run(lib, url, help) {
      return (await help.inTime(help.client().listTools(), "the tools")).map((tool) => [tool.name, tool.execution?.taskSupport ?? null]);
    },
    verify(tools, truth, assert) {
      const support = Object.fromEntries(tools);
      assert.equal(support.slow_count, "optional");
      assert.equal(support.render_report, "required");
      assert.ok("echo" in support && "add" in support);
    },
  },
};

/** What the handles do in the other era: nobody who awaits, watches or cancels a task sees which it is. */
export const demoModern = {
  ...without(demo, /^listTools lists every tool/, "the list of tools does not say which of them may be tasks"),
  "listTools lists every tool, and says of none whether it may be a task": {
    async run(lib, url, help) {
      return (await help.inTime(help.client().listTools(), "the tools")).map((tool) => [tool.name, "execution" in tool]);
    },
    verify(tools, truth, assert) {
      const says = Object.fromEntries(tools);
      for (const name of ["slow_count", "render_report", "always_fails", "crashes", "echo", "add"]) assert.equal(says[name], false, name);
    },
  },
  "the list above ran in the 2026-07-28 revision: found by itself, without a handshake": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("slow_count", { steps: 1, delayMs: 10 });
      await help.inTime(task, "the result");
      return { methods: heard.methods, versions: heard.sent.map(({ headers }) => headers["mcp-protocol-version"]) };
    },
    verify({ methods, versions }, truth, assert) {
      assert.deepEqual(methods.slice(0, 3), ["server/discover", "tools/list", "tools/call"]);
      assert.ok(methods.every((method) => method !== "initialize" && method !== "tasks/result"), methods.join());
      assert.ok(versions.every((version) => version === "2026-07-28"));
    },
  },
};
