// The engine as plain JavaScript, for pages whose policy forbids WebAssembly: the same module as Rust's compiler made it,
// through binaryen's wasm2js. Twice the code and slower; nothing of it is written by hand.
import * as esbuild from "esbuild";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { root, run } from "./env.mjs";
import { guardGlue } from "./guard_glue.mjs";
import { leb, toLeb } from "./leb.mjs";

/** The features that rustc uses and wasm2js accepts; the rest is lowered first, or kept out (see `without`). */
const features = ["--enable-bulk-memory", "--enable-bulk-memory-opt", "--enable-sign-ext", "--enable-nontrapping-float-to-int", "--enable-mutable-globals"];

/** Writes the engine (`mcp_tasks_bg.js`) and its glue (`mcp_tasks.js`) into `folder`. */
export function makeScript(cargoWasm, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const binaryen = (tool, ...args) => run(process.execPath, [`${root}node_modules/binaryen/bin/${tool}`, ...features, ...args]);
  // wasm-bindgen keeps JavaScript's objects in a table of the module's, which wasm2js does not know, or in an array of its own,
  // where the module says that it was compiled without such tables.
  writeFileSync(folder + "plain.wasm", without(readFileSync(cargoWasm), ["reference-types", "multivalue"]));
  run(root + "target/tools/wbg", [folder + "plain.wasm", "--target", "web", "--out-dir", folder, "--out-name", "mcp_tasks",
    "--omit-default-module-path", "--remove-name-section", "--remove-producers-section", "--experimental-reset-state-function"]);
  const wasm = folder + "mcp_tasks_bg.wasm";
  binaryen("wasm-opt", "--signext-lowering", "--llvm-nontrapping-fptoint-lowering", "-Oz", "--low-memory-unused", "--strip-target-features", wasm, "-o", wasm);
  binaryen("wasm2js", "-Oz", wasm, "-o", folder + "engine.js");
  // Minified: with names and white space the file would be three times as large.
  const { code } = esbuild.transformSync(callable(readFileSync(folder + "engine.js", "utf8")), { minify: true, format: "esm", target: "es2022", charset: "utf8" });
  writeFileSync(folder + "mcp_tasks_bg.js", `// The Rust engine of mcp-tasks, by binaryen's wasm2js. Generated.\n${code}`);
  writeFileSync(folder + "mcp_tasks.js", started(guardGlue(withStatics(readFileSync(folder + "mcp_tasks.js", "utf8")))));
}

const STATICS = "__wbindgen_externref_xform__";

/** The glue, which itself offers the one function that the module imports from elsewhere: below which number an object is a constant. */
function withStatics(glue) {
  const constants = /if \(idx < (\d+)\) return;/.exec(glue)?.[1];
  if (!constants) throw new Error("the glue keeps its objects in another way than it did");
  const change = changer(glue);
  change(`import * as import1 from "${STATICS}"\n`, "");
  return change(`"${STATICS}": import1`, `"${STATICS}": { __wbindgen_externref_statics_end: () => ${constants} }`);
}

/** wasm2js writes a module that runs at once; ours runs with the first call, and with what the glue gives it. */
function callable(code) {
  const start = code.indexOf("var retasmFunc = asmFunc(");
  if (start < 0) throw new Error("wasm2js ends its module in another way than it did");
  return `${code.slice(0, start).replaceAll(/^import .*$/gm, "")}\nexport const instantiate = asmFunc;\n`;
}

/** The glue that starts the engine's file in place of a module. */
function started(glue) {
  const change = changer(`import { instantiate } from "#engine";\n${glue}`);
  change("const { instance, module } = await __wbg_load(await module_or_path, imports);", "const [instance, module] = [{ exports: instantiate(imports) }];");
  change("new WebAssembly.Instance(wasmModule, __wbg_get_imports())", "{ exports: instantiate(__wbg_get_imports()) }");
  // Memory that grows is a new buffer here, and the old one is not detached.
  change("cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)", "cachedDataViewMemory0.buffer !== wasm.memory.buffer");
  return change("cachedUint8ArrayMemory0.byteLength === 0", "cachedUint8ArrayMemory0.buffer !== wasm.memory.buffer");
}

function changer(text) {
  return (from, to) => {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`the glue says ${parts.length - 1} times, not once: ${from}`);
    return (text = parts.join(to));
  };
}

/** The module, saying that it was compiled without these features. It uses nothing of them: only what wasm-bindgen makes of it would. */
function without(wasm, names) {
  const parts = [wasm.subarray(0, 8)];
  let found = false;
  for (let at = 8; at < wasm.length; ) {
    const [length, start] = leb(wasm, at + 1);
    const end = start + length;
    const [nameLength, nameStart] = wasm[at] === 0 ? leb(wasm, start) : [0, 0];
    if (wasm.toString("latin1", nameStart, nameStart + nameLength) === "target_features") {
      found = true;
      const kept = [];
      let [count, next] = leb(wasm, nameStart + nameLength);
      for (; count > 0; count--) {
        const [size, first] = leb(wasm, next + 1);
        const entry = wasm.subarray(next, (next = first + size));
        if (!names.includes(wasm.toString("latin1", first, next))) kept.push(entry);
      }
      const body = Buffer.concat([wasm.subarray(start, nameStart + nameLength), Buffer.from(toLeb(kept.length)), ...kept]);
      parts.push(Buffer.from([0, ...toLeb(body.length)]), body);
    } else {
      parts.push(wasm.subarray(at, end));
    }
    at = end;
  }
  if (!found) throw new Error("the module does not say what it was compiled with");
  return Buffer.concat(parts);
}
