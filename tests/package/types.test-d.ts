// What users write, as the compiler sees it. Compiled against the packed declarations, never run.
import {
  AuthorizationRequiredError, Client, ClosedError, HttpError, InternalError, NetworkError, ProtocolError, RpcError,
  TaskCancelledError, TaskExpiredError, TaskFailedError, TaskLostError, TasksError, TimeoutError, ToolError, UnsupportedError,
  type CallToolResult, type ClientOptions, type GetPromptResult, type PromptTask, type ReadResourceResult,
  type AnyTasksError, type ResourceTask, type RpcDetail, type Status, type TaskPage, type TaskRef, type TaskStatus, type Tool, type ToolTask,
  type ContentBlock, type ElicitParams, type ElicitResult, type InputAnswer, type InputContext, type InputRequest, type ListRootsResult,
  type Notification, type Persist, type Progress, type SamplingParams, type SamplingResult, type Task, type Warning,
} from "mcp-tasks";
import { diagnose, diagnosing } from "mcp-tasks/diagnose";
import { McpTaskElement } from "mcp-tasks/element";
import { Client as InlineClient } from "mcp-tasks/inline";
import { Client as ScriptClient } from "mcp-tasks/js";
import { indexedDBStore, persistIn, type PersistStore } from "mcp-tasks/persist";
import { useTask, useTasks, type TaskView } from "mcp-tasks/react";
import { IndexedDbTaskStore, InMemoryTaskStore, TaskHost, TaskStoreError, taskExecution, type TaskStore } from "mcp-tasks/receiver";
import { SharedClient } from "mcp-tasks/shared";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Does not compile unless the two types are one. */
const same = <A, B>(..._: Equal<A, B> extends true ? [] : ["the types differ"]): void => {};

// The client.
const client = new Client("/mcp");
new Client(new URL("https://example.org/mcp"), {});
new InlineClient("/mcp") satisfies { callTool: unknown };
const options: ClientOptions[] = [
  { headers: { authorization: "Bearer t" } },
  { headers: () => ({ authorization: "Bearer t" }) },
  { headers: async () => ({ authorization: "Bearer t" }) },
  { fetch: (input, init) => fetch(input, init), credentials: "include", stream: false, pollIntervalMs: 500, maxMessageBytes: 1 },
  { clientInfo: { name: "app", version: "1" }, onWarning: ({ code, message }) => console.warn(code, message) },
];
new Client("/mcp", options[0]);

// Tasks that outlive the page.
const store: PersistStore = { getItem: async () => null, setItem() {}, removeItem() {}, keys: () => [] };
same<ReturnType<typeof persistIn>, Persist>();
for (const persist of [persistIn(sessionStorage), persistIn(indexedDBStore("mine")), persistIn(store, { name: "luca" })]) {
  same<Awaited<ReturnType<Client["resume"]>>, (ToolTask | PromptTask | ResourceTask)[]>();
  void new Client("/mcp", { persist }).resume();
}

// Many tabs.
new SharedClient("/mcp", { name: "luca", persist: persistIn(localStorage), worker: () => new SharedWorker("w.js") }) satisfies Client;
same<SharedClient["isShared"], boolean | undefined>();
// @ts-expect-error the requests are made in a worker
new SharedClient("/mcp", { fetch });
// @ts-expect-error a store is not enough: persistIn(store)
new Client("/mcp", { persist: sessionStorage });

