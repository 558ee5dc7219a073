// Five thousand tasks on the board, in each engine: a server lists them, and the page holds no more rows than are in sight.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { engines, missing } from "../../scripts/engines.mjs";
import { accepted, answer, failure, initializeResult, json, startScripted } from "../servers/scripted.mjs";
import { openDashboard, t } from "./dash.mjs";

const COUNT = 5000;
const RUNNING = 100;

/** Lists so many tasks in pages of a thousand, the newest last; the last hundred of them run, and every poll moves them on. */
async function startCrowded() {
  const at = (i) => new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();
  const status = (i) => (i >= COUNT - RUNNING ? "working" : ["completed", "failed", "cancelled"][i % 3]);
  const make = (i, is = status(i)) => ({
    taskId: `task-${i}`, status: is, statusMessage: `message ${i}`, createdAt: at(i), lastUpdatedAt: at(i + 5), ttl: null, pollInterval: 500,
  });
  const tasks = Array.from({ length: COUNT }, (_, i) => make(i));
  const polls = new Map();
  const capabilities = { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } };
  const methods = {
    initialize: (id) => initializeResult(id, { capabilities }),
    "tools/list": (id) => answer(id, { tools: [] }),
    "tasks/list": (id, { cursor = "0" } = {}) => {
      const next = Number(cursor) + 1000;
      return answer(id, { tasks: tasks.slice(Number(cursor), next), ...(next < tasks.length ? { nextCursor: String(next) } : {}) });
    },
    "tasks/get": (id, { taskId }) => {
      const n = (polls.get(taskId) ?? 0) + 1;
      polls.set(taskId, n);
      return answer(id, { ...tasks[Number(taskId.slice(5))], statusMessage: `poll ${n}`, lastUpdatedAt: new Date().toISOString() });
    },
  };
  const server = await startScripted(({ method: verb, rpc, res }) => {
    if (verb !== "POST") return res.writeHead(405).end();
    if (rpc?.id === undefined) return accepted(res);
    const method = methods[rpc.method];
    json(res, method ? method(rpc.id, rpc.params) : failure(rpc.id, -32601, `Method not found: ${rpc.method}`), method ? 200 : 400);
  });
  const grow = (more) => { for (let n = 0; n < more; n++) tasks.push(make(tasks.length, "completed")); };
  return { ...server, polls, grow };
}

for (const engine of engines) {
  describe(`a crowded dashboard in ${engine}`, { skip: missing(engine) }, () => {
    let server, dash, ui;
    before(async () => {
      server = await startCrowded();
      dash = await openDashboard(engine, [server]);
      ({ ui } = dash);
      await ui.fresh();
    });
    afterEach(() => ui.clean());
    after(async () => {
      await dash?.close();
      await server?.close();
    });

    test("5,000 tasks are listed, scrolled through and filtered with a screenful of rows", async () => {
      await ui.click(t("list-tasks"));
      await ui.wait(t("notice"), `lists ${COUNT} tasks, ${COUNT} of them new here`);
      await ui.wait(`${t("task-rows")}[data-rows="${COUNT}"]`);
      await ui.wait(`${t("filter-live")}`, String(RUNNING));
      assert.match(await ui.text(t("task")), /task-4999/);

      const seen = await dash.browser.evaluate(async () => {
        const scroller = document.querySelector("[data-testid=task-scroller]");
        const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const shown = () => [...scroller.querySelectorAll("[data-testid=task]")];
        const height = parseFloat(getComputedStyle(scroller).getPropertyValue("--row"));
        const out = { most: 0, blank: 0, wrong: 0, steps: 0, room: scroller.clientHeight / height };
        for (let top = 0; top <= scroller.scrollHeight - scroller.clientHeight; top += 3000, out.steps++) {
          scroller.scrollTop = top;
          await frame();
          const rows = shown();
          out.most = Math.max(out.most, rows.length);
          const box = scroller.getBoundingClientRect();
          // Something stands in the middle of the view, and every row where its number says.
          const middle = rows.find((row) => { const r = row.getBoundingClientRect(); return r.top <= box.top + box.height / 2 && r.bottom >= box.top + box.height / 2; });
          if (!middle) out.blank++;
          for (const row of rows) if (Math.round(parseFloat(row.style.top) / height) !== Number(row.getAttribute("aria-rowindex")) - 2) out.wrong++;
          const order = rows.map((row) => Number(row.getAttribute("aria-rowindex")));
          if (order.some((n, i) => i > 0 && n < order[i - 1])) out.wrong++;
        }
        scroller.scrollTop = scroller.scrollHeight;
        await frame();
        out.last = shown().at(-1).textContent;
        out.rowcount = scroller.getAttribute("aria-rowcount");
        return out;
      });
      assert.ok(seen.steps > 50, JSON.stringify(seen));
      assert.ok(seen.most <= seen.room + 15, `no more rows than fit: ${JSON.stringify(seen)}`);
      assert.equal(seen.blank, 0);
      assert.equal(seen.wrong, 0);
      assert.match(seen.last, /task-0message 0/);
      assert.equal(seen.rowcount, String(COUNT + 1));

      await ui.fill(t("task-search"), "task-2718");
      await ui.wait(`${t("task-rows")}[data-rows="1"]`);
      assert.match(await ui.text(t("task")), /task-2718/);
      await ui.fill(t("task-search"), "");
      await ui.click(t("filter-failed"));
      const failed = Array.from({ length: COUNT - RUNNING }, (_, i) => i % 3).filter((n) => n === 1).length;
      await ui.wait(`${t("task-rows")}[data-rows="${failed}"]`);
      await ui.click(t("filter-all"));
    });

    test("the hundred that run are watched, and their news come to the rows in sight", async () => {
      await ui.click(t("filter-live"));
      await ui.wait(`${t("task-rows")}[data-rows="${RUNNING}"]`);
      await ui.wait(`${t("task")} ${t("task-message")}`, "poll 3");
      for (let i = COUNT - RUNNING; i < COUNT; i++) assert.ok(server.polls.get(`task-${i}`) >= 1, `task-${i} was asked after`);
      for (const taskId of server.polls.keys()) assert.ok(Number(taskId.slice(5)) >= COUNT - RUNNING, `${taskId} has ended, and is not asked after`);
    });

    test("the visible rows keep their position when tasks are added above", async () => {
      await ui.click(t("filter-all"));
      await ui.wait(`${t("task-rows")}[data-rows="${COUNT}"]`);
      const place = () => dash.browser.evaluate(async () => {
        const scroller = document.querySelector("[data-testid=task-scroller]");
        const row = [...scroller.querySelectorAll("[data-testid=task]")].find((row) => row.textContent.includes("task-4595"));
        return row && Math.round(row.getBoundingClientRect().top - scroller.getBoundingClientRect().top);
      });
      await dash.browser.evaluate(() => {
        const scroller = document.querySelector("[data-testid=task-scroller]");
        scroller.scrollTop = 400 * parseFloat(getComputedStyle(scroller).getPropertyValue("--row")) + 7;
      });
      await ui.wait(`${t("task")}[aria-rowindex="406"]`, "task-4595");
      const before = await place();
      server.grow(3);
      await ui.click(t("list-tasks"));
      await ui.wait(t("notice"), "3 of them new here");
      await ui.wait(`${t("task-rows")}[data-rows="${COUNT + 3}"]`);
      await ui.wait(`${t("task")}[aria-rowindex="409"]`, "task-4595");
      assert.equal(await place(), before);
    });
  });
}
