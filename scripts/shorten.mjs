// wasm-bindgen names each import with a hash ("__wbg_get_2080c49015e35254"), in the wasm and again in the glue: two
// kilobytes that no compressor can shrink and nobody reads. This gives them short names, in both.

/** The number at `at` in LEB128, and where it ends. */
function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

function toLeb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

const text = (string) => [...toLeb(string.length), ...Buffer.from(string, "latin1")];

/** The import section with other names; `rename` is given each import's module and name. */
function renamed(section, rename) {
  let [count, at] = leb(section, 0);
  const out = toLeb(count);
  for (; count > 0; count--) {
    const names = [];
    for (let i = 0; i < 2; i++) {
      const [length, start] = leb(section, at);
      at = start + length;
      names.push(Buffer.from(section.subarray(start, at)).toString("latin1"));
    }
    if (section[at] !== 0) throw new Error(`${names.join(".")} is an import, but no function`);
    const [, end] = leb(section, at + 1);
    out.push(...rename(...names).flatMap(text), ...section.subarray(at, end));
    at = end;
  }
  return out;
}

/** The module and its glue, with short names for what the one imports from the other. */
export function shorten(wasm, glue) {
  const MODULE = "./mcp_tasks_bg.js";
  const short = new Map();
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const [length, start] = leb(wasm, at + 1);
    const end = start + length;
    if (wasm[at] === 2) {
      const section = renamed(wasm.subarray(start, end), (module, name) => {
        if (module !== MODULE) throw new Error(`an import from ${module}`);
        short.set(name, `i${short.size}`);
        return ["g", short.get(name)];
      });
      parts.push(Buffer.from([2, ...toLeb(section.length), ...section]));
    } else parts.push(wasm.subarray(at, end));
    at = end;
  }
  const result = Buffer.concat(parts);
  if (WebAssembly.Module.imports(new WebAssembly.Module(result)).length !== short.size) throw new Error("an import was lost");
  const names = [...short.keys()].sort((a, b) => b.length - a.length);
  for (const name of names) {
    if (!glue.includes(`${name}:`)) throw new Error(`the glue does not define ${name}`);
    glue = glue.replaceAll(`${name}:`, `${short.get(name)}:`);
  }
  const change = (from, to) => {
    if (glue.split(from).length !== 2) throw new Error(`the glue does not say once: ${from}`);
    glue = glue.replace(from, to);
  };
  // Every way in and out goes by the guard: see src/js/guard.ts.
  change(`"${MODULE}": import0`, '"g": guardedImports(import0)');
  change("wasm = instance.exports;", "wasm = guardedExports(instance.exports);");
  return { wasm: result, glue: `import { guardedExports, guardedImports } from "#guard";\n${glue}` };
}
