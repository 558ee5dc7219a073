// Node: the module is read from disk. `fetch` cannot read files there.
import { Client } from "./client.js";
import { loader } from "./load.js";
import init from "#glue";

// Typed here, so that users need no types of Node's to compile against this package.
type ReadFile = (url: URL) => Promise<Uint8Array<ArrayBuffer>>;

Client.load = loader(async () => {
  const name = "node:fs/promises";
  const { readFile } = (await import(name)) as { readFile: ReadFile };
  return init({ module_or_path: await readFile(new URL("mcp_tasks_bg.wasm", import.meta.url)) });
});

export * from "./public.js";
