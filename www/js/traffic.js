// Counts what goes over the wire to one server: a `fetch` for the client's option of that name, which looks and passes on.

const mostRead = 65_536; // characters of one message that are parsed for its method; longer ones are no notification of interest

export class Traffic {
  requests = 0;
  notifications = 0;
  polls = 0;
  polledAt = -Infinity;
  refused = 0;
  /** Open notification streams. */
  streams = 0;
  /** The revision named in the newest request that the server accepted. */
  revision = undefined;
  /** Messages sent and received, by method: "tools/call" -> count. */
  sent = new Map();
  told = new Map();
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Called without `this`. */
  fetch = async (url, init) => {
    const method = methodOf(init);
    this.requests++;
    // Where a server lists its tasks, one list stands for many questions.
    if (method === "tasks/get" || method === "tasks/list") {
      this.polls++;
      this.polledAt = performance.now();
    }
    count(this.sent, method);
    this.#onChange();
    try {
      const response = await globalThis.fetch(url, init);
      if (response.ok) this.revision = new Headers(init.headers).get("mcp-protocol-version") ?? this.revision;
      else this.refused++;
      if (/^text\/event-stream/i.test(response.headers.get("content-type") ?? "")) void this.#listen(response.clone(), isStanding(method));
      this.#onChange();
      return response;
    } catch (error) {
      if (!init.signal?.aborted) this.refused++;
      this.#onChange();
      throw error;
    }
  };

  /** Reads a copy of an event stream, beside the client. */
  async #listen({ body }, standing) {
    if (standing) this.streams++;
    this.#onChange();
    let line = "";
    try {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const lines = part.value.split(/\r\n|\n|\r/);
        lines[0] = line + lines[0];
        line = lines.pop().slice(0, mostRead + 1);
        for (const whole of lines) this.#note(whole);
      }
    } catch {
      // Broken off, by the client or by the network: the client sees the same and decides.
    }
    if (standing) this.streams--;
    this.#onChange();
  }

  #note(line) {
    if (!line.startsWith("data:") || line.length > mostRead) return;
    try {
      const { id, method } = JSON.parse(line.slice(5));
      if (id !== undefined || typeof method !== "string") return;
      this.notifications++;
      count(this.told, method.slice(0, 80));
      this.#onChange();
    } catch {
      // Not one message in one line: it is not counted.
    }
  }
}

/** A few hundred kinds at most: a server must not fill the page with names. */
function count(map, name) {
  const known = map.has(name) || map.size < 200 ? name : "others";
  map.set(known, (map.get(known) ?? 0) + 1);
}

const isStanding = (method) => method === "GET" || method === "subscriptions/listen";

function methodOf({ method = "GET", body }) {
  if (method !== "POST" || typeof body !== "string") return method;
  try {
    const rpc = JSON.parse(body);
    return rpc.method ?? "answer";
  } catch {
    return method;
  }
}

/**
 * Why a client that watches `live` tasks is heard or still, in words: the client pauses for what these events of the page say.
 */
export function attention({ streams, polledAt }, live) {
  if (navigator.onLine === false) return "paused: this device is offline";
  if (document.hidden) return "paused: this tab is hidden";
  const isPolling = live > 0 && performance.now() - polledAt < 10_000;
  if (streams > 0) return isPolling ? "stream open, polling beside it" : "stream open";
  return isPolling ? "polling" : live > 0 ? "no stream: waits for the next poll" : "idle: no task is running";
}
