// What the Python SDK has in `mcp.shared.experimental.tasks`, row by row, as it is in JavaScript: runs unchanged in Node and in a
// page, over each store. `make()` gives a new store; `check` is a few assertions.

/** @type {{ [title: string]: (receiver: typeof import("mcp-tasks/receiver"), make: () => any, check: any) => Promise<void> }} */
export const rows = {
  "helpers.MODEL_IMMEDIATE_RESPONSE_KEY: as in the specification": async ({ MODEL_IMMEDIATE_RESPONSE_KEY }, make, { equal }) => {
    equal(MODEL_IMMEDIATE_RESPONSE_KEY, "io.modelcontextprotocol/model-immediate-response");
  },
  "helpers.RELATED_TASK_METADATA_KEY: as in the specification": async ({ RELATED_TASK_METADATA_KEY }, make, { equal }) => {
    equal(RELATED_TASK_METADATA_KEY, "io.modelcontextprotocol/related-task");
  },
  "helpers.is_terminal: completed, failed and cancelled": async ({ isTerminal }, make, { equal }) => {
    const all = ["working", "input_required", "completed", "failed", "cancelled", "strange"];
    equal(all.map(isTerminal), [false, false, true, true, true, false]);
  },
  "helpers.cancel_task: cancels and stops the work; unknown and ended tasks are -32602": async ({ cancelTask, taskExecution }, make, { equal, refuses, until }) => {
    const store = make();
    const { taskId } = await store.createTask();
    let stopped, hasBegun;
    const done = taskExecution(taskId, store, (ctx) => new Promise((_, reject) => {
      hasBegun = true;
      ctx.signal.addEventListener("abort", () => { stopped = ctx.isCancelled; reject(ctx.signal.reason); });
    }));
    await until(() => hasBegun);
    equal((await cancelTask(store, taskId)).status, "cancelled");
    await done;
    equal(stopped, true);
    await refuses(cancelTask(store, taskId), { reason: "terminal", rpcCode: -32602, status: "cancelled", message: "Cannot cancel task in terminal state 'cancelled'" });
    await refuses(cancelTask(store, "nobody's"), { reason: "unknown", rpcCode: -32602, message: "Task not found: nobody's" });
  },
  "helpers.generate_task_id: a UUID of version 4, another each time": async ({ generateTaskId }, make, { equal }) => {
    // checklist R2.15, R2.4
    const ids = Array.from({ length: 100 }, generateTaskId);
    equal(ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), []);
    equal(new Set(ids).size, 100);
  },
  "helpers.create_task_state: working, made now, 500 ms, with the time to live that was asked for": async ({ createTaskState }, make, { equal }) => {
    const { createdAt, ...task } = createTaskState({ ttlMs: 60_000 }, "mine");
    equal(task, { taskId: "mine", status: "working", ttlMs: 60_000, lastUpdatedAt: createdAt, pollIntervalMs: 500 });
    equal(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000, true);
    equal([createTaskState().ttlMs, createTaskState().taskId.length], [null, 36]);
  },
  "helpers.task_execution: an error makes the task failed, in its words, and is thrown on, not swallowed": async ({ taskExecution }, make, { equal, rejects, refuses }) => {
    const store = make();
    const { taskId } = await store.createTask();
    const broken = new Error("the ice broke");
    equal(await rejects(taskExecution(taskId, store, () => { throw broken; })) === broken, true);
    equal(((t) => [t.status, t.statusMessage])(await store.getTask(taskId)), ["failed", "the ice broke"]);
    await refuses(taskExecution(taskId, store, () => {}), { reason: "terminal" });
    await refuses(taskExecution("nobody's", store, () => {}), { reason: "unknown" });

    const ended = await store.createTask();
    const late = new Error("too late");
    equal(await rejects(taskExecution(ended.taskId, store, async (ctx) => {
      await ctx.complete({ n: 1 });
      throw late;
    })) === late, true);
    equal([(await store.getTask(ended.taskId)).status, await store.getResult(ended.taskId)], ["completed", { result: { n: 1 } }]);
  },
  "store.TaskStore: one that an application has written serves as well as ours": async ({ taskExecution, cancelTask, TaskStoreError, createTaskState, updateTaskState }, make, { equal, refuses, rejects }) => {
    const tasks = new Map();
    const find = (id) => tasks.get(id) ?? (() => { throw new TaskStoreError("unknown", "Task not found: ?", { taskId: id }); })();
    const own = {
      createTask: async (metadata, taskId) => { const task = createTaskState(metadata, taskId); tasks.set(task.taskId, { task }); return task; },
      getTask: async (id) => tasks.get(id)?.task,
      updateTask: async (id, update) => (find(id).task = updateTaskState(find(id).task, update)),
      storeResult: async (id, outcome) => { find(id).outcome = outcome; },
      getResult: async (id) => tasks.get(id)?.outcome,
      listTasks: async () => ({ tasks: [...tasks.values()].map(({ task }) => task) }),
      deleteTask: async (id) => tasks.delete(id),
      waitForUpdate: (id, known, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      notifyUpdate: async () => {},
    };
    const { taskId } = await own.createTask();
    await taskExecution(taskId, own, async (ctx) => {
      equal((await ctx.updateStatus("half")).statusMessage, "half");
      await ctx.complete({ n: 2 });
    });
    equal([tasks.get(taskId).task.status, tasks.get(taskId).outcome], ["completed", { result: { n: 2 } }]);
    await refuses(cancelTask(own, taskId), { reason: "terminal", status: "completed" });
    // Its own trouble is told in its words.
    own.getTask = own.updateTask = async () => { throw new Error("the disk is full"); };
    await refuses(cancelTask(own, taskId), { reason: "other", message: "the disk is full" });
  },
  "InMemoryTaskStore: pages by an opaque cursor, copies out, no id twice, nothing changes after the end": async ({ generateTaskId }, make, { equal, refuses }) => {
    const store = make({ pageSize: 2 });
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await store.createTask({ ttlMs: 600_000 })).taskId);
    const [first, second] = [await store.listTasks(), await store.listTasks((await store.listTasks()).nextCursor)];
    const third = await store.listTasks(second.nextCursor);
    equal([first, second, third].map(({ tasks }) => tasks.map(({ taskId }) => ids.indexOf(taskId))), [[0, 1], [2, 3], [4]]);
    equal(third.nextCursor, undefined);
    await refuses(store.listTasks("not a cursor"), { reason: "invalid_cursor" });
    await refuses(store.createTask({}, ids[0]), { reason: "unusable_id" });
    await refuses(store.createTask({}, ""), { reason: "unusable_id" });

    const task = await store.getTask(ids[0]);
    equal(Object.isFrozen(task), true);
    await refuses(store.storeResult(ids[0], { result: [1] }), { reason: "not_an_object" });
    await store.storeResult(ids[0], { result: { n: 1 } });
    (await store.getResult(ids[0])).result.n = 2;
    equal(await store.getResult(ids[0]), { result: { n: 1 } });
    await store.updateTask(ids[0], { status: "completed" });
    for (const update of [{ status: "working" }, { status: "completed" }, { statusMessage: "x" }]) {
      await refuses(store.updateTask(ids[0], update), { reason: "terminal", status: "completed", rpcCode: -32602 });
    }
    await refuses(store.storeResult(ids[0], { result: {} }), { reason: "terminal" });
    await refuses(store.updateTask(generateTaskId(), {}), { reason: "unknown" });
    equal([await store.getTask("x"), await store.getResult("x"), await store.deleteTask("x")], [undefined, undefined, false]);
    equal([await store.deleteTask(ids[1]), await store.getTask(ids[1])], [true, undefined]);
  },
  "InMemoryTaskStore: any number wait for one task and all are woken; a waiting can be given up": async (receiver, make, { equal, rejects, refuses, until }) => {
    const store = make();
    const { taskId } = await store.createTask();
    const waits = [1, 2, 3].map(() => store.waitForUpdate(taskId, "working"));
    const stop = new AbortController();
    const given = store.waitForUpdate(taskId, "working", { signal: stop.signal });
    stop.abort(new Error("enough"));
    equal((await rejects(given)).message, "enough");
    await store.updateTask(taskId, { status: "input_required" });
    equal((await Promise.all(waits)).map(({ status }) => status), ["input_required", "input_required", "input_required"]);
    equal((await store.waitForUpdate(taskId, "working")).status, "input_required", "at once");

    let woken = 0;
    void store.waitForUpdate(taskId, "input_required").then(() => woken++);
    await until(async () => { await store.notifyUpdate(taskId); return woken; });
    const gone = store.waitForUpdate(taskId, "input_required");
    gone.catch(() => {});
    await until(async () => await store.deleteTask(taskId) || true);
    await refuses(gone, { reason: "unknown" });
    await refuses(store.waitForUpdate(taskId, "working"), { reason: "unknown" });
  },
  "InMemoryTaskStore: what outlives its time is forgotten; a time without limit is cut where that is wished": async (receiver, make, { equal, until, refuses }) => {
    const store = make({ maxTtlMs: 600_000, maxTasks: 2 });
    equal((await store.createTask()).ttlMs, 600_000);
    const { taskId } = await store.createTask({ ttlMs: 5 });
    await until(async () => (await store.getTask(taskId)) === undefined);
    await refuses(store.updateTask(taskId, {}), { reason: "unknown" });
    equal((await store.listTasks()).tasks.length, 1);
    await store.createTask();
    await refuses(store.createTask(), { reason: "too_many_tasks" });
    await store.cleanup();
    equal((await store.listTasks()).tasks, []);
  },
  "context.TaskContext: tells of the work; a complete after a cancel throws a typed error and overwrites nothing": async ({ taskExecution, cancelTask }, make, { equal, refuses }) => {
    const store = make();
    const { taskId } = await store.createTask();
    await taskExecution(taskId, store, async (ctx) => {
      equal([ctx.taskId, ctx.task.status, ctx.isCancelled], [taskId, "working", false]);
      equal((await ctx.updateStatus("asking", "input_required")).status, "input_required");
      equal((await ctx.updateStatus(undefined, "working")).statusMessage, "asking");
      await ctx.complete({ n: 1 });
      equal(ctx.task.status, "completed");
    });
    equal(await store.getResult(taskId), { result: { n: 1 } });

    const cancelled = await store.createTask();
    await taskExecution(cancelled.taskId, store, async (ctx) => {
      await cancelTask(store, cancelled.taskId);
      await refuses(ctx.complete({ n: 1 }), { reason: "terminal", status: "cancelled" });
      equal([ctx.isCancelled, ctx.signal.aborted], [true, true]);
    });
    equal([(await store.getTask(cancelled.taskId)).status, await store.getResult(cancelled.taskId)], ["cancelled", undefined]);

    const failed = await store.createTask();
    await taskExecution(failed.taskId, store, (ctx) => ctx.fail("the user said no", -1));
    equal([(await store.getTask(failed.taskId)).status, await store.getResult(failed.taskId)], ["failed", { error: { code: -1, message: "the user said no" } }]);

    const asked = await store.createTask();
    await taskExecution(asked.taskId, store, async (ctx) => {
      ctx.requestCancellation();
      equal(ctx.isCancelled, true);
      await new Promise((resolve) => (ctx.signal.aborted ? resolve() : ctx.signal.addEventListener("abort", resolve)));
      await ctx.fail("stopped");
    });
    equal((await store.getTask(asked.taskId)).status, "failed", "the task stays as the work leaves it");
  },
};

/** Assertions that a page has, too. */
export const check = {
  equal(seen, wanted, words = "") {
    const text = (value) => JSON.stringify(value, (_, v) => (v === undefined ? "undefined" : v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v));
    if (text(seen) !== text(wanted)) throw new Error(`${words} saw ${text(seen)}, not ${text(wanted)}`);
  },
  async rejects(promise) {
    const nothing = {};
    const error = await Promise.resolve(promise).then(() => nothing, (e) => e);
    if (error === nothing) throw new Error("resolved where it should have been rejected");
    return error;
  },
  async refuses(promise, details) {
    const error = await check.rejects(promise);
    check.equal([error.name, error.code], ["TaskStoreError", "task_store"], String(error?.stack));
    for (const [name, value] of Object.entries(details)) check.equal(error[name], value, name);
  },
  async until(condition) {
    for (const end = Date.now() + 15_000; ; await new Promise((r) => setTimeout(r, 5))) {
      const value = await condition();
      if (value) return value;
      if (Date.now() > end) throw new Error(`this never came to be: ${condition}`);
    }
  },
};
