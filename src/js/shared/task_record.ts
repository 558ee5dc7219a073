// The state in a tab of one task of the worker's engine. The client and the task's handle share it: the handle may be collected
// while something observes the task.

import type { Progress, TaskStatus } from "../types.js";
import { createError } from "./failure.js";
import { Listeners, type Callback, type ListenerEvent } from "./listeners.js";
import type { Observation, OpenInput, Outcome, StartMessage } from "./messages.js";
import { failedWith, settledBy, settledPromise, type Settled } from "./settled.js";
import { StatusCache } from "./task_status.js";
import { wait, type Waiter, type WaitLimits } from "./waiter.js";
import type { EngineOptions, Failure } from "#glue";

/** The part of the client that a record uses. */
export interface RecordOwner {
  readonly options: EngineOptions;
  /** With this, a task is observed until it has ended, also after its handle was collected. */
  readonly observesAll: boolean;
  /** The observed aspects may have changed. */
  observationChanged(record: TaskRecord): void;
  /** The worker is no longer needed for the task. */
  forget(record: TaskRecord): void;
}

export class TaskRecord {
  readonly start: StartMessage;
  readonly context: unknown;
  readonly status = new StatusCache();
  /** The worker has got `start`. */
  isSent = false;
  taskId: string | undefined;
  /** Whether the server created a task; undefined until it has answered the call. */
  isTask: boolean | undefined;
  progress: Progress | undefined;
  /** The application listens or waits, or has done so. */
  isObserved = false;
  readonly #owner: RecordOwner;
  readonly #raiseOnError: boolean;
  readonly #listeners: Listeners;
  readonly #creationWaiters = new Set<Waiter>();
  readonly #resultWaiters = new Set<Waiter>();
  /** Requests about the task that have no reply yet. */
  #requests = 0;
  /** The observation that was last sent to the worker. */
  #sentObservation: Observation = { status: false, result: false };
  #settled: Settled | undefined;
  #isReleased = false;
  #onAnswered = (): void => {};

  constructor(owner: RecordOwner, start: StartMessage, context: unknown, raiseOnError = true) {
    this.#owner = owner;
    this.start = start;
    this.context = context;
    this.#raiseOnError = raiseOnError;
    this.#listeners = new Listeners((description) => this.#warn("listener-failed", `a status listener failed: ${description}`));
    if (start.type !== "attach") return;
    this.taskId = start.ref.taskId;
    this.isTask = true;
  }

  get number(): number {
    return this.start.task;
  }

