// One attack next to an honest server. The attacked client and a second client share the package, and so the WebAssembly module.
// `run` asserts nothing; it returns a report as plain data. Loaded by node-child.mjs and in pages.
//
// `drive` lists the actions of the attacked client:
//   calls     the tools that it calls at once, with `args` and `options`; `waiters` is how many wait for each (1)
//   lists     how often it lists the tools before
//   closes    the HTTP verb of the request that `close()` causes: the client is closed before the report is made
// `options` are the options of the attacked client:
//   headers        the option of that name
//   elicitation    "answer" or "leave": the behaviour of `onElicitation` (no handler)
//   holdResponses  its responses to the server's requests are sent only after the attack has been read
//   fetch          the kind of value that its `fetch` rejects with, see `hostileFetches`
// `waits` ends the reading where neither an outcome nor the marker does: after `forMs`, or after so many `polls` of tasks.

/** Runs the attack and reports. `watch` has the measurements of the platform: see node-child.mjs and chromium.test.mjs. */
export async function run({ name, era, drive, options = {}, begins = "tools/call", waits = {}, hostile, honest, settleMs }, { Client, TasksError }, watch) {
  const turns = longestTurn();
  const others = honestClient(Client, honest);
  await others.begin();
  await watch.before?.();

  const attacked = attackedClient({ Client, TasksError }, { url: `${hostile}${name}/mcp`, era, options, begins });
  const attack = attacked.drive(drive, settleMs);
  await Promise.race([attacked.hasBegun, attack.over]);
  watch.step?.("the attack has begun");
  // While the attack is running: it is released only afterwards.
  const ping = await others.ping();
  others.keepPinging();
  watch.step?.("the honest ping has settled");
  await Promise.race([attack.over, attacked.isRead(waits)]);
  watch.step?.("the attack has been read");
  const held = await watch.held?.();
  await post(`${hostile}${name}/release`);
  attacked.release();
  const task = await others.end();
  watch.step?.("the honest task has completed");
  attack.limit();
  const outcomes = await attack.over;
  watch.step?.("the attacked promises have settled");
  if (drive.closes) {
    attacked.client.close();
    await attacked.sent(drive.closes);
  }
  const pings = await others.pinged();
  const fresh = await others.newcomer();
  const longestMs = turns.stop();
  attacked.client.close();
  await wait(50);
  return {
    outcomes, longestMs, honest: { ping, pings, task, newcomer: fresh }, ...attacked.report(), ...held, ...watch.after?.(),
    polluted: {}.polluted === true,
  };
}

/** The honest server's side of the page or process: a task that runs, a ping, and a new client. */
function honestClient(Client, url) {
  const client = new Client(url, { onWarning() {} });
  let task;
  let pinging;
  let isOver = false;
  const pings = { made: 0, failed: 0 };
  /** The value, or why there is none. */
  const orWhy = (promise) => promise.catch((error) => `${error.code}: ${error.message}`);
  return {
    async begin() {
      task = client.callTool("slow_count", { steps: 20, delayMs: 50 });
      task.then(() => {}, () => {}); // waited for from now on
      await task.created;
    },
    ping: () => orWhy(client.ping().then(() => "settled")),
    /** Pings again and again, each once the one before has settled. */
    keepPinging() {
      pinging = (async () => {
        for (; !isOver; await wait(100)) {
          pings.made += 1;
          await client.ping().catch(() => { pings.failed += 1; });
        }
      })();
    },
    async pinged() {
      isOver = true;
      await pinging;
      return pings;
    },
    end: () => orWhy(task.then(({ structuredContent }) => structuredContent.counted)),
    async newcomer() {
      client.close();
      const other = new Client(url, { onWarning() {} });
      const said = await orWhy(other.callTool("echo", { text: "still here" }).then(({ content }) => content[0].text));
      other.close();
      return said;
    },
  };
}

/** Values that the `fetch` of an application may reject with. */
export const hostileFetches = {
  "revoked-proxy"() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "throwing-message": () => Object.defineProperty(new Error("x"), "message", { get() { throw new Error("the message throws"); } }),
  "symbol-message": () => Object.defineProperty(new Error("x"), "message", { value: Symbol("message") }),
  "symbol": () => Symbol("reason"),
  "no-prototype": () => Object.create(null),
};

