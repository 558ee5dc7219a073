import { type PlainFailure, toError } from "./errors.js";
import { snapshot, type Host } from "./host.js";
import type { Load } from "./load.js";
import { watchPage } from "./page.js";
import { TaskState, type Port } from "./state.js";
import { PromptTask, ResourceTask, ToolTask } from "./task.js";
import { send, words } from "./transport.js";
import type {
  CallOptions,
  CallToolOptions,
  ClientOptions,
  Prompt,
  Resource,
  TaskPage,
  TaskRef,
  TaskStatus,
  Tool,
} from "./types.js";
import type { Core } from "#glue";

type Job = (core: Core) => void;

const KINDS = { tool: ToolTask, prompt: PromptTask, resource: ResourceTask };
type Kind = (typeof KINDS)[keyof typeof KINDS];

// What the engine can call and be asked: see src/web/mod.rs.
const TOOL = 0;
const PROMPT = 1;
const RESOURCE = 2;
const PING = 0;
const STATUS = 1;
const RESULT = 2;
const TASKS = 3;
const CANCEL = 4;

/**
 * A client of one MCP server. Making one causes no I/O: the WebAssembly module is loaded and the server is greeted with
 * the first call.
 *
 * ```ts
 * const client = new Client("/mcp", { headers: () => ({ authorization: `Bearer ${token()}` }) });
 * const result = await client.callTool("render", { scene: 7 });
 * ```
 */
export class Client {
  /** How the module is loaded; set by the entry point. @internal */
  static load: Load;

  /** The server's address. */
  readonly url: string;
  readonly #options: ClientOptions;
  readonly #states = new Map<number, TaskState>();
  readonly #replies = new Map<number, { resolve(json: string): void; reject(reason: unknown): void }>();
  readonly #port: Port;
  /** Gives up what a handle that nobody holds any more has left. */
  readonly #collected: FinalizationRegistry<number>;
  /** What was asked for before the module was there. */
  #waiting: Job[] = [];
  #core: Core | undefined;
  #loading = false;
  #closed: PlainFailure | undefined;
  #next = 1;
  #unwatchPage = (): void => {};

  /**
   * @param url the server's MCP endpoint; in a page it may be relative
   * @throws TypeError the address or an option makes no sense
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.url = new URL(url, globalThis.location?.href).href;
    for (const name of ["pollIntervalMs", "maxMessageBytes"] as const) {
      const value = options[name];
      if (value !== undefined && !(Number.isFinite(value) && value >= 1)) {
        throw new TypeError(`${name} must be a number of at least 1, not ${String(value)}`);
      }
    }
    this.#options = options;
    this.#collected = new FinalizationRegistry((handle) => this.#port.forget(handle));
    this.#port = {
      watch: (handle, result, on) => this.#do((core) => (on ? core.watch(handle, result) : core.unwatch(handle, result))),
      refresh: (handle) => this.#ask((core, reply) => core.refresh(handle, reply)).then(() => {}),
      cancel: (handle) => this.#ask((core, reply) => core.cancel(handle, reply)).then(() => {}),
      abandon: (handle) => this.#do((core) => core.abandon(handle)),
      forget: (handle) => {
        this.#states.delete(handle);
        if (this.#core && !this.#closed) this.#do((core) => core.forget(handle));
      },
      warn: (code, message) => this.#warn(code, message),
    };
  }

  /**
   * Calls a tool, at once; the handle is returned at once too. It becomes a task where the server and the tool offer
   * that, see {@link CallToolOptions.task}.
   *
   * @param args the tool's arguments, anything JSON can hold
   * @throws TypeError the arguments cannot be written as a JSON object; nothing was sent
   */
  callTool(name: string, args: { [key: string]: unknown } = {}, options: CallToolOptions = {}): ToolTask {
    const json = JSON.stringify(args);
    if (!json?.startsWith("{")) throw new TypeError(`the arguments of ${name} must be an object`);
    return this.#call(ToolTask, TOOL, name, json, options, options.raiseOnError);
  }

