// The engine as a tab sees it that has it in the shared worker: what the client says goes over a port, what the engine says
// comes back. Where the worker ends, another is begun and told what it has to know; where none can be had, the engine is here.

import { words } from "../transport.js";
import type { Host } from "../host.js";
import type { EngineClass, Load } from "../load.js";
import { ASKED_BEFORE, CANCEL, CLOSE, FORGET, LIST, OF_REPLY, OF_TASK, OF_WAITING, PAUSE, REFRESH, UNWATCH, WATCH } from "../tell.js";
import type { HeadersOption } from "../types.js";
import { connect, type Connection } from "./connect.js";
import type { Join, Said } from "./messages.js";
import type { Core } from "#glue";

/** So many workers may end in a row; then the engine is here. */
const MOST_LOSSES = 3;
const LOSSES_FORGIVEN_MS = 60_000;

/** What a tab brings along. */
export interface Sharing {
  start: () => SharedWorker;
  /** Loads the engine into this page. */
  local: Load;
  credentials: Join["credentials"];
  headers: HeadersOption | undefined;
  /** Tabs of different names share nothing. */
  name: string;
  /** Whether the engine is shared; if it could have been, why not. */
  onShared(isShared: boolean, why?: string): void;
}

/** What an engine that begins in the middle has to be told. */
interface Live {
  taskId: string | undefined;
  readonly watches: [boolean, boolean];
}

/** Gives engines that are in the shared worker; where there is none, the engine's own class. */
export function remote(sharing: Sharing): Load {
  return async () => {
    const connection = await reach(sharing);
    if (!connection) return sharing.local();
    let first: Connection | undefined = connection;
    return function (host: Host, ...args: Join["engine"]) {
      const engine = new Remote(sharing, host, args);
      engine.begin(first);
      first = undefined;
      return engine;
    } as unknown as EngineClass;
  };
}

async function reach(sharing: Sharing): Promise<Connection | undefined> {
  if (typeof SharedWorker !== "function") return sharing.onShared(false) as undefined;
  try {
    const connection = await connect(sharing.start);
    sharing.onShared(true);
    return connection;
  } catch (error) {
    sharing.onShared(false, words(error));
    return undefined;
  }
}

class Remote {
  readonly #sharing: Sharing;
  readonly #host: Host;
  readonly #args: Join["engine"];
  #to: Connection | undefined;
  #local: Core | undefined;
  /** What is said while there is neither. */
  #waiting: Said[] = [];
  #isBeginning = false;
  #isClosed = false;
  #losses = 0;
  #lastLoss = 0;
  readonly #live = new Map<number, Live>();
  readonly #replies = new Set<number>();
  readonly #inputs = new Set<number>();
  readonly #paused: boolean[] = [];

  constructor(sharing: Sharing, host: Host, args: Join["engine"]) {
    this.#sharing = sharing;
    this.#host = host;
    this.#args = args;
  }

  call(handle: number, ...call: [number, string, string, number | undefined]): void {
    this.#live.set(handle, { taskId: undefined, watches: [false, false] });
    this.#say("call", handle, ...call);
  }

  attach(handle: number, taskId: string): void {
    this.#live.set(handle, { taskId, watches: [false, false] });
    this.#say("attach", handle, taskId);
  }

  tell(what: number, which: number, more: number): void {
    const live = this.#live.get(which);
    if (what === WATCH || what === UNWATCH) {
      if (live) live.watches[more as 0 | 1] = what === WATCH;
    } else if (what === FORGET) this.#live.delete(which);
    else if (what === PAUSE) this.#paused[which] = more === 1;
    else if (what === REFRESH || what === CANCEL || what === LIST) this.#replies.add(more);
    else if (what === CLOSE) return this.#close();
    // The timer is the engine's, wherever that is.
    this.#say("tell", what, which, more);
  }

  ask(reply: number, what: number, which: string | undefined): void {
    if (what !== ASKED_BEFORE) this.#replies.add(reply);
    this.#say("ask", reply, what, which);
  }

  respond(input: number, reply: number, ...answer: [string | undefined, number, string]): void {
    this.#replies.add(reply);
    this.#say("respond", input, reply, ...answer);
  }

  // What a request brings that an engine in this page has made.
  head(...args: Parameters<Core["head"]>): void {
    this.#local?.head(...args);
  }
  chunk(...args: Parameters<Core["chunk"]>): void {
    this.#local?.chunk(...args);
  }
  over(...args: Parameters<Core["over"]>): void {
    this.#local?.over(...args);
  }

  free(): void {
    this.#local?.free();
    this.#local = undefined;
  }

