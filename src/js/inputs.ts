// The server's input requests on this side: shown to the application's handler, kept for `task.respond()`.

import { INTERNAL_ERROR, METHOD_NOT_FOUND } from "./codes.js";
import type { TaskHandlers } from "./hosting.js";
import type { Port, TaskState } from "./state.js";
import { rpcCode, words } from "./transport.js";
import type { ClientOptions, InputContext, InputHandler, InputRequest } from "./types.js";

interface Question {
  readonly key: string;
  /** Every handle's of the call or task that asks. */
  readonly states: TaskState[];
  readonly request: InputRequest;
  readonly abort: AbortController;
}

/** From this kind on it is for whoever hosts tasks, in this order: see `Hosted` in src/wire/hosted.rs. */
const FIRST_HOSTED = 3;
const HOSTED = ["augmentedElicitation", "augmentedSampling", "getTask", "getTaskResult", "listTasks", "cancelTask"] as const;

/** @internal */
export class Inputs {
  readonly #options: ClientOptions;
  readonly #port: Port;
  readonly #states: ReadonlyMap<number, TaskState>;
  readonly #open = new Map<number, Question>();
  /** One for all of a client's requests: a host tells clients apart by it. */
  readonly #notify = (task: object): void => this.#port.tell(JSON.stringify(task));

  constructor(options: ClientOptions, port: Port, states: ReadonlyMap<number, TaskState>) {
    this.#options = options;
    this.#port = port;
    this.#states = states;
  }

  /** The server asks; `kind`: 0 elicitation, 1 sampling, 2 roots, 3 and up: see `HOSTED`. */
  asked(input: number, handle: number, kind: number, method: string, key: string, params: string): void {
    const request: InputRequest = Object.freeze({ method, params: JSON.parse(params) as InputRequest["params"] });
    const abort = new AbortController();
    const state = this.#states.get(handle);
    const others = [...this.#states.values()].filter((s) => s !== state && s.taskId !== undefined && s.taskId === state?.taskId);
    const states = state ? [state, ...others] : [];
    // What is hosted here is nothing that a handle could answer.
    if (kind >= FIRST_HOSTED) states.length = 0;
    this.#open.set(input, { key, states, request, abort });
    for (const each of states) each.onAsked(key, input, request);
    const { onElicitation, onSampling, onListRoots } = this.#options;
    const handlers = [onElicitation, onSampling, onListRoots] as (InputHandler<object, object> | undefined)[];
    const context = { key, task: state?.owner?.deref(), signal: abort.signal };
    const hosted = HOSTED[kind - FIRST_HOSTED];
    const host = hosted && this.#host(hosted, handlers[kind - FIRST_HOSTED]!, params.length);
    void this.#handle(input, host ?? handlers[kind], request, context, hosted !== undefined);
  }

  /** What a request for whoever hosts tasks is answered by. */
  #host(name: keyof TaskHandlers, handler: InputHandler<object, object>, length: number): InputHandler<object, object> {
    return (params, context) => {
      const host = this.#options.taskHandlers!;
      if (!host[name]) throw Object.assign(new Error(`${name} is not served`), { code: METHOD_NOT_FOUND });
      return host[name](params as InputRequest["params"], { ...context, length, handler, notify: this.#notify });
    };
  }

  /** One more handle of a task, which may be asking already. */
  adopt(state: TaskState): void {
    for (const [input, { key, states, request }] of this.#open) {
      if (!states.some(({ taskId }) => taskId === state.taskId)) continue;
      states.push(state);
      state.onAsked(key, input, request);
    }
  }

  /** Answered, or no longer wanted. */
  over(input: number): void {
    const question = this.#open.get(input);
    if (!question) return;
    this.#open.delete(input);
    question.abort.abort();
    for (const state of question.states) state.onInputOver(question.key, input);
  }

  /** No answer can be given any more. */
  end(): void {
    for (const input of [...this.#open.keys()]) this.over(input);
  }

  async #handle(
    input: number,
    handler: InputHandler<object, object> | undefined,
    request: InputRequest,
    context: InputContext,
    isHosted: boolean,
  ): Promise<void> {
    const { signal } = context;
    try {
      // What is open is asked again in the next page: kept first.
      const kept = this.#port.kept();
      if (kept) await kept;
      if (signal.aborted) return;
      const answer = await handler?.(request.params, context);
      if (signal.aborted) return;
      // Nothing: the handle answers, if there is one.
      if (answer === undefined && this.#open.get(input)?.states.length) return;
      await this.#port.respond(input, answered(answer));
    } catch (error) {
      if (signal.aborted) return;
      const code = rpcCode(error);
      // What a server asks wrongly about our tasks is its own affair.
      if (!isHosted || code === undefined) this.#port.warn("input-failed", `${request.method} was not answered: ${words(error)}`);
      await this.#port.respond(input, undefined, code ?? INTERNAL_ERROR, words(error)).catch(() => {});
    }
  }
}

/** An answer as JSON text. @throws TypeError it is no object */
export function answered(answer: unknown): string {
  const json = JSON.stringify(answer) as string | undefined;
  if (!json?.startsWith("{")) throw new TypeError(`an answer must be an object, not ${json ?? String(answer)}`);
  return json;
}
