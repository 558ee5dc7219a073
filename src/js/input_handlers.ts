// Calls the application's handlers for requests of the server, and sends their answers.

import { guarded } from "./callbacks.js";
import { INTERNAL_ERROR, METHOD_NOT_FOUND } from "./codes.js";
import type { EngineConnection, TaskContext } from "./engine.js";
import { ClosedError } from "./errors.js";
import type { TaskHandlers } from "./hosting.js";
import { rpcCode, words } from "./transport.js";
import type { ClientOptions, InputContext, InputHandler, InputRequest } from "./types.js";
import { toJsonObject } from "./validation.js";
import type { EngineOptions, HostedRequest, InputKind, InputRequestEvent } from "#glue";

type Handler = InputHandler<object, object>;

/** @internal */
export class InputHandlers {
  readonly #options: ClientOptions;
  readonly #connection: EngineConnection;
  /** The signals of the handlers for the open requests. */
  readonly #open = new Map<number, AbortController>();
  /** One function for all requests of a client: hosts tell clients apart by it. */
  readonly #notify = (task: object): void => {
    const json = toJsonObject("task", task);
    const failed = (error: unknown): void => {
      // A closed client has no session to notify the server in.
      if (!ClosedError.isInstance(error)) this.#connection.warn("notify-failed", `a task's status was not sent: ${words(error)}`);
    };
    guarded(() => this.#connection.run((client) => client.notifyTaskStatus(json)), failed);
  };

  constructor(options: ClientOptions, connection: EngineConnection) {
    this.#options = options;
    this.#connection = connection;
  }

  /** The kinds of requests that the application answers. */
  get kinds(): InputKind[] {
    const { onElicitation, onSampling, onListRoots } = this.#options;
    const handlers = { elicitation: onElicitation, sampling: onSampling, roots: onListRoots };
    return (Object.keys(handlers) as InputKind[]).filter((kind) => handlers[kind]);
  }

  /** The requests about hosted tasks that are served. */
  get hosts(): EngineOptions["hosts"] & {} {
    const { taskHandlers: host, onElicitation, onSampling } = this.#options;
    return {
      list: !!host?.listTasks,
      cancel: !!host?.cancelTask,
      sampling: !!(host?.augmentedSampling && onSampling),
      elicitation: !!(host?.augmentedElicitation && onElicitation),
      get: !!host?.getTask,
      result: !!host?.getTaskResult,
    };
  }

  /** The server requests something; `task` is the call or task that asks, where it is known. */
  requested({ id, kind, method, key, params }: InputRequestEvent, task: TaskContext | undefined): void {
    const abort = new AbortController();
    this.#open.set(id, abort);
    const request = { method, params: JSON.parse(params) as InputRequest["params"] };
    const context: InputContext = { key, task: task?.owner?.deref(), signal: abort.signal };
    const handler = this.#handler(kind);
    if (handler) return void this.#answer(id, handler, request, context, task !== undefined);
    const host = this.#host(kind as HostedRequest, method, params.length);
    void this.#answer(id, host, request, context, false, true);
  }

  /** The request is answered or withdrawn, or its task has ended. */
  closed(id: number): void {
    this.#open.get(id)?.abort();
    this.#open.delete(id);
  }

  /** No request can be answered any more. */
  close(): void {
    for (const id of [...this.#open.keys()]) this.closed(id);
  }

  #handler(kind: InputRequestEvent["kind"]): Handler | undefined {
    const { onElicitation, onSampling, onListRoots } = this.#options;
    const none: Handler = () => undefined;
    switch (kind) {
      case "elicitation": return (onElicitation as Handler | undefined) ?? none;
      case "sampling": return (onSampling as Handler | undefined) ?? none;
      case "roots": return (onListRoots as Handler | undefined) ?? none;
      default: return undefined;
    }
  }

  /** The handler of a request about hosted tasks. */
  #host(name: HostedRequest & keyof TaskHandlers, method: string, length: number): Handler {
    const { taskHandlers, onElicitation, onSampling } = this.#options;
    const handler = (name === "augmentedElicitation" ? onElicitation : onSampling) as Handler;
    return (params, context) => {
      const host = taskHandlers?.[name];
      if (!host) throw Object.assign(new Error(`this client does not serve ${method}`), { code: METHOD_NOT_FOUND });
      return host.call(taskHandlers, params as InputRequest["params"], { ...context, length, handler, notify: this.#notify });
    };
  }

  async #answer(id: number, handler: Handler, request: InputRequest, context: InputContext, hasHandle: boolean, isHosted = false): Promise<void> {
    const { signal } = context;
    const connection = this.#connection;
    try {
      // An open request is asked again in the next page: it is stored first.
      const stored = connection.keeper?.kept();
      if (stored) await stored;
      if (signal.aborted) return;
      const answer = await handler(request.params, context);
      if (signal.aborted) return;
      // Without an answer of the handler, the request is left to `task.respond()`.
      if (answer === undefined && hasHandle) return;
      const json = toJsonObject("an answer", answer);
      await connection.ask((client) => client.respond(id, json));
    } catch (error) {
      if (signal.aborted) return;
      const code = rpcCode(error);
      const failed = (error: unknown): void => connection.warn("input-failed", `${request.method} was not answered: ${words(error)}`);
      // An invalid request about hosted tasks is the server's own error.
      if (!isHosted || code === undefined) failed(error);
      await connection.ask((client) => client.refuse(id, code ?? INTERNAL_ERROR, words(error))).catch((refused: unknown) => {
        // The end of the client or of the request has aborted the signal.
        if (!signal.aborted) failed(refused);
      });
    }
  }
}
