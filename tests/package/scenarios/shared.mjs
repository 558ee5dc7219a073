// Scenarios that every server with tasks goes through, each in its own words: `v` says which tools it has and what it
// answers. `v.quick`, `v.slow` and `v.plain` are tools with their arguments: a task that ends, one that runs for long, and
// one that is never a task.
import { eavesdrop, textOf } from "./common.mjs";

const nobody = "00000000-0000-4000-8000-000000000000";

function verifyExpired(error, assert) {
  assert.equal(error.name, "TaskExpiredError", error.message);
  assert.equal(error.code, "task_expired");
  assert.match(error.message, /not found/);
  assert.equal(error.rpc.code, -32602);
}

/** What comes of cancelling a task that has ended: a refusal, or the status that it is then said to have. */
const onFinished = {
  cancelled: "the server says cancelled and does not mean it",
  completed: "the server takes note and changes nothing",
  refused: "it is refused in the server's words",
};

/** Without a handle: a task by its id. */
export const byId = (v) => ({
  [`status, result and list of a task by its id${v.lists ? "" : ", though the server lists none (deviation 33)"}`]: {
    async run(lib, url, help) {
      const client = help.client();
      const tasks = [client.callTool(...v.quick), client.callTool(...v.quick)];
      await help.inTime(Promise.all(tasks), "two results");
      const [{ taskId }] = tasks;
      const status = await help.inTime(client.getTaskStatus(taskId), "the status");
      const result = await help.inTime(client.getTaskResult(taskId), "the result");
      const page = await help.inTime(client.listTasks(), "the list");
      const foreign = await help.inTime(help.client().listTasks(), "the list of another client");
      return { ids: tasks.map((task) => task.taskId), taskId, status, result, page, foreign };
    },
    verify({ ids, taskId, status, result, page, foreign }, truth, assert) {
      assert.equal(status.taskId, taskId);
      assert.equal(status.status, "completed");
      v.check(result, assert);
      const mine = page.tasks.filter((task) => ids.includes(task.taskId));
      assert.deepEqual(mine.map((task) => task.status), ["completed", "completed"]);
      // Another client sees what the server lists and nothing of ours.
      assert.deepEqual(foreign.tasks.filter((task) => ids.includes(task.taskId)), []);
    },
  },
  "an id that the server does not know is TaskExpiredError, whoever asks (deviation 31)": {
    async run(lib, url, help) {
      const client = help.client();
      const handle = client.task({ taskId: nobody, kind: "tool", name: "lost" });
      return Promise.all([
        help.rejection(client.getTaskStatus(nobody)),
        help.rejection(client.getTaskResult(nobody)),
        help.rejection(handle),
      ]);
    },
    verify(errors, truth, assert) { for (const error of errors) verifyExpired(error, assert); },
  },
  "cancelTask of an id that the server does not know is TaskExpiredError (deviation 31)": {
    run: (lib, url, help) => help.rejection(help.client().cancelTask(nobody)),
    verify: (error, truth, assert) => verifyExpired(error, assert),
  },
  [`the result of a running task by its id: the server ${v.waits ? "waits for the end" : "refuses in its words (deviation 17)"}`]: {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool(...(v.waits ? v.quick : v.slow));
      await help.inTime(task.created, "the task's name");
      const said = await help.inTime(client.getTaskResult(task.taskId).catch(({ name, message, rpc }) => ({ name, message, rpc })), "an answer");
      const { status } = await help.inTime(task.status({ fresh: true }), "the status");
      await help.inTime(task.cancel(), "the cancellation");
      const after = v.waits ? null : await help.rejection(client.getTaskResult(task.taskId));
      return { said, status, after };
    },
    verify({ said, status, after }, truth, assert) {
      if (v.waits) {
        v.check(said, assert);
        return assert.equal(status, "completed");
      }
      assert.equal(status, "working");
      for (const [error, state] of [[said, "working"], [after, "cancelled"]]) {
        assert.ok(error.message.includes(`Task not completed yet (current state: ${state})`), error.message);
        assert.equal(error.name, "RpcError");
        assert.equal(error.rpc.code, -32602);
      }
    },
  },
  [`cancelTask of a finished task: ${onFinished[v.cancelsFinished]} (deviation 27)`]: {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool(...v.quick);
      const told = help.watch(task);
      await help.inTime(task, "the result");
      const said = await help.inTime(client.cancelTask(task.taskId).catch((e) => ({ name: e.name, message: e.message, rpc: e.rpc })), "an answer");
      await help.inTime(task.cancel(), "cancel() of a handle that has its result");
      const status = await help.inTime(client.getTaskStatus(task.taskId), "the status");
      return { said, status, told, result: await task };
    },
    verify({ said, status, told, result }, truth, assert) {
      if (v.cancelsFinished !== "refused") {
        assert.equal(said.status, v.cancelsFinished);
      } else {
        assert.equal(said.name, "RpcError", said.message);
        assert.equal(said.rpc.code, -32602);
        assert.match(said.message, /Cannot cancel task in terminal stat/);
      }
      assert.equal(status.status, "completed");
      assert.match(told.at(-1), /^completed/);
      v.check(result, assert);
    },
  },
  "a handle by reference of a finished task gives the result, and its cancel() changes nothing (deviation 27)": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool(...v.quick);
      await help.inTime(task, "the result");
      const ref = JSON.parse(JSON.stringify(task));
      const again = client.task(ref);
      const result = await help.inTime(again, "the result again");
      const other = client.task(ref);
      // What the server says to it differs; what must not differ is how the handle ends.
      await help.inTime(other.cancel().catch(() => {}), "the cancellation");
      return { result, other: await help.inTime(other.status({ fresh: true }), "the status") };
    },
    verify({ result, other }, truth, assert) {
      v.check(result, assert);
      assert.equal(other.status, "completed");
    },
  },
  "the time to live and the interval are what the server says, not what was asked for (deviations 5, 6)": {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool(v.slow[0], v.slow[1], { task: { ttlMs: 30_000 } });
      await help.inTime(task.created, "the task's name");
      const status = await help.inTime(task.status({ fresh: true }), "the status");
      await help.inTime(task.cancel(), "the cancellation");
      return status;
    },
    verify({ ttlMs, pollIntervalMs }, truth, assert) { assert.deepEqual([ttlMs, pollIntervalMs], v.times); },
  },
});

