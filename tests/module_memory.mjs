// The memory of the package's WebAssembly module, observed where the platform instantiates it. Call this before the package is imported.

/** Observes every instance of the module until `restore()`. `bytes()` is the memory of the largest: it never shrinks. */
export function observeModuleMemory() {
  const memories = [];
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate(...args);
    // The module of the package is the one whose imports go by this name (scripts/short_names.mjs); `fetch` has modules too.
    if (args[1]?.g) memories.push((made.instance ?? made).exports.memory);
    return made;
  };
  return {
    bytes: () => Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength)),
    restore() { WebAssembly.instantiate = instantiate; },
  };
}
