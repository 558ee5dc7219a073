// One engine in the worker, and the tabs that use it. It decides only which message goes to which tab.

import { INVALID_PARAMS } from "../codes.js";
import type { EngineClass, EngineClient, EngineTask } from "../load.js";
import { words } from "../transport.js";
import { toFailure } from "./failure.js";
import type { EngineRequest, StartMessage } from "./messages.js";
import { SharedTask, type Holder } from "./shared_task.js";
import type { TabSession } from "./tab_session.js";
import type { EngineOptions, Failure, InputRequestEvent, PauseReasonName } from "#glue";

/** After this time without a reply another tab is asked for its headers. */
const HEADERS_TIMEOUT_MS = 10_000;
const PAUSE_REASONS: readonly PauseReasonName[] = ["hidden", "offline", "frozen"];

/** An input request that is not answered yet. */
interface SharedInput {
  readonly event: InputRequestEvent;
  readonly task: SharedTask | undefined;
  /** The tabs that know of it. */
  readonly tabs: Set<TabSession>;
  /** The tab whose handler answers. */
  handler: TabSession | undefined;
}

export class SharedEngine {
  readonly client: EngineClient;
  readonly tabs = new Set<TabSession>();
  /** The tasks that are not settled, by their ids. */
  readonly #tasks = new Map<string, SharedTask>();
  readonly #inputs = new Map<number, SharedInput>();
  readonly #paused = new Set<PauseReasonName>();
  /** The session as it was reported last. */
  #session: { readonly text: string | undefined } | undefined;

  constructor(Engine: EngineClass, request: EngineRequest) {
    this.client = new Engine(request.url, this.#options(request));
  }

  addTab(tab: TabSession): void {
    this.tabs.add(tab);
    if (this.#session) tab.send({ type: "session", session: this.#session.text });
    this.updatePauseReasons();
  }

  /** The tab is gone: tasks that only this tab observed are no longer observed. */
  removeTab(tab: TabSession): void {
    this.tabs.delete(tab);
    for (const holder of [...tab.holders.values()]) this.removeHolder(holder);
    for (const input of this.#inputs.values()) {
      input.tabs.delete(tab);
      if (input.handler === tab) this.#assignHandler(input);
    }
    this.updatePauseReasons();
  }

  /** Starts a task for a tab, or lets the tab join one that the engine has. */
  start(tab: TabSession, message: StartMessage): void {
    const known = message.type === "attach" ? this.#tasks.get(message.ref.taskId) : undefined;
    // A task that has settled is queried anew: the server may say something else now.
    const isJoining = known !== undefined && !known.handle.isSettled;
    const task = isJoining ? known : new SharedTask((task) => this.#startTask(task, message));
    if (message.type === "attach") this.#tasks.set(message.ref.taskId, task);
    const holder: Holder = { task, tab, number: message.task, observation: { status: false, result: false } };
    task.holders.add(holder);
    tab.holders.set(message.task, holder);
    if (isJoining) this.#sendKnown(holder);
    else task.checkSettled();
  }

  /** The call was aborted: it leaves no task behind, also where the server has created one meanwhile. */
  abandon(task: SharedTask): void {
    task.call.abort();
    const { taskId } = task.handle;
    if (taskId === undefined) return;
    this.client.cancelTask(taskId).catch((error: unknown) => {
      const { code, rpc } = toFailure(error);
      // The task has ended: the call leaves nothing behind.
      if (code === "task_expired" || rpc?.code === INVALID_PARAMS) return;
      const message = `the task of an aborted call was not cancelled: ${words(error)}`;
      for (const { tab } of task.holders) tab.send({ type: "warning", warning: { code: "cancel-failed", message } });
    });
  }

  removeHolder(holder: Holder): void {
    const { task, tab, number } = holder;
    task.observe(holder, { status: false, result: false });
    task.holders.delete(holder);
    tab.holders.delete(number);
    if (task.holders.size > 0) return;
    const { taskId } = task.handle;
    if (taskId !== undefined && this.#tasks.get(taskId) === task) this.#tasks.delete(taskId);
    task.handle.forget();
  }

  /** A reason to pause is one only if every tab has it. */
  updatePauseReasons(): void {
    if (this.tabs.size === 0) return;
    for (const reason of PAUSE_REASONS) {
      const isPaused = [...this.tabs].every(({ pauseReasons }) => pauseReasons.has(reason));
      if (isPaused === this.#paused.has(reason)) continue;
      if (isPaused) {
        this.#paused.add(reason);
        this.client.pause(reason);
      } else {
        this.#paused.delete(reason);
        this.client.resume(reason);
      }
    }
  }

  /** The last client is closed: the server may forget the session. */
  close(): void {
    this.client.close();
    // Later, because this may be called from within a call of the engine.
    queueMicrotask(() => this.client.free());
  }

  #startTask(context: SharedTask, message: StartMessage): EngineTask {
    const { client } = this;
    switch (message.type) {
      case "attach": return client.task(message.ref, context);
      case "lost": return client.lostTask(message.kind, message.name, context);
      case "call": {
        const { kind, name, json, mode } = message;
        const options = { context, signal: context.call.signal, ...(mode !== undefined && { task: mode }) };
        switch (kind) {
          case "tool": return client.callTool(name, json, options);
          case "prompt": return client.getPrompt(name, json, options);
          case "resource": return client.readResource(name, options);
        }
      }
    }
  }

  /** Sends the known state of a task to a tab that has just joined it. */
  #sendKnown({ task, tab, number }: Holder): void {
    const { snapshot, progress } = task.handle;
    if (snapshot) tab.send({ type: "status", task: number, status: snapshot });
    if (progress) tab.send({ type: "progress", task: number, progress });
    for (const input of this.#inputs.values()) {
      if (input.task !== task) continue;
      this.#showInput(input, tab, number);
      if (!input.handler) this.#assignHandler(input);
    }
  }

  #showInput(input: SharedInput, tab: TabSession, task: number): void {
    const { id, key, method, params } = input.event;
    input.tabs.add(tab);
    tab.send({ type: "input-opened", task, input: { id, key, method, params } });
  }

  #inputRequested(event: InputRequestEvent, task: SharedTask | undefined): void {
    const input: SharedInput = { event, task, tabs: new Set(), handler: undefined };
    this.#inputs.set(event.id, input);
    for (const { tab, number } of task?.holders ?? []) this.#showInput(input, tab, number);
    this.#assignHandler(input);
  }

  /** The handler of one tab answers: of a visible one that has the task, if there is one. */
  #assignHandler(input: SharedInput): void {
    const holders = [...(input.task?.holders ?? [])];
    const able = [...holders.map(({ tab }) => tab), ...this.tabs];
    const handler = able.find(({ pauseReasons }) => pauseReasons.size === 0) ?? able[0];
    input.handler = handler;
    if (!handler) return;
    input.tabs.add(handler);
    const task = holders.find(({ tab }) => tab === handler)?.number;
    handler.send({ type: "input-requested", task, event: input.event });
  }

