// The connection between a client of the application and its engine: loads the module, keeps the order of calls made before
// it is loaded, and passes the engine's events on.

import { emitWarning } from "./callbacks.js";
import { toError, type TasksError } from "./errors.js";
import { knownEra, rememberEra } from "./era_cache.js";
import { InputHandlers } from "./input_handlers.js";
import type { Keeper } from "./keeper.js";
import type { EngineClient, Load } from "./load.js";
import { currentInstance } from "./panic_guard.js";
import type { Task } from "./task.js";
import { createResult } from "./tool_result.js";
import { words } from "./transport.js";
import type { ClientOptions } from "./types.js";
import type { EngineOptions, Failure, InputRequestEvent } from "#glue";

/** Identifies a task in the engine's events. @internal */
export interface TaskContext {
  readonly number: number;
  /** The application's handle, as long as it is not collected. */
  owner: WeakRef<Task<unknown>> | undefined;
}

interface Job {
  run(client: EngineClient): void;
  fail(error: unknown): void;
  /** The job waits until this is stored for the next page. */
  readonly stored: Promise<void> | undefined;
}

/** Number of newest task ids that are kept, for servers that do not list tasks. */
const MAX_KNOWN_TASKS = 50;

/** The messages of browsers for a failed request; they do not depend on the reason. */
const NO_REASON = /Failed to fetch|NetworkError when attempting to fetch|Load failed/;

/** @internal */
export class EngineConnection {
  /** The ids of the newest tasks, oldest first. */
  readonly knownTasks = new Set<string>();
  /** Stores the tasks for the next page. */
  readonly keeper: Keeper | undefined;
  readonly #url: string;
  readonly #options: ClientOptions;
  readonly #load: Load;
  readonly #inputs: InputHandlers;
  /** The query of the address, which may be a secret; empty where it has none. */
  readonly #query: string;
  #client: EngineClient | undefined;
  /** Jobs in order that wait for the module, for the store, or for a job before them. */
  #jobs: Job[] = [];
  #isStarting = false;
  #ended: TasksError | undefined;
  /**
   * The rejections of promises that wait for the engine, because those of a module that has trapped stay pending. Each with the
   * handle that it belongs to: a handle that the application awaits must not be collected.
   */
  readonly #waiting = new Map<(error: unknown) => void, object | undefined>();
  readonly #onLoaded = new Set<() => void>();
  #next = 1;
  #isTrapped = false;
  #offTrap = (): void => {};

  constructor(url: string, options: ClientOptions, load: Load) {
    this.#url = url;
    this.#options = options;
    this.#load = load;
    this.#query = new URL(url).search;
    this.#inputs = new InputHandlers(options, this);
    const { kinds, hosts } = this.#inputs;
    this.keeper = options.persist?.(url, JSON.stringify([kinds, hosts]), (...warning) => this.warn(...warning));
  }

  /** Set once the client was closed or its module has trapped. */
  get ended(): TasksError | undefined {
    return this.#ended;
  }

  /** The module has trapped: nothing of it can be used. */
  get isTrapped(): boolean {
    return this.#isTrapped;
  }

  newContext(): TaskContext {
    return { number: this.#next++, owner: undefined };
  }

  /** Runs a job with the engine: now, or in order as soon as the module is loaded and what comes before is stored. */
  run<T>(job: (client: EngineClient) => T, stored?: Promise<void>): T | Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#client && !this.#isStarting && !stored) return job(this.#client);
    return new Promise<T>((resolve, reject) => {
      const run = (client: EngineClient): void => {
        try {
          resolve(job(client));
        } catch (error) {
          reject(error);
        }
      };
      this.#jobs.push({ run, fail: reject, stored });
      void this.#start();
    });
  }

  /** Asks the engine something that it answers with a promise. */
  ask<T>(question: (client: EngineClient) => Promise<T>): Promise<T> {
    return this.settle(Promise.resolve(this.run(question)));
  }

