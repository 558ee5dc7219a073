/// <reference lib="esnext.disposable" preserve="true" />
import { toError } from "./errors.js";
import { Link } from "./link.js";
import type { FoundTask } from "./keeper.js";
import type { Load } from "./load.js";
import { TaskState } from "./state.js";
import { ASKED_BEFORE, CANCEL_TASK, PING, PROMPT, RESOURCE, RESULT, STATUS, TASKS, TOOL } from "./tell.js";
import { PromptTask, ResourceTask, ToolTask } from "./task.js";
import {
  ERAS,
  type CallOptions,
  type CallToolOptions,
  type ClientOptions,
  type Prompt,
  type Resource,
  type TaskPage,
  type TaskRef,
  type TaskStatus,
  type Tool,
} from "./types.js";

const KINDS = { tool: ToolTask, prompt: PromptTask, resource: ResourceTask };
type Kind = (typeof KINDS)[keyof typeof KINDS];

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
  readonly #link: Link;
  /** Gives up what a handle that nobody holds any more has left. */
  readonly #collected: FinalizationRegistry<number>;
  #resumed: Promise<(ToolTask | PromptTask | ResourceTask)[]> | undefined;

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
    if (options.era !== undefined && !ERAS.includes(options.era)) {
      throw new TypeError(`era must be one of ${ERAS.join(", ")}, not ${String(options.era)}`);
    }
    const handlers = ["onElicitation", "onSampling", "onListRoots", "onTaskStatus", "onNotification", "onWarning", "persist"] as const;
    for (const name of handlers) {
      const value: unknown = options[name];
      if (value !== undefined && typeof value !== "function") throw new TypeError(`${name} must be a function`);
    }
    const { taskHandlers } = options;
    if (taskHandlers !== undefined && (typeof taskHandlers !== "object" || !taskHandlers)) throw new TypeError("taskHandlers must be an object");
    const link = new Link(this.url, options, options.engine ?? (() => Client.load()));
    this.#link = link;
    this.#collected = new FinalizationRegistry((handle) => link.forget(handle));
  }

  /**
   * Calls a tool, at once; the handle is returned at once too. It becomes a task where the server and the tool offer
   * that, see {@link CallToolOptions.task}.
   *
   * The handle rejects with {@link UnsupportedError}, and nothing is sent, where the tool has to be a task and cannot be one
   * (MCP 2025-11-25, Tasks: "Tool-Level Negotiation").
   *
   * @param args the tool's arguments, anything JSON can hold
   * @throws TypeError the arguments cannot be written as a JSON object, or an option makes no sense; nothing was sent
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
    if (typeof args !== "object" || args === null || Array.isArray(args)) throw new TypeError(`the arguments of ${name} must be an object`);
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
    const [state, handle] = this.#newTask(type, String(ref.name ?? ""));
    this.#link.keeper?.called(state.handle, ref.kind, handle.name);
    this.#attach(state, ref.taskId);
    return handle;
  }

  /**
   * The handles of the tasks that earlier pages left, oldest first: what the option `persist` kept and nobody has seen the
   * outcome of. A call that was left before the server had named its task rejects with {@link TaskLostError}; a task that
   * the server has dropped meanwhile, with {@link TaskExpiredError}. The same handles however often it is asked for.
   * Questions that a server of 2025-11-25 had asked are asked again.
   * @throws TypeError the client has no `persist`
   */
  async resume(): Promise<(ToolTask | PromptTask | ResourceTask)[]> {
    const { keeper } = this.#link;
    if (!keeper) throw new TypeError("resume() needs the option persist");
    return (this.#resumed ??= keeper.found().then(({ tasks }) => tasks.map((found) => this.#take(found))));
  }

  #take(found: FoundTask): ToolTask | PromptTask | ResourceTask {
    const { kind, name, taskId, asked } = found;
    const [state, handle] = this.#newTask(KINDS[kind] as Kind, name);
    found.taken(state.handle);
    if (taskId) {
      this.#attach(state, taskId);
      for (const request of asked) this.#link.do((core) => core.ask(state.handle, ASKED_BEFORE, request));
    } else {
      const message = `the page was left before the server had answered the call of ${name}: whether it runs is not known, and it was not sent again`;
      this.#link.unseen(state, message);
      state.onSettled({ error: toError({ code: "task_lost", message }) });
    }
    return handle;
  }

  #attach(state: TaskState, taskId: string): void {
    state.isTask = true;
    state.taskId = taskId;
    this.#link.keeper?.named(state.handle, taskId);
    this.#link.do((core) => core.attach(state.handle, taskId));
    this.#link.adopt(state);
  }

  /**
   * Every tool of the server, all pages.
   * @throws NetworkError (or HttpError) after a few tries
   * @throws RpcError the server refuses
   */
  async listTools(): Promise<Tool[]> {
    return this.#list(TOOL);
  }

  /** Every prompt of the server, all pages. Rejects as {@link Client.listTools} does. */
  async listPrompts(): Promise<Prompt[]> {
    return this.#list(PROMPT);
  }

  /** Every resource of the server, all pages; templates are not among them. Rejects as {@link Client.listTools} does. */
  async listResources(): Promise<Resource[]> {
    return this.#list(RESOURCE);
  }

  /**
   * Where a task stands, by its id: for tasks without a handle.
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws TypeError this is no task id; nothing was sent
   */
  async getTaskStatus(taskId: string): Promise<TaskStatus> {
    return this.#parse(await this.#about(STATUS, taskId));
  }

  /**
   * What the request that made a task would have been answered with, as the server sent it. May wait for the task to end.
   * @throws RpcError the task has not ended, on servers that do not wait; or the error it failed with
   * @throws UnsupportedError the task has not ended, on servers of the 2026-07-28 revision
   * @throws TaskExpiredError the server does not know the task (any more)
   */
  async getTaskResult(taskId: string): Promise<{ [key: string]: unknown }> {
    return JSON.parse(await this.#about(RESULT, taskId)) as { [key: string]: unknown };
  }

  /**
   * One page of the tasks that the server knows; where it lists none, the newest of this client's own that it still knows
   * (released servers list nothing, and from 2026-07-28 on none does), 50 at most.
   * @param options `cursor`: what the page before gave as `nextCursor`; none is the first page
   * @throws UnsupportedError the server does not list tasks; nothing was sent
   */
  async listTasks(options: { cursor?: string } = {}): Promise<TaskPage> {
    const page = JSON.parse(await this.#link.ask((core, reply) => core.ask(reply, TASKS, options.cursor))) as TaskPage;
    for (const task of page.tasks) Object.freeze(task);
    if (page.tasks.length > 0 || page.nextCursor !== undefined || options.cursor !== undefined) return page;
    const known = await Promise.allSettled([...this.#link.known].map((taskId) => this.getTaskStatus(taskId)));
    return { tasks: known.flatMap((task) => (task.status === "fulfilled" ? [task.value] : [])) };
  }

  /**
   * Asks the server to cancel a task, by its id, and resolves with what it says.
   * @throws UnsupportedError the server cannot cancel tasks; nothing was sent
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws RpcError the task has ended already
   */
  async cancelTask(taskId: string): Promise<TaskStatus> {
    return this.#parse(await this.#about(CANCEL_TASK, taskId));
  }

  /**
   * Resolves when the server has answered.
   * @throws NetworkError (or HttpError) after a few tries
   */
  async ping(): Promise<void> {
    await this.#link.ask((core, reply) => core.ask(reply, PING, undefined));
  }

  /**
   * Ends everything on this side: whoever waits gets {@link ClosedError}, streams and timers end, the session is given
   * back. Tasks go on at the server. What is called afterwards fails with {@link ClosedError}.
   */
  close(): void {
    this.#link.close();
  }

  /** The same as {@link Client.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #about(what: number, taskId: string): Promise<string> {
    if (typeof taskId !== "string" || !taskId) throw new TypeError(`a task id must be a string, not ${String(taskId)}`);
    return this.#link.ask((core, reply) => core.ask(reply, what, taskId));
  }

  async #list<T>(kind: number): Promise<T[]> {
    return JSON.parse(await this.#link.list(kind)) as T[];
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
    this.#link.keeper?.called(state.handle, handle.kind, name);
    this.#link.do((core) => core.call(state.handle, kind, name, json, ttlMs), this.#link.kept());
    if (signal) this.#abandonOn(signal, state, handle);
    return handle;
  }

  #newTask<K extends Kind>(type: K, name: string): [TaskState, InstanceType<K>] {
    const handle = this.#link.next();
    const state = new TaskState(handle, this.#link);
    const task = new type(state, name) as InstanceType<K>;
    state.owner = new WeakRef(task);
    if (this.#link.closed) {
      state.onSettled({ error: toError(this.#link.closed) });
      return [state, task];
    }
    this.#link.states.set(handle, state);
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
}
