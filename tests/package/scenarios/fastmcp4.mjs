// FastMCP 4.1 (dialect C): the list of the other FastMCPs in the 2026-07-28 revision, where tasks are an extension, and what
// the same address does after the handshake of 2025-11-25. What an era cannot have stands in its list as absent.
import { absent, eavesdrop, textOf, without } from "./common.mjs";
import { calls, data, plain, prompts, v as older } from "./fastmcp.mjs";
import { input } from "./input.mjs";
import { answers, errors, rounds, wire } from "./modern.mjs";
import { byId, refusals, sessions } from "./shared.mjs";

const v = { ...older, cancelsFinished: "completed", scoped: false, times: [900_000, 200] };
const toolsOnly = "only tools can be tasks";

/** By the era that the client finds by itself. */
export const fastmcp4 = {
  ...without(calls, /^the status of a task that failed/, "a tool's error does not fail a task; see the errors of this era"),
  ...data,
  ...without(plain, /^progress and other notifications/, "the server logs only for who asks for it in each request; see the progress of this era"),
  ...without(without(without(prompts("data://item/7"), /^a prompt by a task/, toolsOnly), /^resources by a task/, toolsOnly), /^listPrompts/, toolsOnly),
  ...without(byId(v), /^the result of a running task/, "a result comes with the status, or not at all; see the errors of this era"),
  ...without(refusals(v), /^a required tool/, "the list of tools does not say which ones have to be tasks"),
  ...without(sessions(v), /session (that the server )?ended/, "there are no sessions"),
  ...without(input({ field: "value", thrown: "no name: cancel" }), /^without a handler/, "the server asks all the same; see the answers of this era"),
  ...wire, ...errors, ...answers, ...rounds,
  "progress of a plain call": {
    async run(lib, url, help) {
      const task = help.client().callTool("reports");
      const progress = [];
      task.onProgress((p) => progress.push(p));
      await help.inTime(task, "the result");
      return progress;
    },
    verify: (progress, truth, assert) => assert.deepEqual(progress, [{ progress: 1, total: 2, message: "half" }, { progress: 2, total: 2, message: "all" }]),
  },
  "a prompt and a resource, which are answered at once, and their lists": {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = [client.getPrompt("remark", { subject: "the plan" }), client.readResource("data://report")];
      const [prompt, resource] = await help.inTime(Promise.all(tasks), "two answers");
      const lists = await help.inTime(Promise.all([client.listPrompts(), client.listResources()]), "two lists");
      return { prompt, resource, immediately: tasks.map((task) => task.returnedImmediately), lists: [lists[0].map(({ name }) => name), lists[1].map(({ uri }) => uri)] };
    },
    verify({ prompt, resource, immediately, lists }, truth, assert) {
      assert.equal(prompt.messages[0].content.text, "Remark on the plan.");
      assert.equal(resource.contents[0].text, "# Report");
      assert.deepEqual(immediately, [true, true]);
      assert.deepEqual(lists, [["remark"], ["data://report"]]);
    },
  },
};

/** The client as it is after the handshake, whatever else the server speaks. */
const pinned = (help, options) => help.client({ era: "2025-11-25", ...options });
const noTasks = "the server serves tasks in the other era only (deviation 35)";

export const fastmcp4Legacy = {
  "a task": absent(noTasks),
  "tasks/update, partial answers": absent(noTasks),
  "a question before a task": absent("only the server's own request can ask here"),
  "the handshake is spoken, and a tool that could be a task runs synchronously (deviations 2, 9, 35)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = pinned(help, { fetch: heard.fetch }).callTool("count", { steps: 2, delay_ms: 20 });
      const result = await help.inTime(task, "the result");
      const { body } = heard.sent.find(({ body }) => body.method === "tools/call");
      return { result, immediately: task.returnedImmediately, methods: heard.methods, params: body.params };
    },
    verify({ result, immediately, methods, params }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 2 });
      assert.equal(immediately, true);
      assert.equal(methods[0], "initialize");
      assert.equal("task" in params, false);
      assert.deepEqual(methods.filter((method) => method.startsWith("tasks/")), []);
    },
  },
  "a required tool is not called, where no call of it could succeed (deviations 9, 35)": {
    run: (lib, url, help) => help.rejection(pinned(help).callTool("long_sleep")),
    verify(error, truth, assert) {
      assert.equal(error.name, "UnsupportedError");
      assert.match(error.message, /has to be a task/);
    },
  },
  "tasks/get is refused for its era, and the client knows no task by that id (deviation 35)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const client = pinned(help, { fetch: heard.fetch });
      await help.inTime(client.callTool("quick", { text: "at once" }), "the answer");
      return { raw: await heard.ask("tasks/get", { taskId: "nobody" }), error: await help.rejection(client.getTaskStatus("nobody")) };
    },
    verify({ raw, error }, truth, assert) {
      assert.deepEqual(raw.error.code, -32601);
      assert.match(raw.error.message, /'tasks\/get' is not available at protocol version '2025-11-25'/);
      // Not TaskExpiredError: whether there is such a task is not what the server said.
      assert.ok(["UnsupportedError", "RpcError"].includes(error.name), error.name);
    },
  },
  "a question in a plain call, on the stream of the call": {
    async run(lib, url, help) {
      const seen = [];
      const onElicitation = ({ message }) => {
        seen.push(message);
        return { action: "accept", content: { value: "Luca" } };
      };
      const task = pinned(help, { onElicitation }).callTool("greets");
      return { text: textOf(await help.inTime(task, "the result")), seen, immediately: task.returnedImmediately };
    },
    verify({ text, seen, immediately }, truth, assert) {
      assert.equal(text, "Hello, Luca!");
      assert.deepEqual(seen, ["What is the name of somebody?"]);
      assert.equal(immediately, true);
    },
  },
  "a tool that fails, and an error of the protocol's, are results here": {
    async run(lib, url, help) {
      const client = pinned(help);
      return Promise.all([client.callTool("fails", { reason: "no more ink" }), client.callTool("breaks", { reason: "no dial tone" })].map((task) => help.rejection(task)));
    },
    verify([fails, breaks], truth, assert) {
      assert.deepEqual([fails.name, breaks.name], ["ToolError", "ToolError"]);
      assert.match(fails.message, /no more ink/);
      assert.match(breaks.message, /no dial tone/);
    },
  },
  "a question by a result, which this era has not, is the server's own error": {
    run: (lib, url, help) => help.rejection(pinned(help, { onElicitation: () => ({ action: "decline" }) }).callTool("asks_plainly")),
    verify(error, truth, assert) {
      assert.ok(["RpcError", "ToolError"].includes(error.name), error.name);
      assert.match(error.message, /only exists at MCP 2026-07-28/);
    },
  },
};
