// The link of one client to its worker, which may end at any time and is then replaced.

import { words } from "../transport.js";
import type { Connection } from "./connect.js";
import type { ToTab, ToWorker } from "./messages.js";

/** Gives a client its connections. */
export interface Connector {
  /** Tabs with different names share nothing. */
  readonly name: string;
  /** Connects again after the worker has ended. Rejects where no engine can be loaded at all. */
  reconnect(): Promise<Connection>;
}

/** The callbacks of a client for its link. */
export interface LinkEvents {
  /** The link has a worker, which knows nothing of the client yet. */
  connected(): void;
  received(message: ClientMessage): void;
  /** The tab's headers for an HTTP request of the worker. */
  headers(request: number): Promise<ToWorker>;
  workerEnded(): void;
  /** There is no engine, for this reason. The next message tries again. */
  failed(reason: string): void;
  /** The end of the worker will not be noticed. */
  unwatched(error: unknown): void;
}

/** The messages to a client; its link answers the others. */
export type ClientMessage = Exclude<ToTab, { type: "get-headers" | "welcome" | "unavailable" }>;

export class WorkerLink {
  readonly #connector: Connector;
  readonly #events: LinkEvents;
  #connection: Connection | undefined;
  #isConnecting = false;
  #isClosed = false;
  /** Messages for the next worker. */
  #unsent: ToWorker[] = [];

  constructor(connector: Connector, events: LinkEvents) {
    this.#connector = connector;
    this.#events = events;
  }

  /** Sends a message that matters to the present worker only. Returns whether there is one. */
  send(message: ToWorker): boolean {
    if (this.#isClosed || !this.#connection) return false;
    this.#connection.send(message);
    return true;
  }

  /** The same, but connects where there is no worker. */
  sendOrConnect(message: ToWorker): boolean {
    const isSent = this.send(message);
    if (!isSent) void this.connect();
    return isSent;
  }

  /** Sends a message now or to the next worker. */
  sendEventually(message: ToWorker): void {
    if (!this.sendOrConnect(message)) this.#unsent.push(message);
  }

  async connect(): Promise<void> {
    if (this.#isConnecting || this.#isClosed) return;
    this.#isConnecting = true;
    try {
      this.use(await this.#connector.reconnect());
    } catch (error) {
      this.#unsent = [];
      this.#events.failed(words(error));
    } finally {
      this.#isConnecting = false;
    }
  }

  use(connection: Connection): void {
    if (this.#isClosed) return connection.send({ type: "leave" });
    this.#connection = connection;
    connection.listen((message) => this.#receive(message, connection), () => this.#ended(connection), (error) => this.#events.unwatched(error));
    this.#events.connected();
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const message of unsent) connection.send(message);
  }

  /** The worker still gets headers, for the request that ends the session. */
  close(): void {
    this.send({ type: "close" });
    this.#isClosed = true;
  }

  #receive(message: ToTab, connection: Connection): void {
    switch (message.type) {
      case "get-headers": return void this.#events.headers(message.request).then((reply) => connection.send(reply));
      case "welcome":
      case "unavailable": return;
      default: if (!this.#isClosed) this.#events.received(message);
    }
  }

  #ended(connection: Connection): void {
    if (this.#connection !== connection || this.#isClosed) return;
    this.#connection = undefined;
    this.#events.workerEnded();
  }
}