function attackedClient({ Client, TasksError }, { url, era, options, begins }) {
  const fetches = { total: 0, most: 0, open: 0, responses: 0, mostResponses: 0, openResponses: 0 };
  const warnings = { count: 0, texts: [] };
  const notifications = { count: 0, inTurn: 0, mostInTurn: 0 };
  let asked = 0;
  const begun = signal();
  const read = signal();
  const released = signal();
  const polls = new Map();
  const nextTurn = afterThisTurn();

  /** Counts a callback of this turn of the event loop. */
  function inTurn() {
    if (notifications.inTurn === 0) nextTurn(() => { notifications.inTurn = 0; });
    notifications.inTurn += 1;
    notifications.mostInTurn = Math.max(notifications.mostInTurn, notifications.inTurn);
  }

  async function counted(address, init) {
    const rpc = parse(init?.body);
    const method = rpc?.method ?? init?.method;
    const isResponse = rpc !== undefined && rpc.method === undefined;
    fetches.total += 1;
    fetches.most = Math.max(fetches.most, ++fetches.open);
    if (isResponse) fetches.mostResponses = Math.max(fetches.mostResponses, ++fetches.openResponses);
    try {
      if (options.fetch && method === begins) throw hostileFetches[options.fetch]();
      if (isResponse && options.holdResponses) await Promise.race([released.promise, aborted(init.signal)]);
      if (isResponse) fetches.responses += 1;
      return await fetch(address, init);
    } finally {
      fetches.open -= 1;
      if (isResponse) fetches.openResponses -= 1;
      polls.set(method, (polls.get(method) ?? 0) + 1);
      if (method === begins) begun.fire();
    }
  }

  const onElicitation = options.elicitation && {
    onElicitation() {
      asked += 1;
      return options.elicitation === "answer" ? { action: "accept", content: { word: "yes" } } : undefined;
    },
  };
  const client = new Client(url, {
    era, fetch: counted, headers: options.headers, ...onElicitation,
    onWarning({ code, message }) {
      warnings.count += 1;
      if (warnings.texts.length < 1000) warnings.texts.push(`${code}: ${message}`.slice(0, 2000));
    },
    onNotification({ params }) {
      notifications.count += 1;
      inTurn();
      if (params.data === "end of the attack") read.fire();
    },
  });

  /** How a promise settled, as plain data. */
  const outcome = (promise) => promise.then(
    (value) => ({ ok: true, text: String(value?.content?.[0]?.text ?? value?.length).slice(0, 100) }),
    (error) => ({ ok: false, isTyped: TasksError.isInstance(error), name: String(error?.name), code: String(error?.code), message: String(error?.message).slice(0, 1000) }),
  );

  return {
    client,
    hasBegun: begun.promise,
    release: () => released.fire(),
    /** Resolves when the attack has been read. */
    isRead: ({ forMs, polls: most }) => Promise.race([...(forMs ? [wait(forMs)] : []), ...(most ? [untilPolled(most)] : []), read.promise]),
    sent: (method) => Promise.race([wait(10_000), until(() => polls.has(method))]),
    report: () => ({ fetches, warnings, notifications, asked }),
    drive({ calls = [], args = {}, options: callOptions, lists = 0, waiters = 1 }, settleMs) {
      const late = signal();
      const limited = (promise) => Promise.race([outcome(promise), late.promise.then(() => ({ ok: false, code: "hangs", message: `unsettled ${settleMs} ms after the attack` }))]);
      const over = (async () => {
        const listed = [];
        for (let i = 0; i < lists; i++) listed.push(await limited(client.listTools()));
        const called = calls.flatMap((tool) => {
          const task = client.callTool(tool, args, callOptions);
          return Array.from({ length: waiters }, () => limited(task.result()));
        });
        return [...listed, ...(await Promise.all(called))];
      })();
      return { over, limit: () => void setTimeout(late.fire, settleMs) };
    },
  };

  async function untilPolled(most) {
    await until(() => (polls.get("tasks/get") ?? 0) >= most);
  }
}

/** The longest time in which the event loop did not turn. */
function longestTurn() {
  let [last, longest] = [performance.now(), 0];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 10);
  return {
    stop() {
      look();
      clearInterval(timer);
      return Math.round(longest);
    },
  };
}

/** A function that calls back in the next turn: a message, since timers of pages wait for four milliseconds. */
function afterThisTurn() {
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  port1.onmessage = () => waiting.shift()();
  port1.unref?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(0);
  };
}

function signal() {
  let fire;
  const promise = new Promise((resolve) => { fire = resolve; });
  return { promise, fire };
}

const aborted = (abort) => new Promise((_, reject) => abort?.addEventListener("abort", () => reject(abort.reason), { once: true }));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const post = (url) => fetch(url, { method: "POST" });

async function until(condition) {
  while (!condition()) await wait(10);
}

function parse(body) {
  try { return JSON.parse(body); } catch { return undefined; }
}
