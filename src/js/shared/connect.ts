// The way from a tab to the shared worker.

import { live, onDeath, ownLock, type Said, type Welcome } from "./messages.js";

/** A worker that says nothing for so long, in milliseconds, is hailed again: one that was about to end (Firefox) never will. */
const HAIL_MS = 1000;
const MOST_TRIES = 10;

/** A worker that is there. */
export interface Connection {
  say(...said: Said): void;
  /** What it says from now on, and what to do when it has ended. */
  listen(said: (...said: Said) => void, ended: () => void): void;
  close(): void;
}

// Held before a worker is told of it, which would else take the tab for gone; for as long as the tab lives.
let lock: Promise<string | undefined> | undefined;

async function liveness(): Promise<string | undefined> {
  const name = ownLock();
  return (await live(name)) ? name : undefined;
}

/** Connects to the worker. Rejects where there is none, or it cannot begin, with why. */
export async function connect(start: () => SharedWorker): Promise<Connection> {
  const [lockOfTab, [port, lockOfWorker]] = await Promise.all([(lock ??= liveness()), greeted(start)]);
  const say = (...said: Said): void => port.postMessage(said);
  say("lives", lockOfTab);
  // Without locks the tab says so when it goes, as well as it can.
  if (!lockOfTab) globalThis.addEventListener?.("pagehide", ({ persisted }) => persisted || say("leave"));
  return {
    say,
    listen(said, ended) {
      port.onmessage = ({ data }: MessageEvent<Said>) => said(...data);
      onDeath(lockOfWorker, ended);
    },
    close: () => say("close"),
  };
}

/** The way to the first that answers, and the lock that it holds as long as it lives. */
function greeted(start: () => SharedWorker): Promise<[MessagePort, string | undefined]> {
  return new Promise((resolve, reject) => {
    const ports: MessagePort[] = [];
    let left = MOST_TRIES;
    let timer: ReturnType<typeof setInterval> | undefined;
    const stop = (port?: MessagePort): void => {
      clearInterval(timer);
      left = 0;
      for (const other of ports) if (other !== port) other.close();
    };
    const failed = (why: string): void => (stop(), reject(new Error(why)));
    const hail = (): void => {
      if (left-- <= 0) return failed("it did not begin");
      const worker = start();
      const { port } = worker;
      ports.push(port);
      worker.onerror = (event) => failed((event as ErrorEvent).message || "its script could not be loaded");
      port.onmessage = ({ data: [is, what] }: MessageEvent<Welcome>) => {
        if (is === "sorry") return failed(what);
        stop(port);
        resolve([port, what]);
      };
      port.postMessage(["hello"]);
    };
    hail();
    timer = setInterval(hail, HAIL_MS);
  });
}