  /**
   * Gets a prompt, by a task where the server offers that (an extension of FastMCP's). Arguments that are not strings are
   * sent as JSON text, since prompts take strings only.
   * @throws TypeError the name is not a string; nothing was sent
   */
  getPrompt(name: string, args: { [key: string]: unknown } = {}, options: CallOptions = {}): PromptTask {
    const texts = Object.entries(args).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
    const json = JSON.stringify(Object.fromEntries(texts));
    return this.#call(PromptTask, PROMPT, name, json, options);
  }

  /**
   * Reads a resource, by a task where the server offers that (an extension of FastMCP's).
   * @throws TypeError the URI is not a string; nothing was sent
   */
  readResource(uri: string, options: CallOptions = {}): ResourceTask {
    return this.#call(ResourceTask, RESOURCE, uri, "{}", options);
  }

  /**
   * The handle of a task from an earlier page or another tab: hand in what `JSON.stringify(task)` gave.
   * @throws TypeError this is no such thing
   */
  task(ref: TaskRef & { kind: "tool" }): ToolTask;
  task(ref: TaskRef & { kind: "prompt" }): PromptTask;
  task(ref: TaskRef & { kind: "resource" }): ResourceTask;
  task(ref: TaskRef): ToolTask | PromptTask | ResourceTask;
  task(ref: TaskRef): ToolTask | PromptTask | ResourceTask {
    const type = Object.hasOwn(KINDS, ref?.kind) ? KINDS[ref.kind] : undefined;
    if (typeof ref?.taskId !== "string" || !ref.taskId || !type) {
      throw new TypeError("this is no task reference: hand in what JSON.stringify(task) gave");
    }
    const [state, handle] = this.#newTask(type, String(ref.name));
    state.isTask = true;
    state.taskId = ref.taskId;
    this.#do((core) => core.attach(state.handle, ref.taskId));
    return handle;
  }

