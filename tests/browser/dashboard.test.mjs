// The dashboard end to end, in each engine: the page as `npm start` serves it, a server of each era, what an operator does.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { engines, missing } from "../../scripts/engines.mjs";
import { startDemo } from "../servers/demo.mjs";
import { startShowcase } from "../servers/showcase.mjs";
import { openDashboard, row, t } from "./dash.mjs";

for (const engine of engines) {
  describe(`dashboard in ${engine}`, { skip: missing(engine) }, () => {
    let demo, showcase, dash, ui;
    const server = (one) => `${t("server")}[data-server="${one.url}"]`;

    before(async () => {
      [demo, showcase] = await Promise.all([startDemo({ pollIntervalMs: 200 }), startShowcase({ pollIntervalMs: 200 })]);
      dash = await openDashboard(engine, [demo, showcase]);
      ({ ui } = dash);
    });
    beforeEach(() => ui.fresh());
    afterEach(() => ui.clean());
    after(async () => {
      await dash?.close();
      await demo?.close();
      await showcase?.close();
    });

    test("two servers of two eras stand side by side, each with its tools under its name", async () => {
      await ui.wait(`${server(demo)} ${t("connection")}[data-state=connected]`, "MCP 2025-11-25");
      await ui.wait(`${server(showcase)} ${t("connection")}[data-state=connected]`, "MCP 2026-07-28");
      assert.match(await ui.text(t("tool-slow_count")), /task or plain$/);
      assert.match(await ui.text(t("tool-render_report")), /task$/);
      assert.match(await ui.text(t("tool-echo")), /plain$/);
      // From 2026-07-28 on a tool does not say it.
      for (const name of ["plan_trip", "show_gallery"]) assert.match(await ui.text(t(`tool-${name}`)), /server decides/);
      await ui.fill(t("tool-search"), "REPORT");
      await ui.gone(t("tool-slow_count"));
      assert.equal(await ui.count(`${t("tool-render_report")}, ${t("tool-big_report")}`), 2);
      await ui.fill(t("tool-search"), "");
      await ui.fill(t("tool-grouping"), "kind");
      await ui.wait("[data-group='server decides'] h3", "5");
      await ui.fill(t("tool-grouping"), "server");
      assert.equal(await ui.count(".tool-group"), 2);
    });

    test("a task is started and watched: messages, timeline, result, traffic", async () => {
      const name = `shelf of ${engine}`;
      await ui.start("slow_count", { steps: 5, delayMs: 300, label: name });
      await ui.click(`${row("slow_count")} ${t("task-show")}`);
      await ui.wait(`${row("slow_count")} ${t("task-message")}`, "of 5");
      const result = await ui.wait(t("result"), "counted to 5");
      assert.ok(result.includes(name), result);
      const timeline = await ui.text(t("timeline"));
      const steps = [...timeline.matchAll(/step (\d) of 5/g)].map(([, step]) => Number(step));
      assert.ok(steps.length >= 3, timeline);
      assert.deepEqual(steps, [...steps].sort((a, b) => b - a), "the newest first, none backwards");
      assert.match(timeline, /completed/);
      assert.match(await ui.text(`${server(demo)} ${t("traffic")}`), /^\d+ requests · [1-9]\d* notifications? · \d+ polls?$/);
    });

    test("questions of servers are answered in place: elicitation and sampling", async () => {
      await ui.start("ask_before_deleting", { folder: "old letters" });
      await ui.click(`${row("ask_before_deleting", "input_required")} ${t("task-answer")}`);
      await ui.wait(t("question"), "Delete all of “old letters”?");
      await ui.fill(t("answer-reason"), "x".repeat(90));
      await ui.click(t("answer"));
      await ui.wait(".question .field-error", "At most 80 characters; these are 90.");
      await ui.fill(t("answer-reason"), "moved out");
      await ui.fill(t("answer-confirm"), true);
      await ui.click(t("answer"));
      await ui.wait(t("result"), "deleted old letters: moved out");
      assert.equal(await ui.count(t("question")), 0);

      await ui.start("write_poem");
      await ui.click(`${row("write_poem", "input_required")} ${t("task-answer")}`);
      await ui.wait(t("question"), "You are a poet.");
      await ui.fill(t("answer-text"), "grey waves");
      await ui.click(t("answer"));
      await ui.wait(t("result"), "grey waves");
    });

    test("a running task is cancelled, on the server too", async () => {
      const running = demo.store.work.size;
      await ui.start("slow_count", { steps: 100, delayMs: 60_000 });
      await ui.wait(row("slow_count", "working"), "step 1 of 100");
      assert.equal(demo.store.work.size, running + 1);
      await ui.click(`${row("slow_count", "working")} ${t("task-cancel")}`);
      await ui.wait(row("slow_count", "cancelled"));
      assert.equal(demo.store.work.size, running);
      await ui.click(`${row("slow_count", "cancelled")} ${t("task-remove")}`);
      await ui.gone(row("slow_count", "cancelled"));
    });

    test("a reload finds every task again, of both servers, and the work with them goes on", async () => {
      const cancelledBefore = showcase.sent("tasks/cancel").length;
      await ui.start("slow_count", { steps: 90, delayMs: 60_000 });
      await ui.start("ask_before_deleting", { folder: "slides" });
      await ui.start("write_poem", { about: "reloads" });
      await ui.start("always_fails", { reason: "no paper" });
      await ui.wait(row("ask_before_deleting", "input_required"));
      await ui.wait(row("write_poem", "input_required"));
      await ui.wait(row("always_fails", "failed"));
      await ui.wait(row("slow_count", "working"), "step 1 of 90");
      await ui.reload();
      await ui.wait(row("slow_count", "working"), "step 1 of 90");
      await ui.wait(row("always_fails", "failed"));
      assert.equal(await ui.count(t("task")), 4);

      await ui.click(`${row("ask_before_deleting", "input_required")} ${t("task-answer")}`);
      await ui.wait(t("question"), "Delete all of “slides”?");
      await ui.fill(t("answer-reason"), "scanned");
      await ui.fill(t("answer-confirm"), true);
      await ui.click(t("answer"));
      await ui.wait(t("result"), "deleted slides: scanned");
      await ui.click(`${row("write_poem", "input_required")} ${t("task-show")}`);
      await ui.click(t("detail-cancel"));
      await ui.wait(row("write_poem", "cancelled"));
      assert.equal(showcase.sent("tasks/cancel").length, cancelledBefore + 1);
      // Its result was not kept: it is asked for.
      await ui.click(`${row("always_fails")} ${t("task-show")}`);
      await ui.wait(t("result"), "no paper");
      await ui.click(`${row("slow_count", "working")} ${t("task-cancel")}`);
      await ui.wait(row("slow_count", "cancelled"));
    });

    test("leaving a server lets go of its tasks and nothing else; coming back takes them up", async () => {
      await ui.start("slow_count", { steps: 80, delayMs: 60_000 });
      await ui.start("ask_before_deleting");
      await ui.wait(row("ask_before_deleting", "input_required"));
      await ui.wait(row("slow_count", "working"));
      await ui.click(`${server(demo)} ${t("disconnect")}`);
      await ui.wait(row("slow_count", "detached"), "not watched");
      await ui.wait(row("ask_before_deleting", "input_required"));
      await ui.gone(t("tool-slow_count"));
      await ui.click(`${server(demo)} ${t("reconnect")}`);
      await ui.wait(row("slow_count", "working"), "step 1 of 80");
      await ui.click(`${row("slow_count", "working")} ${t("task-cancel")}`);
      await ui.wait(row("slow_count", "cancelled"));
      await ui.fill(t("task-search"), "ask_before");
      await ui.gone(row("slow_count"));
      await ui.fill(t("task-search"), "");
      await ui.click(t("filter-cancelled"));
      await ui.gone(row("ask_before_deleting"));
      assert.equal(await ui.count(t("task")), 1);
      await ui.click(t("filter-all"));
    });
  });
}
