// The published module: made smaller by binaryen's wasm-opt.
import { root, run } from "./env.mjs";

/** In place; `more`: further options. */
export function optimize(wasm, ...more) {
  // Measured: the code taken apart and put together anew, and inlined less, is smaller by a hundredth once it is compressed.
  // Nothing lies in the lowest KB but the end of a stack that never gets that far.
  // wasm-opt reads which features rustc used from the section that it then strips: no --enable flags are needed.
  run(process.execPath, [root + "node_modules/binaryen/bin/wasm-opt", "--flatten", "--rereloop", "-Oz", "-Oz",
    "--low-memory-unused", "--one-caller-inline-max-function-size=30", "--strip-target-features", ...more, wasm, "-o", wasm]);
}
