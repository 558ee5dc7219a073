// A client whose engine is in the shared worker. Where the worker ends, another one is started, which gets the tasks that have an
// id. Where none can be started, the worker's code runs in the page.

import { guarded } from "../callbacks.js";
import type { EngineClient, EngineTask } from "../load.js";
import { words } from "../transport.js";
import type { TaskRef, TaskStatus } from "../types.js";
import type { Connection } from "./connect.js";
import { engineRequest, headersReply } from "./engine_request.js";
import { createError } from "./failure.js";
import { unhandled, type EngineRequest, type Operation, type StartMessage } from "./messages.js";
import { reportPauseReasons } from "./page_events.js";
import { RemoteTask, type TaskClient } from "./remote_task.js";
import { PendingRequests } from "./requests.js";
import { TaskRecord, type RecordOwner } from "./task_record.js";
import type { WaitLimits } from "./waiter.js";
import { WorkerLink, type ClientMessage, type Connector } from "./worker_link.js";
import type { CallTarget, EngineCallOptions, EngineOptions, Failure, PauseReasonName } from "#glue";

const CLOSED: Failure = { code: "closed", message: "the client was closed; tasks go on at the server" };

export class RemoteClient implements EngineClient, RecordOwner, TaskClient {
  readonly options: EngineOptions;
  readonly observesAll: boolean;
  readonly #engineRequest: EngineRequest;
  readonly #link: WorkerLink;
  #isClosed = false;
  /** The tasks that the worker has, or is to have, by the tab's numbers. */
  readonly #records = new Map<number, TaskRecord>();
  readonly #requests = new PendingRequests((message) => this.#link.sendOrConnect(message));
  readonly #openInputs = new Set<number>();
  readonly #pauseReasons = new Set<PauseReasonName>();
  readonly #collected = new FinalizationRegistry<TaskRecord>((record) => record.release());
  readonly #stopReporting: () => void;
  #nextTask = 1;

