// The shared worker of `mcp-tasks/shared`: see src/js/shared/worker.ts.
import { loader } from "./load.js";
import { currentInstance } from "./panic_guard.js";
import { serveTabs } from "./shared/worker.js";
import init from "#glue";

// After a trap nothing in the module can be used. The tabs notice that the worker has ended, and start another.
currentInstance().onTrap(() => close());

const serveTab = serveTabs(loader(() => init({ module_or_path: new URL("mcp_tasks_bg.wasm", import.meta.url) })));
addEventListener("connect", (event) => serveTab((event as MessageEvent).ports[0]!));
