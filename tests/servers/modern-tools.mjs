// The tools of the modern stub. Each is `{ name, task, needs, ask, run, … }`:
//   task   "never": answers at once; "may": a task where the client declares the extension; "must": else -32021
//   needs  client capabilities it cannot do without (else -32021): it asks for input
//   ask    the questions it asks before it answers or becomes a task (MRTR: `resultType: "input_required"`)
//   run    (args, work, inputs) -> CallToolResult, or throws an RpcError; `work` is a Task or what stands in for one
//
// | tool                          | task  | what it does |
// | ----------------------------- | ----- | --- |
// | greet {name}                  | never | answers at once |
// | narrate {steps}               | never | answers without a task, after `notifications/progress` where they are asked for |
// | count {steps, label}          | may   | says "step i of n", one every stepMs |
// | slow_compute {seconds, label} | may   | sleeps that many times secondMs |
// | failing_job                   | must  | completes with `isError` |
// | protocol_error_job {code}     | may   | fails with `{ code, message, data }` |
// | instant {status}              | must  | is over when it is created: completed, failed or cancelled |
// | stubborn                      | must  | passes over a cancellation and completes |
// | restless                      | must  | tells pollIntervalMs, then twice, then half of it |
// | fleeting {ttlMs}              | must  | never ends by itself, and is unknown after ttlMs |
// | puppet {ttlMs, pollIntervalMs} | must | does nothing by itself: a test drives `server.tasks.find(taskId)` |
// | confirm_delete {filename}     | must  | asks one question: `confirm` |
// | multi_input                   | must  | asks two at once: `name` and `confirm` |
// | ask_twice                     | must  | asks `first`, then `second` |
// | ask_all                       | must  | asks one of each kind at once: `form`, `model`, `roots` |
// | test_tool_with_task           | must  | asks `user_name` (MRTR), then becomes a task |
// | ask_then_answer               | never | asks `user_name` (MRTR), then answers |
// | come_back                     | never | only wants to be called again with its `requestState` (MRTR without a question) |
// | regional {region, priority, dry, note} | may | wants Mcp-Param-Region, -Priority and -Dry-Run for the first three |
// | invalid_…                     | never | one for each annotation that a client must refuse |
// | test_…                        | never | what the official suite probes the base protocol with |
// The names greet, slow_compute, failing_job, protocol_error_job, confirm_delete, multi_input and test_tool_with_task, and
// what these do, are the official conformance suite's.
import { RpcError } from "./modern-http.mjs";

const text = (value, more = {}) => ({ content: [{ type: "text", text: value }], ...more });
const schema = (properties = {}, required = []) => ({ type: "object", properties, ...(required.length > 0 ? { required } : {}) });
const string = { type: "string" };

/** A question to a person. */
export function form(message, properties) {
  const requestedSchema = schema(properties, Object.keys(properties));
  return { method: "elicitation/create", params: { mode: "form", message, requestedSchema } };
}
const askName = { user_name: form("What is your name?", { name: string }) };
const elicitation = { elicitation: {} };
const given = (response, member) => (response?.action === "accept" ? response.content?.[member] : undefined);

