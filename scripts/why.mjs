// Where the bytes of the default entry are: the module's by module of the crate, and the JavaScript's by source. Before
// compression, because the files are compressed as a whole.
import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { root, run, wasmTarget } from "./env.mjs";
import { leb, sections } from "./leb.mjs";
import { optimize } from "./wasm_opt.mjs";

const IMPORTS = 2;
const CODE = 10;
const DATA = 11;
const CUSTOM = 0;

/** The report, as text. Needs what `scripts/build.mjs` has built. */
export function why() {
  const functions = named();
  const byModule = new Map();
  for (const [name, bytes] of functions) byModule.set(moduleOf(name), (byModule.get(moduleOf(name)) ?? 0) + bytes);
  return [
    table("the module, by module of the crate (what is inlined counts where it went)", byModule),
    table("its largest functions", functions, 25),
    table("the JavaScript, by source, not minified", sources()),
  ].join("\n\n");
}

/** The functions of the module by name, with their bytes, and the data. Optimized as published, but with the names of cargo's output. */
function named() {
  const folder = root + "target/why/";
  const built = `${root}target/${wasmTarget}/release/mcp_tasks.wasm`;
  run(root + "target/tools/wbg", [built, "--target", "web", "--out-dir", folder, "--out-name", "why"]);
  const wasm = folder + "why_bg.wasm";
  optimize(wasm, "-g");
  const bytes = readFileSync(wasm);
  const [sizes, names] = [[], new Map()];
  const functions = new Map();
  let imported = 0;
  for (const { kind, start, end } of sections(bytes)) {
    // wasm-bindgen's modules import functions only.
    if (kind === IMPORTS) [imported] = leb(bytes, start);
    if (kind === CODE) each(bytes, start, (from) => {
      const [size, body] = leb(bytes, from);
      sizes.push(size);
      return body + size;
    });
    if (kind === DATA) functions.set("(data)", end - start);
    if (kind === CUSTOM) readNames(bytes, start, end, names);
  }
  sizes.forEach((size, n) => {
    const name = (names.get(imported + n) ?? "(without a name)").replaceAll(/\[[0-9a-f]{16}\]/g, "");
    functions.set(name, (functions.get(name) ?? 0) + size);
  });
  return functions;
}

/** Calls back with where each element of a vector begins; the callback gives where it ends. */
function each(bytes, start, element) {
  let [count, at] = leb(bytes, start);
  for (; count > 0; count--) at = element(at);
}

/** The subsection of the section `name` that names functions. */
function readNames(bytes, start, end, names) {
  const text = (at) => {
    const [length, from] = leb(bytes, at);
    return [bytes.toString("utf8", from, from + length), from + length];
  };
  let [section, at] = text(start);
  if (section !== "name") return;
  while (at < end) {
    const id = bytes[at];
    const [length, from] = leb(bytes, at + 1);
    if (id === 1) each(bytes, from, (entry) => {
      const [index, behind] = leb(bytes, entry);
      const [name, next] = text(behind);
      names.set(index, name);
      return next;
    });
    at = from + length;
  }
}

const crates = ["alloc", "core", "std", "talc", "compiler_builtins", "wasm_bindgen"];
const ofClient = new Map();
for (const file of readdirSync(root + "src/client"))
  for (const [, name] of readFileSync(`${root}src/client/${file}`, "utf8").matchAll(/\bfn (\w+)/g))
    ofClient.set(name, `client::${basename(file, ".rs")}`);

/** `client::tasks` of the crate, or the name of another crate. */
function moduleOf(name) {
  // One type of many files: a method is looked for in them.
  const method = name.match(/^<mcp_tasks::client::Client>::(\w+)/);
  if (method) return ofClient.get(method[1]) ?? "client";
  const [path = ""] = name.match(/\b[a-z_]+(::[a-z_0-9]+)*\b/) ?? [];
  const [crate] = path.split("::");
  if (crate === "mcp_tasks") return path.split("::").slice(1, 3).join("::");
  if (/^(core_[a-z]+$|__wb)/.test(name)) return "web";
  if (name.startsWith("(")) return name;
  return `${crates.includes(crate) ? crate : "core"} (a library)`;
}

/** The bytes of each source in the bundle: esbuild says where each begins. */
function sources() {
  const parts = readFileSync(root + "dist/index.js", "utf8").split(/^\/\/ (\S+\.[jt]s)$/m);
  const all = new Map();
  for (let n = 1; n < parts.length; n += 2) all.set(parts[n], (all.get(parts[n]) ?? 0) + Buffer.byteLength(parts[n + 1]));
  return all;
}

function table(title, rows, most = Infinity) {
  const sorted = [...rows].sort((a, b) => b[1] - a[1]);
  const total = sorted.reduce((sum, [, bytes]) => sum + bytes, 0);
  const lines = sorted.slice(0, most).map(([name, bytes]) => `${String(bytes).padStart(8)}  ${((100 * bytes) / total).toFixed(1).padStart(4)} %  ${name.slice(0, 110)}`);
  return [`${title}: ${total} bytes`, ...lines].join("\n");
}
