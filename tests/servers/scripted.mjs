// A fake MCP server whose every answer is scripted by the test: for malformed, hostile and unlucky servers.
//
//   const server = await startScripted(({ rpc, res }) => {
//     if (rpc?.method === "initialize") return json(res, initializeResult(rpc.id));
//     return sse(res, [{ id: "1", data: answer(rpc.id, { tools: [] }) }]);
//   });
import { createServer } from "node:http";

const cors = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
  "access-control-allow-headers":
    "content-type, accept, authorization, mcp-protocol-version, mcp-session-id, last-event-id, mcp-method, mcp-name",
  "access-control-expose-headers": "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after, last-event-id",
  "access-control-max-age": "600",
};

/**
 * `handler({ method, rpc, req, res, n })` answers each request: `rpc` is the parsed JSON-RPC message of a POST, `n`
 * counts from 0. Preflights are answered here unless `cors: false`. What the handler does not answer stays open.
 * `requests` records `{ method, rpc, headers }` in order, `connections.most` how many were open at once; a handler that
 * throws shows up in `errors` and as a 500.
 */
export async function startScripted(handler, { cors: withCors = true } = {}) {
  const requests = [];
  const errors = [];
  const sockets = new Set();
  const http = createServer(async (req, res) => {
    try {
      let body = "";
      req.setEncoding("utf8");
      for await (const chunk of req) body += chunk;
      const { method, headers } = req;
      const rpc = parse(body);
      if (withCors) for (const [name, value] of Object.entries(cors)) res.setHeader(name, value);
      if (withCors && method === "OPTIONS") return void res.writeHead(204).end();
      const n = requests.push({ method, rpc, headers }) - 1;
      await handler({ method, rpc, req, res, n });
    } catch (error) {
      errors.push(error);
      if (!res.headersSent) res.writeHead(500);
      res.end();
    }
  });
  const connections = { most: 0 };
  const live = new Set();
  http.on("connection", (socket) => {
    sockets.add(socket);
    live.add(socket);
    socket.once("close", () => sockets.delete(socket));
    for (const end of ["end", "close"]) socket.once(end, () => live.delete(socket));
    // Later: this one may be known before the end of the one that it is in place of.
    setTimeout(() => { connections.most = Math.max(connections.most, live.size); }, 100).unref();
  });
  await new Promise((resolve, reject) => http.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${http.address().port}/mcp`,
    requests, errors, connections, http,
    /** Cuts every connection, as a dying network does; the server goes on. */
    cut() { for (const socket of sockets) socket.destroy(); },
    async close() {
      const ended = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets) socket.destroy();
      await ended;
    },
  };
}

/** Answers with one JSON body. */
export function json(res, value, status = 200, headers = {}) {
  res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

/** Accepts a notification or response: 202 without a body. */
export function accepted(res) {
  res.writeHead(202).end();
}

/**
 * Answers with an event stream. An event is a string (written as it is), or `{ data, id, event, retry }` whose
 * `data` is turned into JSON unless it is a string. `end: false` keeps the stream open for `send`.
 */
export function sse(res, events, { end = true, status = 200, headers = {} } = {}) {
  res.writeHead(status, { "content-type": "text/event-stream", "cache-control": "no-cache", ...headers });
  res.flushHeaders();
  for (const event of events) send(res, event);
  if (end) res.end();
}

/** Writes one more event to an open stream. */
export function send(res, event) {
  if (typeof event === "string") return void res.write(event);
  const { data, ...fields } = event;
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  const text = typeof data === "string" ? data : JSON.stringify(data);
  for (const line of text?.split("\n") ?? []) lines.push(`data: ${line}\n`);
  res.write(`${lines.join("")}\n`);
}

/** Answers with exactly these bytes. */
export function raw(res, { status = 200, headers = {}, body = "" } = {}) {
  res.writeHead(status, headers).end(body);
}

/** A JSON-RPC response. */
export const answer = (id, result) => ({ jsonrpc: "2.0", id, result });

/** A JSON-RPC error response. */
export const failure = (id, code, message, data) =>
  ({ jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } });

/** What a server of 2025-11-25 with tool tasks answers to `initialize`; `over` replaces parts of it. */
export const initializeResult = (id, over = {}) => answer(id, {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
  serverInfo: { name: "scripted", version: "1.0.0" },
  ...over,
});

function parse(body) {
  try { return JSON.parse(body); } catch { return undefined; }
}
