// Every static check, all of them even when one fails: formatting, lints, docs, types, and the shape of the package.
import { existsSync } from "node:fs";
import { findings as uncovered } from "./coverage.mjs";
import { findings as api } from "./api.mjs";
import { root, wasmTarget } from "./env.mjs";
import { findings as proseFindings, measure as measureProse } from "./prose.mjs";
import { notComparable, sizes } from "./sizes.mjs";
import { pack, typesTest } from "./test/package.mjs";
import { stream } from "./test/process.mjs";

const cargo = (...args) => () => stream("cargo", args, { limit: 900 });
const bin = (name, ...args) => stream(process.execPath, [`${root}node_modules/${name}`, ...args], { limit: 180 });
// rustdoc takes no flags after `--`
const doc = (...args) => () => stream("cargo", ["doc", "-q", "--locked", "--no-deps", ...args], { limit: 900, extra: { RUSTDOCFLAGS: "-D warnings" } });

let unpacked;
const packed = () => (unpacked ??= pack());
process.once("exit", () => unpacked?.remove());
const steps = {
  "rustfmt": cargo("fmt", "--all", "--check"),
  // a workspace of its own
  "rustfmt (fuzz targets)": existsSync(root + "tests/fuzz/Cargo.toml") && cargo("fmt", "--check", "--manifest-path", "tests/fuzz/Cargo.toml"),
  "clippy": cargo("clippy", "-q", "--locked", "--all-targets", "--", "-D", "warnings"),
  // web/ and the wasm tests exist on wasm32 only
  [`clippy (${wasmTarget})`]: cargo("clippy", "-q", "--locked", "--lib", "--tests", "--target", wasmTarget, "--", "-D", "warnings"),
  // the features are additive: the receiver's module has only `receiver`, and both together compile, too
  [`clippy (${wasmTarget}, only receiver)`]: cargo("clippy", "-q", "--locked", "--lib", "--no-default-features", "--features", "receiver", "--target", wasmTarget, "--", "-D", "warnings"),
  [`clippy (${wasmTarget}, client and receiver)`]: cargo("clippy", "-q", "--locked", "--lib", "--features", "receiver", "--target", wasmTarget, "--", "-D", "warnings"),
  "cargo doc": doc("--lib"),
  [`cargo doc (${wasmTarget})`]: doc("--lib", "--features", "receiver", "--target", wasmTarget),
  "tsc": () => bin("typescript/bin/tsc", "-p", root, "--noEmit", "--emitDeclarationOnly", "false"),
  "tsc (the packed types)": existsSync(root + "tests/package/types.test-d.ts") && (() => typesTest(packed())),
  // every row of tests/coverage.json has a test, and docs/coverage.md says which
  "coverage": async () => {
    const found = uncovered();
    return { ok: found.length === 0, why: found.join("; ") };
  },
  // docs/api is what the declarations say
  "api": async () => {
    const found = await api();
    return { ok: found.length === 0, why: found.join("; ") };
  },
  // the limits and the goal are in scripts/prose.mjs
  "prose": async () => {
    const found = proseFindings(measureProse());
    return { ok: found.length === 0, why: found.join("; ") };
  },
  "sizes": async () => {
    if (notComparable) return { ok: true };
    const { stale } = await sizes();
    return { ok: stale.length === 0, why: `README.md has other figures for ${stale.join(", ")}: run node scripts/sizes.mjs` };
  },
  "publint": () => bin("publint/src/cli.js", "run", packed().tarball, "--strict"),
  // The .wasm, the worker and package.json are entries without types, and are meant to be.
  "attw": () => bin("@arethetypeswrong/cli/dist/index.js", packed().tarball, "--profile", "esm-only", "--no-definitely-typed",
    "--exclude-entrypoints", "./mcp_tasks_bg.wasm", "./shared-worker", "./package.json"),
};

const findings = [];
for (const [name, step] of Object.entries(steps)) {
  if (!step) continue;
  const started = Date.now();
  const { ok, why } = await step().catch((e) => ({ ok: false, why: e.message }));
  console.log(`${ok ? "ok    " : "FAILED"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)${ok ? "" : `: ${why}`}`);
  if (!ok) findings.push(name);
}
console.log(findings.length === 0 ? "check: no findings" : `check: findings in ${findings.join(", ")}`);
process.exitCode = findings.length === 0 ? 0 : 1;
