// M3 and header injection: parameters, names and ids that the client writes into HTTP headers.
import { limits } from "../limits.mjs";
import { newTask, stateless, text } from "../wire.mjs";

const many = 20_000;
const injected = "value\r\nx-injected: yes";
const page = (tools) => ({ resultType: "complete", ttlMs: 0, cacheScope: "private", tools });
const mirrored = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: "string", "x-mcp-header": `Name-${i}` }]));
const args = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, "v"]));
const withParams = (count) => ({
  "tools/list": () => page([{ name: "attack", inputSchema: { type: "object", properties: mirrored(count) } }]),
  "tools/call": () => ({ resultType: "complete", ...text("done") }),
});

const paramHeaders = (_report, seen, assert) => assert.ok(seen.mostParamHeaders <= limits.headerParameters.most, `${seen.mostParamHeaders} headers of parameters`);

/** A line break that went through would make a header of its own. */
const noInjection = (_report, seen, assert) => assert.equal(seen.notes.injected, undefined, "the injected header arrived");
const watch = ({ req, seen }) => { if ("x-injected" in req.headers) seen.notes.injected = true; };

export const headers = {
  "many-header-parameters": {
    finding: "M3", title: `a tool with ${many} parameters that are headers`, era: stateless, drive: { lists: 1, calls: ["attack"], args: args(1) },
    begins: "tools/list", ends: ["ok", "protocol", "unsupported"], methods: withParams(many),
    check(report, seen, assert) {
      paramHeaders(report, seen, assert);
      const call = report.outcomes.at(-1);
      assert.equal(call.ok, false, "the call of that tool");
      assert.match(call.message, limits.headerParameters.words, "the error names the limit");
      assert.equal(seen.requests["tools/call"] ?? 0, 0, "the tool was called");
    },
  },
  "most-header-parameters": {
    finding: "M3", title: `a tool with ${limits.headerParameters.most} parameters that are headers can be called`, era: stateless,
    drive: { lists: 1, calls: ["attack"], args: args(200) }, begins: "tools/list", ends: ["ok"], methods: withParams(limits.headerParameters.most),
    check: (_report, seen, assert) => assert.equal(seen.mostParamHeaders, 200),
  },
  "header-injection-by-a-task-id": {
    finding: "held before", title: "a task id with a line break", era: stateless, drive: { calls: ["task"] }, ends: ["ok", "protocol"], check: noInjection,
    methods: {
      "tools/call": () => ({ resultType: "task", ...newTask(injected) }),
      "tasks/get": (exchange) => (watch(exchange), { resultType: "complete", ...newTask(injected, { status: "completed", result: text("done") }) }),
    },
  },
  "header-injection-by-a-parameter": {
    finding: "held before", title: "the name of a parameter's header with a line break", era: stateless,
    drive: { lists: 1, calls: ["attack"], args: { p: "v" } }, begins: "tools/list", ends: ["ok", "protocol", "unsupported"], check: noInjection,
    methods: {
      "tools/list": () => page([{ name: "attack", inputSchema: { type: "object", properties: { p: { type: "string", "x-mcp-header": injected } } } }]),
      "tools/call": (exchange) => (watch(exchange), { resultType: "complete", ...text("done") }),
    },
  },
};
