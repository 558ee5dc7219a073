/// <reference lib="esnext.disposable" preserve="true" />
import { EngineConnection } from "./engine.js";
import type { FoundTask } from "./keeper.js";
import { LazyTask, unlessAborted } from "./lazy_task.js";
import type { EngineClient, EngineTask, Load } from "./load.js";
import { PromptTask, ResourceTask, ToolTask } from "./task.js";
import {
  ERAS,
  NUMERIC_OPTIONS,
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
import type { EngineCallOptions } from "#glue";

const KINDS = { tool: ToolTask, prompt: PromptTask, resource: ResourceTask };
type Kind = (typeof KINDS)[keyof typeof KINDS];
const KIND_OF = new Map<Kind, TaskRef["kind"]>([[ToolTask, "tool"], [PromptTask, "prompt"], [ResourceTask, "resource"]]);

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
  readonly #connection: EngineConnection;
  #resumed: Promise<(ToolTask | PromptTask | ResourceTask)[]> | undefined;

  /**
   * @param url the server's MCP endpoint; in a page it may be relative
   * @throws TypeError the address or an option makes no sense
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.url = new URL(url, globalThis.location?.href).href;
    for (const name of NUMERIC_OPTIONS) {
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
    this.#connection = new EngineConnection(this.url, options, options.engine ?? (() => Client.load()));
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
    return this.#call(ToolTask, name, options, (client, call) => client.callTool(name, json, call));
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
    return this.#call(PromptTask, name, options, (client, call) => client.getPrompt(name, json, call));
  }

  /**
   * Reads a resource, by a task where the server offers that (an extension of FastMCP's).
   * @throws TypeError the URI is not a string; nothing was sent
   */
  readResource(uri: string, options: CallOptions = {}): ResourceTask {
    return this.#call(ResourceTask, uri, options, (client, call) => client.readResource(uri, call));
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
    return this.#attach(type, { taskId: ref.taskId, kind: ref.kind, name: String(ref.name ?? "") });
  }

  /**
   * The handles of the tasks that earlier pages left, oldest first: what the option `persist` kept and nobody has seen the
   * outcome of. A call that was left before the server had named its task rejects with {@link TaskLostError}; a task that
   * the server has dropped meanwhile, with {@link TaskExpiredError}. The same handles however often it is asked for.
   * Questions that a server of 2025-11-25 had asked are asked again.
   * @throws TypeError the client has no `persist`
   */
  async resume(): Promise<(ToolTask | PromptTask | ResourceTask)[]> {
    const { keeper } = this.#connection;
    if (!keeper) throw new TypeError("resume() needs the option persist");
    return (this.#resumed ??= keeper.found().then(({ tasks }) => tasks.map((found) => this.#take(found))));
  }

  #take(found: FoundTask): ToolTask | PromptTask | ResourceTask {
    const { kind, name, taskId } = found;
    const type = KINDS[kind] as Kind;
    if (taskId !== undefined) return this.#attach(type, { taskId, kind, name }, found);
    return this.#newTask(type, name, undefined, (context) => {
      found.taken(context.number);
      return this.#connection.run((client) => client.lostTask(kind, name, context));
    });
  }

  #attach<K extends Kind>(type: K, ref: TaskRef, found?: FoundTask): InstanceType<K> {
    const connection = this.#connection;
    connection.knownTasks.add(ref.taskId);
    let isStored = false;
    const attach = (client: EngineClient, context: LazyTask["context"]): EngineTask => {
      const task = client.task(ref, context);
      for (const request of found?.asked ?? []) client.restoreInputRequest(task, request);
      return task;
    };
    return this.#newTask(type, ref.name, ref.taskId, (context) => {
      if (!isStored && found) found.taken(context.number);
      else if (!isStored) connection.keeper?.called(context.number, ref.kind, ref.name);
      isStored = true;
      connection.keeper?.named(context.number, ref.taskId);
      return connection.run((client) => attach(client, context));
    });
  }

  /**
   * Every tool of the server, all pages.
   * @throws NetworkError (or HttpError) after a few tries
   * @throws RpcError the server refuses
   */
  async listTools(): Promise<Tool[]> {
    return this.#list((client) => client.listTools());
  }

  /** Every prompt of the server, all pages. Rejects as {@link Client.listTools} does. */
  async listPrompts(): Promise<Prompt[]> {
    return this.#list((client) => client.listPrompts());
  }

  /** Every resource of the server, all pages; templates are not among them. Rejects as {@link Client.listTools} does. */
  async listResources(): Promise<Resource[]> {
    return this.#list((client) => client.listResources());
  }

  /**
   * Where a task stands, by its id: for tasks without a handle.
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws TypeError this is no task id; nothing was sent
   */
  async getTaskStatus(taskId: string): Promise<TaskStatus> {
    return Object.freeze(await this.#aboutTask(taskId, (client) => client.getTaskStatus(taskId)));
  }

  /**
   * What the request that made a task would have been answered with, as the server sent it. May wait for the task to end.
   * @throws RpcError the task has not ended, on servers that do not wait; or the error it failed with
   * @throws UnsupportedError the task has not ended, on servers of the 2026-07-28 revision
   * @throws TaskExpiredError the server does not know the task (any more)
   */
  async getTaskResult(taskId: string): Promise<{ [key: string]: unknown }> {
    return this.#aboutTask(taskId, (client) => client.getTaskResult(taskId) as Promise<{ [key: string]: unknown }>);
  }

  /**
   * One page of the tasks that the server knows; where it lists none, the newest of this client's own that it still knows
   * (released servers list nothing, and from 2026-07-28 on none does), 50 at most.
   * @param options `cursor`: what the page before gave as `nextCursor`; none is the first page
   * @throws UnsupportedError the server does not list tasks; nothing was sent
   */
  async listTasks(options: { cursor?: string } = {}): Promise<TaskPage> {
    const page = await this.#connection.ask((client) => client.listTasks(options.cursor));
    for (const task of page.tasks) Object.freeze(task);
    if (page.tasks.length > 0 || page.nextCursor !== undefined || options.cursor !== undefined) return page;
    const known = await Promise.allSettled([...this.#connection.knownTasks].map((taskId) => this.getTaskStatus(taskId)));
    return { tasks: known.flatMap((task) => (task.status === "fulfilled" ? [task.value] : [])) };
  }

  /**
   * Asks the server to cancel a task, by its id, and resolves with what it says.
   * @throws UnsupportedError the server cannot cancel tasks; nothing was sent
   * @throws TaskExpiredError the server does not know the task (any more)
   * @throws RpcError the task has ended already
   */
  async cancelTask(taskId: string): Promise<TaskStatus> {
    return Object.freeze(await this.#aboutTask(taskId, (client) => client.cancelTask(taskId)));
  }

  /**
   * Resolves when the server has answered.
   * @throws NetworkError (or HttpError) after a few tries
   */
  async ping(): Promise<void> {
    await this.#connection.ask((client) => client.ping());
  }

  /**
   * Ends everything on this side: whoever waits gets {@link ClosedError}, streams and timers end, the session is given
   * back. Tasks go on at the server. What is called afterwards fails with {@link ClosedError}.
   */
  close(): void {
    this.#connection.close();
  }

  /** The same as {@link Client.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #aboutTask<T>(taskId: string, question: (client: EngineClient) => Promise<T>): Promise<T> {
    if (typeof taskId !== "string" || !taskId) throw new TypeError(`a task id must be a string, not ${String(taskId)}`);
    return this.#connection.ask(question);
  }

  async #list<T>(question: (client: EngineClient) => Promise<unknown[]>): Promise<T[]> {
    return (await this.#connection.ask(question)) as T[];
  }

  #call<K extends Kind>(
    type: K,
    name: string,
    options: CallToolOptions,
    send: (client: EngineClient, options: EngineCallOptions) => EngineTask,
  ): InstanceType<K> {
    if (typeof name !== "string") throw new TypeError(`the name must be a string, not ${String(name)}`);
    const { task, signal, raiseOnError } = options;
    if (task && task.ttlMs !== undefined && !(Number.isFinite(task.ttlMs) && task.ttlMs >= 0)) {
      throw new TypeError(`ttlMs must be a number of at least 0, not ${String(task.ttlMs)}`);
    }
    if (signal && !(signal instanceof AbortSignal)) throw new TypeError("signal must be an AbortSignal");
    const connection = this.#connection;
    return this.#newTask(type, name, undefined, (context) => {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const call: EngineCallOptions = { context };
      if (task !== undefined) call.task = task;
      if (raiseOnError !== undefined) call.raiseOnError = raiseOnError;
      if (signal) call.signal = signal;
      connection.keeper?.called(context.number, KIND_OF.get(type)!, name);
      const made = connection.run((client) => {
        // Aborted while the module was loaded: nothing is sent.
        signal?.throwIfAborted();
        return send(client, call);
      }, connection.keeper?.kept());
      return made instanceof Promise ? unlessAborted(made, signal) : made;
    });
  }

  /** `taskId`: of a task that exists at the server; undefined: of one that the engine makes. */
  #newTask<K extends Kind>(
    type: K,
    name: string,
    taskId: string | undefined,
    make: (context: LazyTask["context"]) => EngineTask | Promise<EngineTask>,
  ): InstanceType<K> {
    const context = this.#connection.newContext();
    const lazy = new LazyTask(this.#connection, context, () => make(context), taskId !== undefined);
    const task = new type(lazy, name, taskId) as InstanceType<K>;
    context.owner = new WeakRef(task);
    return task;
  }
}
