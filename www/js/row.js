// One row of the board's table. It only ever shows what its entry says. A row that cannot be drawn shows an error in its own cell, so
// that one server's data cannot stop the rows of the others.
import { fill, h, icon, setAttribute, setText } from "./dom.js";
import { messageOf, progressOf, rough, say, shortId, toText } from "./format.js";

const words = new Map(Object.entries({ creating: "sending", input_required: "needs input", detached: "not watched", expired: "expired" }));
/** The label of a status. */
export const wordOf = (status) => words.get(status) ?? toText(status, 40);

/** `{ element, update(state), tick() }`; `on` has `open`, `cancel`, `forget`, each called with the entry. */
export function createRow(entry, on) {
  const name = toText(entry.name, 100);
  const part = {
    status: h("span", { class: "status", "data-testid": "task-status" }),
    show: h("button", { type: "button", class: "name", "data-testid": "task-show", onclick: () => on.open(entry) }, name),
    where: h("span", { class: "where" }),
    message: h("span", { class: "message", "data-testid": "task-message" }),
    error: h("span", { class: "row-error", "data-testid": "task-error", hidden: true }),
    bar: h("progress", { "aria-label": `Progress of ${name}` }),
    left: h("span", { class: "left" }),
    age: h("span", { class: "age", "data-testid": "task-age" }),
    answer: action("Answer", "task-answer", () => on.open(entry)),
    cancel: action("Cancel", "task-cancel", () => void entry.cancel()),
    forget: action("Forget", "task-remove", () => on.forget(entry)),
  };
  const cell = (kind, ...children) => h("div", { role: "gridcell", class: kind }, children);
  const element = h("div", { role: "row", class: "task", "data-testid": "task", "data-name": name },
    cell("c-status", part.status), cell("c-what", part.show, part.where), cell("c-said", part.message, part.error, part.bar),
    cell("c-left", part.left), cell("c-age", part.age), cell("c-actions", part.answer, part.cancel, part.forget));
  element.addEventListener("click", (event) => { if (!event.target.closest("button")) on.open(entry); });

  function action(text, testid, onclick) {
    return h("button", { type: "button", class: "small", "data-testid": testid, "aria-label": `${text} ${name}`, onclick }, text);
  }

  /** `state`: { index, isSelected, isActive, manyServers }. It never throws. */
  function update({ index, isSelected, isActive, manyServers }) {
    setAttribute(element, "aria-rowindex", index + 2); // the head is the first
    setAttribute(element, "aria-selected", isSelected);
    setAttribute(element, "tabindex", isActive ? 0 : -1);
    for (const button of [part.show, part.answer, part.cancel, part.forget]) setAttribute(button, "tabindex", isActive ? 0 : -1);
    guard(() => draw(manyServers));
  }

  function guard(change) {
    try {
      change();
    } catch (error) {
      setText(part.message, "");
      setText(part.error, `This row cannot be drawn. ${messageOf(error, 300)}`);
      part.error.hidden = false;
      part.bar.hidden = true;
    }
  }

  function draw(manyServers) {
    const { status } = entry;
    if (element.dataset.status !== status) {
      element.dataset.status = status;
      fill(part.status, icon(status), wordOf(status));
    }
    const { taskId } = entry;
    setText(part.where, [taskId && shortId(taskId), manyServers && entry.server.name].filter(Boolean).join(" · "));

    const error = failure();
    setText(part.error, toText(error));
    part.error.hidden = error === "";
    setText(part.message, error ? "" : toText((entry.asking.length === 0 && entry.message) || silence()));
    const running = status === "working" || status === "creating";
    const { progress: value, total: max } = entry.handle?.progress ?? {};
    const told = Number.isFinite(value) && Number.isFinite(max) && max > 0 ? { value, max } : progressOf(entry.message);
    part.bar.hidden = !running;
    if (told) Object.assign(part.bar, told); else part.bar.removeAttribute("value");

    const focused = document.activeElement;
    part.answer.hidden = entry.asking.length === 0;
    part.cancel.hidden = entry.isSettled || entry.asking.length > 0 || !entry.handle || entry.kind === "question";
    part.forget.hidden = !entry.isSettled;
    setText(part.cancel, entry.cancelling ? "Cancelling" : "Cancel");
    setAttribute(part.cancel, "aria-disabled", entry.cancelling);
    // The focused button may be gone: the row takes the focus.
    if (element.contains(focused) && focused.hidden) element.focus();
    times();
  }

  function failure() {
    const { outcome, status, trouble } = entry;
    if (trouble) return trouble;
    const error = outcome?.error;
    if (!error || status === "cancelled") return ""; // a cancelled task is not shown as an error
    if (error.code === "task_failed") return toText(error.rpc?.message) || messageOf(error);
    return error.code === "tool_error" ? messageOf(error) : say(error);
  }

  function silence() {
    const [question] = entry.asking;
    if (question?.method === "sampling/createMessage") return "Requests a model response";
    if (question) return toText(question.params.message) || "Requests folders";
    if (entry.isSettled) return entry.handle?.returnedImmediately ? "Completed without a task" : "";
    return entry.snapshot === undefined && entry.handle ? "waiting for the server" : "";
  }

  const tick = () => guard(times);

  function times() {
    const now = Date.now();
    setText(part.age, rough((entry.settledAt ?? now) - entry.at));
    const { ttlMs } = entry.snapshot ?? {};
    const left = typeof ttlMs === "number" ? entry.at + ttlMs - now : undefined;
    setText(part.left, left === undefined ? "" : left > 0 ? rough(left) : "over");
  }
  return { element, update, tick };
}
