// The low-level server of the Python SDK 1.30, with its experimental tasks: elicitation and sampling inside of a task.
import { collapsed, eavesdrop, textOf, toolError, verifyToolError } from "./common.mjs";
import { input } from "./input.mjs";
import { byId, refusals, sessions } from "./shared.mjs";

const v = {
  quick: ["count", { steps: 1, delay_ms: 20 }],
  lasting: ["count", { steps: 2, delay_ms: 1500 }],
  slow: ["count", { steps: 2, delay_ms: 1000 }],
  plain: ["echo", { text: "at once" }, "at once"],
  required: ["greets", {}, "ToolError"],
  check: (result, assert) => assert.deepEqual(result.structuredContent, { counted: 1 }),
  lists: true,
  waits: true,
  cancelsFinished: "refused",
  scoped: true,
  times: [30_000, 500],
};

const calls = {
  "a task gives the right result, and its last message stays behind its end (deviation 14)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("count", { steps: 3, delay_ms: 150 });
      const told = help.watch(task);
      const result = await help.inTime(task, "the result");
      return { told, result, created: heard.created, pushed: heard.pushed, taskId: task.taskId, immediately: task.returnedImmediately };
    },
    verify({ told, result, created, pushed, taskId, immediately }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 3 });
      assert.equal(immediately, false);
      assert.match(taskId, /^[0-9a-f]{32}:/); // deviation 7
      assert.deepEqual(pushed, ["working: step 1 of 3", "working: step 2 of 3", "working: step 3 of 3", "completed: step 3 of 3"]);
      assert.deepEqual(told, collapsed([...created, ...pushed]));
    },
  },
  "a task without a time to live, whose key the server leaves out, is kept without limit (deviation 5)": {
    async run(lib, url, help) {
      const task = help.client().callTool(...v.quick);
      await help.inTime(task, "the result");
      return (await task.status()).ttlMs;
    },
    verify(ttlMs, truth, assert) { assert.equal(ttlMs, null); },
  },
  "a tool error ends its task as completed, and is a ToolError (deviation 18)": {
    run: (lib, url, help) => toolError(lib, help, "tool_error", { reason: "no more ink" }),
    verify(seen, truth, assert) {
      verifyToolError(seen, "no more ink", assert);
      assert.equal(seen.told.at(-1), "completed");
    },
  },
  "a task that fails or raises has no result: TaskFailedError in the server's words (deviation 18)": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = [client.callTool("raises", { reason: "the ice broke" }), client.callTool("reports_failure", { reason: "no more paper" }, { raiseOnError: false })];
      const told = tasks.map((task) => help.watch(task));
      const errors = await Promise.all(tasks.map((task) => help.rejection(task)));
      return { told, errors, raw: await help.inTime(client.getTaskResult(tasks[0].taskId), "what tasks/result says") };
    },
    verify({ told, errors, raw }, truth, assert) {
      for (const [i, reason] of ["the ice broke", "no more paper"].entries()) {
        assert.equal(errors[i].name, "TaskFailedError");
        assert.equal(errors[i].code, "task_failed");
        assert.ok(errors[i].message.includes(reason), errors[i].message);
        assert.equal(told[i].at(-1), `failed: ${reason}`);
      }
      assert.deepEqual(Object.keys(raw), ["_meta"]);
    },
  },
  "task: false is a plain call of a tool that could be a task": {
    async run(lib, url, help) {
      const task = help.client().callTool("count", { steps: 1, delay_ms: 1 }, { task: false });
      const result = await help.inTime(task, "the result");
      return { result, data: result.data, immediately: task.returnedImmediately };
    },
    verify({ result, data, immediately }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 1 });
      assert.deepEqual(data, { counted: 1 });
      assert.equal(immediately, true);
    },
  },
  "ten tasks at once, each with its own result": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = Array.from({ length: 10 }, (_, i) => client.callTool("count", { steps: i + 1, delay_ms: 10 }));
      return (await help.inTime(Promise.all(tasks), "ten results")).map((r) => r.structuredContent.counted);
    },
    verify(counted, truth, assert) { assert.deepEqual(counted, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]); },
  },
  "progress of a task, told long after its call was answered": {
    async run(lib, url, help) {
      const task = help.client().callTool("progresses");
      const progress = [];
      task.onProgress((p) => progress.push(p));
      await help.inTime(task, "the result");
      return { progress, last: task.progress };
    },
    verify({ progress, last }, truth, assert) {
      assert.deepEqual(progress, [{ progress: 1, total: 2, message: "half" }, { progress: 2, total: 2, message: "all" }]);
      assert.deepEqual(last, progress[1]);
    },
  },
  "cancel(): the work goes on, breaks the session when it returns, and the next call has a new session (deviation 28)": {
    warns: true,
    async run(lib, url, help) {
      const heard = eavesdrop();
      const client = help.client({ fetch: heard.fetch });
      const task = client.callTool("count", { steps: 1, delay_ms: 800 });
      const told = help.watch(task);
      const failed = help.rejection(task);
      await help.until(() => told.includes("working: step 1 of 1"), "the only step");
      await help.inTime(task.cancel(), "the cancellation");
      const error = await failed;
      const first = heard.session;
      await help.until(async () => (await heard.ask("ping"))?.status === 404, "the session is broken");
      const result = await help.inTime(client.callTool("echo", { text: "still here" }), "the next call");
      return { error, told, result, first, second: heard.session };
    },
    verify({ error, told, result, first, second }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.match(told.at(-1), /^cancelled/);
      assert.equal(textOf(result), "still here");
      assert.notEqual(first, second);
    },
  },
};

