import { after } from "../after.js";
import { guarded } from "../callbacks.js";
import { INTERNAL_ERROR } from "../codes.js";
import type { HostedContext, TaskHandlers } from "../hosting.js";
import { rpcCode, words } from "../transport.js";
import type { InputHandler } from "../types.js";
import { checkBoolean, checkFunction, checkObject } from "../validation.js";
import { bridge } from "./bridge.js";
import { checked, checkStore } from "./check.js";
import { TaskStoreError } from "./errors.js";
import { taskExecution } from "./execution.js";
import { generateTaskId } from "./helpers.js";
import { InMemoryTaskStore } from "./memory.js";
import { call } from "./module.js";
import type { TaskStore } from "./store.js";
import type { StoreBridge, TaskMethod } from "#receiver-glue";

/** Options of {@link TaskHost}. */
export interface TaskHostOptions {
  /** Where the tasks are kept. @default a new {@link InMemoryTaskStore} */
  store?: TaskStore;
  /** Whether the server may list the tasks: not where several servers share one address and cannot be told apart. @default true */
  list?: boolean;
  /**
   * How many tasks are worked on at a time; a further one is refused with error -32603. A cancelled task is not counted, also where its
   * handler ignores its `signal` and goes on. @default 100
   */
  maxConcurrent?: number;
  /** The longest time to live, in milliseconds; longer ones, and those without a limit, are cut to it. @default 86400000 */
  maxTtlMs?: number;
  /**
   * How long a request may be that becomes a task: its parameters as JSON text, in UTF-16 code units. A longer one is refused
   * with error -32602. @default 4194304
   */
  maxRequestLength?: number;
  /**
   * Called with an error of the work on a task; the task already has the status `failed`. The task id is empty if the store failed
   * to notify its waiters. An error of the callback is written to the console. @default console.warn
   */
  onError?: (error: unknown, taskId: string) => unknown;
}

type Params = { readonly [key: string]: unknown };

/**
 * Hosts the tasks that a server makes of its questions (MCP 2025-11-25, Tasks: sampling and elicitation as tasks): answers at
 * once that there is a task, has `onSampling` or `onElicitation` do the work, notifies the server of each status, and
 * answers what it asks about the tasks. One host is for one client.
 *
 * ```ts
 * const client = new Client("/mcp", {
 *   onElicitation: (params, { signal }) => askTheUser(params, signal),
 *   taskHandlers: new TaskHost(),
 * });
 * ```
 *
 * The handler's `signal` is aborted when the server cancels the task or the task outlives its time to live.
 */
export class TaskHost implements TaskHandlers {
  /** Where the tasks are kept. */
  readonly store: TaskStore;
  /** Whether the server may list the tasks; absent where the option says so. */
  readonly listTasks?: TaskHandlers["listTasks"] & {};
  readonly #options: TaskHostOptions;
  readonly #bridge: StoreBridge;
  #running = 0;
  /** Whose requests are served. */
  #client: unknown;

  /** @throws TypeError an option makes no sense */
  constructor(options: TaskHostOptions = {}) {
    this.#options = checked(options, ["maxConcurrent", "maxTtlMs", "maxRequestLength"]);
    const { store, list, onError } = this.#options;
    if (store !== undefined) checkStore("options.store", store);
    if (list !== undefined) checkBoolean("options.list", list);
    if (onError !== undefined) checkFunction("options.onError", onError);
    this.store = store ?? new InMemoryTaskStore();
    this.#bridge = bridge(this.store, (error) => this.#report(error, ""));
    if (list !== false) this.listTasks = (params, context) => this.#answer("list", params, context);
  }

  /** @internal */
  augmentedSampling(params: Params, context: HostedContext): Promise<object> {
    return this.#create(params, context);
  }

  /** @internal */
  augmentedElicitation(params: Params, context: HostedContext): Promise<object> {
    return this.#create(params, context);
  }

  /** @internal */
  getTask(params: Params, context: HostedContext): Promise<object> {
    return this.#answer("get", params, context);
  }

  /** @internal */
  getTaskResult(params: Params, context: HostedContext): Promise<object> {
    return this.#answer("result", params, context);
  }