  /** Every tool of the server, all pages. Rejects with {@link NetworkError} and its like after a few tries. */
  async listTools(): Promise<Tool[]> {
    return JSON.parse(await this.#list(TOOL)) as Tool[];
  }

  /** Every prompt of the server, all pages. */
  async listPrompts(): Promise<Prompt[]> {
    return JSON.parse(await this.#list(PROMPT)) as Prompt[];
  }

  /** Every resource of the server, all pages; templates are not among them. */
  async listResources(): Promise<Resource[]> {
    return JSON.parse(await this.#list(RESOURCE)) as Resource[];
  }

  /**
   * Where a task stands, by its id: for tasks without a handle.
   * @throws TaskExpiredError the server does not know the task (any more)
   */
  async getTaskStatus(taskId: string): Promise<TaskStatus> {
    return this.#parse(await this.#ask((core, reply) => core.ask(reply, STATUS, taskId)));
  }

  /** What the request that made a task would have been answered with, as the server sent it. May wait for the task to end. */
  async getTaskResult(taskId: string): Promise<{ [key: string]: unknown }> {
    return JSON.parse(await this.#ask((core, reply) => core.ask(reply, RESULT, taskId))) as { [key: string]: unknown };
  }

  /**
   * One page of the tasks that the server knows.
   * @throws UnsupportedError the server does not list tasks; nothing was sent
   */
  async listTasks(options: { cursor?: string } = {}): Promise<TaskPage> {
    const page = JSON.parse(await this.#ask((core, reply) => core.ask(reply, TASKS, options.cursor))) as TaskPage;
    for (const task of page.tasks) Object.freeze(task);
    return page;
  }

  /**
   * Asks the server to cancel a task, by its id, and resolves with what it says.
   * @throws UnsupportedError the server cannot cancel tasks; nothing was sent
   */
  async cancelTask(taskId: string): Promise<TaskStatus> {
    return this.#parse(await this.#ask((core, reply) => core.ask(reply, CANCEL, taskId)));
  }

  /** Resolves when the server has answered. */
  async ping(): Promise<void> {
    await this.#ask((core, reply) => core.ask(reply, PING, undefined));
  }

  /**
   * Ends everything on this side: whoever waits gets {@link ClosedError}, streams and timers end, the session is given
   * back. Tasks go on at the server. What is called afterwards fails with {@link ClosedError}.
   */
  close(): void {
    if (this.#closed) return;
    const core = this.#core;
    if (core) this.#do(() => core.close());
    this.#end({ code: "closed", message: "the client was closed; tasks go on at the server" });
    // The engine holds us, and nobody but us would let go of it. Later: we may be inside a call of the engine's.
    this.#core = undefined;
    queueMicrotask(() => {
      try {
        core?.free();
      } catch {
        // It broke while it was closed: nothing is left to be freed.
      }
    });
  }

  #list(kind: number): Promise<string> {
    return this.#ask((core, reply) => core.list(reply, kind));
  }

  #parse(json: string): TaskStatus {
    return Object.freeze(JSON.parse(json) as TaskStatus);
  }

  #call<K extends Kind>(
    type: K,
    kind: number,
    name: string,
    json: string,
    options: CallOptions,
    raiseOnError = true,
  ): InstanceType<K> {
    if (typeof name !== "string") throw new TypeError(`the name must be a string, not ${String(name)}`);
    const { task, signal } = options;
    const ttlMs = task === false ? undefined : (task?.ttlMs ?? -1);
    if (task && task.ttlMs !== undefined && !(Number.isFinite(task.ttlMs) && task.ttlMs >= 0)) {
      throw new TypeError(`ttlMs must be a number of at least 0, not ${String(task.ttlMs)}`);
    }
    if (signal && !(signal instanceof AbortSignal)) throw new TypeError("signal must be an AbortSignal");
    const [state, handle] = this.#newTask(type, name);
    state.raiseOnError = raiseOnError;
    if (signal?.aborted) {
      state.onSettled({ error: signal.reason });
      return handle;
    }
    this.#do((core) => core.call(state.handle, kind, name, json, ttlMs));
    if (signal) this.#abandonOn(signal, state, handle);
    return handle;
  }

  #newTask<K extends Kind>(type: K, name: string): [TaskState, InstanceType<K>] {
    const handle = this.#next++;
    const state = new TaskState(handle, this.#port);
    const task = new type(state, name) as InstanceType<K>;
    if (this.#closed) {
      state.onSettled({ error: toError(this.#closed) });
      return [state, task];
    }
    this.#states.set(handle, state);
    this.#collected.register(task, handle);
    return [state, task];
  }

  #abandonOn(signal: AbortSignal, state: TaskState, task: object): void {
    const stop = (): void => {
      if (state.isTask !== undefined || state.outcome) return;
      state.onSettled({ error: signal.reason });
      state.port.abandon(state.handle);
    };
    signal.addEventListener("abort", stop, { once: true });
    const off = (): void => signal.removeEventListener("abort", stop);
    // Once the task has a name the signal has no effect: a signal that many calls share must not keep them all.
    state.created(task).then(off, off);
  }

  /** Does it with the engine: now, or as soon as the module is loaded. */
  #do(job: Job): void {
    if (this.#closed) return;
    if (!this.#core) {
      this.#waiting.push(job);
      void this.#load();
      return;
    }
    try {
      job(this.#core);
    } catch (error) {
      // The engine never throws: the module itself has broken.
      this.#end({ code: "internal", message: String(error) });
    }
  }

  #ask(question: (core: Core, reply: number) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(toError(this.#closed));
      const reply = this.#next++;
      this.#replies.set(reply, { resolve, reject });
      this.#do((core) => question(core, reply));
    });
  }

  async #load(): Promise<void> {
    if (this.#loading) return;
    this.#loading = true;
    try {
      const Engine = await Client.load();
      if (this.#closed) return;
      const { clientInfo, pollIntervalMs, maxMessageBytes, stream } = this.#options;
      const info = clientInfo && JSON.stringify(clientInfo);
      const core = new Engine(this.#host(), this.url, info, pollIntervalMs, maxMessageBytes, stream);
      this.#core = core;
      this.#unwatchPage = watchPage((reason, on) => this.#do(() => core.pause(reason, on)));
      const jobs = this.#waiting;
      this.#waiting = [];
      for (const job of jobs) this.#do(job);
    } catch (error) {
      this.#loadFailed(error);
    } finally {
      this.#loading = false;
    }
  }

  /** Whoever waits is told; the next call tries to load again. */
  #loadFailed(error: unknown): void {
    this.#warn("load-failed", String(error instanceof Error ? error.message : error));
    const running = [...this.#states.values()].filter((state) => state.isTask);
    for (const state of running) this.#states.delete(state.handle);
    this.#failAll(error);
    // Tasks from an earlier page go on at the server: they are taken up when loading succeeds.
    this.#waiting = running.map((state) => (core: Core) => {
      core.attach(state.handle, state.taskId ?? "");
      if (state.isListenedTo) core.watch(state.handle, false);
    });
    for (const state of running) {
      this.#states.set(state.handle, state);
      state.onInterrupted(error);
    }
  }

  #end(why: PlainFailure): void {
    if (this.#closed) return;
    this.#closed = why;
    this.#unwatchPage();
    this.#waiting = [];
    this.#failAll(toError(why));
  }

  #failAll(error: unknown): void {
    const states = [...this.#states.values()];
    const replies = [...this.#replies.values()];
    this.#states.clear();
    this.#replies.clear();
    for (const state of states) state.onSettled({ error });
    for (const reply of replies) reply.reject(error);
  }

  #warn(code: string, message: string): void {
    const { onWarning } = this.#options;
    try {
      if (onWarning) onWarning({ code, message });
      else console.warn(`mcp-tasks: ${message}`);
    } catch {
      // Whoever cannot take a warning cannot be warned.
    }
  }

  #host(): Host {
    let thrown: unknown;
    const state = (handle: number): TaskState | undefined => this.#states.get(handle);
    return {
      fetch: async (...request) => {
        try {
          return await send(this.#options, ...request);
        } catch (error) {
          thrown = error;
          throw error;
        }
      },
      words,
      created: (handle, isTask) => state(handle)?.onCreated(isTask),
      changed: (handle, ...fields) => state(handle)?.onChanged(snapshot(...fields)),
      settled: (handle, isError, json) => {
        state(handle)?.onSettled({ value: JSON.parse(json) as unknown, isError });
        this.#states.delete(handle);
      },
      failed: (handle, isFinal, error) => {
        if (!isFinal) return state(handle)?.onInterrupted(error);
        state(handle)?.onSettled({ error });
        this.#states.delete(handle);
      },
      replied: (reply, json) => {
        this.#replies.get(reply)?.resolve(json);
        this.#replies.delete(reply);
      },
      rejected: (reply, error) => {
        this.#replies.get(reply)?.reject(error);
        this.#replies.delete(reply);
      },
      error: (code, message, httpStatus, retryAfterMs, challenge, rpcCode, rpcMessage, rpcData) => {
        const error = toError({ code, message, httpStatus, retryAfterMs, challenge, rpcCode, rpcMessage, rpcData });
        // The platform's own error, where it is the one that the message tells of.
        if (code === "network" && thrown instanceof Error && message.includes(thrown.message)) error.cause = thrown;
        return error;
      },
      warned: (code, message) => this.#warn(code, message),
      panicked: (message) =>
        this.#end({ code: "internal", message: `mcp-tasks is broken (${message}); tasks go on at the server. Please report this` }),
    };
  }
}
