// The shared worker: serves the tabs that connect, with one engine for all tabs that need the same.

import type { Load } from "../load.js";
import { holdLock, newLockName } from "./liveness.js";
import type { SharedEngine } from "./shared_engine.js";
import { TabSession } from "./tab_session.js";

/** The state that the sessions of all tabs share. */
export interface WorkerContext {
  readonly load: Load;
  /** The lock that the worker holds; undefined where there are no locks. */
  readonly lock: Promise<string | undefined>;
  readonly engines: Map<string, SharedEngine>;
}

/** Returns the function that serves a tab, given its port. */
export function serveTabs(load: Load): (port: MessagePort) => void {
  const context: WorkerContext = { load, lock: holdLock(newLockName()), engines: new Map() };
  return (port) => void new TabSession(port, context);
}
