// Loads the engine's class of a shared client: the remote one where there is a shared worker, else the page's own.

import type { Load } from "../load.js";
import { words } from "../transport.js";
import { connectInPage, connectToWorker, type Connection } from "./connect.js";
import { RemoteClient } from "./remote_client.js";
import type { Connector } from "./worker_link.js";
import type { EngineOptions } from "#glue";

/** If this many workers end within this time, the engine runs in the page. */
const MAX_LOSSES = 3;
const LOSS_WINDOW_MS = 60_000;
/**
 * A worker that has just ended may not be gone yet. Firefox connects a tab to such a worker and keeps it. The next worker began
 * after 1.1 s without this delay, and 4 of 14 times after more than 10 s; with it, after 0.4 to 0.6 s in 8 of 8 runs on a busy machine.
 */
const RECONNECT_DELAY_MS = 300;

export interface Sharing {
  start: () => SharedWorker;
  /** Loads the engine into the page. */
  local: Load;
  /** Tabs with different names share nothing. */
  name: string;
  /** Reports whether the engine is shared; `reason`: why not, where it could have been. */
  onShared(isShared: boolean, reason?: string): void;
}

export function loadShared(sharing: Sharing): Load {
  return async () => {
    const connection = await connectToShared(sharing);
    if (!connection) return sharing.local();
    let unused: Connection | undefined = connection;
    return class extends RemoteClient {
      constructor(url: string, options?: EngineOptions) {
        super(newConnector(sharing), unused, url, options);
        unused = undefined;
      }
    };
  };
}

/** The connection to the shared worker; undefined where there is none. */
async function connectToShared({ start, onShared }: Sharing): Promise<Connection | undefined> {
  if (typeof SharedWorker !== "function") {
    onShared(false);
    return undefined;
  }
  try {
    const connection = await connectToWorker(start);
    onShared(true);
    return connection;
  } catch (error) {
    onShared(false, words(error));
    return undefined;
  }
}

function newConnector(sharing: Sharing): Connector {
  let losses: number[] = [];
  return {
    name: sharing.name,
    async reconnect() {
      const now = performance.now();
      losses = [...losses.filter((at) => now - at < LOSS_WINDOW_MS), now];
      if (losses.length >= MAX_LOSSES) {
        sharing.onShared(false, "it has ended again and again");
        return connectInPage(sharing.local);
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_DELAY_MS));
      return (await connectToShared(sharing)) ?? connectInPage(sharing.local);
    },
  };
}
