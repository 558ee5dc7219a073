// Every way into the module, and out of it. Where Rust panics, the module traps: what was borrowed stays borrowed, so
// nothing in it can be trusted any more. Every client is told, and nothing enters the module again: its timers and
// promises come to nothing, in silence.

type Functions = { [name: string]: unknown };
type Call = (...args: unknown[]) => unknown;

const clients = new Set<(why: unknown) => void>();
let broken: { readonly why: unknown } | undefined;

/** What the module was broken by, if it is. @internal */
export function brokenBy(): { readonly why: unknown } | undefined {
  return broken;
}

/** Calls back, once, when the module breaks. Returns a function that stops it. @internal */
export function onBroken(client: (why: unknown) => void): () => void {
  clients.add(client);
  return () => clients.delete(client);
}

/** What the module offers, guarded; an array, since that is what the glue takes results apart as. @internal */
export function guardedExports(exports: Functions): Functions {
  return each(exports, (enter) => (...args) => {
    try {
      if (!broken) return enter(...args);
    } catch (why) {
      // One that was thrown by what leaves the module for the same reason is told already.
      if (!broken) {
        broken = { why };
        for (const client of clients) client(why);
      }
    }
    return [];
  });
}

/** What the module calls, guarded: when that has led to its breaking, the module must not go on. @internal */
export function guardedImports(imports: Functions): Functions {
  return each(imports, (leave) => (...args) => {
    const result = leave(...args);
    if (broken) throw broken.why;
    return result;
  });
}

function each(functions: Functions, guard: (f: Call) => Call): Functions {
  return Object.fromEntries(
    Object.entries(functions).map(([name, f]) => [name, typeof f === "function" ? guard(f as Call) : f]),
  );
}
