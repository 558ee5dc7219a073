// Shared by the attacks: the honest part of a server in each revision, writing with back-pressure, and compressed streams.
import { once } from "node:events";
import { constants, deflateRawSync } from "node:zlib";
import { answer, failure, initializeResult, json } from "../servers/scripted.mjs";

export const handshake = "2025-11-25";
export const stateless = "2026-07-28";
const extension = "io.modelcontextprotocol/tasks";
const cached = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
const day = "2026-07-28T00:00:00Z";

export const text = (value) => ({ content: [{ type: "text", text: value }] });
/** A message on the wire, as one event. */
export const event = (message) => `data: ${JSON.stringify(message)}\n\n`;
export const notification = (method, params) => ({ jsonrpc: "2.0", method, params });
/** The last message of an attack: when the client reports it, everything before has been read. */
export const marker = notification("notifications/message", { level: "info", data: "end of the attack" });
/** A form that asks for one word. */
export const form = { method: "elicitation/create", params: { mode: "form", message: "A word?", requestedSchema: { type: "object", properties: { word: { type: "string" } } } } };
/** A task of 2025-11-25. */
export const oldTask = (taskId, over = {}) => ({ taskId, status: "working", createdAt: day, lastUpdatedAt: day, ttl: null, pollInterval: 50, ...over });
/** A task of 2026-07-28. */
export const newTask = (taskId, over = {}) => ({ taskId, status: "working", createdAt: day, lastUpdatedAt: day, ttlMs: null, pollIntervalMs: 50, ...over });

/** Handlers of a well-behaved server in each revision. An attack replaces some of them. */
export const honest = {
  [handshake]: {
    initialize: ({ rpc, res, session }) => json(res, initializeResult(rpc.id, { capabilities: { tools: {}, prompts: {}, resources: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } } }), 200, session ? { "mcp-session-id": session } : {}),
    ping: () => ({}),
    "tools/list": () => ({ tools: [tool("attack"), { ...tool("task"), execution: { taskSupport: "required" } }] }),
    "tools/call": () => text("done"),
    "tasks/get": ({ rpc }) => oldTask(rpc.params.taskId, { status: "completed" }),
    "tasks/result": () => text("done"),
    "tasks/cancel": ({ rpc }) => oldTask(rpc.params.taskId, { status: "cancelled" }),
  },
  [stateless]: {
    "server/discover": () => ({ ...cached, supportedVersions: [stateless], capabilities: { tools: {}, extensions: { [extension]: {} } } }),
    "tools/list": () => ({ ...cached, tools: [tool("attack"), tool("task")] }),
    "tools/call": () => ({ resultType: "complete", ...text("done") }),
    "tasks/get": ({ rpc }) => ({ resultType: "complete", ...newTask(rpc.params.taskId, { status: "completed", result: text("done") }) }),
    "tasks/update": () => ({ resultType: "complete" }),
    "tasks/cancel": () => ({ resultType: "complete" }),
  },
};
const tool = (name) => ({ name, inputSchema: { type: "object" } });

/** Answers a request with a result, or says that the method is unknown. */
export function respond({ rpc, res }, result, era) {
  if (result !== undefined) return json(res, answer(rpc.id, result));
  return json(res, failure(rpc.id, -32601, `Method not found: ${rpc.method}`), era === stateless ? 404 : 200);
}

/** Writes, and waits where the client does not keep up. False: the client has closed the connection. */
export async function write(stream, chunk) {
  if (stream.destroyed || stream.writableEnded) return false;
  if (stream.write(chunk)) return true;
  const waiting = new AbortController();
  await Promise.race(["drain", "close"].map((name) => once(stream, name, { signal: waiting.signal }).catch(() => {})));
  waiting.abort();
  return !stream.destroyed;
}

/** Writes the parts in chunks of about 64 KiB. */
export async function writeAll(stream, parts) {
  let chunk = "";
  for (const part of parts) {
    chunk += part;
    if (chunk.length < 65_536) continue;
    if (!(await write(stream, chunk))) return false;
    chunk = "";
  }
  return write(stream, chunk);
}

/** Begins a response whose body is a gzip stream of parts made by `deflated`. No trailer follows: such a stream is never complete. */
export function beginGzip(res, contentType) {
  res.writeHead(200, { "content-type": contentType, "cache-control": "no-cache", "content-encoding": "gzip" });
  res.write(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
}

/** Part of a gzip stream. It refers to no other part, so it may be sent any number of times. */
export const deflated = (content) => deflateRawSync(content, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
/** A part with so many bytes of the letter x. */
export const filler = (bytes) => deflated(Buffer.alloc(bytes, "x"));
