// What the demo server offers: tools that run as tasks with real timers, two plain tools, a prompt and a resource.
import { setTimeout as sleep } from "node:timers/promises";
import { InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import * as z from "zod";

/**
 * The SDK's task store, except that tasks belong to nobody (so that they survive their session) and that work is
 * stopped when its task ends: the SDK's own `tasks/cancel` only writes the status.
 */
export class DemoTaskStore extends InMemoryTaskStore {
  /** taskId -> what is needed while the work runs. */
  work = new Map();
  /** taskId -> sessions that created it or asked after it: these are told about changes. */
  watchers = new Map();
  /** taskId -> the JSON-RPC error that `tasks/result` answers with. */
  errors = new Map();
  onChange = (_task, _sessionIds) => {};

  async createTask(params, requestId, request, sessionId) {
    const task = await super.createTask(params, requestId, request);
    this.watchers.set(task.taskId, new Set([sessionId]));
    return task;
  }

  async getTask(taskId, sessionId) {
    if (sessionId !== undefined) this.watchers.get(taskId)?.add(sessionId);
    return super.getTask(taskId);
  }

  async updateTaskStatus(taskId, status, statusMessage) {
    await super.updateTaskStatus(taskId, status, statusMessage);
    if (status === "cancelled") this.work.get(taskId)?.abort();
    await this.#changed(taskId);
  }

  async storeTaskResult(taskId, status, result) {
    await super.storeTaskResult(taskId, status, result);
    await this.#changed(taskId);
  }

  async getTaskResult(taskId) {
    if (this.errors.has(taskId)) throw this.errors.get(taskId);
    return super.getTaskResult(taskId);
  }

  async listTasks(cursor) {
    return super.listTasks(cursor);
  }

  async #changed(taskId) {
    const task = await super.getTask(taskId);
    if (task) this.onChange(task, this.watchers.get(taskId) ?? new Set());
  }

  /** Forgets one task, as a server does after its time to live; the work stops. */
  expire(taskId) {
    this.work.get(taskId)?.abort();
    clearTimeout(this.cleanupTimers.get(taskId));
    this.cleanupTimers.delete(taskId);
    this.tasks.delete(taskId);
  }

  stop() {
    for (const abort of this.work.values()) abort.abort();
    this.cleanup();
  }
}

/** Makes the handler of a task tool from `run(args, { step, pause })`, which returns a CallToolResult or throws. */
function background(store, { pollIntervalMs, maxTtlMs, early }, run) {
  return {
    async createTask(args, { taskStore, taskRequestedTtl }) {
      const ttl = Math.min(taskRequestedTtl ?? maxTtlMs, maxTtlMs);
      const task = await taskStore.createTask({ ttl, pollInterval: pollIntervalMs });
      const { taskId } = task;
      const abort = new AbortController();
      store.work.set(taskId, abort);
      const step = (message) => store.updateTaskStatus(taskId, "working", message);
      const pause = (ms) => sleep(ms, undefined, { signal: abort.signal });
      const work = async () => {
        try {
          const result = await run(args, { step, pause });
          await store.storeTaskResult(taskId, result.isError ? "failed" : "completed", result);
        } catch (error) {
          if (abort.signal.aborted) return; // cancelled, expired or the server closes: nothing left to tell
          store.errors.set(taskId, new McpError(ErrorCode.InternalError, error.message));
          await store.updateTaskStatus(taskId, "failed", error.message).catch(() => {});
        } finally {
          store.work.delete(taskId);
        }
      };
      // `early` lets the first notification overtake the answer to tools/call, as some servers do.
      if (early) { work(); await sleep(50); } else setImmediate(work);
      return { task };
    },
    getTask: (_args, { taskId, taskStore }) => taskStore.getTask(taskId),
    getTaskResult: (_args, { taskId, taskStore }) => taskStore.getTaskResult(taskId),
  };
}