calls["a task that goes on talking after it was cancelled is not listened to (deviation 28)"] = {
  async run(lib, url, help) {
    const heard = eavesdrop();
    const client = help.client({ fetch: heard.fetch });
    const task = client.callTool("count", { steps: 3, delay_ms: 200 });
    const told = help.watch(task);
    const failed = help.rejection(task);
    await help.until(() => told.includes("working: step 1 of 3"), "the first step");
    await help.inTime(task.cancel(), "the cancellation");
    const error = await failed;
    const snapshot = task.getSnapshot();
    await help.until(async () => (await heard.ask("tasks/get", { taskId: task.taskId })).result.statusMessage === "step 3 of 3", "the last step");
    return { error, told, same: task.getSnapshot() === snapshot, pushed: heard.pushed };
  },
  verify({ error, told, same, pushed }, truth, assert) {
    assert.equal(error.name, "TaskCancelledError");
    assert.equal(same, true);
    assert.deepEqual(told.filter((line) => line.startsWith("cancelled")), ["cancelled: step 1 of 3"]);
    assert.equal(told.at(-1), "cancelled: step 1 of 3", pushed.join(", "));
  },
};

const sampled = (text) => ({ role: "assistant", model: "m1", content: { type: "text", text } });

const sampling = {
  "a task that samples, by a handler (deviation 22)": {
    async run(lib, url, help) {
      const seen = [];
      const onSampling = async (params, { key, task }) => {
        seen.push({ params, key: typeof key, tool: task?.name });
        return sampled("nine");
      };
      const task = help.client({ onSampling }).callTool("samples", { question: "How many?" });
      return { seen, text: textOf(await help.inTime(task, "the result")) };
    },
    verify({ seen, text }, truth, assert) {
      assert.equal(text, "m1 says: nine");
      assert.equal(seen.length, 1);
      assert.deepEqual([seen[0].key, seen[0].tool], ["string", "samples"]);
      const { messages, maxTokens, systemPrompt } = seen[0].params;
      assert.deepEqual(messages, [{ role: "user", content: { type: "text", text: "How many?" } }]);
      assert.deepEqual([maxTokens, systemPrompt], [9, "Be brief."]);
    },
  },
  "a task that samples, by task.respond() (deviation 22)": {
    async run(lib, url, help) {
      const task = help.client({ onSampling: () => undefined }).callTool("samples");
      await help.inTime(task.wait({ state: "input_required" }), "input_required");
      const [key, request] = await help.until(() => Object.entries(task.getSnapshot().inputRequests ?? {})[0], "the question");
      await help.inTime(task.respond({ [key]: sampled("seven") }), "the server's receipt");
      return { method: request.method, text: textOf(await help.inTime(task, "the result")) };
    },
    verify({ method, text }, truth, assert) { assert.deepEqual([method, text], ["sampling/createMessage", "m1 says: seven"]); },
  },
  "a form to fill in and a text to write, asked by two tasks at once, each of its own handler": {
    async run(lib, url, help) {
      const client = help.client({ onSampling: () => sampled("nine"), onElicitation: () => ({ action: "accept", content: { name: "Luca" } }) });
      const results = await help.inTime(Promise.all([client.callTool("greets"), client.callTool("samples")]), "two results");
      return results.map(textOf);
    },
    verify(texts, truth, assert) { assert.deepEqual(texts, ["Hello, Luca!", "m1 says: nine"]); },
  },
  "a handler for one kind of question is not asked for the other": {
    async run(lib, url, help) {
      let asked = 0;
      const client = help.client({ onSampling: () => { asked++; } });
      return { error: await help.rejection(client.callTool("greets")), asked };
    },
    verify({ error, asked }, truth, assert) {
      assert.equal(error.name, "TaskFailedError");
      assert.match(error.message, /elicitation/);
      assert.equal(asked, 0);
    },
  },
  "a question in a mode that was not declared is refused with -32602, and the handler is not asked": {
    async run(lib, url, help) {
      let asked = 0;
      const client = help.client({ onElicitation: () => { asked++; return { action: "accept" }; } });
      return { error: await help.rejection(client.callTool("elicits_by_url")), asked };
    },
    verify({ error, asked }, truth, assert) {
      assert.equal(error.name, "TaskFailedError");
      assert.equal(asked, 0);
    },
  },
};

export const sdk = { ...calls, ...byId(v), ...refusals(v), ...sessions(v), ...input({ field: "name" }), ...sampling };

/** The SDK as it is, with one task group for all sessions. */
export const sdkOneGroup = {
  "when another session ends, the refusal of a new task reaches the caller in the server's words (deviation 28)": {
    async run(lib, url, help) {
      const first = eavesdrop();
      const other = help.client({ fetch: first.fetch });
      await help.inTime(other.callTool("echo"), "the other client's answer");
      const client = help.client();
      await help.inTime(client.callTool(...v.quick), "the first task");
      await first.end();
      let error;
      // The server says that the session has ended before it has.
      await help.until(async () => (error = await client.callTool(...v.quick).then(() => undefined, (e) => ({ name: e.name, message: e.message }))), "a refusal");
      return error;
    },
    verify(error, truth, assert) {
      assert.equal(error.name, "ToolError");
      assert.match(error.message, /TaskSupport not running/);
    },
  },
};
