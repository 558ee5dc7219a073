// The pane that calls a tool: its description, the form of its arguments, how the call is to be made.
import { fill, h } from "./dom.js";
import { createForm } from "./fields.js";
import { messageOf, toText } from "./format.js";

/**
 * Fills `pane`; `onStart(args, options)` is called with arguments that passed the form's checks. If it throws, the form shows why nothing
 * was sent. Gives `{ focus() }`.
 */
export function showCall(pane, server, tool, { onStart, onClose }) {
  const form = createForm(tool.inputSchema);
  const asTask = h("select", { id: "call-as", "data-testid": "call-as" },
    h("option", { value: "" }, "as the server offers it"), h("option", { value: "plain" }, "as a plain call, never a task"));
  const keep = h("input", { id: "call-ttl", "data-testid": "call-ttl", type: "number", min: 1, step: "any", inputmode: "decimal" });
  const submit = (event) => {
    event.preventDefault();
    const wrong = form.check();
    if (wrong) return wrong.focus();
    const ttlMs = keep.valueAsNumber > 0 ? { ttlMs: Math.round(keep.valueAsNumber * 60_000) } : undefined;
    try {
      onStart(form.read(), asTask.value === "plain" ? { task: false } : ttlMs ? { task: ttlMs } : {});
      trouble.hidden = true;
    } catch (error) {
      trouble.textContent = messageOf(error);
      trouble.hidden = false;
    }
  };
  const trouble = h("p", { class: "field-error", role: "alert", "data-testid": "not-sent", hidden: true });
  const start = h("button", { class: "primary", type: "submit", "data-testid": "start" }, "Start");
  fill(pane,
    h("div", { class: "bar" },
      h("h2", { id: "pane-heading", tabindex: "-1" }, toText(tool.title ?? tool.name)),
      h("button", { type: "button", class: "small", "aria-label": "Close this pane", onclick: onClose }, "Close")),
    h("form", { class: "call", novalidate: true, onsubmit: submit, "data-testid": "call-form" },
      h("p", { class: "hint" }, h("code", {}, toText(tool.name)), ` · ${server.kindOf(tool)} · ${server.name}`),
      tool.description && h("p", { class: "description" }, toText(tool.description, 4000)),
      form.elements,
      form.isEmpty && h("p", { class: "hint" }, "Takes no arguments."),
      h("details", { class: "options" }, h("summary", {}, "How to call it"),
        h("div", { class: "field" }, h("label", { for: "call-as" }, "Call it"), asTask),
        h("div", { class: "field" },
          h("label", { for: "call-ttl" }, "Ask the server to keep the task, in minutes", h("span", { class: "optional" }, "optional")), keep)),
      h("div", { class: "buttons" }, start, trouble)));
  return { focus() { (pane.querySelector("form input, form select, form textarea") ?? start).focus(); } };
}