  /** @internal */
  cancelTask(params: Params, context: HostedContext): Promise<object> {
    return this.#answer("cancel", params, context);
  }

  /** A host of two clients would show the one's tasks to the other's server. */
  #only({ notify }: HostedContext): void {
    this.#client ??= notify;
    if (notify === this.#client) return;
    throw Object.assign(new Error("this TaskHost is another client's: make one for each client; nothing was done"), { code: INTERNAL_ERROR });
  }

  async #answer(method: TaskMethod, params: Params, context: HostedContext): Promise<object> {
    this.#only(context);
    return answered(() => call((module) => module.answer(this.#bridge, method, JSON.stringify(params))));
  }

  async #create(params: Params, context: HostedContext): Promise<object> {
    this.#only(context);
    const { maxConcurrent, maxTtlMs, maxRequestLength } = this.#options;
    const taskId = generateTaskId();
    const { ttl } = params["task"] as { ttl?: unknown };
    const ttlMs = typeof ttl === "number" && ttl >= 0 ? ttl : undefined;
    const running = this.#running++;
    let created: { task: { ttl: number | null } };
    try {
      created = (await answered(() =>
        call((module) => module.createTask(this.#bridge, taskId, { ttlMs, requestLength: context.length, running, maxConcurrent, maxTtlMs, maxRequestLength })),
      )) as typeof created;
    } catch (error) {
      this.#running--;
      throw error;
    }
    void this.#work(taskId, params, context, created.task.ttl);
    return created;
  }

  /** Runs the work on a task and notifies the server of each status. Never rejects, because no caller awaits it. */
  async #work(taskId: string, params: Params, context: HostedContext, ttl: number | null): Promise<void> {
    const report = (error: unknown): void => this.#report(error, taskId);
    const tell = (task: string): void => void guarded(() => context.notify(JSON.parse(task) as object), report);
    let isCounted = true;
    let stop: (() => void) | undefined;
    const release = (): void => {
      stop?.();
      if (isCounted) this.#running--;
      isCounted = false;
    };
    // A store without a timer sees that a task's time is over when it is asked.
    if (ttl !== null) stop = after(ttl + 1, () => void this.store.getTask(taskId).catch(report));
    void call((module) => module.follow(this.#bridge, taskId, tell)).catch((error: unknown) => {
      if (!(TaskStoreError.isInstance(error) && error.reason === "unknown")) report(error);
    });
    try {
      await taskExecution(taskId, this.store, async (task) => {
        // A handler that ignores its signal would otherwise keep its place, and the server could not have another task.
        if (task.signal.aborted) release();
        else task.signal.addEventListener("abort", release, { once: true });
        try {
          await task.complete(await asked(context.handler, params, { ...context, key: taskId, signal: task.signal }));
        } catch (error) {
          // The task has ended: a late complete overwrites nothing and sends nothing.
          if (task.isCancelled) return;
          const code = rpcCode(error);
          if (code === undefined) throw error;
          await task.fail(words(error), code);
          report(error);
        }
      });
    } catch (error) {
      report(error);
    } finally {
      release();
    }
  }

  #report(error: unknown, taskId: string): void {
    const { onError } = this.#options;
    const warn = (what: string, error: unknown): void => console.warn(`mcp-tasks: ${what}: ${words(error)}`);
    if (!onError) return warn("the work on a hosted task failed", error);
    guarded(() => onError(error, taskId), (thrown) => warn("onError of a TaskHost failed", thrown));
  }
}

async function asked(handler: InputHandler<object, object>, params: Params, context: Parameters<typeof handler>[1]): Promise<object> {
  const answer = await handler(params, context);
  checkObject("an answer", answer);
  return answer;
}

/** The module's response as an object. A refusal has the JSON-RPC error that the server receives. */
async function answered(ask: () => Promise<string>): Promise<object> {
  try {
    return JSON.parse(await ask()) as object;
  } catch (error) {
    throw TaskStoreError.isInstance(error) ? Object.assign(new Error(error.message), { code: error.rpcCode }) : error;
  }
}
