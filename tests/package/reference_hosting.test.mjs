// The rows of the Python SDK's `ExperimentalTaskHandlers` in Node; tests/browser/receiver.test.mjs runs them in a page.
import { test } from "node:test";
import { rows } from "./scenarios/receiver-host.mjs";
import { check } from "./scenarios/receiver.mjs";
import { inTime, mcp, receiver } from "./support.mjs";

for (const [title, row] of Object.entries(rows)) {
  test(title, () => inTime(row({ ...mcp, receiver }, check), title));
}
