import type { Found, FoundTask, Keeper } from "../keeper.js";
import type { TaskRef, TaskStatus } from "../types.js";
import { unique } from "../unique.js";
import { words } from "../transport.js";
import { holdOwn, takeReleased } from "./alive.js";
import { keysOf, type PersistStore } from "./store.js";

/** The stored data of one task, as JSON text. It must contain no secret, see {@link persistIn}. */
interface Kept {
  kind: TaskRef["kind"];
  name: string;
  taskId?: string;
  /** When it was called, in milliseconds since 1970. */
  at: number;
  /** When the server drops it, by its own word. */
  until?: number;
  /** The session that it was made in, and under what terms. */
  session?: { text: string; terms: string };
  /** The open questions, as JSON-RPC requests. */
  asked?: string[];
}

interface Task {
  readonly key: string;
  readonly kept: Kept;
  readonly asked: Map<number, string>;
}

/** Longest time that a page lives after its requests were aborted, in milliseconds. */
const LEAVING_MS = 5000;
/** Longest wait for a store, in milliseconds, so that a store that never answers does not block calls. */
const STORE_MS = 5000;
/** How many items are read at a time. */
const BATCH = 256;

const KINDS: readonly unknown[] = ["tool", "prompt", "resource"];

/** Keeps the tasks of one client in a store. @internal */
export class Keep implements Keeper {
  readonly #store: PersistStore | Storage;
  readonly #prefix: string;
  readonly #terms: string;
  readonly #warn: (code: string, message: string) => void;
  /** This client among all that keep something there. */
  readonly #owner = unique();
  readonly #tasks = new Map<number, Task>();
  /** The handle of the task that each open question belongs to. */
  readonly #askedBy = new Map<number, number>();
  #found: Promise<Found> | undefined;
  #session: Kept["session"];
  #isHeld = false;
  #hasWarned = false;
  /** The last write to an asynchronous store; the next write waits for it. */
  #writing: Promise<unknown> | undefined;
  #isSlow = false;
  #release = (): void => {};
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve));
  #isClosed = false;

  constructor(store: PersistStore | Storage, name: string, url: string, terms: string, warn: (code: string, message: string) => void) {
    this.#store = store;
    // The address without what may be a secret.
    this.#prefix = `mcp-tasks:task:${JSON.stringify([name, url.replace(/[?#].*/s, "")])}:`;
    this.#terms = terms;
    this.#warn = warn;
  }

  found(): Promise<Found> {
    return (this.#found ??= this.#find().catch((error: unknown) => {
      this.#failed("the tasks of earlier pages were not found", error);
      return { tasks: [] };
    }));
  }

  kept(): Promise<void> | undefined {
    if (!this.#writing || this.#isSlow) return undefined;
    return inTime(this.#writing).catch((error: unknown) => {
      // Until it has caught up: it is waited for once, not at each call.
      this.#isSlow = this.#writing !== undefined;
      this.#failed("a task is perhaps not kept for the next page", error);
    }) as Promise<void>;
  }

  called(handle: number, kind: Kept["kind"], name: string): void {
    this.#add(handle, `${this.#prefix}${this.#owner}:${handle}`, { kind, name, at: Date.now(), ...(this.#session && { session: this.#session }) });
  }

  named(handle: number, taskId: string): void {
    this.#change(handle, (kept) => {
      if (kept.taskId === taskId) return false;
      kept.taskId = taskId;
      return true;
    });
  }

  told(handle: number, { createdAt, ttlMs }: TaskStatus): void {
    const began = Date.parse(createdAt ?? "");
    this.#change(handle, (kept) => {
      const until = ttlMs === null ? undefined : (Number.isNaN(began) ? kept.at : began) + ttlMs;
      if (until === kept.until) return false;
      if (until === undefined) delete kept.until;
      else kept.until = until;
      return true;
    });
  }

  asked(input: number, handle: number, request: string | undefined): void {
    const owner = request === undefined ? this.#askedBy.get(input) : handle;
    const task = owner === undefined ? undefined : this.#tasks.get(owner);
    if (request === undefined) this.#askedBy.delete(input);
    if (owner === undefined || !task) return;
    if (request === undefined) {
      task.asked.delete(input);
    } else {
      task.asked.set(input, request);
      this.#askedBy.set(input, owner);
    }
    this.#change(owner, (kept) => {
      kept.asked = [...task.asked.values()];
      return true;
    });
  }

  session(text: string | undefined): void {
    this.#session = text === undefined ? undefined : { text, terms: this.#terms };
    for (const handle of this.#tasks.keys()) {
      this.#change(handle, (kept) => {
        if (this.#session) kept.session = this.#session;
        else delete kept.session;
        return true;
      });
    }
  }

  over(handle: number, error: unknown): void {
    const task = this.#tasks.get(handle);
    if (!this.#tasks.delete(handle)) return;
    const remove = (): void => this.#do(() => this.#store.removeItem(task!.key));
    // A page that is being left sees its requests fail first: the next page must not take the call for one that failed.
    if ((error as { code?: unknown } | undefined)?.code === "network") setTimeout(remove, LEAVING_MS);
    else remove();
  }

  close(): void {
    this.#isClosed = true;
    this.#release();
  }

  #add(handle: number, key: string, kept: Kept): void {
    if (this.#isClosed) return;
    if (!this.#isHeld) {
      holdOwn(this.#lock(this.#owner), this.#released, (error) => this.#failed("another page may take over the tasks of this one", error));
    }
    this.#isHeld = true;
    this.#tasks.set(handle, { key, kept, asked: new Map() });
    this.#write(handle);
  }

  #change(handle: number, change: (kept: Kept) => boolean): void {
    const task = this.#tasks.get(handle);
    if (task && !this.#isClosed && change(task.kept)) this.#write(handle);
  }

  #write(handle: number): void {
    const { key, kept } = this.#tasks.get(handle)!;
    const text = JSON.stringify(kept);
    this.#do(() => this.#store.setItem(key, text));
  }

  /** At once, where the store does not take its time: the page may be left in the next moment. */
  #do(write: () => unknown): void {
    const failed = (error: unknown): void => this.#failed("a task is not kept for the next page", error);
    try {
      const writing = this.#writing ? this.#writing.then(write) : write();
      if (!(writing instanceof Promise)) return;
      const settled: Promise<unknown> = writing.catch(failed).then(() => {
        if (this.#writing !== settled) return;
        this.#writing = undefined;
        this.#isSlow = false;
      });
      this.#writing = settled;
    } catch (error) {
      failed(error);
    }
  }

  /** A full or a forbidden store is so for every task: told once. */
  #failed(what: string, error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn("persist-failed", `${what}: ${words(error)}`);
  }

  #lock(owner: string): string {
    return `mcp-tasks:keeps:${owner}`;
  }

  async #find(): Promise<Found> {
    const all = await inTime(keysOf(this.#store, this.#prefix));
    const ownerOf = (key: string): string => key.slice(this.#prefix.length).split(":")[0]!;
    // Calls that this client made in the meantime are its own.
    const owners = [...new Set(all.map(ownerOf))].filter((owner) => owner !== this.#owner);
    const gone = await takeReleased(owners.map((owner) => this.#lock(owner)), this.#released);
    const found: { key: string; kept: Kept }[] = [];
    const left = all.filter((key) => gone.has(this.#lock(ownerOf(key))));
    // A store that takes its time gets that time for each batch, so that thousands of items do not count as a store that hangs.
    for (let start = 0; start < left.length; start += BATCH) {
      const keys = left.slice(start, start + BATCH);
      const texts = await inTime(Promise.all(keys.map((key) => this.#store.getItem(key))));
      keys.forEach((key, n) => {
        const kept = read(texts[n]);
        if (kept) return void found.push({ key, kept });
        this.#warn("persist-failed", "an entry of the store that is no task of this package was removed");
        this.#do(() => this.#store.removeItem(key));
      });
    }
    found.sort((a, b) => a.kept.at - b.kept.at);
    const session = this.#choose(found.map(({ kept }) => kept));
    if (session) this.session(session);
    return { session, tasks: found.map(({ key, kept }) => this.#again(key, kept, session)) };
  }

  /** The session that most tasks were made in, of those that were agreed on under these terms. */
  #choose(all: Kept[]): string | undefined {
    const counts = new Map<string, number>();
    for (const { session, taskId } of all) {
      if (taskId && session?.terms === this.#terms) counts.set(session.text, (counts.get(session.text) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
  }

  #again(key: string, kept: Kept, session: string | undefined): FoundTask {
    const { kind, name, taskId, asked = [] } = kept;
    const mine = { ...kept };
    delete mine.asked;
    return {
      kind, name, taskId,
      asked: session !== undefined && kept.session?.text === session ? asked : [],
      taken: (handle) => {
        this.#add(handle, `${this.#prefix}${this.#owner}:${handle}`, mine);
        this.#do(() => this.#store.removeItem(key));
        // Over by the server's own word. Servers do not always hold to it (they are asked), and say so anew if they keep it.
        if (kept.until !== undefined && kept.until <= Date.now()) {
          delete mine.until;
          this.#do(() => this.#store.removeItem(this.#tasks.get(handle)!.key));
        }
      },
    };
  }
}

/** The same, but for a store that takes too long. */
function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the store has not answered within ${STORE_MS / 1000} seconds`)), STORE_MS);
    answer.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** The stored task under a key; undefined if the value is not one. */
function read(text: string | null | undefined): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? "") as Kept;
    const { kind, name, taskId, at, until, session, asked } = kept;
    const isText = (value: unknown): boolean => typeof value === "string";
    const isSession = session === undefined || (isText(session.text) && isText(session.terms));
    const isAsked = asked === undefined || asked.every(isText);
    const isTask = KINDS.includes(kind) && isText(name) && (taskId === undefined || (isText(taskId) && taskId !== ""));
    return isTask && isSession && isAsked && Number.isFinite(at) && (until === undefined || Number.isFinite(until)) ? kept : undefined;
  } catch {
    return undefined;
  }
}
