// Endless cursors, lines, bodies and comments. The package bounded these before; this keeps it so.
import { answer, sse } from "../../servers/scripted.mjs";
import { event, handshake, text, write } from "../wire.mjs";

const mostPages = 2000;
const commentBytes = 256 * 1024 * 1024;
const block = Buffer.alloc(1024 * 1024, "x");
const comments = Buffer.from(`: ${"x".repeat(1000)}\n`.repeat(1000));

async function line({ res }) {
  sse(res, [], { end: false });
  await write(res, "data: ");
  while (await write(res, block));
}

async function body({ rpc, res }) {
  res.writeHead(200, { "content-type": "application/json" });
  await write(res, `{"jsonrpc":"2.0","id":${rpc.id},"result":{"content":[{"type":"text","text":"`);
  while (await write(res, block));
}

async function commented({ rpc, res }) {
  sse(res, [], { end: false });
  for (let sent = 0; sent < commentBytes; sent += comments.length) if (!(await write(res, comments))) return;
  res.end(event(answer(rpc.id, text("done"))));
}

const held = { finding: "held before", era: handshake };
export const endless = {
  "cursors-without-end": {
    ...held, title: "a tool list with always one more page", drive: { lists: 1 }, begins: "tools/list", ends: ["protocol"],
    methods: { "tools/list": ({ n }) => ({ tools: [{ name: `tool-${n}`, inputSchema: { type: "object" } }], nextCursor: `page-${n + 1}` }) },
    check: (_report, seen, assert) => assert.ok(seen.requests["tools/list"] <= mostPages, `${seen.requests["tools/list"]} pages were asked for`),
  },
  "same-cursor": {
    ...held, title: "a tool list whose next page is itself", drive: { lists: 1 }, begins: "tools/list", ends: ["protocol"],
    methods: { "tools/list": () => ({ tools: [], nextCursor: "again" }) },
    check: (_report, seen, assert) => assert.ok(seen.requests["tools/list"] <= 3, `${seen.requests["tools/list"]} pages were asked for`),
  },
  "endless-line": { ...held, title: "one line of an event stream that does not end", drive: { calls: ["attack"] }, ends: ["protocol"], methods: { "tools/call": line } },
  "endless-body": { ...held, title: "one JSON body that does not end", drive: { calls: ["attack"] }, ends: ["protocol"], methods: { "tools/call": body } },
  "comments": {
    ...held, title: `${commentBytes / 1024 / 1024} MiB of comments before the answer`, drive: { calls: ["attack"] }, ends: ["ok", "protocol"],
    methods: { "tools/call": commented },
  },
};