/** The tools, as `startModern` was asked for them. */
export function modernTools({ stepMs, secondMs, pollIntervalMs, ownTools, invalidTools, tools: more }) {
  const own = [
    { name: "greet", inputSchema: schema({ name: string }), run: ({ name = "World" }) => text(`Hello, ${name}!`) },
    {
      name: "narrate",
      inputSchema: schema({ steps: { type: "integer" } }),
      async run({ steps = 3 }, work) {
        for (let i = 1; i <= steps; i++) {
          await work.sleep(stepMs);
          work.progress(i, steps, `chapter ${i}`);
        }
        return text("the end");
      },
    },
    {
      name: "count",
      task: "may",
      inputSchema: schema({ steps: { type: "integer" }, label: string }),
      async run({ steps = 3, label }, work) {
        for (let i = 1; i <= steps; i++) {
          work.step(`step ${i} of ${steps}`);
          await work.sleep(stepMs);
        }
        return text(`counted to ${steps}`, { structuredContent: { counted: steps, ...(label === undefined ? {} : { label }) } });
      },
    },
    {
      name: "slow_compute",
      task: "may",
      inputSchema: schema({ seconds: { type: "number" }, label: string }),
      async run({ seconds = 1, label }, work) {
        await work.sleep(seconds * secondMs);
        return text(`computed ${label ?? "it"}`);
      },
    },
    {
      name: "failing_job",
      task: "must",
      async run(_args, work) {
        work.step("trying");
        await work.sleep(stepMs);
        return text("the printer is on fire", { isError: true });
      },
    },
    {
      name: "protocol_error_job",
      task: "may",
      inputSchema: schema({ code: { type: "integer" } }),
      async run({ code = -32603 }, work) {
        work.step("walking on thin ice");
        await work.sleep(stepMs);
        throw new RpcError(code, "the ice broke", { depth: 3 });
      },
    },
    {
      name: "instant",
      task: "must",
      inputSchema: schema({ status: { enum: ["completed", "failed", "cancelled"], type: "string" } }),
      begin({ status = "completed" }, task) {
        if (status === "failed") task.fail({ code: -32603, message: "it failed at once" });
        else if (status === "cancelled") task.cancel();
        else task.complete(text("done at once"));
      },
    },
    {
      name: "stubborn",
      task: "must",
      of: () => ({ heedsCancel: false }),
      async run(_args, work) {
        work.step("not to be stopped");
        await work.sleep(4 * stepMs);
        return text("done all the same");
      },
    },
    {
      name: "restless",
      task: "must",
      async run(_args, work) {
        for (const factor of [1, 2, 0.5]) {
          work.step(`times ${factor}`, { pollIntervalMs: Math.max(1, Math.round(pollIntervalMs * factor)) });
          await work.sleep(2 * stepMs);
        }
        return text("at rest");
      },
    },
    {
      name: "fleeting",
      task: "must",
      inputSchema: schema({ ttlMs: { type: "integer" } }),
      of: ({ ttlMs = 3 * stepMs }) => ({ ttlMs }),
      begin: (_args, task) => task.step("here today"),
    },
    {
      name: "puppet",
      task: "must",
      inputSchema: schema({ ttlMs: { type: "integer" }, pollIntervalMs: { type: "integer" } }),
      of: ({ ttlMs, pollIntervalMs }) => ({ ttlMs, pollIntervalMs }),
      begin() {},
    },
    {
      name: "confirm_delete",
      task: "must",
      needs: elicitation,
      inputSchema: schema({ filename: string }),
      async run({ filename = "it" }, work) {
        await work.sleep(stepMs);
        const { confirm } = await work.ask({ confirm: form(`Delete ${filename}?`, { confirm: { type: "boolean" } }) });
        return text(given(confirm, "confirm") === true ? `deleted ${filename}` : `kept ${filename} (${confirm.action})`);
      },
    },
    {
      name: "multi_input",
      task: "must",
      needs: elicitation,
      async run(_args, work) {
        await work.sleep(stepMs);
        const { name, confirm } = await work.ask({
          name: form("Who are you?", { name: string }),
          confirm: form("Are you sure?", { confirm: { type: "boolean" } }),
        });
        return text(`${given(name, "name") ?? name.action}, ${given(confirm, "confirm") ?? confirm.action}`);
      },
    },
    {
      name: "ask_twice",
      task: "must",
      needs: elicitation,
      async run(_args, work) {
        const { first } = await work.ask({ first: form("First?", { word: string }) });
        work.step("one answer");
        await work.sleep(stepMs);
        const { second } = await work.ask({ second: form("Second?", { word: string }) });
        return text(`${given(first, "word") ?? first.action} ${given(second, "word") ?? second.action}`);
      },
    },
    {
      name: "ask_all",
      task: "must",
      needs: { elicitation: {}, sampling: {}, roots: {} },
      async run(_args, work) {
        const answers = await work.ask({
          form: form("A word?", { word: string }),
          model: {
            method: "sampling/createMessage",
            params: { messages: [{ role: "user", content: { type: "text", text: "A word?" } }], maxTokens: 10 },
          },
          roots: { method: "roots/list" },
        });
        return text("three answers", { structuredContent: answers });
      },
    },
    {
      name: "test_tool_with_task",
      task: "must",
      needs: elicitation,
      ask: askName,
      async run(_args, work, { user_name }) {
        await work.sleep(stepMs);
        return text(`Hello, ${given(user_name, "name") ?? user_name.action}!`);
      },
    },
    {
      name: "ask_then_answer",
      needs: elicitation,
      ask: askName,
      run: (_args, _work, { user_name }) => text(`Hello, ${given(user_name, "name") ?? user_name.action}!`),
    },
    { name: "come_back", ask: {}, run: () => text("welcome back") },
    {
      name: "regional",
      task: "may",
      inputSchema: schema({
        region: { ...string, "x-mcp-header": "Region" },
        priority: { type: "integer", "x-mcp-header": "Priority" },
        dry: { type: "boolean", "x-mcp-header": "Dry-Run" },
        note: string,
      }, ["region"]),
      run: (args) => text("routed", { structuredContent: args }),
    },
    { name: "test_missing_capability", needs: { sampling: {} }, run: () => text("sampling could be had") },
    { name: "test_streaming_elicitation", needs: elicitation, ask: askName, run: () => text("asked") },
    { name: "test_logging_tool", run: () => text("logged nothing") },
    ...(invalidTools ? refused : []),
  ];
  const tools = [...(ownTools ? own : []), ...more];
  const common = { task: "never", needs: {}, inputSchema: schema() };
  return tools.map((tool) => ({ ...common, description: `The tool ${tool.name}`, ...tool }));
}

const refused = Object.entries({
  empty: { value: { ...string, "x-mcp-header": "" } },
  object: { value: { type: "object", "x-mcp-header": "Data" } },
  array: { value: { type: "array", items: string, "x-mcp-header": "Items" } },
  null: { value: { type: "null", "x-mcp-header": "Nil" } },
  number: { value: { type: "number", "x-mcp-header": "Score" } },
  twice: { one: { ...string, "x-mcp-header": "MyField" }, two: { ...string, "x-mcp-header": "myfield" } },
  space: { value: { ...string, "x-mcp-header": "My Region" } },
  colon: { value: { ...string, "x-mcp-header": "Region:Primary" } },
  non_ascii: { value: { ...string, "x-mcp-header": "Région" } },
  control: { value: { ...string, "x-mcp-header": "Region\t1" } },
}).map(([what, properties]) =>
  ({ name: `invalid_${what}`, invalid: true, inputSchema: schema(properties), run: () => text("should not be called") }));
