// L2, L4, L9, L10 and names of the prototype: single messages with contents that no honest server sends.
import { answer, sse } from "../../servers/scripted.mjs";
import { limits } from "../limits.mjs";
import { event, handshake, marker, newTask, notification, oldTask, stateless, text, write, writeAll } from "../wire.mjs";

const badMessages = 300_000;
const secretId = "secret-task-id-1234567890-abcdefghij";
const longId = (length) => "i".repeat(length);

async function bad({ rpc, res, held }) {
  sse(res, [], { end: false });
  const line = event(notification("notifications/tasks/status", { status: "working" }));
  const all = function* () { for (let i = 0; i < badMessages; i++) yield line; };
  if (!(await writeAll(res, all()))) return;
  await write(res, event(marker));
  await held;
  res.end(event(answer(rpc.id, text("done"))));
}

/** A task whose id is that long, and which is over at the first poll. */
const idOf = (length) => ({
  "tools/call": () => ({ resultType: "task", ...newTask(longId(length)) }),
  "tasks/get": () => ({ resultType: "complete", ...newTask(longId(length), { status: "completed", result: text("done") }) }),
});

const nested = (depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const pollution = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"text":"done"}';

export const texts = {
  "bad-messages": {
    finding: "L2", title: `${badMessages} notifications without a task id`, era: handshake, drive: { calls: ["attack"] }, ends: ["ok", "protocol"],
    methods: { "tools/call": bad },
    check({ warnings }, _seen, assert) {
      assert.ok(warnings.count > 0, "none was reported");
      assert.ok(warnings.count <= limits.warnings, `onWarning was called ${warnings.count} times`);
    },
  },
  "task-id-in-a-warning": {
    finding: "L4", title: "a state without a status, which begins with the task id", era: handshake, drive: { calls: ["task"] }, ends: ["ok", "protocol"],
    methods: {
      "tools/call": () => ({ task: oldTask(secretId) }),
      "tasks/get": ({ n }) => (n < 3 ? { taskId: secretId } : oldTask(secretId, { status: "completed" })),
      async GET({ res, n, held }) {
        if (n > 0) return res.writeHead(405).end();
        sse(res, [{ data: notification("notifications/tasks/status", { taskId: secretId }) }], { end: false });
        await held;
        return res.end();
      },
    },
    check({ warnings }, _seen, assert) {
      assert.ok(warnings.count > 0, "the bad state was not reported");
      assert.deepEqual(warnings.texts.filter((words) => words.includes(secretId)), [], "warnings with the whole task id");
    },
  },
  "deep-json": {
    finding: "L9", title: "a result with arrays 200 deep", era: handshake, drive: { calls: ["attack"] }, ends: ["ok", "protocol"],
    methods: {
      "tools/call": ({ rpc, res }) => void res.writeHead(200, { "content-type": "application/json" })
        .end(`{"jsonrpc":"2.0","id":${JSON.stringify(rpc.id)},"result":{"content":[{"type":"text","text":"done"}],"structuredContent":{"deep":${nested(200)}}}}`),
    },
    check({ outcomes: [{ ok, message }] }, _seen, assert) {
      if (ok) return;
      assert.doesNotMatch(message, /not JSON/i);
      assert.match(message, /deep|depth|nest/i, "the error names the cause");
    },
  },
  "very-deep-json": {
    finding: "L9", title: "a result with arrays 5,000,000 deep", era: handshake, drive: { calls: ["attack"] }, ends: ["protocol"],
    methods: {
      "tools/call": ({ rpc, res }) => void res.writeHead(200, { "content-type": "application/json" })
        .end(`{"jsonrpc":"2.0","id":${JSON.stringify(rpc.id)},"result":{"content":[],"structuredContent":{"deep":${nested(5_000_000)}}}}`),
    },
  },
  "task-id-of-1-mib": {
    finding: "L10", title: "a task id of 1 MiB", era: stateless, drive: { calls: ["task"] }, ends: ["protocol"], methods: idOf(1024 * 1024),
    check({ outcomes: [{ message }] }, seen, assert) {
      assert.match(message, limits.taskIdLength.words, "the error names the limit");
      assert.equal(seen.requests["tasks/get"] ?? 0, 0, "the task was polled");
      assert.ok(seen.longestHeader < 2 * limits.taskIdLength.most, `a header of ${seen.longestHeader} characters`);
    },
  },
  "task-id-over-the-limit": {
    finding: "L10", title: `a task id of ${limits.taskIdLength.most + 1} characters`, era: stateless, drive: { calls: ["task"] }, ends: ["protocol"],
    methods: idOf(limits.taskIdLength.most + 1),
  },
  "task-id-at-the-limit": {
    finding: "L10", title: `a task id of ${limits.taskIdLength.most} characters works`, era: stateless, drive: { calls: ["task"] }, ends: ["ok"],
    methods: idOf(limits.taskIdLength.most),
  },
  "prototype-names": {
    finding: "held before", title: "members called __proto__ and constructor, in results, states and input requests", era: stateless,
    drive: { calls: ["attack", "task"] }, options: { elicitation: "answer" }, ends: ["ok", "protocol"],
    methods: {
      "tools/call": ({ rpc, res }) => {
        if (rpc.params.name === "task") return { resultType: "task", ...newTask("__proto__") };
        return void res.writeHead(200, { "content-type": "application/json" })
          .end(`{"jsonrpc":"2.0","id":${JSON.stringify(rpc.id)},"result":{"resultType":"complete","content":[],"structuredContent":${pollution},"_meta":${pollution},"__proto__":{"polluted":true}}}`);
      },
      "tasks/get": ({ rpc, res, n }) => {
        if (n > 2) return { resultType: "complete", ...newTask("__proto__", { status: "completed", result: text("done") }) };
        return void res.writeHead(200, { "content-type": "application/json" })
          .end(`{"jsonrpc":"2.0","id":${JSON.stringify(rpc.id)},"result":{"resultType":"complete","taskId":"__proto__","status":"input_required","createdAt":"2026-07-28T00:00:00Z","lastUpdatedAt":"2026-07-28T00:00:00Z","ttlMs":null,"pollIntervalMs":50,"inputRequests":{"__proto__":{"method":"elicitation/create","params":${pollution}},"constructor":{"method":"elicitation/create","params":${pollution}}}}}`);
      },
    },
  },
};
