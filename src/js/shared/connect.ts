// Connections from a tab to the shared worker, or to the same code in the page.

import type { Load } from "../load.js";
import { holdLock, newLockName, onLockReleased } from "./liveness.js";
import type { ToTab, ToWorker } from "./messages.js";
import { serveTabs } from "./worker.js";

/** A worker that does not answer within this time is greeted again: one that was about to end (Firefox) never answers. */
const GREETING_MS = 1000;
const MAX_GREETINGS = 10;

/** A worker that has answered. */
export interface Connection {
  send(message: ToWorker): void;
  /** Calls back with each message from now on, and when the worker has ended. `failed`: that end will not be noticed. */
  listen(received: (message: ToTab) => void, ended: () => void, failed: (error: unknown) => void): void;
}

// Held before the worker learns of it, which would otherwise take the tab for closed; for as long as the tab lives.
let tabLock: Promise<string | undefined> | undefined;

/** Connects to the shared worker. Rejects with the reason where there is none, or it cannot load the engine. */
export async function connectToWorker(start: () => SharedWorker): Promise<Connection> {
  const [lock, { port, workerLock }] = await Promise.all([(tabLock ??= holdLock(newLockName())), greet(start)]);
  const connection = connectionOver(port, workerLock);
  if (lock) connection.send({ type: "tab-lock", lock });
  // Without locks the tab reports that it is left, as reliably as it can.
  else globalThis.addEventListener?.("pagehide", ({ persisted }) => persisted || connection.send({ type: "leave" }));
  return connection;
}

/** Runs the worker's code in the page. Rejects where the engine cannot be loaded. */
export function connectInPage(load: Load): Promise<Connection> {
  const { port1, port2 } = new MessageChannel();
  serveTabs(load)(port1);
  return new Promise((resolve, reject) => {
    port2.onmessage = ({ data }: MessageEvent<ToTab>) => {
      if (data.type === "welcome") resolve(connectionOver(port2, undefined));
      if (data.type === "unavailable") reject(new Error(data.reason));
    };
    port2.postMessage({ type: "hello" } satisfies ToWorker);
  });
}

function connectionOver(port: MessagePort, workerLock: string | undefined): Connection {
  return {
    send: (message) => port.postMessage(message),
    listen(received, ended, failed) {
      port.onmessage = ({ data }: MessageEvent<ToTab>) => received(data);
      if (workerLock) onLockReleased(workerLock, ended, failed);
    },
  };
}

/** The port of the first worker that answers, and the lock that it holds. */
function greet(start: () => SharedWorker): Promise<{ port: MessagePort; workerLock: string | undefined }> {
  return new Promise((resolve, reject) => {
    const ports: MessagePort[] = [];
    let left = MAX_GREETINGS;
    let timer: ReturnType<typeof setInterval> | undefined;
    const stop = (answered?: MessagePort): void => {
      clearInterval(timer);
      left = 0;
      for (const port of ports) if (port !== answered) port.close();
    };
    const failed = (reason: string): void => (stop(), reject(new Error(reason)));
    const greetAgain = (): void => {
      if (left-- <= 0) return failed("it did not begin");
      const worker = start();
      const { port } = worker;
      ports.push(port);
      worker.onerror = (event) => failed((event as ErrorEvent).message || "its script could not be loaded");
      port.onmessage = ({ data }: MessageEvent<ToTab>) => {
        if (data.type === "unavailable") return failed(data.reason);
        if (data.type !== "welcome") return;
        stop(port);
        resolve({ port, workerLock: data.lock });
      };
      port.postMessage({ type: "hello" } satisfies ToWorker);
    };
    greetAgain();
    timer = setInterval(greetAgain, GREETING_MS);
  });
}
