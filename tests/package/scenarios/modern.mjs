// What only the 2026-07-28 revision has: errors of the protocol's in a task, questions that are answered one by one, and
// questions that come before there is a task or where there never is one (MRTR). By FastMCP 4.1 (dialect C).
import { eavesdrop, textOf } from "./common.mjs";

const revision = "2026-07-28";
const say = (value) => ({ action: "accept", content: { value } });
/** Also of a call that is no task, and has no status. */
const questions = (task) => Object.entries(task.inputRequests);
const messages = (task) => questions(task).map(([, { params }]) => params.message).sort();

/** The requests of one method, in their order. */
const sent = (heard, method) => heard.sent.filter(({ body }) => body.method === method);

export const wire = {
  "every request says of itself which revision it is: no handshake, no session, no stream (deviations 34, 44)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const client = help.client({ fetch: heard.fetch, onElicitation: () => say("Luca") });
      await help.inTime(client.callTool("quick", { text: "at once" }), "the answer");
      await help.inTime(client.callTool("greets"), "the result");
      await help.inTime(client.getPrompt("remark", { subject: "it" }), "the prompt");
      await help.inTime(client.readResource("data://report"), "the resource");
      return { sent: heard.sent, methods: heard.methods };
    },
    verify({ sent, methods }, truth, assert) {
      for (const { http, headers, body } of sent) {
        const { method, params } = body;
        assert.equal(http, "POST", method);
        assert.equal(headers["mcp-protocol-version"], revision, method);
        assert.equal(headers["mcp-method"], method);
        assert.equal(headers["mcp-session-id"], undefined, method);
        assert.equal(params._meta["io.modelcontextprotocol/protocolVersion"], revision, method);
        // The extension is declared wherever a task may come of it, or is meant.
        if (method === "tools/call" || method.startsWith("tasks/")) {
          assert.deepEqual(params._meta["io.modelcontextprotocol/clientCapabilities"].extensions, { "io.modelcontextprotocol/tasks": {} }, method);
          assert.equal(headers["mcp-name"], params.taskId ?? params.name);
        }
      }
      for (const old of ["initialize", "notifications/initialized", "tasks/result", "tasks/list", "ping"]) assert.ok(!methods.includes(old), old);
      for (const used of ["tools/call", "tasks/get", "tasks/update", "prompts/get", "resources/read"]) assert.ok(methods.includes(used), used);
    },
  },
  "task: false leaves the extension out, and the tool runs synchronously": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("count", { steps: 1, delay_ms: 1 }, { task: false });
      const result = await help.inTime(task, "the result");
      return { result, immediately: task.returnedImmediately, calls: sent(heard, "tools/call") };
    },
    verify({ result, immediately, calls }, truth, assert) {
      assert.deepEqual(result.structuredContent, { counted: 1 });
      assert.equal(immediately, true);
      assert.equal(calls.length, 1);
      const declared = calls[0].body.params._meta["io.modelcontextprotocol/clientCapabilities"];
      assert.equal(declared.extensions?.["io.modelcontextprotocol/tasks"], undefined);
      assert.equal("task" in calls[0].body.params, false);
    },
  },
  "cancel() is tasks/cancel and nothing else, and is asked after until the server says so": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("long_sleep");
      const failed = help.rejection(task);
      await help.inTime(task.created, "the task's name");
      await help.inTime(task.cancel(), "the cancellation");
      return { error: await failed, methods: heard.methods };
    },
    verify({ error, methods }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.equal(methods.filter((method) => method === "tasks/cancel").length, 1);
      assert.equal(methods.includes("notifications/cancelled"), false);
      assert.ok(methods.lastIndexOf("tasks/get") > methods.indexOf("tasks/cancel"), methods.join(", "));
    },
  },
};

