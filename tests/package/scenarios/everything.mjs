// The reference server of the MCP project. Its one task tool takes four seconds in four stages, so the scenarios start
// their tasks side by side.
import { eavesdrop, textOf } from "./common.mjs";
import { byId, refusals, sessions } from "./shared.mjs";

const research = "simulate-research-query";
const v = {
  quick: [research, { topic: "tea" }],
  lasting: [research, { topic: "tea" }],
  slow: [research, { topic: "tea" }],
  plain: ["echo", { message: "at once" }, "Echo: at once"],
  required: [research, { topic: "tea" }, "ToolError"],
  check: (result, assert) => assert.match(textOf(result), /^# Research Report: tea/),
  lists: true,
  waits: true,
  cancelsFinished: "refused",
  scoped: true,
  times: [300_000, 1000], // deviation 38
};

const stages = ["Gathering sources...", "Analyzing content...", "Synthesizing findings...", "Generating report..."];

const calls = {
  "a required tool becomes a task, its stages are told in order, the first before the answer to the call (deviations 4, 14, 38)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool(research, { topic: "tea" });
      const told = help.watch(task);
      const updates = [];
      const all = (async () => { for await (const s of task.updates()) updates.push(s.statusMessage); })();
      const result = await help.inTime(task, "the result");
      await help.inTime(all, "the end of updates()");
      return { told, updates, result, pushed: heard.pushed, immediately: task.returnedImmediately };
    },
    verify({ told, updates, result, pushed, immediately }, truth, assert) {
      v.check(result, assert);
      assert.equal(immediately, false);
      assert.deepEqual(told, [...stages.map((stage) => `working: ${stage}`), `completed: ${stages[3]}`]);
      assert.deepEqual(pushed.filter((line, i) => line !== pushed[i - 1]), told);
      assert.deepEqual(updates, [...stages, stages[3]]);
    },
  },
  "cancel() ends a task as cancelled, though the server has no result for it (deviation 39)": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool(research, { topic: "tea" });
      const told = help.watch(task);
      const failed = help.rejection(task);
      await help.inTime(task.created, "the task's name");
      await help.inTime(task.cancel(), "the cancellation");
      const error = await failed;
      const status = await help.inTime(client.getTaskStatus(task.taskId), "the status");
      const result = await help.rejection(client.getTaskResult(task.taskId));
      const again = await help.rejection(client.cancelTask(task.taskId));
      await help.inTime(task.cancel(), "cancel() of a handle that is cancelled");
      return { told, error, status, result, again };
    },
    verify({ told, error, status, result, again }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.match(told.at(-1), /^cancelled/);
      assert.equal(status.status, "cancelled");
      assert.deepEqual([result.name, result.rpc.code], ["RpcError", -32603]);
      assert.match(result.message, /no result stored/);
      assert.deepEqual([again.name, again.rpc.code], ["RpcError", -32602]);
      assert.match(again.message, /terminal status/);
    },
  },
  "tools that answer at once, with text and with structured content": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = [client.callTool("echo", { message: "grüße 🎉" }), client.callTool("get-structured-content", { location: "Chicago" })];
      const [echo, weather] = await help.inTime(Promise.all(tasks), "two results");
      return { echo, weather, data: weather.data, immediately: tasks.map((task) => task.returnedImmediately) };
    },
    verify({ echo, weather, data, immediately }, truth, assert) {
      assert.equal(textOf(echo), "Echo: grüße 🎉");
      assert.equal(typeof weather.structuredContent.humidity, "number");
      assert.deepEqual(data, weather.structuredContent);
      assert.deepEqual(immediately, [true, true]);
    },
  },
  "prompts and resources are answered at once": {
    async run(lib, url, help) {
      const client = help.client();
      const prompt = client.getPrompt("args-prompt", { city: "Pisa" });
      const { messages } = await help.inTime(prompt, "the prompt");
      const [first] = await help.inTime(client.listResources(), "the resources");
      const { contents } = await help.inTime(client.readResource(first.uri), "the resource");
      const prompts = await help.inTime(client.listPrompts(), "the prompts");
      return { messages, contents, uri: first.uri, prompts: prompts.map((p) => p.name), immediately: prompt.returnedImmediately };
    },
    verify({ messages, contents, uri, prompts, immediately }, truth, assert) {
      assert.match(messages[0].content.text, /Pisa/);
      assert.equal(contents[0].uri, uri);
      assert.ok(prompts.includes("args-prompt"));
      assert.equal(immediately, true);
    },
  },
  "progress of a plain call": {
    async run(lib, url, help) {
      const task = help.client().callTool("trigger-long-running-operation", { duration: 0.3, steps: 3 });
      const progress = [];
      task.onProgress((p) => progress.push(p));
      await help.inTime(task, "the result");
      return progress;
    },
    verify(progress, truth, assert) { assert.deepEqual(progress, [1, 2, 3].map((n) => ({ progress: n, total: 3 }))); },
  },
};

