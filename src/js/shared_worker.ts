// The shared worker of `mcp-tasks/shared`: see src/js/shared/hub.ts.
import { loader } from "./load.js";
import { serve } from "./shared/hub.js";
import init from "#glue";

const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void; close(): void };
const connected = serve(loader(() => init(new URL("mcp_tasks_bg.wasm", import.meta.url))), () => scope.close());
scope.onconnect = ({ ports }) => connected(ports[0]!);
