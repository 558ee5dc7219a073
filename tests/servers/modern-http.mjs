// The HTTP side of the modern stub (2026-07-28): which headers a request must have, what its `_meta` must say, and which
// pages may read the answers. Every rule that is broken is thrown as an RpcError.

export const modernVersion = "2026-07-28";
export const tasksExtension = "io.modelcontextprotocol/tasks";
const metaKey = (name) => `io.modelcontextprotocol/${name}`;

/** A JSON-RPC error to answer with, and the HTTP status that goes with its code. */
export class RpcError extends Error {
  constructor(code, message, data) {
    super(message);
    this.code = code;
    this.data = data;
  }

  get status() {
    return { [-32601]: 404, [-32603]: 500 }[this.code] ?? 400;
  }

  toJSON() {
    return { code: this.code, message: this.message, ...(this.data === undefined ? {} : { data: this.data }) };
  }
}

const mismatch = (message) => new RpcError(-32020, `Header mismatch: ${message}`);
export const missingCapability = (requiredCapabilities) =>
  new RpcError(-32021, "Missing required client capability", { requiredCapabilities });

/** What a header says: the sentinel `=?base64?…?=` carries what a header cannot. Wrong Base64 is an error, not a literal. */
export function decoded(value) {
  const coded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (coded === undefined) return value;
  const bytes = Buffer.from(coded, "base64");
  if (bytes.toString("base64") !== coded) throw mismatch(`${JSON.stringify(value)} is not valid Base64`);
  return bytes.toString("utf8");
}

/**
 * Checks the headers that every request has, and the envelope in `params._meta`; gives back the capabilities it declares.
 * The order matters to clients that find out what a server speaks: versions come first.
 */
export function checkEnvelope({ headers }, { method, params }, versions) {
  const version = headers["mcp-protocol-version"];
  const meta = params?._meta;
  const named = meta?.[metaKey("protocolVersion")];
  if (version === undefined) throw mismatch("there is no MCP-Protocol-Version");
  if (named !== undefined && named !== version) throw mismatch(`MCP-Protocol-Version is ${version}, _meta says ${named}`);
  if (!versions.includes(version)) {
    throw new RpcError(-32022, "Unsupported protocol version", { supported: versions, requested: version });
  }
  const capabilities = meta?.[metaKey("clientCapabilities")];
  const lacking = [["protocolVersion", typeof named === "string"], ["clientCapabilities", isObject(capabilities)]]
    .filter(([, there]) => !there).map(([name]) => metaKey(name));
  if (lacking.length > 0) throw new RpcError(-32602, `params._meta is missing the required key(s): ${lacking.join(", ")}`);
  if (headers["mcp-method"] === undefined) throw mismatch("there is no Mcp-Method");
  // Methods are compared as they are: their letters' case counts.
  if (headers["mcp-method"] !== method) throw mismatch(`Mcp-Method is ${headers["mcp-method"]}, the body says ${method}`);
  return capabilities;
}

const namedBy = {
  "tools/call": "name", "prompts/get": "name", "resources/read": "uri",
  "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
};

/** Checks Mcp-Name, for the methods that have one. */
export function checkName({ headers }, { method, params }) {
  const member = namedBy[method];
  if (member === undefined) return;
  if (typeof params[member] !== "string") throw new RpcError(-32602, `params.${member} must be a string`);
  const name = headers["mcp-name"];
  if (name === undefined) throw mismatch("there is no Mcp-Name");
  if (decoded(name) !== params[member]) throw mismatch(`Mcp-Name is not params.${member}`);
}

/** Checks the Mcp-Param-* headers that the annotations `x-mcp-header` of a tool ask for. */
export function checkParams({ headers }, tool, args) {
  for (const [member, { "x-mcp-header": name, type }] of annotated(tool)) {
    const header = headers[`mcp-param-${name.toLowerCase()}`];
    const value = args[member] ?? undefined; // null counts as absent
    if (value === undefined && header === undefined) continue;
    if (header === undefined) throw mismatch(`there is no Mcp-Param-${name}, but the argument ${member}`);
    const said = decoded(header);
    const same = type === "integer" ? /^-?\d+$/.test(said) && Number(said) === value : said === String(value);
    if (!same) throw mismatch(`Mcp-Param-${name} is not the argument ${member}`);
  }
}

const annotated = ({ inputSchema: { properties = {} } }) =>
  Object.entries(properties).filter(([, schema]) => schema["x-mcp-header"] !== undefined);

/** The names of the Mcp-Param-* headers of these tools, in lower case. */
export const paramHeaders = (tools) =>
  [...new Set(tools.flatMap(annotated).map(([, schema]) => `mcp-param-${schema["x-mcp-header"].toLowerCase()}`))];

const local = new Set(["localhost", "127.0.0.1", "[::1]"]);
const hostname = (url) => { try { return new URL(url).hostname; } catch { return undefined; } };

/**
 * May this request be answered? A server on this machine must look at Host and Origin, or any page could reach it under a
 * name of its own (DNS rebinding). `origins` is "local" (pages of this machine), "*" or a list.
 */
export function allowed({ headers: { host, origin } }, origins) {
  if (!local.has(hostname(`http://${host}`))) return false;
  if (origin === undefined || origins === "*") return true;
  return origins === "local" ? local.has(hostname(origin)) : origins.includes(origin);
}

/** What pages need to be told. A wildcard of headers would not do with every browser, so each is named. */
export const cors = ({ headers: { origin = "*" } }, tools) => ({
  "access-control-allow-origin": origin,
  "access-control-allow-methods": "POST, OPTIONS",
  "access-control-allow-headers":
    ["content-type, accept, authorization, mcp-protocol-version, mcp-method, mcp-name", ...paramHeaders(tools)].join(", "),
  "access-control-expose-headers": "mcp-protocol-version, www-authenticate, retry-after",
  "access-control-max-age": "600",
  "vary": "origin",
});

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

export async function readText(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

export function parseJson(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}
