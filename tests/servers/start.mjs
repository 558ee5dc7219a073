// Starts the servers that are not ours: Python ones from the virtual environments that scripts/setup.sh makes, and
// server-everything from node_modules. Each prints `ready URL` once it listens.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const readyWithinMs = 60_000; // the first import on a cold, busy machine takes long
const endsWithinMs = 2_000; // a task that sleeps holds up its own shutdown; nothing here is worth waiting for

/** A server in Python: `name` is that of its requirements file, say `fastmcp-3.4`. `{ url, close() }`, or `{ skip: reason }`. */
export async function startPython(name, ...flags) {
  const python = pythonOf(name);
  if (!python) return { skip: `no .toolchain/venv-${name} (npm run setup makes it)` };
  const script = path(`./${name.replace(/[-.]/g, "_")}.py`);
  return start(name, python, [script, ...flags], { FASTMCP_DOCKET_URL: "memory://", ...pythonEnv });
}

/** The interpreter of that virtual environment, if there is one. */
export function pythonOf(name) {
  const python = path(`../../.toolchain/venv-${name}/bin/python`);
  return existsSync(python) ? python : undefined;
}

export const pythonEnv = { PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** The reference server of the MCP project, as npm has it. `{ url, close() }`, or `{ skip: reason }`. */
export async function startEverything() {
  const main = path("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js");
  if (!existsSync(main)) return { skip: "no @modelcontextprotocol/server-everything (npm ci installs it)" };
  return start("server-everything", process.execPath, ["--import", new URL("./loopback.mjs", import.meta.url).href, main, "streamableHttp"], { PORT: "0" });
}

/**
 * Starts a program; `ready` finds in its output that it is, and gives the address where it says one; one that
 * fits nothing waits for nothing. `{ url, pid, stderr(), close(), kill() }`.
 */
export async function start(name, command, args, env, ready = /^ready (\S+)\r?\n/m) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  // A test run that dies must not leave the server behind.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise((resolve) => child.once("close", resolve)).finally(() => process.off("exit", kill));

  let stderr = "";
  child.stderr.on("data", (data) => { stderr = (stderr + data).slice(-8000); });
  let timer;
  try {
    const url = await new Promise((resolve, reject) => {
      let stdout = "";
      child.stdout.on("data", (data) => {
        stdout = (stdout + data).slice(-8000);
        const found = ready.exec(stdout);
        if (found) resolve(found[1]);
      });
      if (ready.test("")) resolve();
      const fail = (what) => reject(new Error(`${name} ${what}:\n${stderr || "(it wrote nothing to stderr)"}`));
      child.once("error", reject);
      child.once("close", (code, signal) => fail(`ended with ${signal ?? `code ${code}`} before it listened`));
      timer = setTimeout(() => fail(`did not listen within ${readyWithinMs / 1000} s`), readyWithinMs);
    });
    const close = async () => {
      child.kill("SIGTERM");
      const late = setTimeout(kill, endsWithinMs);
      await ended;
      clearTimeout(late);
    };
    return { url, pid: child.pid, stderr: () => stderr, close, kill: () => (kill(), ended) };
  } catch (error) {
    kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
