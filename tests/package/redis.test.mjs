// Beyond one machine: FastMCP 3.4 with its tasks in Redis, two worker processes, many clients. A worker is killed in the middle
// of its work, the web process is started anew: every task settles, and nothing is lost. docs/guides/redis.md tells of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missingRedis, startCluster } from "../servers/redis.mjs";
import { clients, until } from "./support.mjs";

const tabs = 6;
const each = 5;

if (missingRedis) console.log(`\n##### SKIPPED: tasks in several processes: ${missingRedis} #####\n`);
describe("FastMCP 3.4 on Redis, two workers", { skip: missingRedis }, () => {
  let cluster, web, workers;
  before(async () => {
    cluster = await startCluster();
    [web, ...workers] = await Promise.all([cluster.web(), cluster.worker(), cluster.worker()]);
  });
  after(() => cluster?.close());

  test(`${tabs * each} tasks of ${tabs} clients outlive a worker that is killed and a web process that is started anew`, { timeout: 120_000 }, async (t) => {
    const { client, warnings } = clients(t, web.url);
    const open = Array.from({ length: tabs }, (_, i) => client({ stream: i % 2 === 0 }));
    const tasks = open.flatMap((tab, i) => Array.from({ length: each }, (_, j) => tab.callTool("render", { scene: i * each + j, steps: 12 })));
    const settled = Promise.allSettled(tasks.map((task) => task.result()));
    await Promise.all(tasks.map((task) => task.created));
    const refs = JSON.parse(JSON.stringify(tasks));

    // Killed while it works on something.
    const [victim] = workers;
    const underWay = () => {
      const lines = cluster.log().filter(({ pid }) => pid === victim.pid);
      const ended = new Set(lines.filter(({ what }) => what === "end").map(({ scene }) => scene));
      return lines.filter(({ what, scene }) => what === "begin" && !ended.has(scene)).map(({ scene }) => scene);
    };
    await until(() => underWay().length > 0, "the worker works");
    await victim.kill();
    const orphans = underWay();
    assert.ok(orphans.length > 0, "it left work behind");

    // Started anew, at the same address: sessions are gone, tasks are not.
    const { port } = new URL(web.url);
    await web.kill();
    web = await cluster.web(Number(port));

    const results = await settled;
    assert.deepEqual(results.filter(({ status }) => status !== "fulfilled").map(({ reason }) => String(reason)), []);
    assert.deepEqual(results.map(({ value }) => value.data.scene), tasks.map((_, scene) => scene), "each has its own result");
    for (const scene of orphans) assert.notEqual(results[scene].value.data.by, victim.pid, `scene ${scene} was done by another process`);
    const by = new Set(results.map(({ value }) => value.data.by));
    assert.ok(by.size > 1, "more than one process did the work");

    // A tab that was reloaded finds all of them.
    const again = client();
    const found = await Promise.all(refs.map((ref) => again.task(ref)));
    assert.deepEqual(found.map(({ data }) => data), results.map(({ value }) => value.data));
    // What happened is said, and nothing else: the connection was gone, and came back.
    assert.deepEqual(warnings.filter(({ code }) => code !== "retrying" && !code.startsWith("stream")), []);
  });

  test("cancelling reaches a worker in another process", { timeout: 60_000 }, async (t) => {
    const { client } = clients(t, web.url);
    const task = client().callTool("render", { scene: 900, steps: 600 });
    await task.created;
    await until(() => cluster.log().some(({ scene }) => scene === 900), "it is begun");
    await task.cancel();
    assert.equal((await task.wait()).status, "cancelled");
    assert.ok(!cluster.log().some(({ what, scene }) => what === "end" && scene === 900));
  });
});
