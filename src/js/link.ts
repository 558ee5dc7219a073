// The way between the face and the engine: loads the module, hands jobs over, brings back what the engine tells.

import { type PlainFailure, toError } from "./errors.js";
import { remember, spokenBy } from "./eras.js";
import { Exchanges } from "./exchanges.js";
import { withData } from "./data.js";
import { brokenBy, onBroken } from "./guard.js";
import { contained, type Host } from "./host.js";
import { Inputs } from "./inputs.js";
import type { Keeper } from "./keeper.js";
import type { Load } from "./load.js";
import { isMultiplexed, watchPage } from "./page.js";
import { isTerminal, type Port, type TaskState } from "./state.js";
import { ABANDON, CANCEL, CLOSE, FORGET, LIST, MULTIPLEXED, OF_CALL, OF_REPLY, OF_WAITING, PAUSE, REFRESH, TELL, TIMEOUT, UNWATCH, WATCH } from "./tell.js";
import { words } from "./transport.js";
import { ERAS, type ClientOptions, type Era } from "./types.js";
import type { Core } from "#glue";

type Job = (core: Core) => void;
/** A job that has to wait, and what for: to be kept for the next page. */
type Waiting = readonly [job: Job, kept?: Promise<void> | undefined];

interface Reply {
  resolve(json: string): void;
  reject(reason: unknown): void;
}

/** So many of the newest task ids are kept for servers that cannot list them. */
const MOST_KNOWN = 50;

/** @internal */
export class Link implements Port {
  readonly states = new Map<number, TaskState>();
  /** The ids of the newest tasks, oldest first. */
  readonly known = new Set<string>();
  /** Keeps the tasks for the next page. */
  readonly keeper: Keeper | undefined;
  readonly #url: string;
  readonly #options: ClientOptions;
  readonly #load: Load;
  readonly #inputs: Inputs;
  readonly #replies = new Map<number, Reply>();
  /** What was asked for before the module was there, or what came before it was kept. */
  #waiting: Waiting[] = [];
  #core: Core | undefined;
  /** The module is being loaded, or what waits is being done. */
  #isBusy = false;
  #closed: PlainFailure | undefined;
  #next = 1;
  #multiplexed = false;
  #unwatchPage = (): void => {};
  readonly #unwatchModule = onBroken((why) => this.#broke(why));

  constructor(url: string, options: ClientOptions, load: Load) {
    this.#url = url;
    this.#options = options;
    this.#load = load;
    this.keeper = options.persist?.(url, flags(options) & SERVES, (...warning) => this.warn(...warning));
    this.#inputs = new Inputs(options, this, this.states);
  }

  /** Why nothing is done any more. */
  get closed(): PlainFailure | undefined {
    return this.#closed;
  }

  /** A number for a handle or a question. */
  next(): number {
    return this.#next++;
  }

