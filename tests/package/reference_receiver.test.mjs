// The rows of the Python SDK's `mcp.shared.experimental.tasks` in Node; tests/browser/receiver.test.mjs runs them in a page.
import { test } from "node:test";
import { check, rows } from "./scenarios/receiver.mjs";
import { receiver } from "./support.mjs";

for (const [title, row] of Object.entries(rows)) {
  test(title, () => row(receiver, (options) => new receiver.InMemoryTaskStore(options), check));
}
