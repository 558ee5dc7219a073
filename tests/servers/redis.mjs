// FastMCP 3.4 beyond one process: a Redis of its own on loopback, a web process, and workers.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/engines.mjs";
import { pythonEnv, pythonOf, start } from "./start.mjs";

const own = fileURLToPath(new URL("fastmcp_redis.py", import.meta.url));
const binary = ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"].find(existsSync);
const venv = "fastmcp-3.4";

/** Why it cannot run here, or false: node:test's `skip` takes it as it is. */
export const missingRedis = (!binary && "redis-server is not installed (Debian: redis-server)") || (!pythonOf(venv) && `no .toolchain/venv-${venv} (npm run setup makes it)`);

/**
 * `{ web(port), worker(), log(), close() }`. `log()` is what the processes did: `[{ what, scene, pid }]`. `redeliverMs`: how long
 * a task may be without a sign of its worker before another takes it. Another `script` is not waited for, and takes its port from FASTMCP_PORT.
 */
export async function startCluster({ redeliverMs = 2000, concurrency = 4, script = own } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "mcp-tasks-redis-"));
  const port = await freePort();
  const running = [];
  const begin = async (...args) => {
    const one = await start(...args);
    running.push(one);
    return one;
  };
  const env = {
    ...pythonEnv, WORK_LOG: join(dir, "work.log"),
    FASTMCP_DOCKET_URL: `redis://127.0.0.1:${port}/0`, FASTMCP_DOCKET_NAME: "tests",
    FASTMCP_DOCKET_REDELIVERY_TIMEOUT: `PT${redeliverMs / 1000}S`, FASTMCP_DOCKET_RECONNECTION_DELAY: "PT0.5S",
    NO_COLOR: "1", FASTMCP_SHOW_SERVER_BANNER: "false", FASTMCP_CHECK_FOR_UPDATES: "off",
  };
  const close = async () => {
    await Promise.all(running.reverse().map((one) => one.kill()));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await begin("redis-server", binary, ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir], {}, /Ready to accept connections/);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    // It works too, as every FastMCP server does: on one task at a time, so that most is left to the workers.
    web: (at = 0) => begin("the web process", pythonOf(venv), [script, ...(script === own ? ["--port", String(at)] : [])],
      { ...env, FASTMCP_PORT: String(at), FASTMCP_DOCKET_CONCURRENCY: "1" }, script === own ? undefined : /^/),
    worker: () => begin("a worker", pythonOf(venv), ["-m", "fastmcp.cli", "tasks", "worker", script], { ...env, FASTMCP_DOCKET_CONCURRENCY: String(concurrency) }, /Concurrency: /),
    log() {
      const text = existsSync(env.WORK_LOG) ? readFileSync(env.WORK_LOG, "utf8") : "";
      return text.split("\n").filter(Boolean).map((line) => line.split(" ")).map(([what, scene, pid]) => ({ what, scene: Number(scene), pid: Number(pid) }));
    },
    close,
  };
}
