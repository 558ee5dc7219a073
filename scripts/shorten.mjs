// wasm-bindgen names each import with a hash ("__wbg_get_2080c49015e35254"), in the wasm and again in the glue: two
// kilobytes that no compressor can shrink and nobody reads. This gives them short names, in both.

/** The number at `at` in LEB128, and where it ends. */
export function leb(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

export function toLeb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** The sections of a module: what kind, and from where to where its content lies; it is told from `at` on. */
export function* sections(wasm) {
  for (let at = 8; at < wasm.length; ) {
    const [length, start] = leb(wasm, at + 1);
    yield { kind: wasm[at], at, start, end: start + length };
    at = start + length;
  }
}

const text = (string) => [...toLeb(string.length), ...Buffer.from(string, "latin1")];

/** The import or the export section with other names, as `rename` gives them for those of an entry; none: without it. */
function renamed(section, namesOf, rename) {
  let [count, at] = leb(section, 0);
  const out = [];
  let kept = 0;
  for (; count > 0; count--) {
    const names = [];
    for (let i = 0; i < namesOf; i++) {
      const [length, start] = leb(section, at);
      at = start + length;
      names.push(Buffer.from(section.subarray(start, at)).toString("latin1"));
    }
    if (namesOf === 2 && section[at] !== 0) throw new Error(`${names.join(".")} is an import, but no function`);
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

export const IMPORTS = 2;
const EXPORTS = 7;

/** The module and its glue, with short names for what the one takes from the other; `modules`: whose names they may be so far. */
export function shorten(wasm, glue, modules = ["./mcp_tasks_bg.js"]) {
  const short = new Map();
  const ways = new Map();
  const exported = (name) => {
    // What the glue never uses is left out, and with it the code that nothing else needs.
    if (!new RegExp(`\\bwasm\\.${name}\\b`).test(glue)) return undefined;
    // Tools that measure a module look for its memory by this name.
    ways.set(name, name === "memory" ? name : `e${ways.size}`);
    return [ways.get(name)];
  };
  const parts = [wasm.subarray(0, 8)];
  for (const { kind, at, start, end } of sections(wasm)) {
    if (kind === IMPORTS || kind === EXPORTS) {
      const body = wasm.subarray(start, end);
      const section = kind === EXPORTS ? renamed(body, 1, exported) : renamed(body, 2, (module, name) => {
        if (!modules.includes(module)) throw new Error(`an import from ${module}`);
        short.set(name, `i${short.size}`);
        return ["g", short.get(name)];
      });
      parts.push(Buffer.from([kind, ...toLeb(section.length), ...section]));
    } else parts.push(wasm.subarray(at, end));
  }
  const result = Buffer.concat(parts);
  if (WebAssembly.Module.imports(new WebAssembly.Module(result)).length !== short.size) throw new Error("an import was lost");
  const names = [...short.keys()].sort((a, b) => b.length - a.length);
  for (const name of names) {
    if (!glue.includes(`${name}:`)) throw new Error(`the glue does not define ${name}`);
    glue = glue.replaceAll(`${name}:`, `${short.get(name)}:`);
  }
  for (const [name, to] of ways) glue = glue.replaceAll(new RegExp(`\\bwasm\\.${name}\\b`, "g"), `wasm.${to}`);
  const left = [...glue.matchAll(/\bwasm\.(\w+)/g)].find(([, name]) => ![...ways.values()].includes(name));
  if (left) throw new Error(`the glue uses ${left[0]}, which the module does not offer`);
  const [own] = modules;
  if (!glue.includes(`"${own}": import0`)) throw new Error(`the glue does not name ${own}`);
  return { wasm: result, glue: glue.replace(`"${own}"`, '"g"') };
}
