// React's hooks over handles: one store for each handle, which React subscribes to. No effect of its own, so a component
// that is rendered twice, suspended or thrown away leaves nothing behind.

import { useMemo, useState, useSyncExternalStore } from "react";
import type { Task } from "./task.js";
import type { Progress, TaskStatus } from "./types.js";

/** The state of a task for a component. Frozen, and the same object until something changes. */
export interface TaskView<T = unknown> {
  /** The handle, to cancel it or to answer what it asks. */
  readonly task: Task<T>;
  /** Where the task stands; undefined until the server has told. */
  readonly status: TaskStatus | undefined;
  /** The newest that the server told of the progress. */
  readonly progress: Progress | undefined;
  /** Whether neither `result` nor `error` is known yet. */
  readonly isPending: boolean;
  /** The result of the task. */
  readonly result: T | undefined;
  /** The error of the task, one of the package's errors. Undefined if the task has not failed. */
  readonly error: unknown;
}

interface Store {
  subscribe(listener: () => void): () => void;
  get(): TaskView;
}

// The handle is the key, so the store is collected with the handle.
const stores = new WeakMap<Task<unknown>, Store>();
const NONE: readonly Task<unknown>[] = Object.freeze([]);

/**
 * Follows a task: renders anew when its status, its progress or its end changes. While the component is mounted the task is
 * polled or streamed; unmounting ends that and leaves the task alone.
 *
 * ```tsx
 * const view = useTask(task); // undefined as long as there is no task
 * return view?.isPending ? <progress aria-label={task.name} /> : <Result of={view.result} />;
 * ```
 *
 * Make the handle where something happens (a click), not while rendering: rendering may happen twice.
 * @param task the handle; undefined and null are followed by nothing
 */
export function useTask<T>(task: Task<T>): TaskView<T>;
export function useTask<T>(task: Task<T> | null | undefined): TaskView<T> | undefined;
export function useTask<T>(task: Task<T> | null | undefined): TaskView<T> | undefined {
  const tasks = useMemo(() => (task ? [task] : NONE), [task]);
  return useTasks(tasks)[0] as TaskView<T> | undefined;
}

/**
 * Follows several tasks at once, in their order. The array that it gives is the same until one of them changes; the one that
 * is handed in may be a new one at each rendering.
 */
export function useTasks<T>(tasks: readonly Task<T>[]): readonly TaskView<T>[] {
  const [list, setList] = useState(tasks);
  if (!sameItems(list, tasks)) setList(tasks);
  const all = useMemo(() => together(list), [list]);
  return useSyncExternalStore(all.subscribe, all.get, all.get) as readonly TaskView<T>[];
}

/** The stores of several tasks as one. */
function together(tasks: readonly Task<unknown>[]): { subscribe: Store["subscribe"]; get(): readonly TaskView[] } {
  const own = tasks.map(storeOf);
  let last: readonly TaskView[] = own.map((store) => store.get());
  return {
    subscribe(listener) {
      const offs = own.map((store) => store.subscribe(listener));
      return () => offs.forEach((off) => off());
    },
    get() {
      const next = own.map((store) => store.get());
      return sameItems(last, next) ? last : (last = next);
    },
  };
}

function storeOf(task: Task<unknown>): Store {
  let store = stores.get(task);
  if (!store) stores.set(task, (store = makeStore(task)));
  return store;
}

function makeStore(task: Task<unknown>): Store {
  const listeners = new Set<() => void>();
  let end: { readonly result?: unknown; readonly error?: unknown } | undefined;
  let view: TaskView | undefined;
  let stop: (() => void) | undefined;

  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  /** Watches and awaits the task while there is a listener. */
  const start = (): (() => void) => {
    const off = task.subscribe(tell);
    if (end) return off;
    const waiting = new AbortController();
    const ended = (how: typeof end): void => {
      if (waiting.signal.aborted) return;
      end = how;
      tell();
    };
    task.result({ signal: waiting.signal }).then((result) => ended({ result }), (error: unknown) => ended({ error }));
    return () => (off(), waiting.abort());
  };

  return {
    subscribe(listener) {
      // Wrapped, so that the same function may be given twice.
      const own = (): void => listener();
      listeners.add(own);
      stop ??= start();
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
    get() {
      const status = task.getSnapshot();
      const { progress } = task;
      const isOld = !view || view.status !== status || view.progress !== progress || view.isPending !== !end;
      if (isOld) view = Object.freeze({ task, status, progress, isPending: !end, result: end?.result, error: end?.error });
      return view!;
    },
  };
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
