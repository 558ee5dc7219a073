// H3: `isError` with a `content` that is no list of content blocks.
import { handshake, newTask, oldTask, stateless } from "../wire.mjs";

const contents = ["not found", [null], { text: {} }, [{ type: "text", text: { toString: 1, valueOf: 1 } }]];
const named = (rpc) => contents[Number(/\d+$/.exec(rpc.params.name ?? rpc.params.taskId)[0])];
const result = (rpc) => ({ isError: true, content: named(rpc) });
const names = contents.map((_, i) => `bad-content-${i}`);
const ends = ["tool_error", "protocol"];
const drive = { calls: names, waiters: 2 };

const listed = (execution) => names.map((name) => ({ name, inputSchema: { type: "object" }, ...execution }));
const list = { "tools/list": () => ({ tools: listed({ execution: { taskSupport: "optional" } }) }) };
const modernList = { "tools/list": () => ({ resultType: "complete", ttlMs: 0, cacheScope: "private", tools: listed() }) };

export const toolErrors = {
  "bad-error-content-of-calls": {
    finding: "H3", title: "calls of 2025-11-25", era: handshake, drive: { ...drive, options: { task: false } }, ends,
    methods: { ...list, "tools/call": ({ rpc }) => result(rpc) },
  },
  "bad-error-content-of-tasks": {
    finding: "H3", title: "tasks of 2025-11-25", era: handshake, drive, ends,
    methods: {
      ...list, "tools/call": ({ rpc }) => ({ task: oldTask(`of-${rpc.params.name}`) }),
      "tasks/get": ({ rpc }) => oldTask(rpc.params.taskId, { status: "failed" }), "tasks/result": ({ rpc }) => result(rpc),
    },
  },
  "bad-error-content-of-modern-calls": {
    finding: "H3", title: "calls of 2026-07-28", era: stateless, drive: { ...drive, options: { task: false } }, ends,
    methods: { ...modernList, "tools/call": ({ rpc }) => ({ resultType: "complete", ...result(rpc) }) },
  },
  "bad-error-content-of-modern-tasks": {
    finding: "H3", title: "tasks of 2026-07-28", era: stateless, drive, ends,
    methods: {
      ...modernList, "tools/call": ({ rpc }) => ({ resultType: "task", ...newTask(`of-${rpc.params.name}`) }),
      "tasks/get": ({ rpc }) => ({ resultType: "complete", ...newTask(rpc.params.taskId, { status: "completed", result: result(rpc) }) }),
    },
  },
};
