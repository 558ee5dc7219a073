// dist/: the package as published. Rust -> wasm -> glue (target/glue) -> bundles and types.
// Each half has a stamp over all that goes into it, so an unchanged tree costs one `cargo build` that does nothing.
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { env, root, run, wasmTarget } from "./env.mjs";
import { guardGlue } from "./guard_glue.mjs";
import { shortNames } from "./short_names.mjs";
import { optimize } from "./wasm_opt.mjs";
import { makeScript } from "./wasm2js.mjs";

// Two modules of one crate: the client's (default features) and the receiver's (only the feature `receiver`). Each has its own
// cargo target folder, so that building one does not invalidate the other.
//
// MCP_TASKS_ENTRIES=node,index builds only these entries, which have the client's module, and no types.
// MCP_TASKS_BUILD_FOLDER=target/x/ is used in place of target/ for all that is built, dist/ included, so that a build with other
// options does not invalidate the usual one.
const chosen = env.MCP_TASKS_ENTRIES?.split(",");
const targets = root + (env.MCP_TASKS_BUILD_FOLDER ?? "target/");
const dist = env.MCP_TASKS_BUILD_FOLDER ? targets + "dist/" : root + "dist/";
const cargoWasm = (folder) => `${folder}${wasmTarget}/release/mcp_tasks.wasm`;
const client = { wasm: cargoWasm(targets), target: targets, glue: targets + "glue/", name: "mcp_tasks", options: [] };
const receiver = { wasm: cargoWasm(targets + "receiver/"), target: targets + "receiver/", glue: targets + "glue-receiver/", name: "receiver", options: ["--no-default-features", "--features", "receiver"] };
// The client's module once more, as JavaScript.
const script = { glue: targets + "glue-js/", name: "mcp_tasks" };

// A std built for size, in which a panic is a trap without a message: src/js/panic_guard.ts reports it. Stable compilers have these
// options without a promise to keep them. Measured: 13 KB of gzip less in the default entry. A build without them works.
const lean = {
  flags: ["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Zfmt-debug=none"],
  options: ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"],
};

// MCP_TASKS_PLAIN_BUILD=1 builds without the steps that only make the package smaller: with the std of the toolchain and
// wasm-bindgen's own names. The result works the same.
const isPlain = env.MCP_TASKS_PLAIN_BUILD === "1";
const hasStdSource = env.STD_SOURCE && !isPlain;

// Where each entry is meant for: browsers, bundlers and workers; Node; any host, with the module inside as base64 or as JavaScript, or
// with no engine at all.
const entries = {
  index: "browser", node: "node", inline: "neutral", js: "neutral", "receiver/index": "neutral", diagnose: "neutral", element: "browser", persist: "neutral", react: "neutral",
};

for (const module of chosen ? [client] : [client, receiver]) {
  buildRust(module);
  module.key = `${isPlain} ` + hash([module.wasm, root + "Cargo.lock", root + "scripts/build.mjs", root + "scripts/guard_glue.mjs", root + "scripts/short_names.mjs", root + "scripts/leb.mjs",
    root + "scripts/wasm_opt.mjs", root + "node_modules/binaryen/package.json"]);
  if (read(module.glue + ".stamp") !== module.key) makeGlue(module);
}
script.key = client.key + hash([root + "scripts/wasm2js.mjs", root + "scripts/leb.mjs"]);
if (!chosen && read(script.glue + ".stamp") !== script.key) {
  makeScript(client.wasm, script.glue);
  writeFileSync(script.glue + ".stamp", script.key);
}
const sources = readdirSync(root + "src/js", { recursive: true }).map(String).filter((f) => f.endsWith(".ts")).sort();
const distKey = [chosen, script.key, receiver.key].join(" ") + hash([...sources.map((f) => `${root}src/js/${f}`), root + "tsconfig.json",
  root + "node_modules/esbuild/package.json", root + "node_modules/typescript/package.json"]);
if (read(targets + "dist.stamp") !== distKey || !existsSync(dist)) await makeDist();

function buildRust({ target, options }) {
  const flags = `CARGO_TARGET_${wasmTarget.toUpperCase().replaceAll("-", "_")}_RUSTFLAGS`;
  // Panic messages hold source paths: keep this machine's out of the package, and the build the same everywhere.
  const registry = (env.CARGO_HOME ?? homedir() + "/.cargo") + "/registry/src";
  const crates = existsSync(registry) ? readdirSync(registry).map((d) => [join(registry, d), "/crates"]) : [];
  // The last prefix that fits wins: the general one comes first.
  const remap = [[homedir(), "/home"], ...crates, [root.slice(0, -1), "/mcp-tasks"]].map(([a, b]) => `--remap-path-prefix=${a}=${b}`);
  const all = [...(env[flags]?.split(" ") ?? []), ...remap, ...(hasStdSource ? lean.flags : [])];
  if (!env.STD_SOURCE && !isPlain) console.error("build: without std's source (see scripts/setup.sh) the module is about 13 KB of gzip larger");
  // As a cdylib alone: beside an rlib (which the native tests need) cargo drops `lto` silently, and the wasm doubles.
  // The flags in their encoded form: a folder's name may hold a space.
  run("cargo", ["rustc", "--locked", "-q", "--release", "--lib", "--crate-type", "cdylib", "--target", wasmTarget,
    "--target-dir", target, ...options, ...(hasStdSource ? lean.options : [])], { CARGO_ENCODED_RUSTFLAGS: all.join("\x1f"), ...(hasStdSource && { RUSTC_BOOTSTRAP: "1" }) });
}