// What a server may ask, and what a client is told.
options.push(
  { onElicitation: ({ message }) => ({ action: "accept", content: { message } }) },
  { onElicitation: async (params, context) => { same<typeof params, ElicitParams>(); same<typeof context, InputContext>(); return { action: "decline" }; } },
  { onElicitation: () => undefined },
  { onElicitation: () => {} },
  { onElicitation: async () => {} },
  { onSampling: (params) => { same<typeof params, SamplingParams>(); return { role: "assistant", content: { type: "text", text: "hi" }, model: "m" }; } },
  { onListRoots: () => ({ roots: [{ uri: "file:///" }] }) },
  { onTaskStatus: (status, of) => { same<typeof status, TaskStatus>(); same<typeof of, Task<unknown> | undefined>(); } },
  { onTaskStatus: async () => {} },
  { onNotification: (notification) => { same<typeof notification, Notification>(); same<Notification["params"][string], unknown>(); } },
);
// @ts-expect-error one of three words
new Client("/mcp", { onElicitation: () => ({ action: "yes" }) });
// @ts-expect-error an answer is an object
new Client("/mcp", { onElicitation: () => "accept" });
// @ts-expect-error a model has a name
new Client("/mcp", { onSampling: () => ({ role: "assistant", content: "hi" }) });
// @ts-expect-error a folder has an address
new Client("/mcp", { onListRoots: () => ({ roots: [{ name: "home" }] }) });
// @ts-expect-error what the server asks does not change
new Client("/mcp", { onElicitation: (params) => { params.message = "mine"; } });
// @ts-expect-error a handler is a function
new Client("/mcp", { onTaskStatus: true });
export function context({ key, task, signal }: InputContext): void {
  same<typeof key, string>();
  same<typeof task, Task<unknown> | undefined>();
  same<typeof signal, AbortSignal>();
}
// @ts-expect-error an address is needed
new Client();
// @ts-expect-error there is no such option
new Client("/mcp", { header: {} });
// @ts-expect-error a header is text
new Client("/mcp", { headers: { retries: 3 } });
// @ts-expect-error a header is text, from a promise too
new Client("/mcp", { headers: async () => ({ retries: 3 }) });
// @ts-expect-error milliseconds are a number
new Client("/mcp", { pollIntervalMs: "1s" });
// @ts-expect-error one of three words
new Client("/mcp", { credentials: "always" });
// @ts-expect-error set once
client.url = "/other";
same<typeof client.url, string>();

// Calls: a handle at once, never a promise of one.
const task = client.callTool("render", { scene: 7 }, { task: { ttlMs: 60_000 }, raiseOnError: false, signal: new AbortController().signal });
same<typeof task, ToolTask>();
client.callTool("render");
client.callTool("render", {}, { task: false });
client.callTool("render", {}, { task: {} });
// @ts-expect-error a tool has a name
client.callTool();
// @ts-expect-error arguments are an object
client.callTool("render", "scene 7");
// @ts-expect-error arguments are an object, not a list
client.callTool("render", [7]);
// @ts-expect-error `false` or options: `true` would say nothing
client.callTool("render", {}, { task: true });
// @ts-expect-error milliseconds are a number
client.callTool("render", {}, { task: { ttlMs: "1m" } });
// @ts-expect-error only a tool's answer can be an error
client.getPrompt("summarise", {}, { raiseOnError: false });
same<ReturnType<typeof client.getPrompt>, PromptTask>();
same<ReturnType<typeof client.readResource>, ResourceTask>();
client.getPrompt("summarise", { doc: "7" }, { task: false });
client.readResource("file:///data.txt", { signal: new AbortController().signal });

// An async function waits for the handle it returns: the caller gets the result, and the handle is lost.
const lost = async () => client.callTool("render");
same<ReturnType<typeof lost>, Promise<CallToolResult>>();
const lostInThen = Promise.resolve().then(() => client.callTool("render"));
same<typeof lostInThen, Promise<CallToolResult>>();
// @ts-expect-error what came is the result: it cannot be cancelled
lost().then((it) => it.cancel());
const kept = () => ({ task: client.callTool("render") });
same<ReturnType<typeof kept>, { task: ToolTask }>();

