// Puts the trap guard (src/js/panic_guard.ts) between the glue that wasm-bindgen generates and the module: around every function
// that the module offers, and every function that it calls. Each change names the text that it expects, so that another version of
// wasm-bindgen fails the build and not the package.

/** The glue with the guard. */
export function guardGlue(glue) {
  const change = (from, to, times) => {
    const parts = glue.split(from);
    if (parts.length !== times + 1) throw new Error(`the glue has ${parts.length - 1} times, not ${times}: ${from}`);
    glue = parts.join(to);
  };
  change(': import0', ': guardedImports(import0)', 1);
  change("wasm = instance.exports;", "wasm = guardedExports(instance.exports);", 1);
  change("wasm = wasmInstance.exports;", "wasm = guardedExports(wasmInstance.exports);", 1);
  // Timers, page events and promises of an instance that has trapped still call back: nothing enters the new instance for them.
  const stale = "throw new Error('Cannot invoke closure from previous WASM instance');";
  change(stale, "return;", glue.split(stale).length - 1);
  return `import { guardedExports, guardedImports } from "#js/panic_guard";\n${glue}`;
}