export const errors = {
  "an error of the protocol's fails the task, with its code, words and data (deviation 18)": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool("breaks", { reason: "no dial tone" });
      const told = help.watch(task);
      const error = await help.rejection(task);
      return { error, told, status: await help.inTime(client.getTaskStatus(task.taskId), "the status") };
    },
    verify({ error, told, status }, truth, assert) {
      assert.equal(error.name, "TaskFailedError");
      assert.equal(error.code, "task_failed");
      assert.deepEqual(error.rpc, { code: -32050, message: "no dial tone", data: { line: 7 } });
      assert.match(error.message, /no dial tone/);
      assert.equal(told.at(-1), "failed: no dial tone");
      assert.equal(status.status, "failed");
    },
  },
  "an error of the tool's completes the task, and its result says so (deviation 18)": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool("fails", { reason: "no more toner" });
      const told = help.watch(task);
      const error = await help.rejection(task);
      const status = await help.inTime(client.getTaskStatus(task.taskId), "the status");
      return { error, told, status, result: await help.inTime(client.getTaskResult(task.taskId), "the result") };
    },
    verify({ error, told, status, result }, truth, assert) {
      assert.equal(error.name, "ToolError");
      assert.equal(told.at(-1), "completed");
      assert.equal(status.status, "completed");
      assert.equal(result.isError, true);
      assert.equal(textOf(result), "no more toner");
    },
  },
  "the result of a running task by its id is refused in words: it has none yet": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool("long_sleep");
      await help.inTime(task.created, "the task's name");
      const error = await help.rejection(client.getTaskResult(task.taskId));
      await help.inTime(task.cancel(), "the cancellation");
      return error;
    },
    verify: (error, truth, assert) => assert.match(error.message, /working/),
  },
  "a required tool without a task is refused by the server, which names what is missing (deviations 3, 34)": {
    run: (lib, url, help) => help.rejection(help.client().callTool("long_sleep", {}, { task: false })),
    verify(error, truth, assert) {
      assert.ok(["UnsupportedError", "RpcError"].includes(error.name), error.name);
      assert.match(error.message, /long_sleep/);
      assert.equal(error.rpc.code, -32021);
      assert.deepEqual(error.rpc.data.requiredCapabilities, { extensions: { "io.modelcontextprotocol/tasks": {} } });
    },
  },
  "a prompt and a resource that do not exist are errors of the protocol's, read from a 4xx (deviation 34)": {
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
};

export const answers = {
  "two questions at once, by a handler: each is asked once (deviation 25)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const seen = [];
      const onElicitation = ({ message }, { key }) => {
        seen.push([message, key]);
        return say(message === "first name?" ? "Luca" : "Verdi");
      };
      const result = await help.inTime(help.client({ fetch: heard.fetch, onElicitation }).callTool("asks_both"), "the result");
      return { seen, text: textOf(result), updates: sent(heard, "tasks/update").map(({ body }) => Object.keys(body.params.inputResponses)) };
    },
    verify({ seen, text, updates }, truth, assert) {
      assert.equal(text, "Luca Verdi");
      assert.deepEqual(seen.map(([message]) => message).sort(), ["first name?", "last name?"]);
      // No answer is sent twice.
      assert.equal(updates.flat().length, 2);
      assert.equal(new Set(updates.flat()).size, 2);
    },
  },
  "task.respond() with one key of two: the other question stays open (deviation 25)": {
    async run(lib, url, help) {
      const task = help.client({ onElicitation: () => undefined }).callTool("asks_both");
      await help.inTime(task.wait({ state: "input_required" }), "input_required");
      const both = messages(task);
      const [[key]] = questions(task).filter(([, { params }]) => params.message === "last name?");
      await help.inTime(task.respond({ [key]: say("Verdi") }), "the server's receipt");
      const fresh = await help.inTime(task.status({ fresh: true }), "the status");
      const left = messages(task);
      const late = await help.inTime(task.respond({ [key]: say("Bianchi") }).then(() => "resolved", (e) => e.constructor.name), "a refusal");
      const [[other]] = questions(task);
      await help.inTime(task.respond({ [other]: say("Luca") }), "the second receipt");
      return { both, left, late, status: fresh.status, text: textOf(await help.inTime(task, "the result")), after: messages(task) };
    },
    verify({ both, left, late, status, text, after }, truth, assert) {
      assert.deepEqual(both, ["first name?", "last name?"]);
      assert.deepEqual(left, ["first name?"]);
      assert.equal(late, "TypeError");
      assert.equal(status, "input_required");
      assert.equal(text, "Luca Verdi");
      assert.deepEqual(after, []);
    },
  },
  "a server that asks though nobody was declared to answer: the waiting ends in words, and whoever answers gets the result": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const task = help.client({ fetch: heard.fetch }).callTool("greets");
      const error = await help.rejection(task);
      const [{ body }] = sent(heard, "tools/call");
      const other = help.client({ onElicitation: () => say("Luca") }).task(JSON.parse(JSON.stringify(task)));
      return { error, text: textOf(await help.inTime(other, "the result")), declared: body.params._meta["io.modelcontextprotocol/clientCapabilities"] };
    },
    verify({ error, text, declared }, truth, assert) {
      assert.equal(error.name, "UnsupportedError");
      assert.match(error.message, /elicitation\/create/);
      assert.equal("elicitation" in declared, false);
      assert.equal(text, "Hello, Luca!");
    },
  },
};