// The handle.
export async function handle(): Promise<void> {
  same<Awaited<typeof task>, CallToolResult>();
  const result = await task;
  same<typeof result, CallToolResult>();
  same<typeof result.isError, boolean | undefined>();
  for (const block of result.content) if (block.type === "text") same<typeof block.text, string>();
  const answers = await Promise.all([task, client.getPrompt("p"), client.readResource("r")]);
  same<typeof answers, [CallToolResult, GetPromptResult, ReadResourceResult]>();
  task satisfies PromiseLike<CallToolResult>;

  same<typeof task.taskId, string | undefined>();
  same<typeof task.returnedImmediately, boolean>();
  same<Awaited<typeof task.created>, string | undefined>();
  // @ts-expect-error the server names tasks
  task.taskId = "mine";

  // Callbacks: sync and async.
  const off = task.onStatusChange((s) => console.log(s.status, s.statusMessage));
  same<typeof off, () => void>();
  task.onStatusChange(async (s) => { await Promise.resolve(s); });
  task.onStatusChange(() => 1);
  // @ts-expect-error a listener is a function
  task.onStatusChange("working");
  // @ts-expect-error of one status
  task.onStatusChange((s: TaskStatus, more: number) => [s, more]);
  for await (const s of task.updates()) same<typeof s, TaskStatus>();
  for await (const s of task.updates({ signal: new AbortController().signal })) s satisfies TaskStatus;
  // @ts-expect-error not to be iterated over by itself: whether one wants `updates()` shall be said
  for await (const s of task) s;

  same<Awaited<ReturnType<typeof task.status>>, TaskStatus>();
  await task.status({ fresh: true });
  await task.wait({ state: "input_required", timeoutMs: 30_000 });
  // @ts-expect-error one l too few
  await task.wait({ state: "canceled" });
  // @ts-expect-error the unit is in the name
  await task.wait({ timeout: 30_000 });
  same<Awaited<ReturnType<typeof task.result>>, CallToolResult>();
  same<Awaited<ReturnType<typeof task.cancel>>, void>();
  const either = task.then((r) => r.content.length, (reason) => { same<typeof reason, unknown>(); return "failed" as const; });
  same<typeof either, Promise<number | "failed">>();
  const caught = task.catch(() => null);
  same<typeof caught, Promise<CallToolResult | null>>();
  same<ReturnType<typeof task.finally>, Promise<CallToolResult>>();

  // What the server asks, and how far it is.
  same<typeof task.inputRequests, { readonly [key: string]: InputRequest }>();
  same<ReturnType<typeof task.respond>, Promise<void>>();
  const replies: InputAnswer[] = [
    { action: "accept", content: { name: "Ada" } } satisfies ElicitResult,
    { role: "assistant", content: { type: "text", text: "hi" }, model: "m" } satisfies SamplingResult,
    { roots: [] } satisfies ListRootsResult,
  ];
  for (const [key, { method, params }] of Object.entries(task.inputRequests)) {
    same<typeof method, string>();
    same<(typeof params)[string], unknown>();
    await task.respond({ [key]: replies[0]! });
  }
  // @ts-expect-error an answer is an object
  await task.respond({ key: "accept" });
  // @ts-expect-error by key
  await task.respond({ action: "accept" });
  // @ts-expect-error asked by the server alone
  task.inputRequests["key"] = { method: "x", params: {} };
  same<typeof task.progress, Progress | undefined>();
  const stop = task.onProgress((p) => { same<typeof p, Progress>(); same<typeof p.total, number | undefined>(); });
  same<typeof stop, () => void>();
  // @ts-expect-error what was told does not change
  task.progress!.progress = 1;
  same<typeof result.data, unknown>();
  same<typeof result.meta, { [key: string]: unknown } | undefined>();
  same<(typeof result.content)[number], ContentBlock>();
  // @ts-expect-error taken out of what the server sent
  result.data = 5;

  // useSyncExternalStore
  const store = <S>(subscribe: (changed: () => void) => () => void, getSnapshot: () => S): S => (subscribe(() => {}), getSnapshot());
  same<ReturnType<typeof store<TaskStatus | undefined>>, TaskStatus | undefined>();
  const now = store(task.subscribe, task.getSnapshot);
  same<typeof now, TaskStatus | undefined>();
}

// References and plain data.
export async function data(s: TaskStatus): Promise<void> {
  const ref = task.toJSON();
  ref satisfies TaskRef;
  const again = client.task(JSON.parse(JSON.stringify(ref)) as TaskRef);
  if (again.kind === "tool") same<typeof again, ToolTask>();
  same<ReturnType<typeof client.task> extends PromiseLike<unknown> ? true : false, true>();
  const tool = client.task({ taskId: "7", kind: "tool", name: "render" });
  same<typeof tool, ToolTask>();
  const prompt = client.task({ taskId: "7", kind: "prompt", name: "summarise" });
  same<typeof prompt, PromptTask>();
  // @ts-expect-error what is found again has a kind
  client.task({ taskId: "7", name: "render" });
  // @ts-expect-error an id alone is not enough
  client.task("7");
  // @ts-expect-error what was observed does not change
  s.status = "completed";
  same<typeof s.ttlMs, number | null>();
  same<typeof s.statusMessage, string | undefined>();
  same<typeof s.inputRequests, { readonly [key: string]: InputRequest } | undefined>();
  same<Status, "working" | "input_required" | "completed" | "failed" | "cancelled">();
  same<Awaited<ReturnType<typeof client.listTools>>, Tool[]>();
  same<Awaited<ReturnType<typeof client.listTasks>>, TaskPage>();
  same<Awaited<ReturnType<typeof client.getTaskStatus>>, TaskStatus>();
  same<Awaited<ReturnType<typeof client.cancelTask>>, TaskStatus>();
  same<ReturnType<typeof client.ping>, Promise<void>>();
  same<ReturnType<typeof client.close>, void>();
  same<Awaited<ReturnType<typeof client.listTasks>>["nextCursor"], string | undefined>();
  ({ code: "x", message: "y" }) satisfies Warning;
}

