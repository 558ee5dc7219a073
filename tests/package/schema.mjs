// Is what a client sent what the revision of the protocol says? The shapes are those of the official packages: of the
// SDK 1.x for the revisions with a handshake, of `client` 2.x and `ext-tasks` for 2026-07-28. The rules on headers are ours,
// after "Streamable HTTP" of the two revisions.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { CancelTaskRequestV2Schema, GetTaskRequestV2Schema, TasksExtensionCapabilityV2Schema, TaskSubscriptionNotificationsV2Schema, UpdateTaskRequestV2Schema } from "@modelcontextprotocol/ext-tasks/core/v2";
import { ClientNotificationSchema, ClientRequestSchema, ClientResultSchema, JSONRPCErrorResponseSchema, JSONRPCNotificationSchema, JSONRPCRequestSchema, JSONRPCResultResponseSchema } from "@modelcontextprotocol/sdk/types.js";

const modern = "2026-07-28";
const own = "io.modelcontextprotocol/";
const codec = await modernCodec();

/**
 * What is wrong with one request, in words; nothing where all is well. `sent` is `{ http, first, headers, body }`, as
 * recorded.mjs makes it: `first` is false for the address that a server of 2024-11-05 has named.
 */
export function judge({ http, first = true, headers, body }) {
  const rpc = body === undefined ? undefined : JSON.parse(body);
  const isModern = headers["mcp-protocol-version"] === modern || rpc?.params?._meta?.[`${own}protocolVersion`] !== undefined;
  const found = isModern ? judgeModern(http, headers, rpc) : judgeOlder(http, first, headers, rpc);
  if (http === "POST") {
    if (headers["content-type"] !== "application/json") found.push(`content-type ${headers["content-type"]}`);
    for (const type of ["application/json", "text/event-stream"]) if (!headers.accept?.includes(type)) found.push(`accept without ${type}`);
  }
  return found.map((words) => `${http} ${rpc?.method ?? (rpc ? "answer" : "")}: ${words}`);
}

// --- with a handshake: 2024-11-05 to 2025-11-25 -------------------------------------------------------------------

const older = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
const byMethod = (union) => new Map(union.options.map((schema) => [schema.shape.method.value, schema]));
const requests = byMethod(ClientRequestSchema);
const notifications = byMethod(ClientNotificationSchema);
/** Extensions that are sent on purpose, to servers that declare them: FastMCP 2 and 3 make tasks of prompts and resources. */
const extensions = { "prompts/get": ["params.task"], "resources/read": ["params.task"] };

function judgeOlder(http, first, headers, rpc) {
  const found = [];
  const version = headers["mcp-protocol-version"];
  if (version === undefined ? first && http !== "GET" && rpc?.method !== "initialize" : !older.includes(version)) found.push(`mcp-protocol-version ${version}`);
  if (rpc?.method === "initialize" && version !== undefined) found.push("mcp-protocol-version before it was agreed upon");
  for (const name of Object.keys(headers)) if (/^mcp-(method|name|param-)/.test(name)) found.push(`${name}, which this revision has not`);
  if (http === "GET" && headers.accept !== "text/event-stream") found.push(`accept ${headers.accept}`);
  if (!["GET", "POST", "DELETE"].includes(http)) found.push("no such method");
  if ((http === "POST") !== (rpc !== undefined)) found.push(rpc ? "a body" : "no body");
  if (rpc === undefined) return found;
  if (version !== undefined && version < "2025-11-25" && "task" in (rpc.params ?? {})) found.push("params.task, which this revision has not");
  return [...found, ...parsed(frame(rpc), rpc), ...olderShape(rpc)];
}

function olderShape({ id, method, params, result }) {
  if (method !== undefined) {
    const schema = (id === undefined ? notifications : requests).get(method);
    if (!schema) return [`no ${id === undefined ? "notification" : "request"} of a client's`];
    return parsed(schema, { method, ...(params === undefined ? {} : { params }) }, extensions[method]);
  }
  return result === undefined ? [] : parsed(ClientResultSchema, result);
}

// --- 2026-07-28 ---------------------------------------------------------------------------------------------------

const named = { "tools/call": "name", "prompts/get": "name", "resources/read": "uri", "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId" };
const ofTasks = { "tasks/get": GetTaskRequestV2Schema, "tasks/update": UpdateTaskRequestV2Schema, "tasks/cancel": CancelTaskRequestV2Schema };
/** What may be asked in more than one round. */
const inRounds = ["tools/call", "prompts/get", "resources/read"];
const capabilities = ["elicitation", "experimental", "extensions", "roots", "sampling"];
const envelope = ["progressToken", ...["protocolVersion", "clientInfo", "clientCapabilities", "logLevel"].map((name) => own + name)];

function judgeModern(http, headers, rpc) {
  const found = [];
  if (http !== "POST" || rpc === undefined) return [`only POST with a body is spoken in ${modern}`];
  for (const name of ["mcp-session-id", "last-event-id"]) if (name in headers) found.push(`${name}, which this revision has not`);
  found.push(...parsed(frame(rpc), rpc));
  if (rpc.method === undefined) return [...found, "an answer, where only requests and notifications may be sent"];
  if (headers["mcp-method"] !== rpc.method) found.push(`mcp-method ${headers["mcp-method"]}`);
  const name = rpc.params?.[named[rpc.method]];
  const header = headers["mcp-name"] === undefined ? undefined : decoded(headers["mcp-name"]);
  if (header !== name) found.push(`mcp-name ${headers["mcp-name"]}, not ${name}`);
  found.push(...paramHeaders(headers, rpc));
  if (rpc.id === undefined) return [...found, ...validated(codec.validateNotification(rpc.method, rpc), rpc)];
  return [...found, ...judgeEnvelope(headers, rpc.params?._meta ?? {}), ...modernShape(rpc)];
}

