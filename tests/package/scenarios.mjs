// What a user does with a real server, as plain functions that run unchanged in Node and in a page: `run` gets the package,
// the server's address and a few helpers, and gives back plain data; `verify` then runs beside the server, with `truth`:
// what the server itself says. No import but this file's own, so that a page can load it as it is.

const textOf = (result) => result.content[0].text;

/** What `run` gets as its third argument. `close()` ends what was opened; `warnings` are the clients' words. */
export function helpers(lib, url, patience = 15_000) {
  const open = [];
  const warnings = [];
  const help = {
    warnings,
    client(options = {}) {
      const client = new lib.Client(url, { onWarning: (w) => warnings.push(w), ...options });
      open.push(client);
      return client;
    },
    /** Every status of a task, as `onStatusChange` tells it. */
    watch(task) {
      const told = [];
      task.onStatusChange((s) => told.push(words(s)));
      return told;
    },
    inTime(promise, what) {
      let timer;
      const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`hangs: ${what}`)), patience); });
      return Promise.race([promise, late]).finally(() => clearTimeout(timer));
    },
    /** What a promise rejects with, as plain data. */
    async rejection(promise) {
      const nothing = {};
      const error = await help.inTime(Promise.resolve(promise).then(() => nothing, (e) => e), "a rejection");
      if (error === nothing) throw new Error("resolved where it should have been rejected");
      const { name, code, message, rpc, result } = error;
      return { name, code, message, rpc, result, isInstance: lib.TasksError.isInstance(error), own: lib[name]?.isInstance(error) ?? false };
    },
    close() { for (const client of open) client.close(); },
  };
  return help;
}

/** One status in words: what a listener can see of it. */
export const words = ({ status, statusMessage }) => (statusMessage ? `${status}: ${statusMessage}` : status);

/** Runs one scenario of a list by its name; gives `{ seen, warnings }`. */
export async function run(list, name, lib, url) {
  const help = helpers(lib, url);
  try {
    const seen = await scenarios[list][name].run(lib, url, help);
    // As it would cross from a page.
    return JSON.parse(JSON.stringify({ seen: seen ?? null, warnings: help.warnings }));
  } finally {
    help.close();
  }
}

/** Checks that hold wherever a scenario ran. `assert` is Node's. */
export async function verify(list, name, { seen, warnings }, truth, assert) {
  assert.deepEqual(warnings, [], "warnings");
  await scenarios[list][name].verify(seen, truth, assert);
}

async function toolError(lib, help, tool, args) {
  const client = help.client();
  const error = await help.rejection(client.callTool(tool, args));
  const task = client.callTool(tool, args, { raiseOnError: false });
  const told = help.watch(task);
  const result = await help.inTime(task, "the result");
  return { error, result, told, wasTask: !task.returnedImmediately };
}

function verifyToolError({ error, result, wasTask }, reason, assert) {
  assert.equal(error.name, "ToolError");
  assert.equal(error.code, "tool_error");
  assert.ok(error.isInstance && error.own);
  assert.ok(error.message.includes(reason), error.message);
  assert.equal(error.result.isError, true);
  assert.ok(textOf(error.result).includes(reason));
  assert.equal(result.isError, true);
  assert.ok(textOf(result).includes(reason));
  assert.equal(wasTask, true);
}

/** The demo server. `truth`: `{ told(taskId), status(taskId), working(), count(rpc) }`. */
const demo = {
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
      assert.deepEqual(told, truth.told(taskId));
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

/** Without what only repeats the line before it. */
const collapsed = (lines) => lines.filter((line, i) => line !== lines[i - 1]);

/** A `fetch` that keeps what a server says of tasks: in its answer to the call, of its own accord, and when asked. */
function eavesdrop() {
  const heard = { created: [], pushed: [], asked: [], fetch: listenIn };
  async function listenIn(url, init) {
    const response = await fetch(url, init);
    const note = (line) => {
      const { method, params, result } = JSON.parse(line);
      if (method === "notifications/tasks/status") heard.pushed.push(words(params));
      else if (result?.task) heard.created.push(words(result.task));
      else if (result?.taskId) heard.asked.push(words(result));
    };
    if (response.body) lines(response.clone().body, note).catch(() => {}); // cut by close()
    return response;
  }
  async function lines(body, note) {
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? "\n" : decoder.decode(value, { stream: true });
      const whole = rest.split("\n");
      rest = whole.pop();
      for (const line of whole) {
        const text = line.replace(/^data: /, "").trim();
        if (text.startsWith("{")) note(text);
      }
      if (done) return;
    }
  }
  return heard;
}

