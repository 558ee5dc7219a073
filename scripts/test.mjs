// test.mjs [native] [wasm] [package] [browser] [hostile] [soak] [types]: those test runners, or all. The last line is the count over all.
import { add, crashed, none } from "./test/counts.mjs";
import { nodeTests, pack, types } from "./test/package.mjs";
import { native, wasm } from "./test/rust.mjs";

let unpacked;
const packed = () => (unpacked ??= pack());
process.once("exit", () => unpacked?.remove());
const runners = {
  native: () => native(),
  wasm: () => wasm(),
  package: () => nodeTests("package", packed(), { limit: 1200 }),
  browser: () => nodeTests("browser", packed(), { limit: 1500 }),
  hostile: () => nodeTests("hostile", packed(), { limit: 1800 }),
  soak: () => nodeTests("soak", packed(), { limit: 600 }),
  types: () => types(packed()),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(runners, name));
if (unknown.length > 0) {
  console.error(`test: no such runner: ${unknown.join(", ")} (there are ${Object.keys(runners).join(", ")})`);
  process.exit(2);
}

const lines = [];
let total = none;
for (const name of chosen.length > 0 ? chosen : Object.keys(runners)) {
  console.log(`\n===== ${name} =====`);
  const started = Date.now();
  let counts;
  try {
    counts = await runners[name]();
  } catch (e) {
    counts = crashed(name, e.stack ?? e);
  }
  lines.push(`${name.padEnd(8)} ${words(counts)} (${Math.round((Date.now() - started) / 1000)} s)`);
  total = add(total, counts);
}
console.log(`\n${lines.join("\n")}`);
console.log(words(total));
if (total.failed > 0 || total.passed === 0) process.exitCode = 1;

function words({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
