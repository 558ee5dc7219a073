// The pane of one task: its questions, result, arguments and status changes.
import { questionForm } from "./answer.js";
import { fill, h, icon, setText } from "./dom.js";
import { clock, duration, plural, say, toText } from "./format.js";
import { copy, linkTo } from "./links.js";
import { outcomeOf } from "./result.js";
import { wordOf } from "./row.js";
import { tree } from "./tree.js";

const mostShown = 20_000; // characters of a message

/** Fills `pane` with a task: `{ update(), focus() }`; `update()` brings it up to date. */
export function showTask(pane, entry, { onClose, onForget }) {
  const part = {
    status: h("span", { class: "status", "data-testid": "detail-status" }),
    message: h("p", { class: "message" }),
    trouble: h("p", { class: "row-error", hidden: true }),
    facts: h("dl", { class: "facts" }),
    questions: h("div", { class: "questions" }),
    result: h("div", { class: "result", "data-testid": "result", hidden: true }),
    events: h("ol", { class: "timeline", "data-testid": "timeline" }),
    skipped: h("p", { class: "hint", hidden: true }),
    cancel: button("Cancel task", "detail-cancel", () => void entry.cancel()),
    link: button("Copy link", "copy-link", copyLink),
    forget: button("Forget", "detail-forget", onForget),
    linked: h("input", { class: "linked", readonly: true, hidden: true, "data-testid": "link", "aria-label": "Link to this task" }),
  };
  part.state = h("div", { class: "state" }, part.status, part.message);
  const heading = h("h2", { id: "pane-heading", tabindex: "-1" }, toText(entry.name));
  fill(pane,
    h("div", { class: "bar" }, heading, button("Close", undefined, onClose, "Close this pane")),
    h("div", { class: "detail" },
      part.state, part.trouble,
      h("div", { class: "buttons" }, part.cancel, part.link, part.forget), part.linked,
      part.questions, part.result,
      h("section", {}, h("h3", {}, "About it"), part.facts),
      entry.args && Object.keys(entry.args).length > 0 && h("section", {}, h("h3", {}, "Arguments"), tree(entry.args)),
      h("section", {}, h("h3", {}, "Status changes"), part.skipped, part.events)));

  let shownOutcome;
  function update() {
    const { status, outcome, snapshot } = entry;
    part.state.dataset.status = status;
    if (part.status.dataset.of !== status) {
      part.status.dataset.of = status;
      fill(part.status, icon(status), wordOf(status));
    }
    setText(part.message, toText(entry.message, mostShown));
    const error = outcome?.error;
    const isAway = entry.isSettled && !entry.handle && entry.ref && !entry.server.client;
    const trouble = entry.trouble || (error && status === "detached" ? `Not watched any more. ${say(error)}`
      : isAway ? "Its result is not kept here: connect to its server, and open it again." : "");
    setText(part.trouble, trouble);
    part.trouble.hidden = trouble === "";
    part.cancel.hidden = entry.isSettled || !entry.handle || entry.kind === "question";
    setText(part.cancel, entry.cancelling ? "Cancelling" : "Cancel task");
    part.link.hidden = entry.ref === undefined;
    part.forget.hidden = entry.kind === "question";
    questions();
    if (outcome && outcome !== shownOutcome && status !== "detached") {
      shownOutcome = outcome;
      fill(part.result, h("h3", {}, error ? "Error" : "Result"), outcomeOf(outcome));
      part.result.hidden = false;
    }
    facts(snapshot);
    timeline();
  }

  function questions() {
    const forms = entry.asking.map((question) => questionForm(entry, question));
    const hadFocus = part.questions.contains(document.activeElement);
    if (forms.length !== part.questions.childElementCount || forms.some((form, i) => part.questions.children[i] !== form)) fill(part.questions, forms);
    if (hadFocus && !part.questions.contains(document.activeElement)) heading.focus();
  }

  function facts(snapshot) {
    const rows = [
      ["Server", toText(entry.server.url, 2000)],
      ["Task", toText(entry.taskId, 2000) || (entry.handle?.returnedImmediately ? "none: completed without a task" : "no task id yet")],
      ["Started", `${clock(entry.at)}${entry.settledAt ? `, took ${duration(entry.settledAt - entry.at)}` : ""}`],
      snapshot?.lastUpdatedAt && ["Last update", `${clock(snapshot.lastUpdatedAt)}, by the server's clock`],
      snapshot?.taskId && ["Time to live", typeof snapshot.ttlMs === "number"
        ? `${duration(snapshot.ttlMs)}, until about ${clock(entry.at + snapshot.ttlMs)}` : "not said, or without limit"],
      snapshot?.pollIntervalMs && ["Poll interval", `${toText(snapshot.pollIntervalMs)} ms`],
    ].filter(Boolean);
    const text = JSON.stringify(rows);
    if (part.facts.dataset.of === text) return;
    part.facts.dataset.of = text;
    fill(part.facts, rows.map(([term, value]) => [h("dt", {}, term), h("dd", {}, h("code", {}, value))]));
  }

  let events = 0; // of entry.timeline and what it has dropped
  function timeline() {
    const all = entry.timeline.length + entry.skipped;
    part.skipped.hidden = entry.skipped === 0;
    setText(part.skipped, entry.skipped ? `${plural(entry.skipped, "older change")} not kept.` : "");
    for (const event of entry.timeline.slice(events > all ? 0 : entry.timeline.length - (all - events))) {
      part.events.prepend(h("li", { "data-status": event.status },
        h("time", {}, clock(event.at)), h("span", { class: "status" }, icon(event.status), wordOf(event.status)),
        h("span", { class: "message" }, toText(event.message, 1000))));
      while (part.events.childElementCount > 200) part.events.lastElementChild.remove();
    }
    events = all;
  }

  async function copyLink() {
    const url = linkTo(entry);
    const copied = await copy(url);
    part.linked.value = url;
    part.linked.hidden = copied;
    if (!copied) part.linked.select();
    setText(part.link, copied ? "Copied" : "Copy it from here");
    setTimeout(() => setText(part.link, "Copy link"), 3000);
  }
  update();
  return { update, focus: () => heading.focus() };
}

function button(words, testid, onclick, label) {
  return h("button", { type: "button", class: "small", "data-testid": testid, "aria-label": label, onclick }, words);
}
