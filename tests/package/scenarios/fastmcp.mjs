// FastMCP 2.14 (dialect A) and 3.4 (dialect B): the same tools, told of in different words. `truth.pushes`: whether the
// server has a stream to push on.
import { collapsed, eavesdrop, textOf, toolError, verifyToolError } from "./common.mjs";
import { input } from "./input.mjs";
import { byId, refusals, sessions } from "./shared.mjs";

export const v = {
  quick: ["count", { steps: 2, delay_ms: 20 }],
  lasting: ["count", { steps: 2, delay_ms: 1500 }],
  slow: ["long_sleep", {}],
  plain: ["quick", { text: "at once" }, "at once"],
  required: ["long_sleep", {}, "ToolError"],
  check: (result, assert) => assert.deepEqual(result.structuredContent, { counted: 2 }),
  lists: false,
  cancelsFinished: "cancelled",
};

/** Each text that ends a task, and how the ends differ: 2.14 says `working` again behind the end (deviation 10). */
export const calls = {
  "a task gives the right result, and onStatusChange tells the server's messages in order (deviations 1, 4, 10)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("count", { steps: 4, delay_ms: 250 });
      const told = help.watch(task);
      const result = await help.inTime(task, "the result");
      const { created, pushed, asked } = heard;
      const raw = await heard.ask("tasks/get", { taskId: task.taskId });
      return { told, created, pushed, asked, result, raw, immediately: task.returnedImmediately };
    },
    verify({ told, created, pushed, asked, result, raw, immediately }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 4 });
      assert.equal(immediately, false);
      assert.equal(raw.result.status, "completed");
      if (truth.pushes) assert.ok(pushed.length > 4, `pushed: ${pushed}`);
      else assert.deepEqual(pushed, []);
      // What the server sent, in its order, without repetitions. It may say "working" without a message in between.
      if (!truth.pushes) assert.deepEqual(told, collapsed([...created, ...asked]));
      else if (asked.length === 0) assert.deepEqual(told, untilTheEnd(collapsed([...created, ...pushed])));
      // Steps never run backwards, and nothing comes behind the end.
      const steps = collapsed(told.filter((line) => line.includes("step")));
      assert.deepEqual(steps, [...steps].sort());
      assert.ok(steps.length >= 2, told.join(", "));
      assert.equal(told.findIndex((line) => !line.startsWith("working")), told.length - 1, told.join(", "));
      assert.match(told.at(-1), /^completed/);
    },
  },
  "cancel() ends a long task as cancelled on the server, its work stops, and cancelling again does no harm (deviation 27)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const client = help.client({ fetch: heard.fetch });
      const ask = async () => (await help.inTime(client.callTool("was_cancelled"), "was_cancelled")).structuredContent;
      const before = await ask();
      const task = client.callTool("long_sleep");
      const told = help.watch(task);
      const failed = help.rejection(task);
      await help.inTime(task.created, "the task's name");
      await help.until(async () => (await ask()).started > before.started, "the work has begun");
      await help.inTime(task.cancel(), "the cancellation");
      const error = await failed;
      await help.until(async () => (await ask()).cancelled > before.cancelled, "the work has stopped");
      await help.inTime(task.cancel(), "the second cancellation");
      const again = await help.inTime(client.cancelTask(task.taskId), "the third");
      return { error, told, before, again, after: await ask(), raw: await heard.ask("tasks/get", { taskId: task.taskId }) };
    },
    verify({ error, told, before, again, after, raw }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.match(told.at(-1), /^cancelled/);
      assert.equal(again.status, "cancelled");
      assert.deepEqual(after, { started: before.started + 1, cancelled: before.cancelled + 1 });
      assert.equal(raw.result.status, "cancelled");
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
  "a tool that fails rejects with ToolError that carries the result; raiseOnError: false resolves (deviation 18)": {
    run: (lib, url, help) => toolError(lib, help, "fails", { reason: "no more ink" }),
    verify: (seen, truth, assert) => verifyToolError(seen, "no more ink", assert),
  },
  "the status of a task that failed is told as failed, in the words of the notification or of the poll (deviation 14)": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool("fails", { reason: "no more toner" });
      const told = help.watch(task);
      await help.rejection(task);
      const status = await help.inTime(client.getTaskStatus(task.taskId), "the status");
      const result = await help.inTime(client.getTaskResult(task.taskId), "the result");
      return { told, status, result };
    },
    verify({ told, status, result }, truth, assert) {
      assert.ok(["failed: Task failed", "failed: Task failed: no more toner"].includes(told.at(-1)), told.at(-1));
      assert.equal(status.statusMessage, "Task failed: no more toner");
      assert.equal(result.isError, true);
      assert.equal(textOf(result), "no more toner");
    },
  },
  "arguments that do not fit are the server's own error": {
    run: (lib, url, help) => help.rejection(help.client().callTool("halves", { n: "many" })),
    verify(error, truth, assert) {
      assert.ok(["ToolError", "RpcError"].includes(error.name), error.name);
      assert.ok(error.message.length > 0);
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
};

/** A server may contradict its own last word; a client must not. */
function untilTheEnd(lines) {
  const end = lines.findIndex((line) => /^(completed|failed|cancelled)/.test(line));
  return end < 0 ? lines : lines.slice(0, end + 1);
}

/** Numbers and lists alone come wrapped; `data` is what the tool gave, and does not show in the result. */
export const data = {
  "data is what the tool gave: a number, a list, an object; by a task, without one, and not of an error (deviation 21)": {
    async run(lib, url, help) {
      const client = help.client();
      const calls = [["halves", { n: 10 }], ["letters", { word: "ab" }], ["count", { steps: 1, delay_ms: 1 }], ["quick", { text: "t" }]];
      const all = [...calls.map((call) => client.callTool(...call)), ...calls.map((call) => client.callTool(...call, { task: false }))];
      const results = await help.inTime(Promise.all(all), "eight results");
      const failed = await help.inTime(client.callTool("fails", {}, { raiseOnError: false }), "the error");
      return {
        data: results.map((result) => result.data),
        shown: results.map((result) => Object.keys(result).includes("data") || Object.keys(result).includes("meta")),
        metas: results.every((result) => result.meta === result._meta),
        ofError: failed.data ?? null,
      };
    },
    verify({ data, shown, metas, ofError }, truth, assert) {
      const once = [5, ["a", "b"], { counted: 1 }, "t"];
      assert.deepEqual(data, [...once, ...once]);
      assert.deepEqual(new Set(shown), new Set([false]));
      assert.equal(metas, true);
      assert.equal(ofError, null);
    },
  },
};

export const prompts = (templateUri) => ({
  "a prompt by a task, with arguments that are no text, and one that forbids tasks (deviations 3, 19)": {
    async run(lib, url, help) {
      const client = help.client();
      const made = client.getPrompt("review", { subject: "the plan", depth: 3 });
      const told = help.watch(made);
      const plain = client.getPrompt("remark", { subject: "the plan" });
      const [a, b] = await help.inTime(Promise.all([made, plain]), "two prompts");
      return { a, b, told, immediately: [made.returnedImmediately, plain.returnedImmediately], kinds: [made.kind, plain.kind] };
    },
    verify({ a, b, told, immediately, kinds }, truth, assert) {
      assert.equal(a.messages[0].content.text, "Review the plan, 3 deep.");
      assert.equal(b.messages[0].content.text, "Remark on the plan.");
      assert.match(told.at(-1), /^completed/);
      assert.deepEqual(immediately, [false, true]);
      assert.deepEqual(kinds, ["prompt", "prompt"]);
    },
  },
  "resources by a task: a fixed one, one of a template, one that cannot be read (deviations 18, 20)": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = [client.readResource("data://report"), client.readResource("data://item/7")];
      const [report, item] = await help.inTime(Promise.all(tasks), "two resources");
      const broken = await help.rejection(client.readResource("data://broken"));
      const again = client.task(JSON.parse(JSON.stringify(tasks[0])));
      const once = await help.inTime(client.readResource("data://report", { task: false }), "the resource, plainly");
      return { report, item, broken, once, again: await help.inTime(again, "the resource again"), kind: again.kind, asTasks: tasks.map((task) => !task.returnedImmediately) };
    },
    verify({ report, item, broken, once, again, kind, asTasks }, truth, assert) {
      assert.deepEqual(asTasks, [true, true]);
      assert.equal(report.contents[0].text, "# Report");
      assert.equal(report.contents[0].uri, "data://report");
      assert.equal(item.contents[0].text, "item 7");
      assert.equal(item.contents[0].uri, templateUri);
      assert.deepEqual(again.contents, report.contents);
      assert.equal(once.contents[0].text, "# Report");
      assert.equal(kind, "resource");
      assert.equal(broken.name, "ToolError"); // the server gives the result of a tool that failed
      assert.match(broken.message, /the shelf is empty/);
    },
  },
  "a prompt and a resource that do not exist": {
    async run(lib, url, help) {
      const client = help.client();
      return Promise.all([help.rejection(client.getPrompt("no_such_prompt")), help.rejection(client.readResource("data://nowhere"))]);
    },
    verify(errors, truth, assert) {
      for (const error of errors) {
        assert.equal(error.name, "RpcError");
        assert.match(error.message, /no_such_prompt|nowhere/);
      }
    },
  },
  "listPrompts and listResources list what there is": {
    async run(lib, url, help) {
      const client = help.client();
      const [prompts, resources] = await help.inTime(Promise.all([client.listPrompts(), client.listResources()]), "two lists");
      return [prompts.map((prompt) => prompt.name), resources.map((resource) => resource.uri)];
    },
    verify([prompts, resources], truth, assert) {
      assert.deepEqual(prompts.sort(), ["remark", "review"]);
      assert.deepEqual(resources.sort(), ["data://broken", "data://report"]);
    },
  },
});

