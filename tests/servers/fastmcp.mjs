// Starts the FastMCP 3.4 test server from the virtual environment that scripts/setup.sh makes.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const python = fileURLToPath(new URL("../../.toolchain/venv-fastmcp-3.4/bin/python", import.meta.url));
const script = fileURLToPath(new URL("./fastmcp_3_4.py", import.meta.url));
const readyWithinMs = 60_000; // the first import on a cold, busy machine takes long
const endsWithinMs = 2_000; // a task that sleeps holds up its own shutdown; nothing here is worth waiting for

/** `{ url, close() }`, or `{ skip: reason }` where the environment is missing. */
export async function startFastmcp34({ stateless = false } = {}) {
  if (!existsSync(python)) return { skip: "no .toolchain/venv-fastmcp-3.4 (npm run setup makes it)" };
  const child = spawn(python, [script, ...(stateless ? ["--stateless"] : [])], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FASTMCP_DOCKET_URL: "memory://", PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" },
  });
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
        stdout += data;
        const ready = /^ready (\S+)\r?\n/m.exec(stdout);
        if (ready) resolve(ready[1]);
      });
      const fail = (what) => reject(new Error(`the FastMCP server ${what}:\n${stderr || "(it wrote nothing to stderr)"}`));
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
    return { url, pid: child.pid, stderr: () => stderr, close };
  } catch (error) {
    kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
