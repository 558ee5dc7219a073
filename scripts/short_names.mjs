// Short names for what the wasm module imports and exports. wasm-bindgen names each import with a hash
// ("__wbg_get_2080c49015e35254"), in the module and again in the glue, which no compressor can shrink.
// Measured: 6.0 KB of gzip less in the default entry. A build without this step works the same (see scripts/build.mjs).
import { leb, sections, toLeb } from "./leb.mjs";

const IMPORTS = 2;
const EXPORTS = 7;

const text = (string) => [...toLeb(string.length), ...Buffer.from(string, "latin1")];

/** The import or the export section with other names: `rename` gets those of an entry and gives the new ones, or none to leave it out. */
function renamed(section, namesPerEntry, rename) {
  let [count, at] = leb(section, 0);
  const out = [];
  let kept = 0;
  for (; count > 0; count--) {
    const names = [];
    for (let i = 0; i < namesPerEntry; i++) {
      const [length, start] = leb(section, at);
      at = start + length;
      names.push(Buffer.from(section.subarray(start, at)).toString("latin1"));
    }
    if (namesPerEntry === 2 && section[at] !== 0) throw new Error(`${names.join(".")} is an import, but no function`);
    const [, end] = leb(section, at + 1);
    const others = rename(...names);
    if (others) {
      kept++;
      out.push(...others.flatMap(text), ...section.subarray(at, end));
    }
    at = end;
  }
  return [...toLeb(kept), ...out];
}

/** The module and its glue, with short names for what the one takes from the other. */
export function shortNames(wasm, glue) {
  const own = "./mcp_tasks_bg.js";
  const imports = new Map();
  const exports = new Map();
  const renameExport = (name) => {
    // An export that the glue never uses is left out, and with it the code that only it needs.
    if (!new RegExp(`\\bwasm\\.${name}\\b`).test(glue)) return undefined;
    // Tools that measure a module look for its memory by this name.
    exports.set(name, name === "memory" ? name : `e${exports.size}`);
    return [exports.get(name)];
  };
  const renameImport = (module, name) => {
    if (module !== own) throw new Error(`an import from ${module}`);
    imports.set(name, `i${imports.size}`);
    return ["g", imports.get(name)];
  };
  const parts = [wasm.subarray(0, 8)];
  for (const { kind, at, start, end } of sections(wasm)) {
    if (kind === IMPORTS || kind === EXPORTS) {
      const body = wasm.subarray(start, end);
      const section = kind === EXPORTS ? renamed(body, 1, renameExport) : renamed(body, 2, renameImport);
      parts.push(Buffer.from([kind, ...toLeb(section.length), ...section]));
    } else parts.push(wasm.subarray(at, end));
  }
  const result = Buffer.concat(parts);
  if (WebAssembly.Module.imports(new WebAssembly.Module(result)).length !== imports.size) throw new Error("an import was lost");
  for (const name of [...imports.keys()].sort((a, b) => b.length - a.length)) {
    if (!glue.includes(`${name}:`)) throw new Error(`the glue does not define ${name}`);
    glue = glue.replaceAll(`${name}:`, `${imports.get(name)}:`);
  }
  for (const [name, to] of exports) glue = glue.replaceAll(new RegExp(`\\bwasm\\.${name}\\b`, "g"), `wasm.${to}`);
  const left = [...glue.matchAll(/\bwasm\.(\w+)/g)].find(([, name]) => ![...exports.values()].includes(name));
  if (left) throw new Error(`the glue uses ${left[0]}, which the module does not offer`);
  if (!glue.includes(`"${own}": import0`)) throw new Error(`the glue does not name ${own}`);
  return { wasm: result, glue: glue.replace(`"${own}"`, '"g"') };
}
