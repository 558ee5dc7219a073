// The program that the official suite runs as the client under test: `node client.mjs URL`; the rest is in the environment.
// It must end without being stopped: a client that keeps Node awake after close() is stopped by the suite, and the scenario fails.
import { mcp } from "../../tests/package/support.mjs";
import { runScenario } from "./scenarios.mjs";

const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context } = process.env;
// The suite stops only the shell around this program, and would then wait for this program's end.
setTimeout(() => { console.error("does not end by itself"); process.exit(1); }, 25_000).unref();
try {
  await runScenario(mcp, { scenario, url: process.argv.at(-1), context: context && JSON.parse(context) });
} catch (e) {
  console.error(String(e));
  process.exitCode = 1;
}
