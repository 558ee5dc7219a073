// The demo server's tools (demo-tools.mjs) on the stub of 2026-07-28: by the same names, with the same answers and the same
// words about where they stand, so that one list of scenarios runs against both.
import { RpcError } from "./modern-http.mjs";
import { startModern } from "./modern.mjs";

const text = (value) => [{ type: "text", text: value }];
const object = (properties, required = []) => ({ type: "object", properties, required });
const [string, integer, number, boolean] = ["string", "integer", "number", "boolean"].map((type) => ({ type }));

/** What is wrong with arguments is the caller's mistake, and no task is made for it. */
function check(name, args, rules) {
  for (const [member, fits] of Object.entries(rules)) {
    if (!fits(args[member])) throw new RpcError(-32602, `Invalid arguments for tool ${name}: ${member}`, { member });
  }
}
const optional = (fits) => (value) => value === undefined || fits(value);
const within = (least, most) => optional((value) => Number.isInteger(value) && value >= least && value <= most);
const isNumber = (value) => typeof value === "number";
const isText = (value) => typeof value === "string";

const tools = [
  {
    name: "slow_count",
    task: "may",
    inputSchema: object({ steps: integer, delayMs: integer, label: string }),
    rules: { steps: within(1, 100), delayMs: within(10, 60_000), label: optional(isText) },
    async run({ steps = 5, delayMs = 400, label }, work) {
      for (let i = 1; i <= steps; i++) {
        work.step(`step ${i} of ${steps}`);
        await work.sleep(delayMs);
      }
      return { content: text(`counted to ${steps}`), structuredContent: { counted: steps, ...(label === undefined ? {} : { label }) } };
    },
  },
  {
    name: "render_report",
    task: "must",
    inputSchema: object({ title: string, pages: integer, draft: boolean }, ["title"]),
    rules: { title: isText, pages: within(1, 50) },
    async run({ title, pages = 3, draft = false }, work) {
      work.step("collecting data");
      await work.sleep(100);
      const lines = [`# ${title}`];
      for (let i = 1; i <= pages; i++) {
        work.step(`drawing page ${i} of ${pages}`);
        await work.sleep(100);
        lines.push(`## Page ${i}${draft ? " (draft)" : ""}`, `Figures of page ${i}.`);
      }
      return { content: text(lines.join("\n\n")), structuredContent: { title, pages, draft } };
    },
  },
  {
    name: "always_fails",
    task: "may",
    inputSchema: object({ reason: string }),
    rules: {},
    async run({ reason = "the printer is on fire" }, work) {
      work.step("warming up");
      await work.sleep(100);
      return { content: text(reason), isError: true };
    },
  },
  {
    name: "crashes",
    task: "may",
    inputSchema: object({}),
    rules: {},
    async run(_args, work) {
      work.step("walking on thin ice");
      await work.sleep(100);
      throw new Error("the ice broke");
    },
  },
  { name: "echo", inputSchema: object({ text: string }, ["text"]), rules: { text: isText }, run: (args) => ({ content: text(args.text) }) },
  {
    name: "add",
    inputSchema: object({ a: number, b: number }, ["a", "b"]),
    rules: { a: isNumber, b: isNumber },
    run: ({ a, b }) => ({ content: text(String(a + b)), structuredContent: { sum: a + b } }),
  },
];

/** Starts the stub with these tools. `working(taskId)`: the code of the task's tool still runs. */
export async function startModernDemo(options = {}) {
  const running = new Set();
  const more = tools.map(({ rules, run, ...tool }) => ({
    ...tool,
    description: `The tool ${tool.name}`,
    of(args) {
      check(tool.name, args, rules);
      return {};
    },
    async run(args, work, inputs) {
      check(tool.name, args, rules);
      running.add(work.taskId);
      try { return await run(args, work, inputs); } finally { running.delete(work.taskId); }
    },
  }));
  const server = await startModern({ pollIntervalMs: 100, invalidTools: false, ...options, tools: more });
  return { ...server, working: (taskId) => running.has(taskId) };
}