  /** The same promise, which also rejects when the module traps. `owner` is kept until it settles. */
  settle<T>(promise: Promise<T>, owner?: object): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isTrapped) reject(this.#ended);
      this.#waiting.set(reject, owner);
      const stop = (): boolean => this.#waiting.delete(reject);
      // Thousands of results may be awaited at once, and `finally` would add a promise and three functions to each.
      promise.then((value) => (stop(), resolve(value)), (error) => (stop(), reject(error)));
    });
  }

  /** Calls back when the module traps. Returns a function that unregisters the callback. */
  onTrap(callback: (error: unknown) => void): () => void {
    this.#waiting.set(callback, undefined);
    return () => void this.#waiting.delete(callback);
  }

  /** Calls back once, when the module is loaded after a failure. */
  onceLoaded(callback: () => void): void {
    this.#onLoaded.add(callback);
  }

  warn(code: string, message: string): void {
    emitWarning(this.#options.onWarning, { code, message: this.#withoutQuery(message) });
  }

  close(): void {
    if (this.#ended) return;
    // First, because later reports of the engine say nothing about the tasks.
    this.keeper?.close();
    const client = this.#client;
    this.#end(toError({ code: "closed", message: "the client was closed; tasks go on at the server" }));
    client?.close();
    // Later, because this may be called from within a call of the engine.
    queueMicrotask(() => client?.free());
  }

  async #start(): Promise<void> {
    if (this.#isStarting) return;
    this.#isStarting = true;
    try {
      if (!this.#client) await this.#createClient();
      // Jobs that come meanwhile are added to the list.
      for (const job of this.#jobs) {
        if (job.stored) await job.stored;
        if (this.#ended) return;
        job.run(this.#client!);
      }
      this.#jobs = [];
    } catch (error) {
      this.#loadFailed(error);
    } finally {
      this.#isStarting = false;
    }
  }

  async #createClient(): Promise<void> {
    const [Engine, found] = await Promise.all([this.#load(), this.keeper?.found()]);
    if (this.#ended) return;
    this.#client = new Engine(this.#url, this.#engineOptions(found?.session));
    this.#offTrap = currentInstance().onTrap((cause) => this.#trapped(cause));
    const callbacks = [...this.#onLoaded];
    this.#onLoaded.clear();
    for (const callback of callbacks) callback();
  }

  /** Every job fails; the next one loads again. */
  #loadFailed(error: unknown): void {
    this.warn("load-failed", words(error));
    this.#failJobs(error);
  }

  #failJobs(error: unknown): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const job of jobs) job.fail(error);
  }

  #trapped(cause: unknown): void {
    this.#isTrapped = true;
    const message = `mcp-tasks is broken (${words(cause)}); tasks go on at the server. Please report this`;
    const error = Object.assign(toError({ code: "internal", message }), { cause });
    this.#end(error);
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const reject of waiting) reject(error);
  }

  #end(error: TasksError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#client = undefined;
    this.#offTrap();
    this.#inputs.close();
    this.#failJobs(error);
  }

  #engineOptions(session: string | undefined): EngineOptions {
    const { keeper } = this;
    const options = this.#options;
    const { onTaskStatus, onNotification, persist } = options;
    const { kinds, hosts } = this.#inputs;
    const number = (context: unknown): number => (context as TaskContext | undefined)?.number ?? 0;
    let hasStorageFailed = false;
    // A forbidden or full storage fails at each use: it is reported once.
    const storageFailed = (error: unknown): void => {
      if (!hasStorageFailed) this.warn("storage-failed", `the option storage failed, so the server's era is detected again: ${words(error)}`);
      hasStorageFailed = true;
    };
    return {
      ...options,
      knownEra: knownEra(this.#url, options, storageFailed),
      session,
      keepSession: persist !== undefined,
      inputKinds: kinds,
      hosts,
      createError: (failure) => this.#createError(failure),
      createResult,
      onEra: (era) => rememberEra(this.#url, options, era, storageFailed),
      onSession: (text) => keeper?.session(text),
      onTaskCreated: (taskId, context) => this.#taskCreated(taskId, number(context)),
      onTaskStatus: onTaskStatus && ((status, context) => onTaskStatus(status, (context as TaskContext).owner?.deref())),
      onStatusKnown: keeper && ((status, context) => keeper.told(number(context), status)),
      // The end of the client says nothing about the end of its tasks.
      onOutcomeObserved: keeper && ((error, context) => this.#ended ?? keeper.over(number(context), error)),
      onInputRequest: (event, context) => this.#inputRequested(event, context as TaskContext | undefined),
      onInputClosed: (id) => {
        keeper?.asked(id, 0, undefined);
        this.#inputs.closed(id);
      },
      onNotification: onNotification && ((method, params) => onNotification({ method, params: JSON.parse(params) as { [key: string]: unknown } })),
      onWarning: ({ code, message }) => this.warn(code, message),
    };
  }

  #createError(failure: Failure): TasksError {
    const { code, message } = failure;
    const isUnexplained = code === "network" && this.#options.fetch === undefined && NO_REASON.test(message);
    const hint = isUnexplained ? "; the browser does not say why: diagnose() of mcp-tasks/diagnose finds the reason" : "";
    return toError({ ...failure, message: this.#withoutQuery(message) + hint });
  }

  /** A message without the query of the server's address: the words of a `fetch` may repeat the address. */
  #withoutQuery(message: string): string {
    return this.#query === "" ? message : message.replaceAll(this.#query, "?…");
  }

  #taskCreated(taskId: string | undefined, number: number): void {
    if (taskId === undefined) return;
    this.knownTasks.add(taskId);
    if (this.knownTasks.size > MAX_KNOWN_TASKS) this.knownTasks.delete(this.knownTasks.values().next().value!);
    this.keeper?.named(number, taskId);
  }

  #inputRequested(event: InputRequestEvent, context: TaskContext | undefined): void {
    if (event.request !== undefined && context) this.keeper?.asked(event.id, context.number, event.request);
    this.#inputs.requested(event, context);
  }
}
