// Pages, workers and bundlers: the module lies beside this file, and is fetched with the first call.
import { Client } from "./client.js";
import { loader } from "./load.js";
import init from "#glue";

Client.load = loader(() => init({ module_or_path: new URL("mcp_tasks_bg.wasm", import.meta.url) }));

export * from "./public.js";