export const plain = {
  "progress and other notifications of a plain call": {
    async run(lib, url, help) {
      const heard = [];
      const client = help.client({ onNotification: (n) => heard.push(n) });
      const task = client.callTool("reports");
      const progress = [];
      task.onProgress((p) => progress.push(p));
      await help.inTime(task, "the result");
      return { progress, last: task.progress, heard: heard.filter((n) => n.method === "notifications/message") };
    },
    verify({ progress, last, heard }, truth, assert) {
      assert.deepEqual(progress, [{ progress: 1, total: 2, message: "half" }, { progress: 2, total: 2, message: "all" }]);
      assert.deepEqual(last, progress[1]);
      assert.equal(heard.length, 1);
      assert.equal(heard[0].params.level, "info");
    },
  },
};

/** FastMCP 2.14. Its tasks belong to their session. */
export const fastmcp2 = {
  ...calls, ...data, ...prompts("data://item/7"),
  ...byId({ ...v, times: [60_000, 1000] }), ...refusals(v), ...sessions({ ...v, scoped: true }),
};

/** FastMCP 3.4, with sessions or without. */
export const fastmcp3 = { ...calls, ...data, ...plain, ...prompts("data://item/%7Bkey%7D"), ...byId({ ...v, times: [60_000, 200] }), ...refusals(v) };

/** What FastMCP 3.4 does only with sessions. */
export const fastmcp3Stateful = { ...sessions({ ...v, scoped: false }), ...input({ field: "value", withdrawn: true, thrown: "no name: cancel", unasked: "no name: cancel" }) };