  /** The aspects of the task that the tab observes. */
  get observation(): Observation {
    return { status: this.#listeners.count > 0, result: this.#resultWaiters.size > 0 };
  }

  get isSettled(): boolean {
    return this.#settled !== undefined;
  }

  /** The error that the task ended with; undefined where it has a result. */
  get failure(): unknown {
    return this.#settled && "error" in this.#settled && this.#settled.isFailure ? this.#settled.error : undefined;
  }

  /** The stable name of the failure's cause; undefined where the application gave the error. */
  get failureCode(): string | undefined {
    return this.#settled && "error" in this.#settled ? this.#settled.code : undefined;
  }

  /** The message that starts the task at the next worker: by its id, if it has one. */
  startAgain(): StartMessage {
    const { start, taskId } = this;
    if (start.type === "attach" || taskId === undefined) return start;
    return { type: "attach", task: start.task, ref: { taskId, kind: start.kind, name: start.name } };
  }

  /** Calls back once, when the server has answered the call or the task has ended. */
  onceAnswered(callback: () => void): void {
    this.#onAnswered = callback;
  }

  /** Resolves with the task id when the server has answered the call. */
  async created(limits: WaitLimits = {}): Promise<string | undefined> {
    this.isObserved = true;
    if (this.isTask === undefined) await (this.#settled ? settledPromise(this.#settled) : this.#wait(this.#creationWaiters, limits));
    return this.taskId;
  }

  async result(limits: WaitLimits): Promise<unknown> {
    limits.signal?.throwIfAborted();
    this.isObserved = true;
    if (!this.#settled) return this.#wait(this.#resultWaiters, limits);
    this.#outcomeObserved();
    return settledPromise(this.#settled);
  }

  listen(event: ListenerEvent, callback: Callback): () => void {
    this.isObserved = true;
    const remove = this.#listeners.add(event, callback);
    this.#observersChanged();
    return () => {
      remove();
      this.#observersChanged();
    };
  }

  /** A request about the task was sent (1) or has its reply (-1). */
  countRequest(change: 1 | -1): void {
    this.#requests += change;
    this.#observersChanged();
  }

  /** The handle was collected. */
  release(): void {
    this.#isReleased = true;
    this.#forgetIfUnused();
  }

  forget(): void {
    this.#owner.forget(this);
  }

  /** The worker does not observe the task for this, or for anything. */
  observationEnded(what: keyof Observation | "all"): void {
    const none = { status: false, result: false };
    this.#sentObservation = what === "all" ? none : { ...this.#sentObservation, [what]: false };
    this.#observersChanged();
  }

  /** The observation, if it differs from the one last sent to the worker. */
  takeObservationChange(): Observation | undefined {
    const { observation } = this;
    const sent = this.#sentObservation;
    this.#sentObservation = observation;
    return observation.status !== sent.status || observation.result !== sent.result ? observation : undefined;
  }

  onCreated(taskId: string | undefined): void {
    if (this.#settled) return;
    this.taskId = taskId;
    this.isTask = taskId !== undefined;
    this.#onAnswered();
    this.#owner.options.onTaskCreated?.(taskId, this.context);
    for (const waiter of [...this.#creationWaiters]) waiter.resolve(undefined);
  }

  onStatus(status: TaskStatus): void {
    if (this.#settled) return;
    this.taskId ??= status.taskId;
    this.isTask ??= true;
    const snapshot = this.status.set(status);
    const { onTaskStatus, onStatusKnown } = this.#owner.options;
    this.#listeners.notify("status", snapshot);
    if (onTaskStatus) this.#listeners.guard(() => onTaskStatus(snapshot, this.context));
    if (onStatusKnown) this.#listeners.guard(() => onStatusKnown(snapshot, this.context));
    if (this.#isReleased && this.#owner.observesAll && this.status.isTerminal) this.#outcomeObserved();
    this.#forgetIfUnused();
  }

  onProgress(progress: Progress): void {
    if (this.#settled) return;
    this.progress = Object.freeze(progress);
    this.#listeners.notify("progress", progress);
  }

  /** The worker's engine knows the outcome. `status` is also set for a call that the server answered without creating a task. */
  onSettled(status: TaskStatus | undefined, outcome: Outcome): void {
    if (this.#settled) return;
    if (status && !this.status.snapshot) this.status.set(status);
    this.#settle(settledBy(outcome, this.#owner.options, this.#raiseOnError));
    if (outcome.type === "failure" && this.taskId === undefined) this.#warnIfUnobserved(outcome.failure);
  }

  /** Waiting was interrupted, but the task goes on. */
  onInterrupted(what: keyof Observation, error: unknown): void {
    if (what === "status") return this.#listeners.notify("settled", error);
    for (const waiter of [...this.#resultWaiters]) waiter.reject(error);
    this.observationEnded("result");
  }

  onInputOpened(input: OpenInput): void {
    this.status.openInput(input);
    this.#inputsChanged();
  }

  onInputClosed(id: number): void {
    if (this.status.closeInput(id)) this.#inputsChanged();
  }

  /** Ends the task on this side. */
  fail(failure: Failure): void {
    this.#settle({ error: createError(this.#owner.options, failure), isFailure: true, code: failure.code });
  }

  /** The call's signal was aborted. */
  abandon(reason: unknown): void {
    this.#settle(failedWith(reason));
  }

  #settle(settled: Settled): void {
    if (this.#settled) return;
    const isAwaited = this.#resultWaiters.size > 0;
    this.#settled = settled;
    this.#onAnswered();
    if (this.isTask !== true || this.#listeners.count > 0 || isAwaited) this.#outcomeObserved();
    for (const waiter of [...this.#resultWaiters, ...this.#creationWaiters]) {
      if ("error" in settled) waiter.reject(settled.error);
      else waiter.resolve(settled.value);
    }
    this.#owner.forget(this);
    this.#listeners.notify("settled", this.failure);
  }

  #inputsChanged(): void {
    const { snapshot, isTerminal } = this.status;
    if (snapshot && !isTerminal) this.#listeners.notify("status", snapshot);
  }

  #wait(waiters: Set<Waiter>, limits: WaitLimits): Promise<unknown> {
    const begin = (waiter: Waiter): void => {
      waiters.add(waiter);
      this.#observersChanged();
    };
    const end = (waiter: Waiter): void => {
      waiters.delete(waiter);
      this.#observersChanged();
    };
    return wait(begin, end, limits);
  }

  #observersChanged(): void {
    if (!this.#settled) this.#owner.observationChanged(this);
    this.#forgetIfUnused();
  }

  #forgetIfUnused(): void {
    const isObserved = this.#listeners.count + this.#resultWaiters.size + this.#creationWaiters.size + this.#requests > 0;
    const isKept = this.#owner.observesAll && !this.status.isTerminal;
    if (this.#isReleased && !isObserved && !isKept) this.#owner.forget(this);
  }

  /** The outcome has reached the application: it need not be found after a reload. */
  #outcomeObserved(): void {
    const { onOutcomeObserved } = this.#owner.options;
    if (onOutcomeObserved) this.#listeners.guard(() => onOutcomeObserved(this.failure, this.context));
  }

  /** An application that awaits the call does so only after the call has returned: the warning waits for that. */
  #warnIfUnobserved({ message }: Failure): void {
    setTimeout(() => {
      if (!this.isObserved) this.#warn("unobserved-failure", message);
    });
  }

  #warn(code: string, message: string): void {
    this.#owner.options.onWarning?.({ code, message });
  }
}