/** What the server refuses, and what the client does not even try. */
export const refusals = (v) => ({
  "a tool that does not exist, as a task or not (deviations 2, 36)": {
    async run(lib, url, help) {
      const client = help.client();
      return Promise.all([undefined, { task: false }, { task: { ttlMs: 1000 } }]
        .map((options) => help.rejection(client.callTool("no_such_tool", {}, options))));
    },
    verify(errors, truth, assert) {
      for (const error of errors) {
        assert.ok(["ToolError", "RpcError"].includes(error.name), error.name);
        assert.match(error.message, /no_such_tool/);
      }
    },
  },
  "a tool that forbids tasks is called plainly, even where a task was asked for (deviations 3, 9)": {
    async run(lib, url, help) {
      const task = help.client().callTool(v.plain[0], v.plain[1], { task: { ttlMs: 1000 } });
      return { result: await help.inTime(task, "the result"), immediately: task.returnedImmediately };
    },
    verify({ result, immediately }, truth, assert) {
      assert.ok(textOf(result).includes(v.plain[2]), textOf(result));
      assert.equal(immediately, true);
    },
  },
  "a required tool without a task is refused before anything is sent (deviations 9, 36)": {
    run: (lib, url, help) => help.rejection(help.client().callTool(v.required[0], v.required[1], { task: false })),
    verify(error, truth, assert) {
      assert.equal(error.name, "UnsupportedError");
      assert.match(error.message, /has to be a task.*not sent/);
    },
  },
});

/** What happens when a session is lost or another one asks. Not for servers without sessions. */
export const sessions = (v) => ({
  "a session that the server ended is replaced, and the call goes through (deviations 30, 37)": {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const client = help.client({ fetch: heard.fetch });
      await help.inTime(client.callTool(v.plain[0], v.plain[1]), "the first answer");
      const first = heard.session;
      const ended = await heard.end();
      const result = await help.inTime(client.callTool(v.plain[0], v.plain[1]), "the second answer");
      return { first, second: heard.session, ended, result };
    },
    verify({ first, second, ended, result }, truth, assert) {
      assert.ok(ended >= 200 && ended < 300, `DELETE: ${ended}`);
      assert.ok(first && second && first !== second, `${first}, ${second}`);
      assert.ok(textOf(result).includes(v.plain[2]), textOf(result));
    },
  },
  [`a task whose session ended ${v.scoped ? "is TaskExpiredError in the next one" : "goes on in the next one"} (deviation 32)`]: {
    async run(lib, url, help) {
      const heard = eavesdrop();
      const client = help.client({ fetch: heard.fetch });
      const task = client.callTool(...v.lasting);
      const first = await help.inTime(task.created, "the task's name");
      await heard.end();
      const end = await help.inTime(task.then((result) => ({ result }), ({ name, rpc }) => ({ name, rpc })), "an end");
      return { ...end, first, taskId: task.taskId };
    },
    verify({ result, name, rpc, first, taskId }, truth, assert) {
      assert.equal(taskId, first);
      if (!v.scoped) return v.check(result, assert);
      assert.equal(name, "TaskExpiredError");
      assert.equal(rpc.code, -32602);
    },
  },
  [`a reference in another client ${v.scoped ? "is TaskExpiredError" : "finds the task"}, in the same client it finds the task (deviation 32)`]: {
    async run(lib, url, help) {
      const client = help.client();
      const task = client.callTool(...v.quick);
      await help.inTime(task.created, "the task's name");
      const ref = JSON.parse(JSON.stringify(task));
      const foreign = help.client().task(ref);
      const abroad = await help.inTime(foreign.then((result) => ({ result }), ({ name }) => ({ name })), "an end");
      return { abroad, home: await help.inTime(client.task(ref), "the result") };
    },
    verify({ abroad, home }, truth, assert) {
      v.check(home, assert);
      if (v.scoped) assert.equal(abroad.name, "TaskExpiredError");
      else v.check(abroad.result, assert);
    },
  },
});