  #inputClosed(id: number): void {
    const input = this.#inputs.get(id);
    this.#inputs.delete(id);
    for (const tab of input?.tabs ?? []) tab.send({ type: "input-closed", id });
  }

  /** The headers of a tab that replies, a visible one first. They are kept nowhere. */
  async #headers(): Promise<Record<string, string>> {
    const visibleFirst = [...this.tabs].sort((a, b) => Number(a.pauseReasons.size > 0) - Number(b.pauseReasons.size > 0));
    for (const tab of visibleFirst) {
      const headers = await tab.headers(HEADERS_TIMEOUT_MS);
      if (headers) return headers;
    }
    throw new Error("no tab gave the headers");
  }

  #options({ options, hasHeaders, observesAll, hasNotifications }: EngineRequest): EngineOptions {
    const toAll = (message: Parameters<TabSession["send"]>[0]): void => {
      for (const tab of this.tabs) tab.send(message);
    };
    return {
      ...options,
      ...(hasHeaders && { headers: () => this.#headers() }),
      // Each tab makes its own errors and results. The cause is left out: its message is part of the failure's, and not every
      // browser can clone a DOMException.
      createError: ({ cause: _, ...failure }): Failure => failure,
      createResult: (json, isWrapped) => ({ json, isWrapped }),
      onEra: (era) => toAll({ type: "era", era }),
      onSession: (text) => {
        this.#session = { text };
        toAll({ type: "session", session: text });
      },
      onTaskCreated: (taskId, context) => {
        const shared = context as SharedTask;
        if (taskId !== undefined && !this.#tasks.has(taskId)) this.#tasks.set(taskId, shared);
        shared.send((task) => ({ type: "created", task, taskId }));
      },
      onTaskStatus: observesAll ? () => {} : undefined,
      onStatusKnown: (status, context) => (context as SharedTask).send((task) => ({ type: "status", task, status })),
      onProgressKnown: (progress, context) => (context as SharedTask).send((task) => ({ type: "progress", task, progress })),
      onOutcomeObserved: (_, context) => (context as SharedTask).checkSettled(),
      onInputRequest: (event, context) => this.#inputRequested(event, context as SharedTask | undefined),
      onInputClosed: (id) => this.#inputClosed(id),
      onNotification: hasNotifications ? (method, params) => toAll({ type: "notification", method, params }) : undefined,
      onWarning: (warning) => {
        // Each tab reports the failures of its own calls.
        if (warning.code === "unobserved-failure") return;
        // To one tab only, because it concerns the server and not the tab.
        for (const tab of [...this.tabs].slice(0, 1)) tab.send({ type: "warning", warning });
      },
    };
  }
}
