// Tasks that the client hosts (2025-11-25): the server makes a task of its question, asks after it and takes the result.
import { textOf } from "./common.mjs";

const sampled = { role: "assistant", content: { type: "text", text: "forty-two" }, model: "the-model", stopReason: "endTurn" };

/** A client that hosts tasks; `errors` is what their work failed with. */
function hosting(lib, help, handlers) {
  const errors = [];
  const host = new lib.receiver.TaskHost({ onError: (error) => errors.push(String(error?.message)) });
  return { client: help.client({ taskHandlers: host, ...handlers }), host, errors };
}

/** How the tasks of a host ended. */
const ends = async ({ store }) => (await store.getAllTasks()).map(({ status, statusMessage }) => [status, statusMessage ?? ""]);

/** A scenario in which a tool gives back what our handler answered. */
function answers([tool, args], handlers, check) {
  return {
    async run(lib, url, help) {
      const { client, host, errors } = hosting(lib, help, handlers);
      const result = await help.inTime(client.callTool(tool, args, { raiseOnError: false, task: false }), "the result");
      return { text: textOf(result), all: result.content.map(({ text }) => text).join("\n"), ends: await ends(host), errors };
    },
    verify: check,
  };
}

const accepts = { onElicitation: () => ({ action: "accept", content: { name: "Ada" } }) };
const samples = { onSampling: () => sampled };
const fails = (words) => ({ onElicitation: () => { throw new Error(words); }, onSampling: () => { throw Object.assign(new Error(words), { code: -1 }); } });

export const hostedEverything = {
  "trigger-elicitation-request-async ends with the answer that our handler gave": answers(["trigger-elicitation-request-async", {}], accepts, ({ all, ends, errors }, truth, assert) => {
    assert.match(all, /^\[COMPLETED\] User provided the requested information!\nUser inputs:\n- Name: Ada/);
    assert.deepEqual([ends, errors], [[["completed", ""]], []]);
  }),
  "trigger-sampling-request-async ends with the answer that our handler gave": answers(["trigger-sampling-request-async", { prompt: "How many?" }], samples, ({ all, ends, errors }, truth, assert) => {
    assert.match(all, /^\[COMPLETED\]/);
    assert.match(all, /forty-two/);
    assert.deepEqual([ends, errors], [[["completed", ""]], []]);
  }),
  "a handler that fails makes a task that failed, in its words": answers(["trigger-sampling-request-async", { prompt: "How many?" }], fails("no model here"), ({ text, ends, errors }, truth, assert) => {
    assert.match(text, /^\[FAILED\] no model here/);
    assert.deepEqual([ends, errors], [[["failed", "no model here"]], ["no model here"]]);
  }),
  "a hosted task that is cancelled here ends as cancelled at the server, and the handler is told to stop": {
    async run(lib, url, help) {
      const seen = {};
      let taskId;
      const { client, host, errors } = hosting(lib, help, {
        onElicitation: (params, { key, signal }) => {
          taskId = key;
          return new Promise((_, reject) => signal.addEventListener("abort", () => { seen.isStopped = true; reject(signal.reason); }));
        },
      });
      const call = client.callTool("trigger-elicitation-request-async");
      await help.until(() => taskId, "the question");
      seen.status = (await lib.receiver.cancelTask(host.store, taskId)).status;
      seen.text = textOf(await help.inTime(call, "the result"));
      return { ...seen, ends: await ends(host), errors };
    },
    verify({ isStopped, status, text, ends, errors }, truth, assert) {
      assert.deepEqual([isStopped, status], [true, "cancelled"]);
      assert.match(text, /^\[CANCELLED\]/);
      assert.deepEqual([ends, errors], [[["cancelled", ""]], []]);
    },
  },
};

export const hostedSdk = {
  "elicit_as_task within a plain call ends with the answer that our handler gave": answers(["elicits_as_task", { who: "the ship" }], accepts, greeted),
  "elicit_as_task within a task of the server's does, too": {
    async run(lib, url, help) {
      const { client, host, errors } = hosting(lib, help, accepts);
      const task = client.callTool("elicits_as_task", { who: "the ship" }, { task: { ttlMs: 60_000 } });
      return { text: textOf(await help.inTime(task, "the result")), ends: await ends(host), errors, isTask: !task.returnedImmediately };
    },
    verify(seen, truth, assert) {
      assert.equal(seen.isTask, true);
      greeted(seen, truth, assert);
    },
  },
  "create_message_as_task ends with the answer that our handler gave": answers(["samples_as_task", { question: "How many?" }], samples, ({ text, ends, errors }, truth, assert) => {
    assert.equal(text, "the-model says: forty-two");
    assert.deepEqual([ends, errors], [[["completed", ""]], []]);
  }),
  "a user who declines is an answer; one who rejects sampling is error -1, as a plain request would have got it": {
    async run(lib, url, help) {
      const declines = hosting(lib, help, { onElicitation: () => ({ action: "decline" }) });
      const declined = textOf(await help.inTime(declines.client.callTool("elicits_as_task", {}, { task: false }), "the result"));
      const rejects = hosting(lib, help, fails("the user said no"));
      const rejected = await help.inTime(rejects.client.callTool("samples_as_task", {}, { raiseOnError: false, task: false }), "the result");
      return { declined, rejected, ends: await ends(rejects.host) };
    },
    verify({ declined, rejected, ends }, truth, assert) {
      assert.equal(declined, "no name: decline");
      assert.match(JSON.stringify(rejected), /the user said no/);
      assert.deepEqual(ends, [["failed", "the user said no"]]);
    },
  },
  "a server may get, list and cancel our task: the second cancel, a stranger's id and the result of what is cancelled are -32602": {
    async run(lib, url, help) {
      const stopped = [];
      const { client, host, errors } = hosting(lib, help, {
        onElicitation: (params, { signal }) => new Promise(() => signal.addEventListener("abort", () => stopped.push(params.message))),
      });
      const result = await help.inTime(client.callTool("looks_after", {}, { task: false }), "the result");
      return { said: result.structuredContent.said, stopped, ends: await ends(host), errors };
    },
    verify({ said, stopped, ends, errors }, truth, assert) {
      const [created, got, listed, cancelled, again, result, strange] = said;
      const { taskId } = created.task;
      assert.match(taskId, /^[0-9a-f-]{36}$/);
      assert.equal(created.task.status, "working", "tasks begin as working");
      assert.deepEqual(got, created.task, "flat, and without a word of the task in _meta");
      assert.deepEqual(listed.tasks, [created.task]);
      assert.deepEqual([cancelled.taskId, cancelled.status], [taskId, "cancelled"]);
      assert.deepEqual([again.code, result.code, strange.code], [-32602, -32602, -32602]);
      assert.equal(again.message, "Cannot cancel task in terminal state 'cancelled'");
      assert.deepEqual([stopped, ends, errors], [["Wait for it"], [["cancelled", ""]], []]);
    },
  },
};

function greeted({ text, ends, errors }, truth, assert) {
  assert.equal(text, "Hello, Ada!");
  assert.deepEqual([ends, errors], [[["completed", ""]], []]);
}
