// Servers that ask back from within a task, by `greets` (once) and `asks_twice`. FastMCP 3.4 asks on the standalone stream
// and does not say for which task (deviation 23), the Python SDK on the stream of a pending `tasks/result` (22).
// `v.field` is what the form calls its answer; `v.thrown` and `v.unasked` are what becomes of a task whose question got an
// error, or came to a client without a handler: its text, or the words it fails with.

const answer = (v, text) => ({ action: "accept", content: { [v.field]: text } });
const text = (result) => result.content[0].text;
const how = (result) => result.then((r) => ({ text: text(r) }), ({ name, message }) => ({ name, message }));

/** The questions that are open in a status, once there are some. */
async function asked(help, task) {
  return help.until(() => {
    const open = Object.entries(task.getSnapshot()?.inputRequests ?? {});
    return open.length > 0 && open;
  }, "a question");
}

export const input = (v) => ({
  "a handler accepts: the task goes on with the answer, and input_required was told (deviations 12, 22, 23)": {
    async run(lib, url, help) {
      const seen = [];
      const onElicitation = (params, { key, task, signal }) => {
        seen.push({ message: params.message, schema: Object.keys(params.requestedSchema.properties), key, taskId: task?.taskId, tool: task?.name, aborted: signal.aborted });
        return answer(v, "Luca");
      };
      const task = help.client({ onElicitation }).callTool("greets");
      const told = help.watch(task);
      const result = await help.inTime(task, "the result");
      return { seen, told, text: text(result), taskId: task.taskId, left: task.getSnapshot().inputRequests ?? null };
    },
    verify({ seen, told, text, taskId, left }, truth, assert) {
      assert.equal(text, "Hello, Luca!");
      assert.equal(seen.length, 1);
      assert.equal(typeof seen[0].key, "string");
      assert.deepEqual({ ...seen[0], key: "" }, { message: "What is the name of somebody?", schema: [v.field], key: "", taskId, tool: "greets", aborted: false });
      assert.ok(told.some((line) => line.startsWith("input_required")), told.join(", "));
      assert.match(told.at(-1), /^completed/);
      assert.equal(left, null);
    },
  },
  "a handler declines, and one cancels": {
    async run(lib, url, help) {
      const actions = ["decline", "cancel"];
      const clients = actions.map((action) => help.client({ onElicitation: async () => ({ action }) }));
      return help.inTime(Promise.all(clients.map(async (client) => text(await client.callTool("greets")))), "two results");
    },
    verify(texts, truth, assert) { assert.deepEqual(texts, ["no name: decline", "no name: cancel"]); },
  },
  "a handler that throws answers with an error, and the server decides what that means": {
    async run(lib, url, help) {
      const onElicitation = () => { throw new Error("nobody is here"); };
      const warned = [];
      const client = help.client({ onElicitation, onWarning: ({ code, message }) => warned.push(`${code}: ${message}`) });
      return { warned, end: await help.inTime(how(client.callTool("greets")), "an end") };
    },
    verify({ warned, end }, truth, assert) {
      assert.deepEqual(warned, ["input-failed: elicitation/create was not answered: nobody is here"]);
      if (v.thrown) assert.deepEqual(end, { text: v.thrown });
      else {
        assert.equal(end.name, "TaskFailedError");
        assert.match(end.message, /nobody is here/);
      }
    },
  },
  "without a handler the capability is not declared, and the server decides what that means": {
    run: (lib, url, help) => help.inTime(how(help.client().callTool("greets")), "an end"),
    verify(end, truth, assert) {
      if (v.unasked) assert.deepEqual(end, { text: v.unasked });
      else {
        assert.equal(end.name, "TaskFailedError");
        assert.match(end.message, /elicitation/);
      }
    },
  },
  "task.respond() answers what the status shows; a key that is not open is a TypeError (deviations 22, 23)": {
    async run(lib, url, help) {
      const client = help.client({ onElicitation: () => undefined });
      const task = client.callTool("greets", { who: "the cat" });
      const reached = await help.inTime(task.wait({ state: "input_required" }), "input_required");
      const [[key, question]] = await asked(help, task);
      const wrong = await help.inTime(task.respond({ nothing: answer(v, "x") }).then(() => "resolved", (e) => e.constructor.name), "a refusal");
      const frozen = Object.isFrozen(task.getSnapshot());
      const responded = await help.inTime(task.respond({ [key]: answer(v, "Tibbles") }), "the server's receipt");
      const result = await help.inTime(task, "the result");
      const late = await help.inTime(task.respond({ [key]: answer(v, "x") }).then(() => "resolved", (e) => e.constructor.name), "a refusal");
      return { reached: reached.status, question, wrong, frozen, responded: responded === undefined, text: text(result), late, left: task.getSnapshot().inputRequests ?? null };
    },
    verify({ reached, question, wrong, frozen, responded, text, late, left }, truth, assert) {
      assert.equal(reached, "input_required");
      assert.equal(question.method, "elicitation/create");
      assert.equal(question.params.message, "What is the name of the cat?");
      assert.deepEqual(Object.keys(question.params.requestedSchema.properties), [v.field]);
      assert.equal(wrong, "TypeError");
      assert.equal(late, "TypeError");
      assert.ok(frozen && responded);
      assert.equal(text, "Hello, Tibbles!");
      assert.equal(left, null);
    },
  },
  "twice in one task, by a handler: in order, each with a key of its own": {
    async run(lib, url, help) {
      const seen = [];
      const onElicitation = (params, { key }) => {
        seen.push([params.message, key]);
        return answer(v, params.message === "first name?" ? "Luca" : "Verdi");
      };
      const result = await help.inTime(help.client({ onElicitation }).callTool("asks_twice"), "the result");
      return { seen, text: text(result) };
    },
    verify({ seen, text }, truth, assert) {
      assert.deepEqual(seen.map(([message]) => message), ["first name?", "last name?"]);
      assert.notEqual(seen[0][1], seen[1][1]);
      assert.equal(text, "Luca Verdi");
    },
  },
  "twice in one task, by task.respond(), with updates() that shows both": {
    async run(lib, url, help) {
      const task = help.client({ onElicitation: () => undefined }).callTool("asks_twice");
      const messages = [];
      const answered = new Set();
      const all = (async () => {
        for await (const status of task.updates()) {
          for (const [key, { params }] of Object.entries(status.inputRequests ?? {})) {
            if (answered.has(key)) continue;
            answered.add(key);
            messages.push([status.status, params.message]);
            await task.respond({ [key]: answer(v, params.message.split(" ")[0]) });
          }
        }
      })();
      await help.inTime(all, "the end of updates()");
      return { messages, text: text(await help.inTime(task, "the result")) };
    },
    verify({ messages, text }, truth, assert) {
      assert.deepEqual(messages, [["input_required", "first name?"], ["input_required", "last name?"]]);
      assert.equal(text, "first last");
    },
  },
  "six tasks ask at once, by a handler: each gets its own answer (deviation 42)": {
    async run(lib, url, help) {
      const who = ["a", "b", "c", "d", "e", "f"];
      const mixed = [];
      const onElicitation = async (params, { task }) => {
        const name = params.message.match(/of (\w)\?/)[1];
        // Nobody is answered before the others have asked; a held stream for each would leave no socket for the answer.
        await new Promise((r) => setTimeout(r, 50));
        if (task) mixed.push([name, tasks.findIndex((t) => t.taskId === task.taskId)]);
        return answer(v, name.toUpperCase());
      };
      const client = help.client({ onElicitation });
      const tasks = who.map((name) => client.callTool("greets", { who: name }));
      const results = await help.inTime(Promise.all(tasks), "six results");
      return { texts: results.map(text), mixed, who };
    },
    verify({ texts, mixed, who }, truth, assert) {
      assert.deepEqual(texts, ["Hello, A!", "Hello, B!", "Hello, C!", "Hello, D!", "Hello, E!", "Hello, F!"]);
      assert.deepEqual(mixed.sort(), who.map((name, i) => [name, i]));
    },
  },
  "six tasks ask at once, by task.respond(): each shows its own question (deviations 23, 42)": {
    async run(lib, url, help) {
      const who = ["a", "b", "c", "d", "e", "f"];
      const client = help.client({ onElicitation: () => undefined });
      const tasks = who.map((name) => client.callTool("greets", { who: name }));
      const questions = await Promise.all(tasks.map(async (task) => {
        const [[key, { params }]] = await asked(help, task);
        await help.inTime(task.respond({ [key]: answer(v, params.message) }), "the server's receipt");
        return params.message;
      }));
      const results = await help.inTime(Promise.all(tasks), "six results");
      return { questions, texts: results.map(text) };
    },
    verify({ questions, texts }, truth, assert) {
      const own = ["a", "b", "c", "d", "e", "f"].map((name) => `What is the name of ${name}?`);
      assert.deepEqual(questions, own);
      assert.deepEqual(texts, own.map((question) => `Hello, ${question}!`));
    },
  },
  "cancelling a task that asks withdraws the question": {
    async run(lib, url, help) {
      let aborted;
      const onElicitation = (_params, { signal }) => new Promise((resolve) => {
        aborted = false;
        signal.addEventListener("abort", () => { aborted = true; resolve({ action: "cancel" }); }, { once: true });
      });
      const task = help.client({ onElicitation }).callTool("greets");
      const failed = help.rejection(task);
      await help.until(() => aborted === false, "the question");
      await help.inTime(task.cancel(), "the cancellation");
      const error = await failed;
      await help.until(() => aborted, "the end of the question");
      return { error, left: task.getSnapshot().inputRequests ?? null, status: task.getSnapshot().status };
    },
    verify({ error, left, status }, truth, assert) {
      assert.equal(error.name, "TaskCancelledError");
      assert.equal(status, "cancelled");
      assert.equal(left, null);
    },
  },
  "a second handle of the task, by its reference, can answer": {
    async run(lib, url, help) {
      const client = help.client({ onElicitation: () => undefined });
      const task = client.callTool("greets");
      await help.inTime(task.created, "the task's name");
      const again = client.task(JSON.parse(JSON.stringify(task)));
      const result = again.result();
      const [[key]] = await asked(help, again);
      await help.inTime(again.respond({ [key]: answer(v, "Luca") }), "the server's receipt");
      return { again: text(await help.inTime(result, "the result")), first: text(await help.inTime(task, "the result")) };
    },
    verify({ again, first }, truth, assert) { assert.deepEqual([again, first], ["Hello, Luca!", "Hello, Luca!"]); },
  },
  "a client with onElicitation or onTaskStatus follows its tasks though nobody awaits them": {
    async run(lib, url, help) {
      const told = [];
      const client = help.client({ onElicitation: () => answer(v, "Luca"), onTaskStatus: (status, task) => told.push([task?.name ?? "greets", status.status]) });
      // Nobody holds the handle: it may be collected, and then it is not told of.
      client.callTool("greets");
      await help.until(() => told.some(([, status]) => status === "completed"), "the end of a task that nobody awaits");
      return told;
    },
    verify(told, truth, assert) {
      assert.ok(told.every(([name]) => name === "greets"));
      assert.ok(told.some(([, status]) => status === "input_required"), JSON.stringify(told));
    },
  },
});