  /** With this worker, or with whatever there is. */
  begin(connection: Connection | undefined): void {
    if (connection) return this.#join(connection);
    if (this.#isBeginning || this.#isClosed) return;
    this.#isBeginning = true;
    void this.#beginAgain().finally(() => (this.#isBeginning = false));
  }

  async #beginAgain(): Promise<void> {
    const isHopeless = this.#losses >= MOST_LOSSES;
    if (isHopeless) this.#sharing.onShared(false, "it has ended again and again");
    const connection = isHopeless ? undefined : await reach(this.#sharing);
    if (connection) return this.#isClosed ? connection.close() : this.#join(connection);
    try {
      const Local = await this.#sharing.local();
      if (this.#isClosed) return;
      this.#local = new Local(this.#host, ...this.#args);
      this.#catchUp();
    } catch (error) {
      // Nothing runs: the next that is asked for tries again.
      this.#waiting = [];
      for (const handle of [...this.#live.keys()]) this.#fail(OF_WAITING, handle, words(error));
      this.#lose(words(error));
    }
  }

  #join(connection: Connection): void {
    this.#to = connection;
    connection.listen((...said) => this.#heard(...said), () => this.#ended(connection));
    const { name, credentials, headers } = this.#sharing;
    const [url, clientInfo, pollIntervalMs, maxMessageBytes, flags] = this.#args;
    // What the server spoke when it was last greeted, the first of the tabs tells.
    const key = JSON.stringify([name, url, clientInfo, pollIntervalMs, maxMessageBytes, flags & ~SPOKEN, credentials, headers !== undefined]);
    connection.say("join", { key, engine: this.#args, credentials, hasHeaders: headers !== undefined } satisfies Join);
    this.#catchUp();
  }

  /** Tells an engine that begins in the middle what it has to know, and then what has been said meanwhile. */
  #catchUp(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const said = new Set(waiting.filter(([method]) => method === "call" || method === "attach").map(([, handle]) => handle));
    this.#paused.forEach((on, reason) => on && this.#say("tell", PAUSE, reason, 1));
    for (const [handle, { taskId, watches }] of this.#live) {
      if (taskId === undefined || said.has(handle)) continue;
      this.#say("attach", handle, taskId);
      watches.forEach((on, which) => on && this.#say("tell", WATCH, handle, which));
    }
    for (const one of waiting) this.#say(...one);
  }

  #say(method: string, ...args: unknown[]): void {
    if (this.#isClosed) return;
    if (this.#local) (this.#local as unknown as { [method: string]: (...args: unknown[]) => void })[method]!(...args);
    else if (this.#to) this.#to.say(method, ...args);
    else {
      this.#waiting.push([method, ...args]);
      this.begin(undefined);
    }
  }

  /** What the engine says by way of the worker. */
  #heard(method: string, ...args: unknown[]): void {
    const [first, second] = args as [number, number | string | undefined];
    if (method === "headers") return void this.#giveHeaders(first);
    if (method === "created" || method === "changed") {
      const live = this.#live.get(first);
      if (live && typeof second === "string") live.taskId = second;
    } else if (method === "settled") this.#live.delete(first);
    else if (method === "replied") this.#replies.delete(first);
    else if (method === "asked") this.#inputs.add(first);
    else if (method === "inputOver") this.#inputs.delete(first);
    else if (method === "failed") {
      this.#forget(first, second as number);
      // Whoever began to wait while this was on its way is told, too: see `Interrupted` in src/client/io.rs.
      if (first === OF_WAITING) this.#say("tell", UNWATCH, second, 1);
    }
    (this.#host as unknown as { [method: string]: (...args: unknown[]) => void })[method]?.(...args);
  }

  /** What has failed is over. */
  #forget(what: number, number: number): void {
    if (what === OF_REPLY) this.#replies.delete(number);
    else if (what !== OF_WAITING) this.#live.delete(number);
    else {
      const live = this.#live.get(number);
      if (live) live.watches[1] = false;
    }
  }

  async #giveHeaders(number: number): Promise<void> {
    const { headers } = this.#sharing;
    try {
      const own = await (typeof headers === "function" ? headers() : headers);
      this.#to?.say("headers", number, Object.fromEntries(new Headers(own)));
    } catch (error) {
      this.#to?.say("headers", number, undefined, words(error));
    }
  }

  /** The worker has ended. What is named goes on with the next; what only the worker knew is lost. */
  #ended(connection: Connection): void {
    if (this.#to !== connection || this.#isClosed) return;
    this.#to = undefined;
    const now = performance.now();
    this.#losses = now - this.#lastLoss > LOSSES_FORGIVEN_MS ? 1 : this.#losses + 1;
    this.#lastLoss = now;
    this.#lose("the shared worker has ended");
    if (this.#live.size > 0) this.begin(undefined);
  }

  #lose(why: string): void {
    for (const input of this.#inputs) this.#host.inputOver(input);
    this.#inputs.clear();
    for (const reply of [...this.#replies]) this.#fail(OF_REPLY, reply, `${why} before the server had answered`);
    for (const [handle, { taskId }] of [...this.#live]) {
      if (taskId === undefined) this.#fail(OF_TASK, handle, `${why} before the server had answered the call: whether it runs is not known, and it was not sent again`);
    }
  }

  #fail(what: number, number: number, message: string): void {
    this.#forget(what, number);
    this.#host.failed(what, number, "network", message, undefined, undefined, undefined, undefined, undefined, undefined);
  }

  #close(): void {
    this.#to?.close();
    this.#local?.tell(CLOSE, 0, 0);
    this.#isClosed = true;
  }
}

/** The bits of the flags that say what was spoken before: see src/web/mod.rs. */
const SPOKEN = 3 << 8;
