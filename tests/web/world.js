// What is around the driver: a host, and a server behind the host's `fetch`. One expression, so that it runs as it is in
// every engine. Called with options:
//   bytes     every body comes in pieces of so many bytes
//   events    answers to these methods come as an event stream
//   held      requests of these methods are answered when `release(method)` is called
//   stream    the GET stream is opened and stays open; otherwise it is answered 405
//   hook      called with the name of each host method, from within it
//   fetch     what sends a request, in place of the server
((options) => {
  const { bytes, events = [], held = [], stream = false, hook = () => {}, fetch = serve } = options;
  const patience = 20_000;
  // As in src/web/mod.rs.
  const tell = { WATCH: 0, UNWATCH: 1, REFRESH: 2, CANCEL: 3, ABANDON: 4, FORGET: 5, LIST: 6, PAUSE: 7, MULTIPLEXED: 8, CLOSE: 9, TIMEOUT: 10 };
  const log = [];
  const sent = [];
  const waiting = [];
  const streams = [];
  const encoder = new TextEncoder();
  let depth = 0;
  let deepest = 0;
  let asked = 0;

  const snapshot = (status) => ({
    taskId: "task-1", status, statusMessage: "grüße 🎉", createdAt: "2026-01-01T00:00:00Z",
    lastUpdatedAt: "2026-01-01T00:00:00Z", ttl: null, pollInterval: 50,
  });
  const content = { content: [{ type: "text", text: "grüße 🎉 \u2028 done" }] };
  const server = {
    initialize: () => ({
      protocolVersion: "2025-11-25", serverInfo: { name: "fake", version: "1" },
      capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
    }),
    ping: () => ({}),
    "tools/list": () => ({ tools: [{ name: "render", inputSchema: { type: "object" }, execution: { taskSupport: "optional" } }] }),
    "tools/call": ({ task }) => (task ? { task: snapshot("working") } : content),
    "tasks/get": () => snapshot(asked++ < 1 ? "working" : "completed"),
    "tasks/cancel": () => snapshot("cancelled"),
    "tasks/result": () => content,
  };

  /** The text as a body, in pieces: most of them end within a character, and all of them within an event. */
  function body(text) {
    const all = encoder.encode(text);
    const size = bytes ?? all.length;
    let at = 0;
    return new ReadableStream({
      pull(controller) {
        if (at >= all.length) return controller.close();
        controller.enqueue(all.slice(at, at += size));
      },
    });
  }

  const json = { "content-type": "application/json", "mcp-session-id": "session-1" };
  const eventStream = { "content-type": "text/event-stream" };

  function respond({ method, rpc, signal }) {
    if (method === "GET" && !stream) return new Response(null, { status: 405 });
    if (method === "GET") {
      const open = new ReadableStream({ start: (controller) => void streams.push(controller) });
      signal.addEventListener("abort", () => streams.pop()?.error(signal.reason));
      return new Response(open, { headers: eventStream });
    }
    if (rpc?.id === undefined) return new Response(null, { status: method === "POST" ? 202 : 200 });
    const text = JSON.stringify({ jsonrpc: "2.0", id: rpc.id, result: server[rpc.method](rpc.params ?? {}) });
    if (!events.includes(rpc.method)) return new Response(body(text), { headers: json });
    return new Response(body(`: comment\r\n\r\nid: 1\r\nevent: message\r\ndata: ${text}\r\n\r\n`), { headers: { ...json, ...eventStream } });
  }

  function serve(url, method, lines, text, keepalive, signal) {
    const words = lines.split("\n");
    const headers = new Headers();
    for (let i = 0; i + 1 < words.length; i += 2) headers.set(words[i], words[i + 1]);
    const init = { method, headers, keepalive, body: text };
    const rpc = text === undefined ? undefined : JSON.parse(text);
    const name = rpc?.method ?? method;
    const request = { url, init, method, rpc, name, signal, over: false };
    sent.push(request);
    stir();
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop, { once: true });
      request.answer = () => resolve(respond(request));
      if (!held.includes(name)) request.answer();
      return undefined;
    });
  }

  // The host's half of an exchange, as src/js/exchanges.ts has it.
  const open = new Map();
  let timer;
  async function exchange(id, wanted, ...request) {
    const abort = new AbortController();
    open.set(id, abort);
    let why;
    try {
      await undefined;
      const response = await fetch(...request, abort.signal);
      if (!open.has(id)) return;
      world.core.head(id, response.status, wanted.split("\n").map((name) => response.headers.get(name) ?? "").join("\n"), undefined);
      const reader = response.body?.getReader();
      while (reader && open.has(id)) {
        const { value } = await reader.read();
        if (!value) break;
        if (open.has(id)) world.core.chunk(id, value);
      }
    } catch (error) {
      why = String(error?.message ?? error);
    }
    if (open.delete(id)) world.core?.over(id, why);
  }

  function stir() {
    for (const wait of waiting.splice(0)) wait();
  }

  /** A method of the host's: notes the call, and that no callback runs within another. */
  function noted(name, words, result = () => undefined) {
    return (...args) => {
      deepest = Math.max(deepest, ++depth);
      try {
        const line = words?.(...args);
        if (line !== undefined) log.push(line);
        hook(name, world);
        return result(...args);
      } finally {
        depth--;
        stir();
      }
    };
  }

  const statuses = ["working", "input_required", "completed", "failed", "cancelled"];
  const world = {
    core: undefined,
    host: {
      fetch: noted("fetch", undefined, (...request) => void exchange(...request)),
      abort: noted("abort", undefined, (id) => {
        const abort = open.get(id);
        open.delete(id);
        abort?.abort();
      }),
      // The platform's, and no callback: it is called within each turn.
      wake(ms) {
        clearTimeout(timer);
        if (ms !== undefined) timer = setTimeout(() => world.core?.tell(tell.TIMEOUT, 0, 0), ms);
      },
      speaks: () => undefined,
      session: noted("session", (text) => `session ${text}`),
      created: noted("created", (handle, taskId) => `created ${handle} ${taskId !== undefined}`),
      changed: noted("changed", (handle, status, words) => `changed ${handle} ${statuses[status]} ${words.split("\n").slice(2).join("\n")}`),
      asked: noted("asked", (input, handle, kind, method, key, params) => `asked ${input} ${handle} ${kind} ${method} ${key} ${params}`),
      inputOver: noted("inputOver", (input) => `inputOver ${input}`),
      progress: noted("progress", (handle, json) => `progress ${handle} ${json}`),
      notified: noted("notified", (named, params) => {
        method = named ?? method;
        return `notified ${method} ${params}`;
      }),
      settled: noted("settled", (handle, isError, isWrapped, text) => `settled ${handle} ${isError} ${JSON.parse(text).content[0].text}`),
      failed: noted("failed", (what, number, code, message) =>
        `${what === 2 ? `rejected ${number}` : `failed ${number} ${what === 1}`} ${code}: ${message}`),
      replied: noted("replied", (reply) => `replied ${reply}`),
      warned: noted("warned", (code, message) => `warned ${code} ${message}`),
    },
    get log() { return log.join("\n"); },
    get requests() { return sent.map(({ name }) => name).join("\n"); },
    get deepest() { return deepest; },
    get openStreams() { return streams.length; },
    /** Waits until a line of the log, or the name of a request, begins with that. */
    async until(what) {
      for (const end = Date.now() + patience; ; ) {
        if ([...log, ...sent.map(({ name }) => name)].some((line) => line.startsWith(what))) return;
        if (Date.now() > end) throw new Error(`never came: ${what}; log: ${log.join(" | ")}; sent: ${sent.map(({ name }) => name)}`);
        await new Promise((resolve) => {
          waiting.push(resolve);
          setTimeout(resolve, 100);
        });
      }
    },
    /** Lets everything run that waits for no clock. */
    async calm() {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
    },
    /** Closes the engine. */
    close: () => world.core.tell(tell.CLOSE, 0, 0),
    /** Lets go of it. */
    free() {
      world.core.free();
      world.core = undefined;
    },
    /** Answers what was held back. */
    release(name) {
      for (const request of sent) if (request.name === name) request.answer();
    },
    /** Whether the signal of the newest request of that name was aborted. */
    aborted: (name) => sent.findLast((request) => request.name === name).signal.aborted,
    /** A field of the newest request of that name. */
    field(name, field) {
      const { url, init, rpc } = sent.findLast((request) => request.name === name);
      return String(field === "url" ? url : field.startsWith("header ") ? init.headers.get(field.slice(7)) : field === "id" ? rpc.id : init[field]);
    },
    /** Writes to the open stream, in pieces of `bytes`. */
    push(text) {
      const all = encoder.encode(text);
      const size = bytes ?? all.length;
      for (let at = 0; at < all.length; at += size) streams.at(-1).enqueue(all.slice(at, at + size));
    },
    notification: (status) => `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/tasks/status", params: snapshot(status) })}\n\n`,
    /** Calls every method of the engine but `close`; what is thrown is logged. `n` keeps the numbers apart. */
    everything(n) {
      const { core } = world;
      const calls = [
        () => core.call(n, 0, "render", "{}", undefined), () => core.call(n + 1, 0, "render", "{}", -1),
        () => core.attach(n + 2, "task-1"), () => core.tell(tell.WATCH, n, 1), () => core.tell(tell.WATCH, n + 1, 0), () => core.tell(tell.WATCH, n + 2, 1),
        () => core.tell(tell.UNWATCH, n + 1, 0), () => core.tell(tell.REFRESH, n + 2, n), () => core.tell(tell.CANCEL, n + 1, n + 1), () => core.tell(tell.ABANDON, n, 0),
        () => core.tell(tell.LIST, 0, n + 2), ...[0, 1, 2, 3, 4].map((what) => () => core.ask(n + 3 + what, what, "task-1")),
        () => core.tell(tell.PAUSE, 0, 1), () => core.tell(tell.PAUSE, 0, 0), () => core.tell(tell.PAUSE, 1, 1), () => core.tell(tell.PAUSE, 1, 0),
        () => core.respond(n, n + 9, "{}", 0, ""), () => core.tell(tell.MULTIPLEXED, 0, 0), () => core.tell(tell.FORGET, n, 0), () => core.tell(tell.FORGET, n + 1, 0), () => core.tell(tell.FORGET, n + 2, 0),
      ];
      for (const call of calls) {
        try {
          call();
        } catch (error) {
          log.push(`threw ${error} in ${call}`);
        }
      }
    },
  };
  return world;
})