  constructor(connector: Connector, connection: Connection | undefined, url: string, options: EngineOptions = {}) {
    this.options = options;
    this.observesAll = options.onTaskStatus !== undefined || (options.inputKinds?.length ?? 0) > 0;
    this.#engineRequest = engineRequest(connector.name, url, options);
    this.#link = new WorkerLink(connector, {
      connected: () => this.#join(),
      received: (message) => this.#receive(message),
      headers: (request) => headersReply(request, options),
      workerEnded: () => this.#workerEnded(),
      failed: (reason) => this.#loadFailed(reason),
      unwatched: (error) => this.#warn("shared-worker", `the end of the shared worker will not be noticed: ${words(error)}`),
    });
    if (connection) this.#link.use(connection);
    this.#stopReporting = reportPauseReasons(this);
  }

  callTool(name: string, json: string, options?: EngineCallOptions | null): EngineTask {
    return this.#call("tool", name, json, options);
  }

  getPrompt(name: string, json: string, options?: EngineCallOptions | null): EngineTask {
    return this.#call("prompt", name, json, options);
  }

  readResource(uri: string, options?: EngineCallOptions | null): EngineTask {
    return this.#call("resource", uri, "{}", options);
  }

  task(ref: TaskRef, context: unknown): EngineTask {
    return this.#start(new TaskRecord(this, { type: "attach", task: this.#nextTask++, ref }, context));
  }

  lostTask(kind: CallTarget, name: string, context: unknown): EngineTask {
    return this.#start(new TaskRecord(this, { type: "lost", task: this.#nextTask++, kind, name }, context));
  }

  listTools(): Promise<unknown[]> {
    return this.#ask({ type: "list-tools" });
  }

  listPrompts(): Promise<unknown[]> {
    return this.#ask({ type: "list-prompts" });
  }

  listResources(): Promise<unknown[]> {
    return this.#ask({ type: "list-resources" });
  }

  listTasks(cursor?: string | null): Promise<{ tasks: TaskStatus[]; nextCursor?: string }> {
    return this.#ask({ type: "list-tasks", cursor: cursor ?? undefined });
  }

  ping(): Promise<void> {
    return this.#ask({ type: "ping-server" });
  }

  getTaskStatus(taskId: string): Promise<TaskStatus> {
    return this.#ask({ type: "get-task-status", taskId });
  }

  getTaskResult(taskId: string): Promise<unknown> {
    return this.#ask({ type: "get-task-result", taskId });
  }

  cancelTask(taskId: string): Promise<TaskStatus> {
    return this.#ask({ type: "cancel-task", taskId });
  }

  respond(id: number, answer: string): Promise<void> {
    return this.#ask({ type: "respond", id, answer });
  }

  refuse(id: number, code: number, message: string): Promise<void> {
    return this.#ask({ type: "refuse", id, code, message });
  }

  notifyTaskStatus(json: string): void {
    this.#link.sendEventually({ type: "notify-task-status", json });
  }

  restoreInputRequest(task: EngineTask, json: string): void {
    if (task instanceof RemoteTask) this.#link.sendEventually({ type: "restore-input-request", task: task.number, json });
  }

  pause(reason: PauseReasonName): void {
    this.#pauseReasons.add(reason);
    this.#link.send({ type: "pause", reason });
  }

  resume(reason: PauseReasonName): void {
    this.#pauseReasons.delete(reason);
    this.#link.send({ type: "resume", reason });
  }

  /** Ends everything in this tab: pending promises reject. The tasks go on at the server. */
  close(): void {
    if (this.#isClosed) return;
    this.#stopReporting();
    this.#link.close();
    this.#isClosed = true;
    for (const record of [...this.#records.values()]) record.fail(CLOSED);
    this.#requests.rejectAll(() => createError(this.options, CLOSED));
  }

  /** The engine is in the worker: there is no memory to free. */
  free(): void {}

  [Symbol.dispose](): void {}

  request(operation: Operation, record: TaskRecord, limits?: WaitLimits): Promise<unknown> {
    record.countRequest(1);
    return this.#ask(operation, limits).finally(() => record.countRequest(-1));
  }

  observationChanged(record: TaskRecord): void {
    if (!record.isSent) return;
    const observation = record.takeObservationChange();
    if (!observation) return;
    const isSent = this.#link.send({ type: "observe", task: record.number, observation });
    if (!isSent && (observation.status || observation.result)) void this.#link.connect();
  }

  forget(record: TaskRecord): void {
    if (this.#records.delete(record.number) && record.isSent) this.#link.send({ type: "forget", task: record.number });
  }

  #call(kind: CallTarget, name: string, json: string, options: EngineCallOptions | null = {}): EngineTask {
    const { task: mode, signal, raiseOnError, context } = options ?? {};
    const message: StartMessage = { type: "call", task: this.#nextTask++, kind, name, json, mode };
    const record = new TaskRecord(this, message, context, raiseOnError);
    if (signal?.aborted) {
      record.abandon(signal.reason);
      return new RemoteTask(this, record);
    }
    const abandon = (): void => {
      if (record.isTask !== undefined || record.isSettled) return;
      if (record.isSent) this.#link.send({ type: "abandon", task: record.number });
      record.abandon(signal?.reason);
    };
    signal?.addEventListener("abort", abandon);
    record.onceAnswered(() => signal?.removeEventListener("abort", abandon));
    return this.#start(record);
  }

  #start(record: TaskRecord): EngineTask {
    this.#records.set(record.number, record);
    record.isSent = this.#link.sendOrConnect(record.start);
    const task = new RemoteTask(this, record);
    this.#collected.register(task, record);
    return task;
  }

  #ask<T>(operation: Operation, limits?: WaitLimits): Promise<T> {
    if (this.#isClosed) return Promise.reject(createError(this.options, CLOSED));
    return this.#requests.ask(operation, limits) as Promise<T>;
  }

  /** Sends a worker everything that it must know. */
  #join(): void {
    this.#link.send({ type: "join", engine: this.#engineRequest });
    for (const reason of this.#pauseReasons) this.#link.send({ type: "pause", reason });
    for (const record of this.#records.values()) {
      this.#link.send(record.startAgain());
      record.isSent = true;
      record.observationEnded("all");
    }
    this.#requests.sendAll();
  }

  #receive(message: ClientMessage): void {
    const { options } = this;
    const record = "task" in message && message.task !== undefined ? this.#records.get(message.task) : undefined;
    switch (message.type) {
      case "reply": return this.#requests.resolve(message.request, message.value);
      case "failure": return this.#requests.reject(message.request, createError(options, message.failure));
      case "era": return options.onEra?.(message.era);
      case "session": return options.onSession?.(message.session);
      case "created": return record?.onCreated(message.taskId);
      case "status": return record?.onStatus(message.status);
      case "progress": return record?.onProgress(message.progress);
      case "settled": return record?.onSettled(message.status, message.outcome);
      case "interrupted": return record?.onInterrupted(message.what, createError(options, message.failure));
      case "input-opened":
        this.#openInputs.add(message.input.id);
        return record?.onInputOpened(message.input);
      case "input-requested":
        this.#openInputs.add(message.event.id);
        return options.onInputRequest?.(message.event, record?.context);
      case "input-closed": return this.#closeInput(message.id);
      case "notification": return this.#notified(message.method, message.params);
      case "warning": return options.onWarning?.(message.warning);
      default: return unhandled(message);
    }
  }

  #warn(code: string, message: string): void {
    this.options.onWarning?.({ code, message });
  }

  #notified(method: string, params: string): void {
    guarded(() => this.options.onNotification?.(method, params), (error) => this.#warn("listener-failed", `onNotification failed: ${words(error)}`));
  }

  #closeInput(id: number): void {
    this.#openInputs.delete(id);
    for (const record of [...this.#records.values()]) record.onInputClosed(id);
    this.options.onInputClosed?.(id);
  }

  /** Tasks with an id go on with the next worker. State that only this worker had is lost. */
  #workerEnded(): void {
    this.#lose("the shared worker has ended");
    if (this.#records.size + this.#requests.count > 0) void this.#link.connect();
  }

  #lose(reason: string): void {
    for (const id of [...this.#openInputs]) this.#closeInput(id);
    const network = (message: string): unknown => createError(this.options, { code: "network", message });
    this.#requests.workerLost(() => network(`${reason} before the server had answered`));
    for (const record of [...this.#records.values()]) {
      if (record.isSent && record.taskId === undefined) {
        const message = `${reason} before the server had answered the call: whether it runs is not known, and it was not sent again`;
        record.fail({ code: "network", message });
      }
    }
  }

  /** No engine can be loaded: everything pending fails, and the next request tries again. */
  #loadFailed(reason: string): void {
    for (const record of this.#records.values()) record.isSent = true;
    this.#lose(reason);
    const error = createError(this.options, { code: "network", message: reason });
    this.#requests.rejectAll(() => error);
    for (const record of [...this.#records.values()]) {
      record.onInterrupted("result", error);
      record.onInterrupted("status", error);
    }
  }
}
