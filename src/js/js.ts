// The engine as plain JavaScript, for pages whose Content-Security-Policy forbids WebAssembly (no 'wasm-unsafe-eval').
import { Client } from "./client.js";
import { loader } from "./load.js";
import init from "#glue";

// No source: the engine's file is imported by the glue, and runs with the first call.
Client.load = loader(() => init({ module_or_path: new Uint8Array() }));

export * from "./public.js";
