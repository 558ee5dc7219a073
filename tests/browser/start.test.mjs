// What a newcomer does: `npm start`, open the page it names, start the demo's slow tool, read its result.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { freePort, missing, open } from "../../scripts/engines.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Runs `npm start` and resolves with the address it prints; `stop` ends all it started. */
async function npmStart() {
  const port = String(await freePort());
  // A process group of its own: npm does not pass signals on to what its scripts started.
  const child = spawn("npm", ["start"], { cwd: root, env: { ...process.env, PORT: port }, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, "SIGTERM");
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /dashboard: (http:\S+)/.exec(line)?.[1];
    if (url) return { url, stop };
  }
  await stop();
  throw new Error("npm start ended without naming an address");
}

test("npm start prints an address whose page runs the demo's slow tool", { skip: missing("chromium") }, async (t) => {
  const started = await npmStart();
  t.after(started.stop);
  const browser = await open("chromium");
  t.after(() => browser.close());
  const { page } = browser;
  await page.goto(started.url);
  await page.getByTestId("tool-slow_count").click();
  await page.getByTestId("start").click();
  const row = page.getByTestId("task").first();
  const said = new Set();
  while ((await row.getAttribute("data-status")) !== "completed") {
    said.add(await row.getByTestId("task-message").textContent());
    await page.waitForTimeout(50);
  }
  const steps = [...said].filter((text) => /^step \d of \d$/.test(text));
  assert.ok(steps.length >= 3, `three messages at least, saw ${[...said].join(", ")}`);
  await row.getByTestId("task-show").click();
  assert.match(await page.getByTestId("result").textContent(), /counted to 5/);
});
