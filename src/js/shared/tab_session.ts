// One client of one tab, as the worker sees it: receives its messages, and runs its requests.

import type { EngineClass } from "../load.js";
import { words } from "../transport.js";
import { toFailure } from "./failure.js";
import { onLockReleased } from "./liveness.js";
import { checkedMessage } from "./message_checks.js";
import { unhandled, type EngineRequest, type Operation, type ToTab, type ToWorker } from "./messages.js";
import { SharedEngine } from "./shared_engine.js";
import type { Holder } from "./shared_task.js";
import type { WorkerContext } from "./worker.js";
import type { Failure, PauseReasonName } from "#glue";

/** A reply of the tab that is still to come: its headers, or undefined where the tab has left or does not reply in time. */
interface HeadersRequest {
  resolve(headers: Record<string, string> | undefined): void;
  reject(reason: unknown): void;
}

export class TabSession {
  /** The tasks that the tab holds, by the tab's numbers. */
  readonly holders = new Map<number, Holder>();
  readonly pauseReasons = new Set<PauseReasonName>();
  readonly #port: MessagePort;
  readonly #context: WorkerContext;
  #Engine: EngineClass | undefined;
  #engine: SharedEngine | undefined;
  readonly #requests = new Map<number, AbortController>();
  readonly #headersRequests = new Map<number, HeadersRequest>();
  #nextRequest = 1;

