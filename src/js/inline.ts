// One file: the module is inside, as base64. For bundlers that do not handle assets, and for strict hosts.
import { Client } from "./client.js";
import { loader } from "./load.js";
import init from "#glue";
import base64 from "#wasm-base64";

Client.load = loader(() => init({ module_or_path: Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)) }));

export * from "./public.js";
