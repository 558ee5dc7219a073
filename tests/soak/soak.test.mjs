// One minute of the soak test (npm run soak). MCP_TASKS_SOAK_SEED=7 runs another seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { entry } from "../package/support.mjs";
import { soak } from "./run.mjs";
import { findings, table } from "./table.mjs";

test("a minute of tasks over every server, through connections that break: none is lost, executed twice or left hanging", async (t) => {
  const report = await soak({ minutes: 1, seed: Number(process.env.MCP_TASKS_SOAK_SEED ?? 1), entry: entry(), log: (line) => t.diagnostic(line) });
  for (const line of table(report).split("\n")) t.diagnostic(line);
  assert.deepEqual(findings(report), []);
  const tasks = report.rows.reduce((sum, row) => sum + row.tasks, 0);
  assert.ok(tasks > 200, `only ${tasks} tasks`);
});
