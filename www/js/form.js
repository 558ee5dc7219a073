// The argument form of one tool.
import { fill, h } from "./dom.js";
import { fieldsOf } from "./schema.js";

let serial = 0;

/** Shows the form for `tool` in `form`; `onStart(args)` is called with arguments that passed the browser's checks. */
export function showForm(form, tool, onStart) {
  const fields = fieldsOf(tool.inputSchema).map(control);
  fill(form,
    h("h3", { class: "call-name" }, tool.title ?? tool.name),
    tool.description && h("p", { class: "description" }, tool.description),
    fields.map(({ row }) => row),
    fields.length === 0 && h("p", { class: "hint" }, "Takes no arguments."),
    h("button", { class: "primary", type: "submit", "data-testid": "start" }, "Start"),
  );
  form.hidden = false;
  form.onsubmit = (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length > 0) return wrong[0].input.focus();
    const args = {};
    for (const field of fields) {
      const value = field.read();
      // defineProperty, because a server may call an argument "__proto__".
      if (value !== undefined) Object.defineProperty(args, field.name, { value, enumerable: true });
    }
    onStart(args);
  };
}

/** `{ name, row, input, check(), read() }`; `read()` gives undefined for an argument that is left out. */
function control(field) {
  const id = `arg-${++serial}`;
  const describe = [field.description && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  const { input, read } = inputFor(field, { id, "data-testid": `arg-${field.name}`, "aria-describedby": describe });
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const label = h("label", { for: id }, field.label ?? field.name,
    field.label && field.label !== field.name && h("code", {}, field.name),
    !field.required && h("span", { class: "optional" }, "optional"));
  const hint = field.description && h("p", { class: "hint", id: `${id}-hint` }, field.description);
  const row = h("div", { class: `field ${field.kind}` },
    field.kind === "boolean" ? [input, label] : [label, input], hint, error);

  const check = () => {
    const valid = input.checkValidity();
    error.textContent = valid ? "" : input.validationMessage;
    error.hidden = valid;
    if (valid) input.removeAttribute("aria-invalid"); else input.setAttribute("aria-invalid", "true");
    return valid;
  };
  // Once a field has been found wrong, it says at every change whether it still is.
  input.addEventListener("input", () => { if (!error.hidden) check(); });
  return { name: field.name, row, input, check, read };
}

function inputFor(field, attributes) {
  const { initial, required } = field;
  switch (field.kind) {
    case "boolean": {
      const input = h("input", { ...attributes, type: "checkbox", checked: initial === true });
      // An optional flag without a default that stays unchecked is left to the server.
      return { input, read: () => (input.checked || required || initial !== undefined ? input.checked : undefined) };
    }
    case "choice": {
      const chosen = field.options.findIndex(({ value }) => value === initial);
      const input = h("select", { ...attributes, required },
        chosen < 0 && h("option", { value: "" }, required ? "choose…" : "not given"),
        field.options.map(({ label }, i) => h("option", { value: i, selected: i === chosen }, label)));
      return { input, read: () => (input.value === "" ? undefined : field.options[Number(input.value)].value) };
    }
    case "integer":
    case "number": {
      const input = h("input", {
        ...attributes, required, type: "number", min: field.min, max: field.max,
        step: field.kind === "integer" ? 1 : "any", value: initial, inputmode: field.kind === "integer" ? "numeric" : "decimal",
      });
      return { input, read: () => (input.value === "" ? undefined : input.valueAsNumber) };
    }
    case "text": {
      const input = h("input", {
        ...attributes, required, type: "text", autocomplete: "off", value: initial,
        minlength: field.minLength, maxlength: field.maxLength,
      });
      return { input, read: () => (input.value === "" ? undefined : input.value) };
    }
    default:
      return json(field, attributes);
  }
}

function json({ initial, required, expects }, attributes) {
  const input = h("textarea", { ...attributes, required, rows: 3, spellcheck: "false", placeholder: expects === "array" ? "[ ]" : "{ }" });
  if (initial !== undefined) input.value = JSON.stringify(initial, null, 2);
  const judge = () => {
    try {
      const value = input.value.trim() === "" ? undefined : JSON.parse(input.value);
      const found = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
      const fits = value === undefined || !["array", "object"].includes(expects) || found === expects;
      input.setCustomValidity(fits ? "" : `This argument is JSON of type ${expects}, not ${found}.`);
      return value;
    } catch (error) {
      input.setCustomValidity(`This is not JSON yet: ${error.message}`);
      return undefined;
    }
  };
  // Before check() of the row asks whether it is valid.
  input.addEventListener("input", judge);
  judge();
  return { input, read: judge };
}
