/** Limits on the resources that one server can use, so that a broken or hostile server cannot stop the page. */
export interface ClientLimits {
  /**
   * Bytes that the client holds because of its server at a time: unfinished messages and lists, statuses of live tasks (at most a
   * quarter; a longer `statusMessage` is discarded with a warning) and open input requests (at most a quarter or one request; a
   * further one is refused). When messages exceed it, the largest one ends with a `ProtocolError`. Prevents a server that sends many large messages
   * from filling the memory that all clients of a page share.
   * @default 134217728
   */
  maxHeldBytes?: number;
  /**
   * Responses to the server's requests that are sent at the same time; further ones are queued. Prevents a server that floods
   * the client with requests from using up the connections of the page.
   * @default 8
   */
  maxResponsesInFlight?: number;
  /**
   * Responses that wait to be sent. While this number waits, further requests of the server are not answered, and `onWarning` is
   * called once with the code `responses-discarded`. Prevents such a flood from filling memory.
   * @default 256
   */
  maxQueuedResponses?: number;
  /**
   * Input requests that are open at the same time, of all calls and tasks of the client. A request of the server beyond it is
   * answered with an error; a call or a status that exceeds it at once rejects with a `ProtocolError`. Prevents a server
   * from calling `onElicitation` and the other handlers without end.
   * @default 256
   */
  maxInputRequests?: number;
  /**
   * Arguments of one tool that are repeated in HTTP headers (`x-mcp-header`, MCP 2026-07-28, Streamable HTTP: "Custom Headers from
   * Tool Parameters"). A tool with more is left out of the list, with a warning. Prevents requests that no server accepts.
   * @default 256
   */
  maxHeaderParams?: number;
  /**
   * Length of a task id, of the id of a server's request, and of the key of an input request, in bytes. A call that is answered
   * with a longer task id rejects with a `ProtocolError`. Prevents headers that no server accepts.
   * @default 1024
   */
  maxIdLength?: number;
  /**
   * Messages of one JSON-RPC batch, which are processed without a break. A longer batch is refused with a
   * `ProtocolError`. Prevents a small response from blocking the page.
   * @default 1000
   */
  maxBatchMessages?: number;
}
