// The limits that the hostile suite expects of a client with default options. Every number of the suite that belongs to the
// package stands here and nowhere else. `words` has to match the message of the error that names the limit.
const mib = 1024 * 1024;

export const limits = {
  /** Responses to the server's requests: HTTP requests at the same time, and responses that wait behind them. */
  responsesInFlight: 8,
  responsesQueued: 256,
  /** Input requests that are open at the same time, of calls and tasks together. */
  openInputRequests: { most: 256, words: /maxInputRequests/ },
  /** Parameters of a tool that are mirrored in HTTP headers. */
  headerParameters: { most: 256, words: /maxHeaderParams/ },
  /** Characters of a task id. */
  taskIdLength: { most: 1024, words: /maxIdLength/ },
  /** Bytes that a client holds in total: early notifications, lists, bodies under way. */
  heldBytes: { most: 128 * mib, words: /maxHeldBytes/ },
  /** Memory beyond that limit, because one message is copied while it is parsed. */
  slackBytes: 64 * mib,
  /** JavaScript heap of a client that holds nothing. */
  clientBytes: 2 * mib,
  /** Calls of `onWarning` for one kind of trouble, and the final notice. */
  warnings: 100 + 1,
  /** Messages of one JSON batch, which are processed in one turn of the event loop. A longer batch is refused. */
  batchMessages: { most: 1000, words: /maxBatchMessages/ },
};

/** Time limits, in milliseconds: long enough for a slow machine, so that only an endless wait exceeds them. */
export const patience = {
  /** One attack with everything around it. */
  attack: 120_000,
  /** A promise of the attacked client, once the attack is over. */
  settle: 45_000,
};