function judgeEnvelope(headers, meta) {
  const found = codec.validateEnvelopeMeta(meta).map(({ key, problem }) => `_meta ${key}: ${problem}`);
  if (meta[`${own}protocolVersion`] !== headers["mcp-protocol-version"]) found.push(`mcp-protocol-version ${headers["mcp-protocol-version"]}, not as in _meta`);
  if (meta[`${own}clientInfo`] === undefined) found.push("no clientInfo");
  const declared = meta[`${own}clientCapabilities`] ?? {};
  for (const key of Object.keys(meta)) if (!envelope.includes(key)) found.push(`_meta ${key}`);
  for (const key of Object.keys(declared)) if (!capabilities.includes(key)) found.push(`capability ${key}`);
  const tasks = declared.extensions?.[`${own}tasks`];
  return tasks === undefined ? found : [...found, ...parsed(TasksExtensionCapabilityV2Schema, tasks)];
}

function modernShape({ jsonrpc, id, method, params }) {
  const { _meta, ...rest } = params;
  if (method in ofTasks) {
    const declared = _meta?.[`${own}clientCapabilities`]?.extensions?.[`${own}tasks`];
    return [...(declared ? [] : ["the tasks extension is not declared"]), ...parsed(ofTasks[method], { jsonrpc, id, method, params: rest })];
  }
  const { inputResponses, requestState, ...once } = rest;
  const rounds = [];
  if (inRounds.includes(method)) {
    for (const answer of Object.values(inputResponses ?? {})) rounds.push(...anyAnswer(answer));
    if (!["undefined", "string"].includes(typeof requestState)) rounds.push("requestState is no text");
  }
  const { taskIds, ...filter } = once.notifications ?? {};
  const listens = method === "subscriptions/listen";
  const core = { method, params: { ..._meta && { _meta }, ...(inRounds.includes(method) ? once : rest), ...(listens ? { notifications: filter } : {}) } };
  return [...rounds, ...(listens ? parsed(TaskSubscriptionNotificationsV2Schema, { ...(taskIds ? { taskIds } : {}) }) : []), ...validated(codec.validateRequest(method, core), core)];
}

function anyAnswer(answer) {
  const tries = ["elicitation/create", "sampling/createMessage", "roots/list"].map((method) => validated(codec.validateInputResponse(method, answer), answer));
  return tries.find((found) => found.length === 0) ?? tries[0].map((words) => `inputResponses: ${words}`);
}

/** Each mirrors an argument of the call, whichever; what has to be mirrored only the server's list of tools can say. */
function paramHeaders(headers, { method, params }) {
  const values = new Set(Object.values((method === "tools/call" && params.arguments) || {}).map(String));
  return Object.entries(headers).filter(([name, value]) => name.startsWith("mcp-param-") && !values.has(decoded(value))).map(([name, value]) => `${name} ${value} is no argument`);
}

/** What a header stands for, where it could not be written as it is. */
function decoded(value) {
  const [, base64] = /^=\?base64\?(.*)\?=$/.exec(value) ?? [];
  return base64 === undefined ? value : Buffer.from(base64, "base64").toString("utf8");
}

// --- shapes -------------------------------------------------------------------------------------------------------

function frame({ id, method, error }) {
  if (method !== undefined) return id === undefined ? JSONRPCNotificationSchema : JSONRPCRequestSchema;
  return error === undefined ? JSONRPCResultResponseSchema : JSONRPCErrorResponseSchema;
}

/** What a schema has against a value; keys that it does not know, and drops, among them. */
function parsed(schema, value, known = []) {
  const { success, data, error } = schema.safeParse(value);
  if (!success) return [error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; ")];
  return dropped(value, data).filter((path) => !known.includes(path)).map((path) => `${path} is not known`);
}

function validated({ ok, value, reason, message }, sent) {
  if (!ok) return [(message ?? reason).replace(/\s+/g, " ")];
  const { jsonrpc, ...rest } = sent;
  return dropped(rest, value).map((path) => `${path} is not known`);
}

function dropped(before, after, path = "") {
  if (before === null || typeof before !== "object") return [];
  return Object.keys(before).flatMap((key) => {
    const at = path ? `${path}.${key}` : key;
    return after !== null && typeof after === "object" && key in after ? dropped(before[key], after[key], at) : [at];
  });
}

/** The codec of the official client is not among its exports; the version of the package is pinned, so it stays where it is. */
async function modernCodec() {
  const folder = dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/client"));
  for (const file of readdirSync(folder).filter((name) => /^src-.*\.mjs$/.test(name))) {
    const exports = Object.values(await import(pathToFileURL(join(folder, file)).href));
    const codecFor = exports.find((value) => typeof value === "function" && value.name === "codecForVersion");
    if (codecFor) return codecFor(modern);
  }
  throw new Error("@modelcontextprotocol/client has no codecForVersion any more: tests/package/schema.mjs has to find the schemas anew");
}
