// Children of the test runners: their output is shown as it comes and kept for counting, and none outlives its limit.
import { spawn } from "node:child_process";
import { env, root } from "../env.mjs";

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.once(signal, () => {
    for (const child of running) end(child);
    process.exit(130);
  });

/** Starts a child in a process group of its own, so that `end` reaches the browsers and servers it started too. */
export function start(cmd, args, { extra = {}, stdio = ["ignore", "pipe", "pipe"] } = {}) {
  const child = spawn(cmd, args, { cwd: root, env: { ...env, ...extra }, stdio, detached: true });
  running.add(child);
  child.once("close", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

export function end(child) {
  running.delete(child);
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // the process has ended already
  }
}

/**
 * Runs a command to its end: `{ ok, text, why }`, `why` in words when it did not end well.
 * `show: false` keeps its stdout to `text`, for a stdout that is data; stderr is always shown.
 */
export function stream(cmd, args, { extra, limit = 600, show = true } = {}) {
  return new Promise((resolve) => {
    const child = start(cmd, args, { extra });
    let text = "";
    let why;
    const timer = setTimeout(() => {
      why = `stopped after ${limit} s`;
      end(child);
    }, limit * 1000);
    child.stdout.setEncoding("utf8").on("data", (d) => {
      text += d;
      if (show) process.stdout.write(d);
    });
    child.stderr.setEncoding("utf8").on("data", (d) => {
      text += show ? d : "";
      process.stderr.write(d);
    });
    const settle = (words) => {
      clearTimeout(timer);
      why ??= words;
      resolve({ ok: why === undefined, text, why });
    };
    child.once("error", (e) => settle(e.message));
    child.once("close", (code, signal) => {
      end(child); // whatever it left behind
      settle(code === 0 ? undefined : `ended with ${code ?? signal}`);
    });
  });
}
