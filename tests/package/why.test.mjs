// `npm run size -- --why`: every byte of the default entry is somebody's.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { root } from "../../scripts/env.mjs";
import { why } from "../../scripts/why.mjs";

test("the report of the sizes names the modules of the crate and the sources, and leaves nothing out", () => {
  const [modules, functions, sources] = why().split("\n\n");
  for (const [part, ...names] of [[modules, "client::tasks", "wire::json", "(data)"], [functions, "handle_input"], [sources, "src/js/client.ts"]])
    for (const name of names) assert.match(part, new RegExp(` ${name.replaceAll(/[()]/g, "\\$&")}|::${name}`, "m"));
  const total = (part) => Number(/: (\d+) bytes/.exec(part)[1]);
  const rows = modules.split("\n").slice(1).map((line) => parseInt(line, 10));
  assert.equal(rows.reduce((sum, bytes) => sum + bytes, 0), total(modules));
  // Headers, types and imports are the rest.
  const published = statSync(root + "dist/mcp_tasks_bg.wasm").size;
  assert.ok(total(modules) > 0.95 * published && total(modules) <= published, `${total(modules)} of ${published}`);
});
