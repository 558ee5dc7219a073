// Results that say `isError` and have no list of content blocks. Servers send such results by mistake; a client must reject with ToolError
// and must not leave a promise pending.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { answer, json } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { clients, inTime, mcp, rejection } from "./support.mjs";

const { ToolError } = mcp;
const NO_REASON = "the tool failed and gave no reason";

/** Contents that a server may send, and the message of the error. */
const CONTENTS = {
  "a text": ["oops", NO_REASON],
  "null": [null, NO_REASON],
  "a number": [7, NO_REASON],
  "an object": [{ find: 1, map: 2, length: 3 }, NO_REASON],
  "a list of null": [[null], NO_REASON],
  "a list of texts": [["not found"], NO_REASON],
  "a list of lists": [[[], [null]], NO_REASON],
  "a text block without a text": [[{ type: "text" }], NO_REASON],
  "a text block whose text is an object": [[{ type: "text", text: { toString: 1, valueOf: 1 } }], NO_REASON],
  "a text block whose text is null, and another": [[null, { type: "text", text: null }, { type: "text", text: "second" }], "second"],
  "a type that is an object": [[{ type: { toString: 1 }, text: "first" }, { type: "text", text: "second" }], "second"],
};

for (const revision of ["2025-11-25", "2026-07-28"]) {
  describe(revision, () => {
    let server;
    before(async () => { server = await startPuppet({ revision }); });
    beforeEach(() => { server.script.clear(); });
    after(() => server.close());

    for (const [what, [content, message]] of Object.entries(CONTENTS)) {
      const result = { isError: true, content, structuredContent: null };
      const isToolError = (error) => {
        assert.ok(error instanceof ToolError, `${error?.name}: ${error?.message}`);
        assert.equal(error.message, message);
        assert.deepEqual(error.result.content, content);
      };

      test(`H3: a call whose isError result has for its content ${what} rejects with ToolError`, async (t) => {
        const { client, warnings } = clients(t, server.url);
        const complete = revision === "2026-07-28" ? { resultType: "complete", ...result } : result;
        server.script.set("tools/call", ({ rpc, res }) => { json(res, answer(rpc.id, complete)); });
        const own = client({ era: revision });
        const task = own.callTool("forbidden", {}, { task: false });
        isToolError(await rejection(task));
        isToolError(await rejection(task.result()));
        assert.deepEqual((await inTime(own.callTool("forbidden", {}, { raiseOnError: false }))).content, content);
        assert.deepEqual(warnings, []);
      });

      test(`H3: a task whose isError result has for its content ${what} rejects every waiter with ToolError`, async (t) => {
        const { client, warnings } = clients(t, server.url);
        const own = client({ era: revision });
        const task = own.callTool("required");
        const [first, second] = [rejection(task), rejection(task.result())];
        server.finish(await inTime(task.created), result, "failed");
        isToolError(await first);
        isToolError(await second);
        isToolError(await rejection(own.task(task.toJSON())));
        assert.deepEqual(warnings, []);
      });
    }
  });
}

describe("H3: no constructor of an error throws", () => {
  const hostile = [undefined, null, 7, "text", Symbol("s"), {}, { toString: null, valueOf: null }, { content: "oops" }, { message: { toString: null } }, [null]];
  for (const [name, type] of Object.entries(mcp).filter(([name]) => name.endsWith("Error") && name !== "TasksError")) {
    test(name, () => {
      for (const value of hostile) {
        // The engine's failures are objects; their members may be anything.
        const failure = { code: "rpc", message: value, rpc: { code: 1, message: value, data: "{" } };
        for (const argument of name === "ToolError" || name === "TimeoutError" ? [value, failure] : [failure, { ...failure, rpc: undefined }]) {
          const error = new type(argument);
          assert.ok(error instanceof type);
          assert.equal(typeof error.message, "string");
        }
      }
    });
  }
});
