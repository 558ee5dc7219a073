// What surrounds a client in the tests: a server behind the option `fetch`, and callbacks that write a log. The file is one
// expression, so that `eval` runs it in every engine. Options:
//   bytes      every body arrives in pieces of this many bytes
//   events     responses to these methods are event streams
//   held       requests of these methods are answered when `release(method)` is called
//   stream     the GET stream is opened and stays open; otherwise the response is 405
//   status     changes a task's status before the server sends it
//   runs       tasks are working until `finish()` is called
//   hook       called with the name of each callback, from within it
//   callbacks  further callbacks of the client that write to the log
//   through    changes each response of the server
//   fetch      replaces the server
//   client     further options of the client
((options) => {
  const { bytes, events = [], held = [], stream = false, runs = false, status: change = (status) => status, hook = () => {}, callbacks = [], through = (response) => response, fetch = serve } = options;
  const patienceMs = 20_000;
  const log = [];
  const sent = [];
  const waiting = [];
  const streams = [];
  const encoder = new TextEncoder();
  let depth = 0;
  let deepest = 0;
  const polls = new Map();
  let isFinished = !runs;

  const snapshot = (status, taskId = "task-1") => change({
    taskId, status, statusMessage: "grüße 🎉", createdAt: "2026-01-01T00:00:00Z",
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
    "tools/call": ({ task }) => (task ? { task: created() } : content),
    "tasks/get": ({ taskId }) => poll(taskId),
    "tasks/cancel": ({ taskId }) => snapshot("cancelled", taskId),
    "tasks/result": () => content,
  };

  function created() {
    const taskId = `task-${polls.size === 0 ? "1" : `a${polls.size}`}`;
    polls.set(taskId, 0);
    return snapshot("working", taskId);
  }

  /** The task completes with the second poll, but not before `finish()`. A poll of task-2 is answered with the status of task-1. */
  function poll(wanted) {
    const taskId = wanted === "task-2" ? "task-1" : wanted;
    const count = polls.get(taskId) ?? 0;
    polls.set(taskId, count + 1);
    return snapshot(count < 1 || !isFinished ? "working" : "completed", taskId);
  }

  /** The bytes in pieces. Most pieces end within a character, and all of them within an event. */
  function pieces(text) {
    const all = encoder.encode(text);
    const size = bytes ?? all.length;
    return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
  }

  function body(text) {
    const rest = pieces(text);
    return new ReadableStream({
      pull(controller) {
        if (rest.length === 0) return controller.close();
        controller.enqueue(rest.shift());
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
    if (rpc?.id === undefined || !rpc.method) return new Response(null, { status: method === "POST" ? 202 : 200 });
    if (!server[rpc.method]) {
      const error = { code: -32601, message: `Method not found: ${rpc.method}` };
      return new Response(JSON.stringify({ jsonrpc: "2.0", id: rpc.id, error }), { status: 400, headers: json });
    }
    const text = JSON.stringify({ jsonrpc: "2.0", id: rpc.id, result: server[rpc.method](rpc.params ?? {}) });
    if (!events.includes(rpc.method)) return new Response(body(text), { headers: json });
    return new Response(body(`: comment\r\n\r\nid: 1\r\nevent: message\r\ndata: ${text}\r\n\r\n`), { headers: { ...json, ...eventStream } });
  }

  /** What the client calls as `fetch`. */
  function serve(url, init) {
    const { method, signal } = init;
    const rpc = init.body === undefined ? undefined : JSON.parse(init.body);
    const name = rpc?.method ?? (rpc ? "response" : method);
    const request = { url, init, method, rpc, name, signal };
    sent.push(request);
    wake();
    return new Promise((resolve, reject) => {
      const stop = () => {
        reject(signal.reason);
        hook("abort", world);
      };
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop, { once: true });
      request.answer = () => resolve(through(respond(request)));
      if (!held.includes(name)) request.answer();
      return undefined;
    });
  }

  function wake() {
    for (const wait of waiting.splice(0)) wait();
  }

  /** A callback that writes a line, unless `line` gives undefined, and calls the hook. Measures how deep callbacks are nested. */
  function logged(name, line, result = () => undefined) {
    return (...args) => {
      deepest = Math.max(deepest, ++depth);
      try {
        const text = line(...args);
        if (text !== undefined) log.push(text);
        hook(name, world);
        return result(...args);
      } finally {
        depth--;
        wake();
      }
    };
  }

  const always = {
    onTaskCreated: logged("onTaskCreated", (taskId, number) => `created ${number} ${taskId !== undefined}`),
    onSession: logged("onSession", (session) => `session ${session}`),
    onInputClosed: logged("onInputClosed", (id) => `input closed ${id}`),
    onWarning: logged("onWarning", ({ code, message }) => `warned ${code} ${message}`),
  };
  const optional = {
    onEra: logged("onEra", (revision) => `era ${revision}`),
    onTaskStatus: logged("onTaskStatus", ({ status }, number) => `task status ${number} ${status}`),
    onStatusKnown: logged("onStatusKnown", ({ status }, number) => `known ${number} ${status}`),
    onOutcomeObserved: logged("onOutcomeObserved", (error, number) => `observed ${number} ${error?.code}`),
    onInputRequest: logged("onInputRequest", ({ kind, method, key }, number) => `asked ${number} ${kind} ${method} ${key}`),
    onNotification: logged("onNotification", (method, params) => `notified ${method} ${params}`),
    headers: logged("headers", () => undefined, () => ({})),
    createError: logged("createError", ({ code }) => `error ${code}`, ({ code, message }) => Object.assign(new Error(message), { code })),
    createResult: logged("createResult", () => "result", (text) => JSON.parse(text)),
  };

  const described = (error) => `${error?.code ?? error?.name}: ${error?.message ?? error}`;
  const statusLine = ({ status, statusMessage }) => `${status} ${statusMessage}`;
  const textOf = (result) => result.content[0].text;
  const handles = new Map();
  const controllers = new Map();
  const unsubscribers = new Map();
  const waits = new AbortController();

  const world = {
    client: undefined,
    /** The options to construct the client with. */
    options: {
      era: "2025-11-25", pollIntervalMs: 50, fetch: logged("fetch", () => undefined, fetch), ...always,
      ...Object.fromEntries(callbacks.map((name) => [name, optional[name]])), ...options.client,
    },
    get log() { return log.join("\n"); },
    get requests() { return sent.map(({ name }) => name).join("\n"); },
    get deepest() { return deepest; },
    get openStreams() { return streams.length; },
    /** Calls the tool with arguments as JSON text. `task`: `false` for a plain call. */
    call(number, json = "{}", task = undefined) {
      const controller = new AbortController();
      controllers.set(number, controller);
      handles.set(number, world.client.callTool("render", json, { context: number, signal: controller.signal, task }));
    },
    attach: (number, taskId) => void handles.set(number, world.client.task({ kind: "tool", name: "render", taskId }, number)),
    /** Aborts the signal of the call. */
    abort: (number) => controllers.get(number).abort(new Error("not wanted")),
    /** Logs the statuses of a task. */
    observe(number) {
      const off = handles.get(number).onStatusChange(logged("onStatusChange", (status) => `changed ${number} ${statusLine(status)}`));
      unsubscribers.set(number, off);
    },
    unobserve: (number) => unsubscribers.get(number)(),
    /** Logs everything else that a handle reports to callbacks. */
    listen(number) {
      const handle = handles.get(number);
      handle.onProgress(logged("onProgress", (progress) => `progress ${number} ${JSON.stringify(progress)}`));
      handle.onSettled(logged("onSettled", (error) => `ended ${number} ${error?.code}`));
      handle.onChange(logged("onChange", () => undefined));
    },
    /** Logs the outcome of a task. */
    result: (number, wait) => settled(number, "settled", handles.get(number).result(wait), textOf),
    resultUntilAborted: (number) => world.result(number, { signal: waits.signal }),
    abortWaiting: () => waits.abort(new Error("enough")),
    wait: (number, wait) => settled(number, "waited", handles.get(number).wait(wait), statusLine),
    /** Logs the answer of a method of the client. */
    ask: (number, method, ...args) => settled(number, "replied", world.client[method](...args), () => ""),
    /** Waits until a line of the log, or the name of a request, begins with the text. */
    async until(text) {
      for (const end = Date.now() + patienceMs; ; ) {
        if ([...log, ...sent.map(({ name }) => name)].some((line) => line.startsWith(text))) return;
        if (Date.now() > end) throw new Error(`never came: ${text}; log: ${log.join(" | ")}; sent: ${sent.map(({ name }) => name)}`);
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
    finish: () => void (isFinished = true),
    close: () => world.client.close(),
    /** Frees the client and every handle in the module. */
    free() {
      world.client.free();
      world.client = undefined;
      for (const handle of handles.values()) handle.free();
      handles.clear();
    },
    /** Answers the requests that were held back. */
    release(name) {
      for (const request of sent) if (request.name === name) request.answer();
    },
    /** Whether the signal of the newest request of that name was aborted. */
    aborted: (name) => newest(name).signal.aborted,
    /** A field of the newest request of that name. */
    field(name, field) {
      const { url, init, rpc } = newest(name);
      return String(field === "url" ? url : field.startsWith("header ") ? init.headers.get(field.slice(7)) : field === "id" ? rpc.id : init[field]);
    },
    /** Writes to the open stream. */
    push(text) {
      for (const piece of pieces(text)) streams.at(-1).enqueue(piece);
    },
    /**
     * Writes each kind of message that a server sends on its own to the open stream, until it is reported: a callback that pauses the
     * client aborts the stream and with it what was written.
     */
    async pushEverything() {
      const { progressToken } = sent.find(({ name }) => name === "tools/call").rpc.params._meta;
      const elicitation = event("elicitation/create", { message: "Name?", requestedSchema: { type: "object", properties: {} } }, 77);
      const messages = {
        "progress 1 ": event("notifications/progress", { progressToken, progress: 1, total: 2 }),
        "notified ": event("notifications/message", { level: "info", data: "hello" }),
        "asked undefined elicitation ": elicitation + event("notifications/cancelled", { requestId: 77 }),
      };
      for (const [line, text] of Object.entries(messages))
        while (!log.some((logged) => logged.startsWith(line))) {
          if (streams.length > 0) world.push(text);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
    },
    notification: (status) => event("notifications/tasks/status", snapshot(status)),
    /** Calls every method of the client and of a handle but `close` and `free`; errors that are thrown are logged. `n` keeps the numbers apart. */
    everything(n) {
      const { client } = world;
      const handle = client.callTool("render", "{}", { context: n });
      const attached = client.task({ kind: "tool", name: "render", taskId: "task-1" }, n + 1);
      const restored = client.task({ kind: "tool", name: "render", taskId: "task-3" }, n + 1);
      handles.set(n, handle);
      handles.set(n + 1, attached);
      const calls = [
        () => world.call(n + 2, "{}", false), () => world.abort(n + 2),
        () => client.getPrompt("summary", "{}", { context: n + 3 }), () => client.readResource("file:///data", { context: n + 4 }),
        () => client.lostTask("tool", "render", n + 5),
        () => world.observe(n), () => world.observe(n + 1), () => world.unobserve(n + 1),
        () => world.listen(n), () => world.result(n), () => world.wait(n + 1, { state: "completed" }),
        () => handle.status().catch(() => {}), () => attached.status({ fresh: true }).catch(() => {}), () => handle.created().catch(() => {}),
        () => handle.cancel().catch(() => {}), () => handle.respond({}).catch(() => {}),
        ...["kind", "name", "taskId", "returnedImmediately", "snapshot", "progress", "inputRequests", "isSettled", "failure"].map((name) => () => handle[name]),
        ...["listTools", "listPrompts", "listResources", "ping", "listTasks"].map((method, i) => () => world.ask(n + 6 + i, method)),
        ...["getTaskStatus", "getTaskResult", "cancelTask"].map((method, i) => () => world.ask(n + 11 + i, method, "task-1")),
        ...["hidden", "offline", "frozen"].flatMap((reason) => [() => client.pause(reason), () => client.resume(reason)]),
        () => world.ask(n + 14, "respond", n, "{}"), () => world.ask(n + 15, "refuse", n, -32601, "not offered"),
        () => client.notifyTaskStatus(JSON.stringify(snapshot("working"))),
        () => client.restoreInputRequest(restored, JSON.stringify({ jsonrpc: "2.0", id: 7, method: "elicitation/create", params: {} })),
        () => client.callTool("render", "{}").free(),
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

  function event(method, params, id) {
    return `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n\n`;
  }

  /** Logs how a promise settles. */
  function settled(number, verb, promise, describe) {
    const resolved = logged("resolved", (value) => `${verb} ${number} ${describe(value)}`);
    const rejected = logged("rejected", (error) => `${verb === "replied" ? "rejected" : "failed"} ${number} ${described(error)}`);
    promise.then(resolved, rejected);
  }

  function newest(name) {
    return sent.findLast((request) => request.name === name);
  }

  return world;
})