  /** Does it with the engine: now, or as soon as the module is loaded, this is kept, and what came before it is done. */
  do(job: Job, kept?: Promise<void>): void {
    if (this.#closed) return;
    if (this.#core && !this.#isBusy && !kept) return job(this.#core);
    this.#waiting.push([job, kept]);
    void this.#begin();
  }

  kept(): Promise<void> | undefined {
    return this.keeper?.kept();
  }

  /** Asks the engine something that it answers once, with JSON text. */
  ask(question: (core: Core, reply: number) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(toError(this.#closed));
      const reply = this.next();
      this.#replies.set(reply, { resolve, reject });
      this.do((core) => question(core, reply));
    });
  }

  async #tell(question: (core: Core, reply: number) => void): Promise<void> {
    await this.ask(question);
  }

  watch(handle: number, result: boolean, on: boolean): void {
    this.do((core) => core.tell(on ? WATCH : UNWATCH, handle, Number(result)));
  }

  /** Every item of a list, as JSON text; `kind`: 0 tools, 1 prompts, 2 resources. */
  list(kind: number): Promise<string> {
    return this.ask((core, reply) => core.tell(LIST, kind, reply));
  }

  refresh(handle: number): Promise<void> {
    return this.#tell((core, reply) => core.tell(REFRESH, handle, reply));
  }

  cancel(handle: number): Promise<void> {
    return this.#tell((core, reply) => core.tell(CANCEL, handle, reply));
  }

  abandon(handle: number): void {
    this.do((core) => core.tell(ABANDON, handle, 0));
  }

  seen({ handle, outcome }: TaskState): void {
    // Our own end says nothing about the task's.
    if (!this.#closed) this.keeper?.over(handle, outcome);
  }

  respond(input: number, json: string | undefined, code = 0, message = ""): Promise<void> {
    return this.#tell((core, reply) => core.respond(input, reply, json, code, message));
  }

  /** A task that is hosted here has changed; `task`: JSON text. */
  tell(task: string): void {
    this.do((core) => core.ask(0, TELL, task));
  }

  /** One more handle of a task that may be asking something. */
  adopt(state: TaskState): void {
    this.#inputs.adopt(state);
  }

  /** Nobody holds the handle any more. What watches every task of the client watches on until the task has ended. */
  forget(handle: number): void {
    const state = this.states.get(handle);
    if (state && (flags(this.#options) & WATCH_ALL) !== 0 && !isTerminal(state)) {
      state.isLetGo = true;
      return;
    }
    this.states.delete(handle);
    if (this.#core) this.do((core) => core.tell(FORGET, handle, 0));
  }

  warn(code: string, message: string): void {
    const { onWarning } = this.#options;
    try {
      if (onWarning) onWarning({ code, message });
      else console.warn(`mcp-tasks: ${message}`);
    } catch {
      // Whoever cannot take a warning cannot be warned.
    }
  }

  close(): void {
    if (this.#closed) return;
    // First: what is said from here on is no news about the tasks.
    this.keeper?.close();
    const core = this.#core;
    core?.tell(CLOSE, 0, 0);
    this.#end({ code: "closed", message: "the client was closed; tasks go on at the server" });
    // The engine holds us, and nobody but us would let go of it. Later: we may be inside a call of the engine's.
    this.#core = undefined;
    queueMicrotask(() => core?.free());
  }

  async #begin(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      if (!this.#core) await this.#start();
      // What comes meanwhile is added to it.
      for (const [job, kept] of this.#waiting) {
        if (kept) await kept;
        if (this.#closed) return;
        job(this.#core!);
      }
      this.#waiting = [];
    } catch (error) {
      this.#loadFailed(error);
    } finally {
      this.#isBusy = false;
    }
  }

  async #start(): Promise<void> {
    const [Engine, kept] = await Promise.all([this.#load(), this.keeper?.found()]);
    if (this.#closed) return;
    const broken = brokenBy();
    if (broken) return this.#broke(broken.why);
    const { clientInfo, pollIntervalMs, maxMessageBytes } = this.#options;
    const info = clientInfo && JSON.stringify(clientInfo);
    const core = new Engine(this.#host(), this.#url, info, pollIntervalMs, maxMessageBytes, flags(this.#options) | eras(this.#url, this.#options), kept?.session);
    this.#core = core;
    this.#unwatchPage = watchPage((reason, on) => core.tell(PAUSE, reason, Number(on)));
  }

  /** Whoever waits is told; the next call tries to load again. */
  #loadFailed(error: unknown): void {
    this.warn("load-failed", String(error instanceof Error ? error.message : error));
    const running = [...this.states.values()].filter((state) => state.isTask);
    for (const state of running) this.states.delete(state.handle);
    this.#failAll(error);
    // Tasks from an earlier page go on at the server: they are taken up when loading succeeds.
    this.#waiting = running.map((state) => [(core: Core) => {
      core.attach(state.handle, state.taskId ?? "");
      if (state.isListenedTo) core.tell(WATCH, state.handle, 0);
    }]);
    for (const state of running) {
      this.states.set(state.handle, state);
      state.onInterrupted(error);
    }
  }

  #broke(why: unknown): void {
    const message = `mcp-tasks is broken (${words(why)}); tasks go on at the server. Please report this`;
    this.#end({ code: "internal", message }, why);
  }

  #end(why: PlainFailure, cause?: unknown): void {
    if (this.#closed) return;
    this.#closed = why;
    this.#unwatchPage();
    this.#unwatchModule();
    this.#waiting = [];
    this.#inputs.end();
    const error = toError(why);
    if (cause) error.cause = cause;
    this.#failAll(error);
  }

  #failAll(error: unknown): void {
    const states = [...this.states.values()];
    const replies = [...this.#replies.values()];
    this.states.clear();
    this.#replies.clear();
    for (const state of states) state.onSettled({ error });
    for (const reply of replies) reply.reject(error);
  }

  #changed(state: TaskState, status: number, words: string, ttlMs: number | undefined, pollIntervalMs: number | undefined): void {
    if (state.onChanged(status, words, ttlMs, pollIntervalMs)) {
      this.known.add(state.taskId!);
      if (this.known.size > MOST_KNOWN) this.known.delete(this.known.values().next().value!);
    }
    const { onTaskStatus } = this.#options;
    if (onTaskStatus) state.guard(() => onTaskStatus(state.snapshot!, state.owner?.deref()));
    this.keeper?.told(state.handle, state.snapshot!);
    if (state.isLetGo && isTerminal(state)) {
      this.seen(state);
      this.forget(state.handle);
    }
  }

  /** A call failed before anybody waited for it. Whoever awaits it does so only after the call has returned. */
  unseen(state: TaskState | undefined, message: string): void {
    setTimeout(() => {
      if (!state?.isSeen) this.warn("unobserved-failure", message);
    });
  }

  /** One socket for each request, or any number over one: known once the platform has seen a response. */
  #lookAtConnection(): void {
    if (this.#multiplexed || !isMultiplexed(this.#url)) return;
    this.#multiplexed = true;
    this.do((core) => core.tell(MULTIPLEXED, 0, 0));
  }

  /** What the engine calls. What is thrown there is our own fault, and must not leave the engine within a turn. */
  #host(): Host {
    const exchanges = new Exchanges(this.#options, () => this.#core, () => this.#lookAtConnection());
    let timer: ReturnType<typeof setTimeout>;
    let method = "";
    const state = (handle: number): TaskState | undefined => this.states.get(handle);
    return contained({
      fetch: (exchange, wanted, url, method, headers, body, keepalive) =>
        void exchanges.fetch(exchange, wanted, url, method, headers, body, keepalive),
      abort: (exchange) => exchanges.abort(exchange),
      wake: (ms) => {
        clearTimeout(timer);
        if (ms !== undefined) timer = setTimeout(() => this.#core?.tell(TIMEOUT, 0, 0), ms);
      },
      speaks: (era) => remember(this.#url, this.#options, era),
      session: (text) => this.keeper?.session(text),
      created: (handle, taskId) => {
        if (taskId !== undefined) this.keeper?.named(handle, taskId);
        state(handle)?.onCreated(taskId);
      },
      changed: (handle, status, words, ttlMs, pollIntervalMs) => {
        const changed = state(handle);
        if (changed) this.#changed(changed, status, words, ttlMs, pollIntervalMs);
      },
      settled: (handle, isError, isWrapped, json) => {
        state(handle)?.onSettled({ value: withData(JSON.parse(json), isWrapped), isError });
        this.states.delete(handle);
      },
      failed: (what, number, code, message, ...details) => {
        const [httpStatus, retryAfterMs, challenge, rpcCode, rpcMessage, rpcData] = details;
        const error = toError({ code, message, httpStatus, retryAfterMs, challenge, rpcCode, rpcMessage, rpcData });
        // The platform's own error, where it is the one that the message tells of.
        const { thrown } = exchanges;
        if (code === "network" && thrown instanceof Error && message.includes(thrown.message)) error.cause = thrown;
        if (what === OF_WAITING) return state(number)?.onInterrupted(error);
        if (what === OF_REPLY) return this.#reply(number)?.reject(error);
        if (what === OF_CALL) this.unseen(state(number), message);
        state(number)?.onSettled({ error });
        this.states.delete(number);
      },
      asked: (input, handle, kind, method, key, params, id) => {
        if (id) this.keeper?.asked(input, handle, `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
        this.#inputs.asked(input, handle, kind, method, key, params);
      },
      inputOver: (input) => {
        this.keeper?.asked(input, 0, undefined);
        this.#inputs.over(input);
      },
      progress: (handle, json) => state(handle)?.onProgress(json),
      notified: (named, params) => {
        const { onNotification } = this.#options;
        method = named ?? method;
        try {
          onNotification?.({ method, params: JSON.parse(params) as { [key: string]: unknown } });
        } catch (error) {
          this.warn("listener-failed", `onNotification failed: ${words(error)}`);
        }
      },
      replied: (reply, json) => this.#reply(reply)?.resolve(json),
      warned: (code, message) => this.warn(code, message),
    });
  }

  /** Whoever waits for that answer, which is given once. */
  #reply(reply: number): Reply | undefined {
    const waiting = this.#replies.get(reply);
    this.#replies.delete(reply);
    return waiting;
  }
}

/** What is spoken: pinned in the first two bits, remembered in the next. */
function eras(url: string, options: ClientOptions): number {
  const bits = (era: Era | undefined): number => ERAS.indexOf(era!) + 1;
  return (bits(options.era) << 6) | (bits(spokenBy(url, options)) << 8);
}

/** What is declared when a session begins: served, and hosted. */
const SERVES = 7 | 1024 | 2048 | 4096 | 8192;
const WATCH_ALL = 8;

/** What the options mean to the engine: see src/web/mod.rs. */
function flags(options: ClientOptions): number {
  const { onElicitation, onSampling, onListRoots, onTaskStatus, onNotification, persist, stream, taskHandlers: host } = options;
  const serves = (onElicitation ? 1 : 0) | (onSampling ? 2 : 0) | (onListRoots ? 4 : 0);
  const hosts =
    (host?.listTasks ? 1024 : 0) |
    (host?.cancelTask ? 2048 : 0) |
    (host?.augmentedSampling && onSampling ? 4096 : 0) |
    (host?.augmentedElicitation && onElicitation ? 8192 : 0);
  const others = (onNotification ? 16 : 0) | (stream === false ? 32 : 0) | (persist ? 16384 : 0);
  return serves | (serves || onTaskStatus ? WATCH_ALL : 0) | hosts | others;
}
