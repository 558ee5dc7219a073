// The module is loaded with the first call; a load that failed is not kept for ever.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { startPuppet } from "./puppet.mjs";
import { folder, inTime, rejection } from "./support.mjs";

let server, dir;
before(async () => {
  server = await startPuppet();
  dir = mkdtempSync(join(tmpdir(), "mcp-tasks-loading-"));
});
after(async () => {
  rmSync(dir, { recursive: true, force: true });
  await server.close();
});

test("a load that fails: a typed error and a warning, nothing is sent; the next call loads again", async (t) => {
  cpSync(join(folder, "dist"), join(dir, "dist"), { recursive: true });
  const wasm = join(dir, "dist/mcp_tasks_bg.wasm");
  renameSync(wasm, `${wasm}.away`);
  const { Client, NetworkError } = await import(pathToFileURL(join(dir, "dist/node.js")).href);
  const warnings = [];
  const client = new Client(server.url, { onWarning: (w) => warnings.push(w) });
  t.after(() => client.close());
  const task = client.callTool("forbidden");
  const list = rejection(client.listTools());
  const error = await rejection(task);
  for (const e of [error, await list, await rejection(task.created)]) {
    assert.ok(NetworkError.isInstance(e), String(e));
    assert.equal(e.retryable, true);
    assert.match(e.message, /could not be loaded.*nothing was sent.*ENOENT/);
    assert.equal(e.cause.code, "ENOENT");
  }
  assert.deepEqual(warnings.map((w) => w.code), ["load-failed"]);
  assert.equal(server.requests.length, 0);
  renameSync(`${wasm}.away`, wasm);
  assert.equal((await inTime(client.callTool("forbidden"))).content[0].text, "forbidden at once");
  assert.equal(warnings.length, 1);
});