// Errors: a switch over the literal codes is checked, and says what each has.
type Failure =
  | AuthorizationRequiredError | ClosedError | HttpError | InternalError | NetworkError | ProtocolError | RpcError
  | TaskCancelledError | TaskExpiredError | TaskFailedError | TaskLostError | TimeoutError | ToolError | UnsupportedError;

({}) as AnyTasksError satisfies Failure;
({}) as Failure satisfies AnyTasksError;

export function say(error: Failure): string | number | undefined {
  switch (error.code) {
    case "tool_error": return error.result.content.length;
    case "http": return error.retryAfterMs ?? error.status;
    case "authorization_required": return error.challenge;
    case "rpc": case "task_failed": case "task_cancelled": case "task_expired": return error.rpc?.code;
    case "network": case "protocol": case "unsupported": case "closed": case "internal": case "timeout": case "task_lost": return error.message;
    default: return error satisfies never;
  }
}

export function forgetful(error: Failure): string {
  switch (error.code) {
    case "tool_error": return "tool";
    case "http": return "http";
    // @ts-expect-error the other reasons are left
    default: return error satisfies never;
  }
}

export function narrow(error: unknown): string | undefined {
  if (ToolError.isInstance(error)) return (error.result satisfies CallToolResult).content[0]?.type;
  if (AuthorizationRequiredError.isInstance(error)) return error.challenge;
  if (HttpError.isInstance(error)) return String(error.retryAfterMs ?? error.status);
  if (TaskFailedError.isInstance(error)) return (error.rpc satisfies RpcDetail | undefined)?.message;
  if (TasksError.isInstance(error)) return error.retryable ? error.code : error.message;
  // @ts-expect-error still unknown
  return error.message;
}
// @ts-expect-error the base class is nobody's reason
new TasksError("mine");

// The entries beside the client: the same handles, whichever entry made them.
export function Component(one: ToolTask, maybe: PromptTask | undefined, many: ToolTask[]): void {
  useTask(one) satisfies TaskView<CallToolResult>;
  useTask(one).result satisfies CallToolResult | undefined;
  useTask(maybe)?.status satisfies TaskStatus | undefined;
  // @ts-expect-error there may be no view where there may be no task
  useTask(maybe).isPending;
  useTasks(many)[0]?.task satisfies Task<CallToolResult> | undefined;
  useTasks([one, new ScriptClient("/mcp").callTool("x")]);
  // @ts-expect-error frozen
  useTask(one).error = 1;
}
export function elements(): void {
  const element = document.createElement("mcp-task") satisfies McpTaskElement;
  element.task = client.callTool("render");
  element.task = undefined;
  // @ts-expect-error a reference is no handle
  element.task = { taskId: "x", kind: "tool", name: "y" };
}
export const told = [new Client("/mcp", { fetch: diagnosing({ tell: (words) => words.length }) }), diagnose("/mcp") satisfies Promise<string>];

// Tasks that are hosted here.
const host = new TaskHost({ store: new IndexedDbTaskStore("mine"), maxTtlMs: 1000 });
new Client("/mcp", { onElicitation: () => ({ action: "decline" }), taskHandlers: host });
new Client("/mcp", { taskHandlers: { async getTask({ taskId }) { return { taskId }; } } });
// @ts-expect-error no such handler
new Client("/mcp", { taskHandlers: { getTasks: () => ({}) } });
export const memory: TaskStore = new InMemoryTaskStore({ pageSize: 5 });
void taskExecution("id", memory, async (ctx) => {
  ctx.signal satisfies AbortSignal;
  (await ctx.updateStatus("half")).status satisfies Status;
  await ctx.complete({ n: 1 });
  // @ts-expect-error a result is an object
  await ctx.complete(7);
});
export async function outcome(): Promise<string> {
  const found = await memory.getResult("id");
  if (!found) return "none";
  return "error" in found ? found.error.message : JSON.stringify(found.result);
}
export const refusedBy = (error: unknown): string | undefined => (TaskStoreError.isInstance(error) ? error.reason : undefined);