const text = (value) => [{ type: "text", text: value }];
const delayMs = z.number().int().min(10).max(60_000).default(400).describe("How long each step takes, in milliseconds");

/** One McpServer for one session; all share `store`. */
export function createDemoServer(store, options) {
  const server = new McpServer({ name: "mcp-tasks-demo", version: "1.0.0" }, {
    capabilities: { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
    taskStore: store,
  });
  const taskTool = (name, taskSupport, config, run) =>
    server.experimental.tasks.registerToolTask(name, { ...config, execution: { taskSupport } }, background(store, options, run));

  taskTool("slow_count", "optional", {
    title: "Slow count",
    description: "Counts step by step and says where it stands",
    inputSchema: {
      steps: z.number().int().min(1).max(100).default(5).describe("How far to count"),
      delayMs,
      label: z.string().optional().describe("Comes back with the result"),
    },
  }, async ({ steps, delayMs, label }, { step, pause }) => {
    for (let i = 1; i <= steps; i++) {
      await step(`step ${i} of ${steps}`);
      await pause(delayMs);
    }
    return { content: text(`counted to ${steps}`), structuredContent: { counted: steps, ...(label === undefined ? {} : { label }) } };
  });

  taskTool("render_report", "required", {
    title: "Render report",
    description: "Renders a report in several phases; only ever runs as a task",
    inputSchema: {
      title: z.string().min(1).describe("Heading of the report"),
      pages: z.number().int().min(1).max(50).default(3).describe("How many pages to draw"),
      format: z.enum(["markdown", "text"]).default("markdown").describe("What the report is written in"),
      draft: z.boolean().default(false).describe("Marks every page as a draft and skips the binding"),
    },
  }, async ({ title, pages, format, draft }, { step, pause }) => {
    const [h1, h2] = format === "markdown" ? ["# ", "## "] : ["", ""];
    await step("collecting data");
    await pause(500);
    const lines = [`${h1}${title}`];
    for (let i = 1; i <= pages; i++) {
      await step(`drawing page ${i} of ${pages}`);
      await pause(350);
      lines.push(`${h2}Page ${i}${draft ? " (draft)" : ""}`, `Figures of page ${i}.`);
    }
    if (!draft) {
      await step("binding");
      await pause(400);
    }
    return { content: text(lines.join("\n\n")), structuredContent: { title, pages, format, draft } };
  });

  taskTool("always_fails", "optional", {
    title: "Always fails",
    description: "Works two steps, then answers with a tool error",
    inputSchema: { reason: z.string().default("the printer is on fire").describe("What the error says") },
  }, async ({ reason }, { step, pause }) => {
    await step("warming up");
    await pause(300);
    await step("trying");
    await pause(300);
    return { content: text(reason), isError: true };
  });

  taskTool("crashes", "optional", {
    title: "Crashes",
    description: "Throws in the middle: the task fails and there is no result",
    inputSchema: {},
  }, async (_args, { step, pause }) => {
    await step("walking on thin ice");
    await pause(300);
    throw new Error("the ice broke");
  });

  server.registerTool("echo", { title: "Echo", description: "Answers at once", inputSchema: { text: z.string() } },
    async (args) => ({ content: text(args.text) }));
  server.registerTool("add", {
    title: "Add",
    description: "Adds two numbers at once",
    inputSchema: { a: z.number(), b: z.number() },
    outputSchema: { sum: z.number() },
  }, async ({ a, b }) => ({ content: text(String(a + b)), structuredContent: { sum: a + b } }));
  server.registerPrompt("greet", { description: "Asks for a greeting", argsSchema: { name: z.string() } },
    ({ name }) => ({ messages: [{ role: "user", content: { type: "text", text: `Greet ${name}.` } }] }));
  server.registerResource("about", "demo://about", { description: "What this server is", mimeType: "text/plain" },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: "text/plain", text: "The demo server of mcp-tasks." }] }));
  return server;
}
