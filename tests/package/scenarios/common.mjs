// What the scenarios share. Runs in Node and in pages: no import from outside of this folder.

export const textOf = (result) => result.content[0].text;

/** One status in words: what a listener can see of it. */
export const words = ({ status, statusMessage }) => (statusMessage ? `${status}: ${statusMessage}` : status);

/** Without what only repeats the line before it. */
export const collapsed = (lines) => lines.filter((line, i) => line !== lines[i - 1]);

/** Where FastMCP 2.14 says that it made a task. */
const stub = "modelcontextprotocol.io/task";

/** The prefix of what a request of 2026-07-28 says of itself. */
const ours = "io.modelcontextprotocol/";

/** A scenario that a server's era of the protocol cannot have: it stands in the list, and is skipped with its reason. */
export const absent = (reason) => ({ absent: `not in this era: ${reason}` });

/** A list in which the scenarios whose titles match are absent. A pattern that matches none has been overtaken by a new title. */
export function without(list, pattern, reason) {
  if (!Object.keys(list).some((title) => pattern.test(title))) throw new Error(`no scenario is called ${pattern}`);
  return Object.fromEntries(Object.entries(list).map(([title, scenario]) => [title, pattern.test(title) ? absent(reason) : scenario]));
}

/** An error as plain data, as it crosses from a page. */
export const plainError = (lib, error) => {
  const { name, code, message, rpc, result } = error;
  return { name, code, message, rpc, result, isInstance: lib.TasksError.isInstance(error), own: lib[name]?.isInstance(error) ?? false };
};

/** What `run` gets as its third argument. `close()` ends what was opened; `warnings` are the clients' words. */
export function helpers(lib, url, patience = 15_000) {
  const open = [];
  const warnings = [];
  const help = {
    warnings,
    client(options = {}) {
      const client = new lib.Client(url, { onWarning: (w) => warnings.push(w), ...options });
      open.push(client);
      return client;
    },
    /** Every status of a task, as `onStatusChange` tells it. */
    watch(task) {
      const told = [];
      task.onStatusChange((s) => told.push(words(s)));
      return told;
    },
    inTime(promise, what) {
      let timer;
      const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`hangs: ${what}`)), patience); });
      return Promise.race([promise, late]).finally(() => clearTimeout(timer));
    },
    /** What a promise rejects with, as plain data. */
    async rejection(promise) {
      const nothing = {};
      const error = await help.inTime(Promise.resolve(promise).then(() => nothing, (e) => e), "a rejection");
      if (error === nothing) throw new Error("resolved where it should have been rejected");
      return plainError(lib, error);
    },
    /** Waits until `condition()` gives something true, and gives that. */
    async until(condition, what = String(condition)) {
      for (const end = Date.now() + patience; ; await new Promise((r) => setTimeout(r, 20))) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`this never came to be: ${what}`);
      }
    },
    close() { for (const client of open) client.close(); },
  };
  return help;
}

/**
 * A `fetch` that keeps what a server says of tasks (in its answer to the call, of its own accord, and when asked), which
 * methods the client used, and what it sent. `ask` asks the server by hand, in the client's newest session and era.
 */
export function eavesdrop() {
  const heard = { created: [], pushed: [], asked: [], methods: [], sent: [], session: undefined, fetch: listenIn, ask, end };
  let url, version, envelope;
  async function listenIn(address, init) {
    const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
    heard.methods.push(body.method ?? init.method);
    heard.sent.push({ http: init.method, headers: Object.fromEntries(new Headers(init.headers)), body });
    url = address;
    envelope = body.params?._meta?.[`${ours}clientCapabilities`] ? body.params._meta : envelope;
    version = new Headers(init.headers).get("mcp-protocol-version") ?? version;
    const response = await fetch(address, init);
    heard.session = response.headers.get("mcp-session-id") ?? heard.session;
    if (response.body) lines(response.clone().body, note).catch(() => {}); // cut by close()
    return response;
  }
  function note(line) {
    const { method, params, result } = JSON.parse(line);
    if (method === "notifications/tasks/status") heard.pushed.push(words(params));
    else if (result?.task) heard.created.push(words(result.task));
    else if (result?.resultType === "task") heard.created.push(words(result));
    else if (result?._meta?.[stub]?.taskId) heard.created.push(words(result._meta[stub]));
    else if (result?.taskId) heard.asked.push(words(result));
  }
  const headers = (method) => ({
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": version,
    ...(envelope ? { "mcp-method": method } : {}),
    ...(heard.session ? { "mcp-session-id": heard.session } : {}),
  });
  /** `{ result }` or `{ error }` of one request; `{ status }` where HTTP refused it. */
  async function ask(method, params) {
    // A request of 2026-07-28 says of itself which version it is and what its sender can do.
    const own = envelope ? { ...params, _meta: envelope } : params;
    const body = JSON.stringify({ jsonrpc: "2.0", id: `by-hand-${method}`, method, params: own });
    const response = await fetch(url, { method: "POST", headers: headers(method), body });
    if (!response.ok) return { status: response.status };
    let answer;
    await lines(response.body, (line) => { answer = JSON.parse(line); });
    return answer;
  }
  /** Ends the client's session behind its back. */
  async function end() {
    return (await fetch(url, { method: "DELETE", headers: headers() })).status;
  }
  return heard;
}

/** Calls back with each JSON text of an answer, be it one or a stream of events. */
async function lines(body, note) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += done ? "\n" : decoder.decode(value, { stream: true });
    const whole = rest.split("\n");
    rest = whole.pop();
    for (const line of whole) {
      const text = line.replace(/^data: /, "").trim();
      if (text.startsWith("{")) note(text);
    }
    if (done) return;
  }
}

export async function toolError(lib, help, tool, args) {
  const client = help.client();
  const error = await help.rejection(client.callTool(tool, args));
  const task = client.callTool(tool, args, { raiseOnError: false });
  const told = help.watch(task);
  const result = await help.inTime(task, "the result");
  return { error, result, told, wasTask: !task.returnedImmediately };
}

export function verifyToolError({ error, result, wasTask }, reason, assert) {
  assert.equal(error.name, "ToolError");
  assert.equal(error.code, "tool_error");
  assert.ok(error.isInstance && error.own);
  assert.ok(error.message.includes(reason), error.message);
  assert.equal(error.result.isError, true);
  assert.ok(textOf(error.result).includes(reason));
  assert.equal(result.isError, true);
  assert.ok(textOf(result).includes(reason));
  assert.equal(wasTask, true);
}
