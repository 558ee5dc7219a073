// Forms for the questions of a server: user data (elicitation), a model response (sampling), folders (roots).
import { h } from "./dom.js";
import { createForm } from "./fields.js";
import { messageOf, toText } from "./format.js";
import { httpUrl } from "./links.js";
import { block, partsOf } from "./result.js";

const made = new WeakMap(); // question -> its form: typed text must survive a redraw

/** The form of a question; the same one as long as the question is open. */
export function questionForm(entry, question) {
  if (!made.has(question)) made.set(question, buildOrFail(entry, question));
  return made.get(question);
}

/** A request whose form cannot be built is shown as an error; the other requests and the rest of the pane stay usable. */
function buildOrFail(entry, question) {
  try {
    return build(entry, question);
  } catch (error) {
    return h("div", { class: "question", role: "alert", "data-testid": "question-error" },
      h("p", { class: "row-error" }, `This request (${toText(question.method, 80)}) cannot be shown and was not answered. ${messageOf(error)}`));
  }
}

function build(entry, question) {
  const make = new Map([["elicitation/create", elicitation], ["sampling/createMessage", sampling], ["roots/list", roots]]).get(question.method);
  const trouble = h("p", { class: "field-error", role: "alert", hidden: true });
  const send = async (answer) => {
    trouble.hidden = true;
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      await entry.answer(question, answer);
    } catch (error) {
      if (question.signal.aborted) return;
      trouble.textContent = `Not answered. ${messageOf(error)}`;
      trouble.hidden = false;
    }
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  };
  const { title, parts, read, buttons } = make(question, send);
  const form = h("form", { class: "question", "data-testid": "question", "aria-label": title, novalidate: true, onsubmit: (event) => {
    event.preventDefault();
    const answer = read();
    if (answer) void send(answer);
  } },
  h("h3", {}, title), parts,
  h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary", "data-testid": "answer" }, "Send"), buttons), trouble);
  return form;
}

function elicitation({ params, task }, send) {
  const fields = createForm(params.requestedSchema, "answer");
  const button = (words, action, testid) => h("button", { type: "button", "data-testid": testid, onclick: () => void send({ action }) }, words);
  return {
    title: task ? `${toText(task.name, 100)} needs input` : "The server needs input",
    parts: [h("p", { class: "asked" }, toText(params.message, 5000)), fields.elements],
    read() {
      const wrong = fields.check();
      if (wrong) return void wrong.focus();
      return { action: "accept", content: fields.read() };
    },
    buttons: [button("Decline", "decline", "decline"), button("Dismiss", "cancel", "dismiss")],
  };
}

function sampling({ params, task, refuse }) {
  const said = h("textarea", { rows: 4, required: true, "data-testid": "answer-text", "aria-label": "Model response" });
  const model = h("input", { type: "text", value: "a person", autocomplete: "off", "data-testid": "answer-model", "aria-label": "Name of the model" });
  const error = h("p", { class: "field-error", role: "alert", hidden: true }, "Required.");
  const messages = (Array.isArray(params.messages) ? params.messages : []).slice(0, 50);
  return {
    title: `${toText(task?.name ?? "The server", 100)} requests a model response`,
    parts: [
      params.systemPrompt && h("section", {}, h("h4", {}, "system"), block({ type: "text", text: params.systemPrompt })),
      messages.map((message) => h("section", {}, h("h4", {}, toText(message?.role, 40)), partsOf(message).slice(0, 20).map(block))),
      h("div", { class: "field" },
        h("span", { class: "label", "aria-hidden": "true" }, "Model response",
          h("span", { class: "optional" }, `at most ${typeof params.maxTokens === "number" ? params.maxTokens : "?"} tokens`)), said, error),
      h("div", { class: "field" }, h("span", { class: "label", "aria-hidden": "true" }, "Name of the model"), model),
    ],
    read() {
      error.hidden = said.value !== "";
      if (said.value === "") return void said.focus();
      return { role: "assistant", content: { type: "text", text: said.value }, model: model.value || "a person", stopReason: "endTurn" };
    },
    buttons: h("button", { type: "button", "data-testid": "decline", onclick: refuse }, "Refuse"),
  };
}

function roots({ task, refuse }) {
  const lines = h("textarea", {
    rows: 3, class: "mono", placeholder: "file:///home/ada/pictures", "data-testid": "answer-roots", "aria-label": "Folders, one file:// URI per line",
  });
  const error = h("p", { class: "field-error", role: "alert", hidden: true });
  return {
    title: `${toText(task?.name ?? "The server", 100)} requests folders`,
    parts: h("div", { class: "field" }, lines, h("p", { class: "hint" }, "One file:// URI per line. An empty list is a valid answer."), error),
    read() {
      const uris = lines.value.split("\n").map((line) => line.trim()).filter(Boolean);
      const wrong = uris.find((uri) => !uri.startsWith("file:///") || httpUrl(uri));
      error.textContent = wrong ? `Not a file:// URI: ${wrong}` : "";
      error.hidden = !wrong;
      if (wrong) return void lines.focus();
      return { roots: uris.map((uri) => ({ uri })) };
    },
    buttons: h("button", { type: "button", "data-testid": "decline", onclick: refuse }, "Refuse"),
  };
}
