// The lists of handles.test.mjs, watching.test.mjs and reference_handles.test.mjs in the 2026-07-28 revision: nobody who holds a
// handle sees the difference. What this revision cannot have says so.
import assert from "node:assert/strict";
import { test } from "node:test";

// Read as soon as the fixture is there, so nothing that needs it may be imported above.
process.env.MCP_TASKS_REVISION = "2026-07-28";
const fixture = await import("./fixture.mjs");
await import("./handles.test.mjs");
await import("./watching.test.mjs");
await import("./reference_handles.test.mjs");

test("all of it was said in that revision", () => {
  const said = new Set(fixture.server.requests.map(({ headers }) => headers["mcp-protocol-version"]));
  assert.deepEqual([...said], ["2026-07-28"]);
});