  constructor(port: MessagePort, context: WorkerContext) {
    this.#port = port;
    this.#context = context;
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      try {
        this.#receive(checkedMessage(data));
      } catch (error) {
        this.#refuse(data, error);
      }
    };
  }

  send(message: ToTab): void {
    this.#port.postMessage(message);
  }

  /** The headers of the tab; undefined where it has left, or does not reply in time. Rejects with the tab's own reason. */
  headers(timeoutMs: number): Promise<Record<string, string> | undefined> {
    const request = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#headersRequests.get(request)?.resolve(undefined), timeoutMs);
      const settle = <T>(settlePromise: (value: T) => void) => (value: T): void => {
        clearTimeout(timer);
        this.#headersRequests.delete(request);
        settlePromise(value);
      };
      this.#headersRequests.set(request, { resolve: settle(resolve), reject: settle(reject) });
      this.send({ type: "get-headers", request });
    });
  }

  #receive(message: ToWorker): void {
    switch (message.type) {
      case "hello": return void this.#greet();
      case "tab-lock": return onLockReleased(message.lock, () => this.#leave(), (error) => this.#warn(`the end of this tab will not be noticed: ${words(error)}`));
      case "join": return this.#join(message.engine);
      case "leave": return this.#leave();
      case "close": return this.#close();
      case "headers": return this.#headersRequests.get(message.request)?.resolve(message.headers);
      case "headers-failed": return this.#headersRequests.get(message.request)?.reject(new Error(message.reason));
      case "pause": return this.#setPaused(message.reason, true);
      case "resume": return this.#setPaused(message.reason, false);
      case "call":
      case "attach":
      case "lost": return this.#engine?.start(this, message);
      case "observe": return this.#withHolder(message.task, (holder) => holder.task.observe(holder, message.observation));
      case "abandon": return this.#withHolder(message.task, (holder) => this.#engine?.abandon(holder.task));
      case "forget": return this.#withHolder(message.task, (holder) => this.#engine?.removeHolder(holder));
      case "restore-input-request":
        return this.#withHolder(message.task, (holder) => this.#engine?.client.restoreInputRequest(holder.task.handle, message.json));
      case "notify-task-status": return this.#engine?.client.notifyTaskStatus(message.json);
      case "request": return void this.#request(message.request, message.operation);
      case "abort": return this.#abort(message.request);
      default: return unhandled(message);
    }
  }

  /** Reports a message that was not carried out, to the promise that waits for it if there is one. */
  #refuse(data: unknown, error: unknown): void {
    const { type, request, task } = (data ?? {}) as { type?: unknown; request?: unknown; task?: unknown };
    const failure: Failure = { code: "internal", message: `the shared worker refused a message of this tab (${words(error)}); nothing was sent` };
    if (type === "request") return this.send({ type: "failure", request: request as number, failure });
    if (type === "call" || type === "attach" || type === "lost") {
      return this.send({ type: "settled", task: task as number, status: undefined, outcome: { type: "failure", failure } });
    }
    this.#warn(failure.message);
  }

  #warn(message: string): void {
    this.send({ type: "warning", warning: { code: "shared-worker", message } });
  }

  async #greet(): Promise<void> {
    try {
      this.#Engine = await this.#context.load();
      this.send({ type: "welcome", lock: await this.#context.lock });
    } catch (error) {
      this.send({ type: "unavailable", reason: words(error) });
    }
  }

  #join(request: EngineRequest): void {
    const { engines } = this.#context;
    const engine = engines.get(request.key) ?? new SharedEngine(this.#Engine!, request);
    engines.set(request.key, engine);
    this.#engine = engine;
    engine.addTab(this);
  }

  /** The tab is gone. The engine stays, for the tab that may come after it. */
  #leave(): void {
    for (const request of [...this.#requests.keys()]) this.#abort(request);
    this.#engine?.removeTab(this);
    this.#engine = undefined;
    for (const { resolve } of [...this.#headersRequests.values()]) resolve(undefined);
    this.#port.close();
  }

  /** The client is closed. The last one closes the engine, and still gives its headers to the request that ends the session. */
  #close(): void {
    const engine = this.#engine;
    if (!engine || engine.tabs.size > 1) return this.#leave();
    for (const [key, other] of this.#context.engines) if (other === engine) this.#context.engines.delete(key);
    this.#engine = undefined;
    engine.close();
  }

  #setPaused(reason: PauseReasonName, isPaused: boolean): void {
    if (isPaused) this.pauseReasons.add(reason);
    else this.pauseReasons.delete(reason);
    this.#engine?.updatePauseReasons();
  }

  #withHolder(task: number, action: (holder: Holder) => void): void {
    const holder = this.holders.get(task);
    if (holder) action(holder);
  }

  async #request(request: number, operation: Operation): Promise<void> {
    const abort = new AbortController();
    this.#requests.set(request, abort);
    let reply: ToTab;
    try {
      reply = { type: "reply", request, value: await this.#run(operation, abort.signal) };
    } catch (error) {
      reply = { type: "failure", request, failure: toFailure(error) };
    }
    if (this.#requests.delete(request)) this.send(reply);
  }

  #abort(request: number): void {
    this.#requests.get(request)?.abort();
    this.#requests.delete(request);
  }

  async #run(operation: Operation, signal: AbortSignal): Promise<unknown> {
    if (!this.#engine) throw new Error("the request came after the client was closed; nothing was sent");
    const { client } = this.#engine;
    switch (operation.type) {
      case "list-tools": return client.listTools();
      case "list-prompts": return client.listPrompts();
      case "list-resources": return client.listResources();
      case "list-tasks": return client.listTasks(operation.cursor);
      case "ping-server": return client.ping();
      case "get-task-status": return client.getTaskStatus(operation.taskId);
      case "get-task-result": return client.getTaskResult(operation.taskId);
      case "cancel-task": return client.cancelTask(operation.taskId);
      case "respond": return client.respond(operation.id, operation.answer);
      case "refuse": return client.refuse(operation.id, operation.code, operation.message);
      case "status": return this.holders.get(operation.task)?.task.handle.status({ fresh: operation.isFresh, signal });
      case "wait": return this.holders.get(operation.task)?.task.handle.wait({ state: operation.state, signal });
      case "cancel": return this.holders.get(operation.task)?.task.handle.cancel();
      default: return unhandled(operation);
    }
  }
}
