// The glue that wasm-bindgen generates, without what this package never uses, and with what it has of its own. Each change
// names the text that it expects: another version of wasm-bindgen fails the build, not the package.

/** The glue as it is bundled. */
export function slim(glue) {
  const change = (from, to = "") => {
    const parts = glue.split(from);
    if (parts.length !== 2) throw new Error(`the glue says ${parts.length - 1} times, not once: ${from}`);
    glue = parts.join(to);
  };
  const cut = (from, until) => {
    const start = glue.indexOf(from);
    const end = until === undefined ? glue.length : glue.indexOf(until, start);
    if (start < 0 || end < 0) throw new Error(`the glue has no part from ${from} to ${until}`);
    glue = glue.slice(0, start) + glue.slice(end);
  };

  // Every way in and out goes by the guard: see src/js/guard.ts.
  change('"g": import0', '"g": guardedImports(import0)');
  change("wasm = instance.exports;", "wasm = guardedExports(instance.exports);");

  // The loader takes one kind of source, and loads once: see src/js/instantiate.ts and load.ts.
  cut("async function __wbg_load(");
  change("wasmModule = module;");
  change("wasmInstance = instance;");
  change("let wasmModule, wasmInstance, wasm;", "let wasm;");
  change("function __wbg_finalize_init(instance, module)", "function __wbg_finalize_init(instance)");

  // An engine is let go of by src/js/link.ts, and by nobody else.
  cut("if (Symbol.dispose) Core", "function __wbg_get_imports");
  cut("const CoreFinalization =", "function ");
  change("CoreFinalization.unregister(this);");
  change("CoreFinalization.register(this, this.__wbg_ptr, this);");

  // Where handing a text over fails, the module is broken, and what it holds with it: see src/js/guard.ts.
  const whole = glue.length;
  glue = glue.replaceAll(/(let (?:ptr\d, len\d,? ?)+;\n) +try \{\n([^}]*)\n +\} catch \(e\) \{\n(?:[^}]*\}\n)+ +throw e;\n +\}/g, "$1$2");
  if (glue.length === whole || glue.includes("throw e;")) throw new Error("the glue gives memory back in another way than it did");

  // Every engine with a FinalizationRegistry has this, too.
  cut("if (!('encodeInto' in cachedTextEncoder))", "let WASM_VECTOR_LEN");
  // No caller leaves it out.
  cut("    if (realloc === undefined) {", "    let len = arg.length;");

  return [
    'import { guardedExports, guardedImports } from "#js/guard";',
    'import { instantiate } from "#js/instantiate";',
    glue,
    "export default async function init(source) {",
    "    __wbg_finalize_init(await instantiate(source, __wbg_get_imports()));",
    "}",
    "",
  ].join("\n");
}
