// H1: few bytes on the wire that become gigabytes in memory. Each message is shorter than `maxMessageBytes`.
import { constants, createBrotliCompress } from "node:zlib";
import { answer } from "../../servers/scripted.mjs";
import { limits } from "../limits.mjs";
import { beginGzip, deflated, event, filler, form, handshake, marker, newTask, notification, oldTask, stateless, text, write } from "../wire.mjs";

const mib = 1024 * 1024;
/** More than the 4 GiB that a module can have. */
const early = { count: 110, bytes: 40 * mib };
const earlyBrotliCount = 20;
const pages = { count: 72, bytes: 60 * mib };
const partial = { count: 72, bytes: 60 * mib };
const states = { count: 24, bytes: 16 * mib };
/** Quality and window of brotli: the window holds a whole notification's repetition, so each costs a few bytes. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 2, [constants.BROTLI_PARAM_LGWIN]: 24 } };

/** A message about `about`, cut where its long text stands. */
function around(message) {
  const [before, after] = JSON.stringify(message).split("LONG");
  return [before, after];
}
const earlyParts = (i) => around(notification("notifications/tasks/status", oldTask(`early-${i}`, { statusMessage: "LONG" })));

async function earlyGzip({ rpc, res, held }) {
  beginGzip(res, "text/event-stream");
  const long = filler(early.bytes);
  for (let i = 0; i < early.count; i++) {
    const [before, after] = earlyParts(i);
    const parts = [deflated(`data: ${before}`), long, deflated(`${after}\n\n`)];
    if (!(await write(res, Buffer.concat(parts)))) return;
  }
  await write(res, deflated(event(marker)));
  await held;
  await write(res, deflated(event(answer(rpc.id, { task: oldTask("named") }))));
  res.end();
}

async function earlyBrotli({ rpc, res, held }) {
  res.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "br" });
  const stream = createBrotliCompress(brotli);
  stream.pipe(res);
  res.once("close", () => stream.destroy());
  const long = Buffer.alloc(early.bytes, "x");
  for (let i = 0; i < earlyBrotliCount; i++) {
    const [before, after] = earlyParts(i);
    for (const part of [`data: ${before}`, long, `${after}\n\n`]) if (!(await write(stream, part))) return;
  }
  await write(stream, event(marker));
  stream.flush();
  await held;
  stream.end(event(answer(rpc.id, { task: oldTask("named") })));
}

/** Answers with one JSON body, in which so many bytes stand for LONG. */
function respondLong({ res }, message, bytes) {
  const [before, after] = around(message);
  beginGzip(res, "application/json");
  // A complete body needs a trailer with the right checksum: Node checks it.
  res.end(Buffer.concat([deflated(before), filler(bytes), deflated(after), trailer(before, bytes, after)]));
}

function page(exchange) {
  const { rpc, n, seen } = exchange;
  const next = n + 1 < pages.count ? { nextCursor: `page-${n + 1}` } : {};
  seen.notes.pages = n + 1;
  respondLong(exchange, answer(rpc.id, { tools: [{ name: `tool-${n}`, description: "LONG", inputSchema: { type: "object" } }], ...next }), pages.bytes);
}

/** A task whose state is long, until it is released. */
function longStatus(exchange) {
  const { rpc, isReleased } = exchange;
  const { taskId } = rpc.params;
  if (isReleased()) return oldTask(taskId, { status: "completed" });
  return void respondLong(exchange, answer(rpc.id, oldTask(taskId, { statusMessage: "LONG", pollInterval: 1000 })), states.bytes);
}

/** A task that asks one long question, until it is released. */
function longQuestion(exchange) {
  const { rpc, isReleased } = exchange;
  const { taskId } = rpc.params;
  if (isReleased()) return { resultType: "complete", ...newTask(taskId, { status: "completed", result: text("done") }) };
  const question = { ...form, params: { ...form.params, message: "LONG" } };
  const state = newTask(taskId, { status: "input_required", inputRequests: { question }, pollIntervalMs: 1000 });
  return void respondLong(exchange, answer(rpc.id, { resultType: "complete", ...state }), states.bytes);
}

