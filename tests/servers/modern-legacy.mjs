// How the modern stub answers a client of 2025-11-25 on the same URL (option `legacy`), as FastMCP 4 does: without a
// session, with plain calls only, and no task at all.
import { RpcError } from "./modern-http.mjs";

const version = "2025-11-25";

/** Is this a message of the older revisions? They have no envelope; but for the handshake, a header says which. */
export const isLegacy = ({ headers }, { method, params }) =>
  params?._meta?.["io.modelcontextprotocol/protocolVersion"] === undefined &&
  (method === "initialize" || ["2025-03-26", "2025-06-18", version].includes(headers["mcp-protocol-version"]));

/** The result of a request, without what only the new revision has. */
export async function legacyResult({ method, params = {} }, { tools, prompts, resources, work, serverInfo }) {
  const found = (list, member) => {
    const one = list.find((candidate) => candidate[member] === params[member]);
    if (!one) throw new RpcError(-32602, `Unknown ${member}: ${params[member]}`);
    return one;
  };
  const plain = ({ ask, task }) => ask === undefined && task !== "must";
  const listed = (list) => list.filter(plain).map(({ task, needs, ask, of, begin, run, get, read, invalid, ...one }) => one);
  switch (method) {
    case "initialize":
      return { protocolVersion: version, capabilities: { tools: {}, prompts: {}, resources: {} }, serverInfo };
    case "ping":
      return {};
    case "tools/list":
      return { tools: listed(tools) };
    case "tools/call":
      return found(tools.filter(plain), "name").run(params.arguments ?? {}, work, {});
    case "prompts/list":
      return { prompts: listed(prompts) };
    case "prompts/get":
      return found(prompts.filter(plain), "name").get(params.arguments ?? {});
    case "resources/list":
      return { resources: listed(resources) };
    case "resources/read": {
      const { uri, mimeType, read } = found(resources.filter(plain), "uri");
      return { contents: [{ uri, mimeType, text: read() }] };
    }
    default:
      throw new RpcError(-32601, `Method '${method}' is not available at protocol version '${version}'.`);
  }
}
