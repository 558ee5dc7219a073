// A server in place of `fetch`: answers are there at once, and its stream brings what it is given.
import { protocol } from "../protocol.mjs";

/** `{ url, fetch, posts, push(chunks) }`; `stream: false`: it has none. */
export function fakeServer({ stream = true, ...options }) {
  const answer = protocol(options);
  const server = { url: `${location.origin}/mcp`, posts: 0 };
  let opened;
  const listening = new Promise((resolve) => (opened = resolve));
  let told;
  server.fetch = async (_url, init) => {
    if (init.method === "GET") {
      if (!stream) return new Response(null, { status: 405 });
      const body = new ReadableStream({
        start(controller) {
          told = controller;
          init.signal?.addEventListener("abort", () => controller.error(init.signal.reason), { once: true });
        },
      });
      opened();
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    if (init.method === "DELETE") return new Response(null, { status: 200 });
    server.posts += 1;
    const message = answer(JSON.parse(init.body));
    if (!message) return new Response(null, { status: 202 });
    return new Response(JSON.stringify(message), { headers: { "content-type": "application/json", "mcp-session-id": "bench" } });
  };
  /** Puts bytes on the stream, all at once; waits for the stream to be opened. */
  server.push = async (chunks) => {
    await listening;
    for (const chunk of chunks) told.enqueue(chunk);
  };
  return server;
}