async function unended({ rpc, res, held }) {
  const [before] = around(answer(rpc.id, text("LONG")));
  beginGzip(res, "application/json");
  await write(res, Buffer.concat([deflated(before), filler(partial.bytes)]));
  await held;
  res.destroy();
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});
const crcs = new Map();
/** The end of a gzip stream: an empty last block, then CRC-32 and length of `before`, `bytes` letters x, and `after`. */
function trailer(before, bytes, after) {
  const feed = (crc, content) => {
    for (const byte of content) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
    return crc >>> 0;
  };
  const key = `${before} ${bytes}`;
  const start = crcs.get(key) ?? feed(feed(0xffffffff, Buffer.from(before)), Buffer.alloc(bytes, "x"));
  crcs.set(key, start);
  const end = Buffer.alloc(10);
  end.writeUInt16LE(0x0003, 0);
  end.writeUInt32LE(~feed(start, Buffer.from(after)) >>> 0, 2);
  end.writeUInt32LE((Buffer.byteLength(before) + bytes + Buffer.byteLength(after)) >>> 0, 6);
  return end;
}

/** Notifications about unknown tasks are kept while a call is about to create a task. */
const call = { calls: ["task"] };
export const bombs = {
  "early-notifications-gzip": {
    finding: "H1", title: `${early.count} notifications of ${early.bytes / mib} MiB about unknown tasks, one gzip stream`,
    era: handshake, drive: call, ends: ["ok", "protocol"], methods: { "tools/call": earlyGzip },
  },
  "early-notifications-brotli": {
    finding: "H1", title: `${earlyBrotliCount} notifications of ${early.bytes / mib} MiB about unknown tasks, one brotli stream`,
    era: handshake, drive: call, ends: ["ok", "protocol"], methods: { "tools/call": earlyBrotli },
    only: "node", // Chromium takes brotli over https only
  },
  "list-pages": {
    finding: "H1", title: `a tool list of ${pages.count} pages of ${pages.bytes / mib} MiB`,
    era: handshake, drive: { lists: 1 }, begins: "tools/list", ends: ["protocol"], methods: { "tools/list": page },
    check({ outcomes: [{ message }] }, seen, assert) {
      assert.match(message, limits.heldBytes.words, "the error names the limit");
      assert.ok(seen.notes.pages <= limits.heldBytes.most / pages.bytes + 2, `${seen.notes.pages} pages were asked for`);
    },
  },
  "partial-bodies": {
    finding: "H1", title: `${partial.count} answers of ${partial.bytes / mib} MiB that do not end`,
    era: handshake, drive: { calls: Array(partial.count).fill("attack") }, ends: ["protocol", "network"], methods: { "tools/call": unended },
    waits: { forMs: 10_000 },
  },
  "long-states": {
    finding: "H1", title: `${states.count} tasks whose state has ${states.bytes / mib} MiB`, era: handshake,
    drive: { calls: Array(states.count).fill("task") }, begins: "tasks/get", waits: { polls: states.count, forMs: 15_000 }, ends: ["ok", "protocol"],
    methods: { "tools/call": ({ n }) => ({ task: oldTask(`long-${n}`) }), "tasks/get": longStatus },
  },
  "long-questions": {
    finding: "H1", title: `${states.count} tasks that ask a question of ${states.bytes / mib} MiB`, era: stateless, options: { elicitation: "leave" },
    drive: { calls: Array(states.count).fill("task") }, begins: "tasks/get", waits: { polls: states.count, forMs: 15_000 }, ends: ["ok", "protocol"],
    methods: { "tools/call": ({ n }) => ({ resultType: "task", ...newTask(`long-${n}`) }), "tasks/get": longQuestion },
  },
};