function makeGlue({ wasm: built, glue, name, key }) {
  rmSync(glue, { recursive: true, force: true });
  // web: plain ES modules, started by our own entries. They say where the wasm is, so the glue's own guess, a second
  // `new URL(…, import.meta.url)` that would make bundlers ship the wasm twice, is left out.
  // --experimental-reset-state-function: after a trap, the next client gets a new instance (src/js/load.ts).
  const reset = name === client.name ? ["--experimental-reset-state-function"] : [];
  run(root + "target/tools/wbg", [built, "--target", "web", "--out-dir", glue, "--out-name", name, "--omit-default-module-path",
    "--remove-name-section", "--remove-producers-section", ...reset]);
  const wasm = `${glue}${name}_bg.wasm`;
  if (name === client.name) {
    const file = `${glue}${name}.js`;
    let text = readFileSync(file, "utf8");
    if (!isPlain) {
      const short = shortNames(readFileSync(wasm), text);
      writeFileSync(wasm, short.wasm);
      text = short.glue;
    }
    writeFileSync(file, guardGlue(text));
  }
  optimize(wasm);
  const bytes = readFileSync(wasm);
  for (const path of [homedir() + "/", root]) if (path.length > 1 && bytes.includes(path)) fail(`the wasm holds a path of this machine: ${path}`);
  writeFileSync(glue + ".stamp", key);
}

async function makeDist() {
  // Into a folder of its own, swapped in at the end: a build that fails leaves the old dist/ whole.
  const next = targets + "dist.next/";
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  copyFileSync(client.glue + "mcp_tasks_bg.wasm", next + "mcp_tasks_bg.wasm");
  if (!chosen) await makeRest(next);
  for (const [entry, platform] of Object.entries(entries)) if (!chosen || chosen.includes(entry)) await bundle(entry, platform, next);
  rmSync(targets + "dist.stamp", { force: true });
  const last = targets + "dist.last/";
  rmSync(last, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, last);
  renameSync(next, dist);
  rmSync(last, { recursive: true, force: true });
  writeFileSync(targets + "dist.stamp", distKey);
  const wasm = readFileSync(dist + "mcp_tasks_bg.wasm");
  console.error(`dist/mcp_tasks_bg.wasm: ${wasm.length} bytes, gzip ${gzipSync(wasm, { level: 9 }).length}, brotli ${brotliCompressSync(wasm).length}`);
}

/** Types, the engine as JavaScript, and the shared worker. */
async function makeRest(next) {
  run(process.execPath, [root + "node_modules/typescript/bin/tsc", "-p", root, "--outDir", next + "types"]);
  copyFileSync(script.glue + "mcp_tasks_bg.js", next + "mcp_tasks_bg.js");
  // One engine for all tabs: the classes are the default entry's own, the worker has the module beside it.
  await bundle("shared", "browser", next, { classes: "./index.js" });
  await bundle("shared", "node", next, { classes: "./node.js", name: "shared.node" });
  await bundle("shared_worker", "browser", next);
}

/** `classes`: the neighbouring entry with the public classes, which is then not bundled. */
async function bundle(entry, platform, folder, { classes, name = entry.split("/")[0] } = {}) {
  const result = await esbuild.build({
    entryPoints: { [name]: `${root}src/js/${entry}.ts` },
    // Source maps name their sources as seen from dist/, so that is what esbuild is told; the files go to `folder`.
    outdir: dist, write: false,
    platform, bundle: true, format: "esm", target: "es2022",
    // Readable for those who debug; an app's own bundler minifies. minifySyntax only drops what can never run.
    minifySyntax: true, sourcemap: true, sourcesContent: true, legalComments: "none", charset: "utf8",
    absWorkingDir: root, plugins: [{ name: "generated", setup: (build) => generated(build, entry === "js" ? script : client, classes) }],
    external: ["react"], logLevel: "warning",
  }).catch(() => fail(`esbuild: ${entry}`)); // esbuild has said why
  if (result.warnings.length > 0) fail(`esbuild: warnings in ${entry}`);
  for (const file of result.outputFiles) writeFileSync(folder + basename(file.path), file.contents);
}

/** `#glue` and `#wasm-base64`: imports of the entries that this script makes. `#js/…` and `#engine`: imports of the glue. */
function generated(build, engine, classes) {
  // The public classes are in another entry.
  if (classes) build.onResolve({ filter: /^\.\/public\.js$/ }, () => ({ path: classes, external: true }));
  build.onResolve({ filter: /^#js\// }, ({ path }) => ({ path: `${root}src/js/${path.slice(4)}.ts`, sideEffects: false }));
  for (const [prefix, { glue, name }] of [["#", engine], ["#receiver-", receiver]]) {
    build.onResolve({ filter: new RegExp(`^${prefix}glue$`) }, () => ({ path: `${glue}${name}.js`, sideEffects: false }));
    build.onResolve({ filter: new RegExp(`^${prefix}(wasm-)?base64$`) }, () => ({ path: `${name}_bg.wasm`, namespace: "base64", pluginData: glue }));
  }
  // A file of its own, beside the entry: no source map has to repeat it.
  build.onResolve({ filter: /^#engine$/ }, () => ({ path: "./mcp_tasks_bg.js", external: true }));
  // By its name alone: esbuild writes what a module is called into the bundle.
  build.onLoad({ filter: /.*/, namespace: "base64" }, ({ path, pluginData }) => ({ contents: readFileSync(pluginData + path), loader: "base64" }));
}

function hash(files) {
  const h = createHash("sha256");
  for (const f of files) h.update(basename(f)).update("\0").update(readFileSync(f)).update("\0");
  return h.digest("hex");
}
function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
function fail(message) {
  console.error(`build: ${message}`);
  process.exit(1);
}
