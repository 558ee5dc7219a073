// Contains a trap of the WebAssembly module. A trap leaves borrowed values borrowed, so nothing in that instance can be trusted
// any more: its clients end, and nothing enters it again. The next client gets a new instance (see load.ts).

type Functions = { [name: string]: unknown };
type Call = (...args: unknown[]) => unknown;

/** One instance of the module. @internal */
export class Instance {
  /** False: the module is not instantiated yet. */
  isMade = false;
  readonly #clients = new Set<(cause: unknown) => void>();
  #trap: { readonly cause: unknown } | undefined;

  /** Set once the instance has trapped. */
  get trap(): { readonly cause: unknown } | undefined {
    return this.#trap;
  }

  /** Calls back once, when the instance traps. Returns a function that unregisters the callback. */
  onTrap(client: (cause: unknown) => void): () => void {
    this.#clients.add(client);
    return () => void this.#clients.delete(client);
  }

  trapped(cause: unknown): void {
    if (this.#trap) return;
    this.#trap = { cause };
    for (const client of this.#clients) client(cause);
    this.#clients.clear();
  }
}

let current = new Instance();

/** The newest instance, or the one that is to be made. @internal */
export function currentInstance(): Instance {
  return current;
}

/** The functions that the module calls, for an instance that is about to be made. A call that led to a trap does not return. @internal */
export function guardedImports(imports: Functions): Functions {
  // A callback that was registered before the module was loaded belongs to the first instance.
  if (current.isMade) current = new Instance();
  const instance = current;
  return each(imports, (leave) => {
    const checked = (result: unknown): unknown => {
      if (instance.trap) throw instance.trap.cause;
      return result;
    };
    // By the number of parameters: an array of arguments for each call costs a quarter of the notification rate.
    switch (leave.length) {
      case 1: return (a) => checked(leave(a));
      case 2: return (a, b) => checked(leave(a, b));
      case 3: return (a, b, c) => checked(leave(a, b, c));
      // None is written by the glue as a function of `arguments`.
      default: return (...args) => checked(leave(...args));
    }
  });
}

/** The functions that the module offers. After a trap they do nothing; the glue destructures their result. @internal */
export function guardedExports(exports: Functions): Functions {
  const instance = current;
  instance.isMade = true;
  return each(exports, (enter) => (...args) => {
    try {
      if (!instance.trap) return enter(...args);
    } catch (cause) {
      instance.trapped(cause);
    }
    return [];
  });
}

function each(functions: Functions, guard: (f: Call) => Call): Functions {
  return Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, typeof f === "function" ? guard(f as Call) : f]));
}