export const rounds = {
  "a question of a call that never is a task: the call is sent again with the answer and the state": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const seen = [];
      const onElicitation = ({ message }, { key, task }) => {
        seen.push([message, key, task?.name]);
        return say("Luca");
      };
      const task = help.client({ fetch: heard.fetch, onElicitation }).callTool("asks_plainly", { who: "the cat" });
      const result = await help.inTime(task, "the result");
      return { seen, text: textOf(result), immediately: task.returnedImmediately, calls: sent(heard, "tools/call").map(({ body }) => body) };
    },
    verify({ seen, text, immediately, calls }, truth, assert) {
      assert.deepEqual(seen.map(([message, , name]) => [message, name]), [["What is the name of the cat?", "asks_plainly"]]);
      assert.equal(text, "Hello, Luca! (state of the cat)");
      assert.equal(immediately, true);
      assert.equal(calls.length, 2);
      const [first, second] = calls;
      assert.notEqual(first.id, second.id);
      assert.deepEqual(second.params.arguments, first.params.arguments);
      assert.deepEqual(second.params.inputResponses, { name: say("Luca") });
      assert.equal(typeof second.params.requestState, "string");
      assert.ok(!("inputResponses" in first.params) && !("requestState" in first.params));
    },
  },
  "a question of a call that never is a task, declined": {
    run: async (lib, url, help) => textOf(await help.inTime(help.client({ onElicitation: () => ({ action: "decline" }) }).callTool("asks_plainly"), "the result")),
    verify: (text, truth, assert) => assert.equal(text, "no name: decline (state of somebody)"),
  },
  "a question of a call that never is a task, left open and answered by task.respond()": {
    async run(lib, url, help) {
      const task = help.client({ onElicitation: () => undefined }).callTool("asks_plainly");
      const result = task.result();
      await help.until(() => questions(task).length > 0, "the question");
      const [[key]] = questions(task);
      const sending = task.respond({ [key]: say("Luca") });
      return { text: textOf(await help.inTime(result, "the result")), responded: (await help.inTime(sending, "the receipt")) === undefined, left: questions(task) };
    },
    verify({ text, responded, left }, truth, assert) {
      assert.equal(text, "Hello, Luca! (state of somebody)");
      assert.ok(responded);
      assert.deepEqual(left, []);
    },
  },
  "a question before there is a task, and one within it: keys of their own, and the task starts without the old answers": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const seen = [];
      const onElicitation = ({ message }, { key }) => {
        seen.push([message, key]);
        return say("Luca");
      };
      const task = help.client({ fetch: heard.fetch, onElicitation }).callTool("confirmed", { what: "this" });
      const result = await help.inTime(task, "the result");
      return { seen, text: textOf(result), immediately: task.returnedImmediately, taskId: task.taskId, methods: heard.methods };
    },
    verify({ seen, text, immediately, taskId, methods }, truth, assert) {
      assert.deepEqual(seen.map(([message]) => message), ["really?", "and your name?"]);
      assert.notEqual(seen[0][1], seen[1][1]);
      assert.equal(text, "this, Luca");
      assert.equal(immediately, false);
      assert.equal(typeof taskId, "string");
      assert.equal(methods.filter((method) => method === "tools/call").length, 2);
      assert.equal(methods.filter((method) => method === "tasks/update").length, 1);
    },
  },
};