const snake = { action: "accept", content: { interpretation: "snake" } };
const ambiguous = [research, { topic: "python", ambiguous: true }];

const input = {
  "an ambiguous query asks on the stream of tasks/result: accepted, declined, by task.respond() (deviations 22, 40)": {
    async run(lib, url, help) {
      const seen = [];
      const accepting = help.client({ onElicitation: (params, { task }) => { seen.push([params.requestedSchema.required, task?.name]); return snake; } });
      const declining = help.client({ onElicitation: async () => ({ action: "decline" }) });
      // One after the other: each client has a stream of its own, and a page has six sockets for all of them.
      const first = accepting.callTool(...ambiguous);
      const told = help.watch(first);
      const results = [await help.inTime(first, "the result of who accepts")];
      accepting.close();
      results.push(await help.inTime(declining.callTool(...ambiguous), "the result of who declines"));
      declining.close();
      const open = help.client({ onElicitation: () => undefined }).callTool(...ambiguous);
      const answered = (async () => {
        for await (const status of open.updates()) {
          const [key] = Object.keys(status.inputRequests ?? {});
          if (key !== undefined) return open.respond({ [key]: { action: "accept", content: { interpretation: "comedy" } } });
        }
      })();
      results.push(await help.inTime(open, "the result of who responds"));
      await answered;
      return { seen, told, titles: results.map((result) => textOf(result).split("\n")[0]) };
    },
    verify({ seen, told, titles }, truth, assert) {
      assert.deepEqual(seen, [[["interpretation"], research]]);
      assert.deepEqual(titles, ["snake", "User declined - using default interpretation", "comedy"].map((what) => `# Research Report: python (${what})`));
      const input = told.findLastIndex((line) => line.startsWith("input_required: Found multiple interpretations"));
      assert.ok(input > 0, told.join(", "));
      assert.equal(told[input + 1], 'working: Continuing with interpretation: "snake"...');
      assert.match(told.at(-1), /^completed/);
    },
  },
  "without a handler the capability is not declared, and nothing is asked": {
    async run(lib, url, help) {
      return textOf(await help.inTime(help.client().callTool(...ambiguous), "the result"));
    },
    verify(text, truth, assert) { assert.match(text, /^# Research Report: python\n/); },
  },
  "six ambiguous queries at once: each gets its own answer (deviation 42)": {
    async run(lib, url, help) {
      const client = help.client({ onElicitation: (params) => ({ action: "accept", content: { interpretation: params.message.match(/topic (\d)/)[1] } }) });
      const tasks = [0, 1, 2, 3, 4, 5].map((n) => client.callTool(research, { topic: `topic ${n}`, ambiguous: true }));
      return (await help.inTime(Promise.all(tasks), "six results")).map((result) => textOf(result).split("\n")[0]);
    },
    verify(titles, truth, assert) { assert.deepEqual(titles, [0, 1, 2, 3, 4, 5].map((n) => `# Research Report: topic ${n} (${n})`)); },
  },
  "plain calls that ask for a form and for a text": {
    async run(lib, url, help) {
      const onElicitation = (params, { task }) => ({ action: "accept", content: { name: `L ${task?.name ?? "of no task"}` } });
      const onSampling = () => ({ role: "assistant", model: "m1", content: { type: "text", text: "nine" } });
      const client = help.client({ onElicitation, onSampling });
      const [form, text] = await help.inTime(Promise.all([
        client.callTool("trigger-elicitation-request"), client.callTool("trigger-sampling-request", { prompt: "How many?", maxTokens: 9 }),
      ]), "two results");
      return { form: form.content.map((block) => block.text).join("\n"), text: textOf(text) };
    },
    verify({ form, text }, truth, assert) {
      assert.match(form, /Name: L/);
      assert.match(text, /"nine"/);
    },
  },
  "the roots of the client": {
    async run(lib, url, help) {
      const client = help.client({ onListRoots: () => ({ roots: [{ uri: "file:///home/luca", name: "home" }] }) });
      return textOf(await help.inTime(client.callTool("get-roots-list"), "the result"));
    },
    verify(text, truth, assert) { assert.match(text, /file:\/\/\/home\/luca/); },
  },
};

export const everything = { ...calls, ...input, ...byId(v), ...refusals(v), ...sessions(v) };