/** FastMCP 3.4. `truth`: `{ get(taskId), pushes }`: a raw tasks/get, and whether the server has a stream to push on. */
const fastmcp = {
  "a task gives the right result, and onStatusChange tells the server's messages in order": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("count", { steps: 4, delay_ms: 250 });
      const told = help.watch(task);
      const result = await help.inTime(task, "the result");
      const { created, pushed, asked } = heard;
      return { told, created, pushed, asked, result, immediately: task.returnedImmediately, taskId: task.taskId };
    },
    async verify({ told, created, pushed, asked, result, immediately, taskId }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 4 });
      assert.equal(immediately, false);
      assert.equal((await truth.get(taskId)).status, "completed");
      if (truth.pushes) assert.ok(pushed.length > 4, `pushed: ${pushed}`);
      else assert.deepEqual(pushed, []);
      // What the server sent, in its order, without repetitions. It may say "working" without a message in between.
      if (!truth.pushes || asked.length === 0) assert.deepEqual(told, collapsed([...created, ...(truth.pushes ? pushed : asked)]));
      // Steps never run backwards, and nothing comes behind the end.
      const steps = collapsed(told.filter((line) => line.includes("step")));
      assert.deepEqual(steps, [...steps].sort());
      assert.ok(steps.length >= 2, told.join(", "));
      assert.equal(told.findIndex((line) => !line.startsWith("working")), told.length - 1, told.join(", "));
      assert.match(told.at(-1), /^completed/);
    },
  },
  "cancel() ends a long task as cancelled on the server, and its work stops": {
    async run(lib, url, help) {
      const client = help.client();
      const ask = async () => (await help.inTime(client.callTool("was_cancelled"), "was_cancelled")).structuredContent;
      const before = await ask();
      const task = client.callTool("long_sleep");
      const told = help.watch(task);
      const failed = help.rejection(task);
      await help.inTime(task.created, "the task's name");
      while ((await ask()).started === before.started);
      await help.inTime(task.cancel(), "the cancellation");
      const error = await failed;
      while ((await ask()).cancelled === before.cancelled);
      return { error, told, before, after: await ask(), taskId: task.taskId };
    },
    async verify({ error, told, before, after, taskId }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.match(told.at(-1), /^cancelled/);
      assert.deepEqual(after, { started: before.started + 1, cancelled: before.cancelled + 1 });
      assert.equal((await truth.get(taskId)).status, "cancelled");
    },
  },
  "a tool that answers at once": {
    async run(lib, url, help) {
      const task = help.client().callTool("quick", { text: "at once" });
      const result = await help.inTime(task, "the result");
      return { result, immediately: task.returnedImmediately, hasId: task.taskId !== undefined };
    },
    verify({ result, immediately, hasId }, truth, assert) {
      assert.equal(textOf(result), "at once");
      assert.equal(immediately, true);
      assert.equal(hasId, false);
    },
  },
  "task: false is a plain call of a tool that could be a task": {
    async run(lib, url, help) {
      const task = help.client().callTool("count", { steps: 1, delay_ms: 1 }, { task: false });
      return { result: await help.inTime(task, "the result"), immediately: task.returnedImmediately };
    },
    verify({ result, immediately }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 1 });
      assert.equal(immediately, true);
    },
  },
  "a tool that fails rejects with ToolError that carries the result; raiseOnError: false resolves": {
    run: (lib, url, help) => toolError(lib, help, "fails", { reason: "no more ink" }),
    verify: (seen, truth, assert) => verifyToolError(seen, "no more ink", assert),
  },
  "a required tool without a task is the server's own error": {
    run: (lib, url, help) => help.rejection(help.client().callTool("long_sleep", {}, { task: false })),
    verify(error, truth, assert) {
      assert.ok(["ToolError", "RpcError"].includes(error.name), error.name);
      assert.match(error.message, /task/);
    },
  },
  "a second client finds a running task by its reference": {
    async run(lib, url, help) {
      const task = help.client().callTool("count", { steps: 4, delay_ms: 200 });
      await help.inTime(task.created, "the task's name");
      const again = help.client().task(JSON.parse(JSON.stringify(task)));
      return help.inTime(again, "the result");
    },
    verify(result, truth, assert) { assert.deepEqual(result.structuredContent, { counted: 4 }); },
  },
  "ten tasks at once, each with its own result": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = Array.from({ length: 10 }, (_, i) => client.callTool("count", { steps: i + 1, delay_ms: 10 }));
      return (await help.inTime(Promise.all(tasks), "ten results")).map((r) => r.structuredContent.counted);
    },
    verify(counted, truth, assert) { assert.deepEqual(counted, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]); },
  },
};

export const scenarios = { demo, fastmcp };
