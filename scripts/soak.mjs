// soak.mjs MINUTES [--seed N]: tasks over every server of the tests, through connections that break, for that long. Prints one table;
// exits non-zero when a task was lost, executed twice or left hanging, or when the heap grew.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { soak } from "../tests/soak/run.mjs";
import { findings, table } from "../tests/soak/table.mjs";
import { pack } from "./test/package.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: "string", default: "1" } } });
const minutes = Number(positionals[0] ?? "10");
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error("soak: MINUTES must be a number above 0, and the seed a whole number: npm run soak -- 10 --seed 7");
  process.exit(2);
}

const packed = pack();
process.once("exit", () => packed.remove());
const entry = pathToFileURL(createRequire(join(packed.project, "package.json")).resolve("mcp-tasks")).href;
const report = await soak({ minutes, seed, entry, log: (line) => console.error(`soak: ${line}`) });
console.log(table(report));
const found = findings(report);
for (const words of found) console.log(`\nFAILED: ${words}`);
process.exit(found.length > 0 ? 1 : 0);
