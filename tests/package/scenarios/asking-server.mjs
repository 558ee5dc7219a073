// A server without a network, for what no real server does: a `fetch` that answers the handshake and asks whatever a test wants,
// on the standalone stream. Runs in Node and in pages.

/** `fetch` for a client; `ask(method, params)` resolves with the client's answer, `{ result }` or `{ error }`. */
export function askingServer() {
  const waiting = new Map();
  const told = [];
  let stream, next = 0, ready;
  const open = new Promise((resolve) => { ready = resolve; });
  const bytes = (message) => new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`);
  const json = (message) => new Response(JSON.stringify(message), { headers: { "content-type": "application/json", "mcp-session-id": "s1" } });
  const server = {
    capabilities: undefined,
    told,
    open,
    async fetch(url, { method, body, signal }) {
      if (method === "GET") {
        const events = new ReadableStream({ start(controller) { stream = controller; } });
        signal?.addEventListener("abort", () => { try { stream.close(); } catch { /* it had ended */ } });
        ready();
        return new Response(events, { headers: { "content-type": "text/event-stream" } });
      }
      if (method === "DELETE") return new Response(null, { status: 204 });
      const message = JSON.parse(body);
      if (message.method === "initialize") {
        server.capabilities = message.params.capabilities;
        return json({ jsonrpc: "2.0", id: message.id, result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: { name: "asking", version: "1" } } });
      }
      if (message.method === "ping") return json({ jsonrpc: "2.0", id: message.id, result: {} });
      if (message.method) told.push(message);
      else {
        waiting.get(message.id)?.(message);
        waiting.delete(message.id);
      }
      return new Response(null, { status: 202 });
    },
    /** Sends a request, or several at once. */
    ask(method, params = {}) {
      const id = next++;
      stream.enqueue(bytes({ jsonrpc: "2.0", id, method, params }));
      return new Promise((resolve) => waiting.set(id, ({ result, error }) => resolve(error ? { error } : { result })));
    },
    say: (method, params) => stream.enqueue(bytes({ jsonrpc: "2.0", method, params })),
    /** The newest request's id. */
    newest: () => next - 1,
  };
  return server;
}

/** A question that shall become a task. */
export const question = (message = "Which?", ttl = 60_000) => ({ message, requestedSchema: { type: "object", properties: {} }, task: { ttl } });
export const prompt = (text = "How many?", ttl = 60_000) => ({ messages: [{ role: "user", content: { type: "text", text } }], maxTokens: 9, task: { ttl } });
