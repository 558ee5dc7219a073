/// <reference lib="esnext.disposable" preserve="true" />
import { checkedCallOptions, checkedOptions, endpoint, promptArguments } from "./client_options.js";
import { EngineConnection } from "./engine.js";
import type { FoundTask } from "./keeper.js";
import { LazyTask, unlessAborted } from "./lazy_task.js";
import type { EngineClient, EngineTask, Load } from "./load.js";
import { PromptTask, ResourceTask, ToolTask } from "./task.js";
import type { CallOptions, CallToolOptions, ClientOptions, Prompt, Resource, TaskPage, TaskRef, TaskStatus, Tool } from "./types.js";
import { checkNonEmpty, checkOneOf, checkString, read, toJsonObject } from "./validation.js";
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
   * @param url the server's MCP endpoint, of `http:` or `https:`; in a page it may be relative. Credentials are sent by the option `headers`
   * @throws TypeError the address or an option makes no sense, or the address has credentials
   */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.url = endpoint(url);
    const checked = checkedOptions(options);
    this.#connection = new EngineConnection(this.url, checked, checked.engine ?? (() => Client.load()));
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
    checkString("name", name);
    const json = toJsonObject("args", args);
    return this.#call(ToolTask, name, options, (client, call) => client.callTool(name, json, call));
  }

  /**
   * Gets a prompt, by a task where the server offers that (an extension of FastMCP's). Arguments that are not strings are
   * sent as JSON text, since prompts take strings only.
   * @throws TypeError the name is not a string; nothing was sent
   */
  getPrompt(name: string, args: { [key: string]: unknown } = {}, options: CallOptions = {}): PromptTask {
    checkString("name", name);
    const json = promptArguments(args);
    return this.#call(PromptTask, name, options, (client, call) => client.getPrompt(name, json, call));
  }

  /**
   * Reads a resource, by a task where the server offers that (an extension of FastMCP's).
   * @throws TypeError the URI is not a string; nothing was sent
   */
  readResource(uri: string, options: CallOptions = {}): ResourceTask {
    checkString("uri", uri);
    return this.#call(ResourceTask, uri, options, (client, call) => client.readResource(uri, call));
  }

  /**
   * The handle of a task from an earlier page or another tab: hand in what `JSON.parse(JSON.stringify(task))` gave.
   * @throws TypeError this is no task reference
   */
  task(ref: TaskRef & { kind: "tool" }): ToolTask;
  task(ref: TaskRef & { kind: "prompt" }): PromptTask;
  task(ref: TaskRef & { kind: "resource" }): ResourceTask;
  task(ref: TaskRef): ToolTask | PromptTask | ResourceTask;
  task(ref: TaskRef): ToolTask | PromptTask | ResourceTask {
    const { taskId, kind, name } = read("ref", ref, ["taskId", "kind", "name"]);
    checkNonEmpty("ref.taskId", taskId);
    checkOneOf("ref.kind", kind, Object.keys(KINDS) as TaskRef["kind"][]);
    // Released versions accept a reference without a name.
    if ((name as unknown) !== undefined) checkString("ref.name", name);
    return this.#attach(KINDS[kind], { taskId, kind, name: name ?? "" });
  }

  /**
   * The handles of the tasks that earlier pages left, oldest first: those that the option `persist` kept and whose outcome no
   * page received. If the page was left before the server sent the task id, the handle rejects with {@link TaskLostError}. If
   * the server removed the task in the meantime, it rejects with {@link TaskExpiredError}. Repeated calls return the same
   * handles. The handlers are called again for open questions of a 2025-11-25 server.
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
   * The result of the request that created the task, as the server sent it. May wait for the task to end.
   * @throws RpcError the task has not ended, on servers that do not wait; or the error it failed with
   * @throws UnsupportedError the task has not ended, on servers of the 2026-07-28 revision
   * @throws TaskExpiredError the server does not know the task (any more)
   */
  async getTaskResult(taskId: string): Promise<{ [key: string]: unknown }> {
    return this.#aboutTask(taskId, (client) => client.getTaskResult(taskId) as Promise<{ [key: string]: unknown }>);
  }

  /**
   * One page of the tasks that the server knows. If the server does not list tasks (released servers do not, and 2026-07-28
   * removed it): the newest tasks of this client that the server still knows, 50 at most.
   * @param options `cursor`: the `nextCursor` of the previous page; omit it for the first page
   * @throws UnsupportedError the server does not list tasks; nothing was sent
   * @throws TypeError the cursor is not a string; nothing was sent
   */
  async listTasks(options: { cursor?: string } = {}): Promise<TaskPage> {
    const { cursor } = read("options", options, ["cursor"]);
    if (cursor !== undefined) checkString("options.cursor", cursor);
    const page = await this.#connection.ask((client) => client.listTasks(cursor));
    for (const task of page.tasks) Object.freeze(task);
    if (page.tasks.length > 0 || page.nextCursor !== undefined || cursor !== undefined) return page;
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
   * Closes the client: pending promises reject with {@link ClosedError}, streams and timers end, and the session is
   * deleted. Tasks continue on the server. Later calls reject with {@link ClosedError}.
   */
  close(): void {
    this.#connection.close();
  }

  /** The same as {@link Client.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #aboutTask<T>(taskId: string, question: (client: EngineClient) => Promise<T>): Promise<T> {
    checkNonEmpty("taskId", taskId);
    return this.#connection.ask(question);
  }

  async #list<T>(question: (client: EngineClient) => Promise<unknown[]>): Promise<T[]> {
    return (await this.#connection.ask(question)) as T[];
  }

  #call<K extends Kind>(
    type: K,
    name: string,
    given: CallToolOptions,
    send: (client: EngineClient, options: EngineCallOptions) => EngineTask,
  ): InstanceType<K> {
    const { task, signal, raiseOnError } = checkedCallOptions(given);
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
