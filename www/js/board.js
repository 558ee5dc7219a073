// The board: one row per call, the newest first. A row only ever shows what its handle says.
import { fill, h, icon, setText } from "./dom.js";
import { duration, progressOf, shortId } from "./format.js";
import { showResult } from "./result.js";

const byId = (id) => document.getElementById(id);
const terminal = new Set(["completed", "failed", "cancelled"]);
const words = { creating: "sending", input_required: "input required", detached: "not watched" };

export function setUpBoard() {
  const rows = new Set();
  const list = byId("task-list");

  const remove = (row) => {
    // The neighbour takes the focus: it would fall back to the top of the page else.
    const neighbour = row.element.nextElementSibling ?? row.element.previousElementSibling;
    row.stop();
    rows.delete(row);
    row.element.remove();
    count();
    (neighbour?.querySelector("button:not([hidden])") ?? byId("tasks-heading")).focus();
  };

  const count = () => {
    const live = [...rows].filter((row) => !row.settled).length;
    setText(byId("task-count"), rows.size === 0 ? "" : `${live} running, ${rows.size - live} settled`);
    byId("no-tasks").hidden = rows.size > 0;
    byId("clear-tasks").hidden = live === rows.size;
  };

  byId("clear-tasks").addEventListener("click", () => {
    for (const row of [...rows]) if (row.settled) remove(row);
    byId("tasks-heading").focus();
  });
  setInterval(() => { for (const row of rows) if (!row.settled) row.tick(); }, 1000);

  return {
    /** Watches one call: `handle` is what `client.callTool` returned. */
    add(name, args, handle) {
      const row = createRow(name, args, handle, { onChange: count, onRemove: () => remove(row) });
      rows.add(row);
      list.prepend(row.element);
      count();
    },
  };
}

function createRow(name, args, handle, { onChange, onRemove }) {
  const started = performance.now();
  let snapshot; // the server's last word about the task; undefined until it named one
  let outcome; // { result } or { error } once the handle has settled
  let settledAfter;
  let cancelling = false;
  let trouble = ""; // why cancelling failed

  const parts = {
    status: h("span", { class: "status", "data-testid": "task-status" }),
    id: h("code", { class: "id" }),
    message: h("span", { class: "message", "data-testid": "task-message" }),
    error: h("p", { class: "row-error", "data-testid": "task-error", hidden: true }),
    bar: h("progress", { "aria-label": `Progress of ${name}` }),
    age: h("span", { class: "age", "data-testid": "task-age" }),
    cancel: h("button", { type: "button", "data-testid": "task-cancel", "aria-label": `Cancel ${name}`, onclick: cancel }, "Cancel"),
    show: h("button", { type: "button", "data-testid": "task-show", "aria-expanded": "false", hidden: true, onclick: toggle }, "Show result"),
    remove: h("button", { type: "button", "data-testid": "task-remove", "aria-label": `Remove ${name}`, hidden: true, onclick: onRemove }, "Remove"),
    result: h("div", { class: "result", "data-testid": "result", hidden: true }),
  };
  const element = h("li", { class: "task", "data-testid": "task" },
    parts.status,
    h("span", { class: "what" }, h("span", { class: "name" }, name), parts.id),
    h("div", { class: "said" }, parts.message, parts.bar),
    parts.age,
    h("div", { class: "actions" }, parts.cancel, parts.show, parts.remove),
    parts.error,
    parts.result);

  function status() {
    if (outcome === undefined || terminal.has(snapshot?.status)) return snapshot?.status ?? "creating";
    if (outcome.error === undefined) return "completed";
    if (outcome.error.code === "closed") return "detached"; // we left; the task itself goes on
    return outcome.error.code === "task_cancelled" ? "cancelled" : "failed";
  }

  function render() {
    const now = status();
    if (element.dataset.status !== now) {
      element.dataset.status = now;
      fill(parts.status, icon(now), words[now] ?? now);
      announce(`${name}: ${words[now] ?? now}`);
    }
    setText(parts.id, handle.taskId === undefined ? "" : shortId(handle.taskId));
    setText(parts.message, snapshot?.statusMessage ?? silence());
    setText(parts.error, wrong(now));
    parts.error.hidden = parts.error.textContent === "";

    const running = outcome === undefined && !terminal.has(now);
    const progress = progressOf(snapshot?.statusMessage);
    parts.bar.hidden = !running;
    if (progress) Object.assign(parts.bar, progress); else parts.bar.removeAttribute("value");
    setText(parts.cancel, cancelling ? "Cancelling" : "Cancel");
    parts.cancel.setAttribute("aria-disabled", String(cancelling || !running));

    // Cancel stays until the result is there, so that the focus can move on to what takes its place.
    const hadFocus = document.activeElement === parts.cancel;
    parts.cancel.hidden = outcome !== undefined;
    parts.show.hidden = parts.remove.hidden = outcome === undefined;
    setText(parts.show, `${parts.result.hidden ? "Show" : "Hide"} ${outcome?.error ? "error" : "result"}`);
    if (hadFocus && parts.cancel.hidden) parts.show.focus();
    tick();
  }

  function wrong(now) {
    if (trouble) return trouble;
    // The status says "cancelled" already, and whoever cancelled does not need it in red.
    if (outcome?.error === undefined || now === "cancelled") return "";
    return say(outcome.error);
  }

  function silence() {
    if (outcome !== undefined) return handle.returnedImmediately ? "answered at once" : "";
    return snapshot === undefined ? "waiting for the server" : "";
  }

  function tick() {
    setText(parts.age, duration(settledAfter ?? performance.now() - started));
  }

  function cancel() {
    if (parts.cancel.getAttribute("aria-disabled") === "true") return;
    cancelling = true;
    trouble = "";
    render();
    handle.cancel().catch((error) => {
      cancelling = false;
      if (outcome === undefined) trouble = `The task was not cancelled. ${say(error)}`;
      render();
    });
  }

  function toggle() {
    const open = parts.result.hidden;
    if (open) showResult(parts.result, { name, args, handle, outcome });
    parts.result.hidden = !open;
    parts.show.setAttribute("aria-expanded", String(open));
    render();
  }

  const off = handle.onStatusChange((next) => {
    snapshot = next;
    render();
  });
  const settle = (what) => {
    outcome = what;
    settledAfter = performance.now() - started;
    render();
    onChange();
  };
  handle.result().then((result) => settle({ result }), (error) => settle({ error }));
  render();
  return { element, stop: off, tick, get settled() { return outcome !== undefined; } };
}

const say = (error) => `${error.code ?? error.name}: ${error.message}`;

function announce(text) {
  byId("announcer").textContent = text;
}
