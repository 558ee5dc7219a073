// What is measured in the page: one function for each kind of row. Who is measured comes as a module that offers `listen`,
// `watch` and `connect`: see the subjects.
import { logs, statuses } from "./corpus.mjs";
import { fakeServer } from "./fake.mjs";
import { several } from "./measure.mjs";
import { virtualClock } from "./clock.mjs";

const hour = 3_600_000;
const load = (subject) => import(`/subjects/${subject}.js`);

/** MB/s from the bytes of a stream to messages whose payload is read. */
export async function stream({ subject, bytes, count }) {
  const { listen } = await load(subject);
  const server = fakeServer({ pollInterval: hour });
  let [seen, sum, done] = [0, 0, undefined];
  await listen(server, (params) => {
    sum += params.data.n;
    if (++seen === count) done();
  });
  const corpus = logs(count, bytes);
  return several(async () => {
    [seen, sum] = [0, 0];
    const all = new Promise((resolve) => (done = resolve));
    const started = performance.now();
    await server.push(corpus.chunks);
    await all;
    const seconds = (performance.now() - started) / 1000;
    if (sum !== corpus.sum) throw new Error(`${subject} lost messages: their numbers add up to ${sum}, not ${corpus.sum}`);
    return corpus.bytes / 1e6 / seconds;
  });
}

/** Watches tasks, and gives a function that sends so many notifications and resolves when the last of each task is handled. */
async function watched({ subject, tasks, count }) {
  const { watch } = await load(subject);
  const server = fakeServer({ pollInterval: hour });
  let [left, mark, done] = [tasks, "", undefined];
  await watch(server, tasks, (message) => {
    if (message === mark && --left === 0) done();
  });
  return (n) => {
    [left, mark] = [tasks, `end of run ${n}`];
    const chunks = statuses(count, tasks, n * count, mark);
    const all = new Promise((resolve) => (done = resolve));
    return { chunks, async run() {
      await server.push(chunks);
      await all;
    } };
  };
}

/** Notifications a second. */
export async function notify(row) {
  const prepare = await watched(row);
  return several(async (n) => {
    const { run } = prepare(n);
    const started = performance.now();
    await run();
    return (row.count / (performance.now() - started)) * 1000;
  });
}

/** The longest that the main thread could do nothing else, in milliseconds. */
export async function burst(row) {
  const prepare = await watched(row);
  const { port1, port2 } = new MessageChannel();
  return several(async (n) => {
    const { run } = prepare(n);
    let [longest, last, goes] = [0, performance.now(), true];
    port1.onmessage = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (goes) port2.postMessage(0);
    };
    port2.postMessage(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    longest = 0;
    await run();
    await new Promise((resolve) => setTimeout(resolve, 5));
    goes = false;
    return longest;
  }, { runs: 5, budgetMs: 2000 });
}

let memory = 0;
for (const name of ["instantiate", "instantiateStreaming"]) {
  const real = WebAssembly[name];
  WebAssembly[name] = async (...args) => {
    const made = await real(...args);
    const { exports } = made.instance ?? made;
    memory = exports.memory;
    return made;
  };
}
/** Bytes of the wasm module's memory; 0 where there is none. */
export const wasmBytes = () => (memory ? memory.buffer.byteLength : 0);

let held;
/** Makes that many handles more, and keeps them. The heap is looked at from outside. */
export async function hold({ subject, tasks }) {
  if (!held) {
    const server = fakeServer({ pollInterval: hour, stream: false });
    held = { client: await (await load(subject)).connect(server), handles: [], settled: 0 };
  }
  for (let n = 0; n < tasks; n += 100) {
    const calls = Array.from({ length: Math.min(100, tasks - n) }, () => held.client.call("work"));
    for (const { handle } of calls) held.handles.push(handle);
    await Promise.all(calls.map(({ created }) => created));
  }
  // What follows a creation by itself (the SDK asks at once).
  await new Promise((resolve) => setTimeout(resolve, 500));
  return held.handles.length;
}

/** Milliseconds from the completion at the server to the resolution, of each of the tasks. */
export async function latency({ subject, url, tasks }) {
  const { connect } = await load(subject);
  const client = await connect({ url, fetch: globalThis.fetch.bind(globalThis) });
  const delays = await Promise.all(Array.from({ length: tasks }, async () => {
    const { completedAt } = (await client.call("work").result).structuredContent;
    return performance.timeOrigin + performance.now() - completedAt;
  }));
  client.close();
  return delays;
}

/** POSTs within ten virtual minutes. */
export async function idle({ subject, tasks }) {
  const clock = virtualClock();
  const { connect } = await load(subject);
  const server = fakeServer({ pollInterval: 5000, stream: false });
  const { fetch } = server;
  const client = await connect({ url: server.url, fetch: (...args) => (clock.stir(), fetch(...args)) });
  let made = 0;
  const calls = Array.from({ length: tasks }, () => client.call("work"));
  for (const { created } of calls) void created.then(() => (made += 1));
  for (let n = 0; made < tasks; n++) {
    if (n > 100) throw new Error(`${subject} made ${made} of ${tasks} tasks`);
    await clock.pass(1);
  }
  const before = server.posts;
  await clock.pass(600_000);
  return server.posts - before;
}
