// A form for a schema (schema.js). Every control is `{ element, read(), check() }`: `read()` gives undefined for
// an omitted value, `check()` shows the error beside each input and returns the first wrong input, or undefined.
import { fill, h } from "./dom.js";
import { checkboxes, list, variants } from "./groups.js";
import { inputFor } from "./inputs.js";
import { isObject, SchemaLimitError, SchemaReader } from "./schema.js";

/** A schema whose required members go on without end becomes JSON beyond these numbers of inputs, choices and levels. */
const mostInputs = 300;
const mostChoices = 5000;
const mostLevels = 6;
let serial = 0;

/**
 * The form of an object's members, without a frame: `{ elements, isEmpty, read(), check() }`; `prefix` begins the test ids. An
 * object without members to show is one control.
 */
export function createForm(schema, prefix = "arg") {
  const at = { path: prefix, budget: { left: mostInputs, choices: mostChoices, isWhole: true }, depth: 0, name: "arguments", required: true };
  let form;
  try {
    form = build(schema, at);
  } catch (error) {
    if (!(error instanceof SchemaLimitError)) throw error;
    form = wholeOf(leaf(tooLarge(error, "object"), at));
  }
  at.budget.isWhole = false;
  return form;
}

function build(schema, at) {
  const { oneOf, anyOf, ...own } = isObject(schema) ? schema : {};
  const node = new SchemaReader(schema).describe(isObject(own.properties) ? own : schema);
  if (node.kind === "object") return members(node, at);
  if (!isObject(schema) || Object.keys(schema).length === 0) return members({ fields: () => [] }, at);
  return wholeOf(control(() => (node.kind === "variants" ? node : { ...node, kind: "json", expects: "object" }), at));
}

const wholeOf = (whole) => ({ elements: [whole.element], isEmpty: false, read: () => whole.read() ?? {}, check: () => whole.check() });

/** The control for a schema, or a part of one, that exceeds a limit. */
const tooLarge = (error, expects) => ({ kind: "json", expects, label: "Edit as JSON", description: `${error.message} Enter the value as JSON.` });

/**
 * A control for the node that `describe()` gives; `at` is `{ path, budget, depth, required, name }`. If the schema exceeds a limit while
 * the form is built, the whole form becomes JSON; later, the part that was just opened.
 */
export function control(describe, at) {
  if (--at.budget.left < 0) return leaf({ kind: "json" }, at);
  let node;
  try {
    node = describe();
  } catch (error) {
    if (at.budget.isWhole || !(error instanceof SchemaLimitError)) throw error;
    return leaf(tooLarge(error), at);
  }
  if (at.depth > mostLevels) return leaf({ ...node, kind: "json" }, at);
  at.budget.choices -= node.options?.length ?? 0;
  if (at.budget.choices < 0) return leaf({ ...node, kind: "json", expects: node.kind === "choices" ? "array" : undefined }, at);
  if (node.kind === "object") return object(node, at);
  if (node.kind === "list") return list(node, at, control);
  if (node.kind === "choices") return checkboxes(node, at);
  if (node.kind === "variants") return variants(node, at, control);
  return leaf(node, at);
}

function leaf(node, at) {
  const id = `field-${++serial}`;
  const hint = [node.description, node.pattern && `Pattern: ${node.pattern}`].filter(Boolean).join(" "); // not run: it could hang the page
  const { input, read, judge } = inputFor(node, at.required, {
    id, "data-testid": at.path, "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-error`,
  });
  const error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const label = h("label", { for: id }, titleOf(node, at));
  const element = h("div", { class: `field ${node.kind}` },
    node.kind === "boolean" ? [input, label] : [label, input],
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint), error);
  const check = () => {
    const message = judge();
    error.textContent = message;
    error.hidden = message === "";
    if (message) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    return message ? input : undefined;
  };
  // Once a field has been found wrong, it says at every change whether it still is.
  input.addEventListener("input", () => { if (!error.hidden) check(); });
  return { element, read, check };
}

/** The label above an input, the same for all kinds. */
export function titleOf({ label }, { name, required }) {
  const differs = label && name && label.toLowerCase() !== name.toLowerCase();
  return [label ?? name, differs && h("code", {}, name), !required && h("span", { class: "optional" }, "optional")];
}

function members(node, { path, budget, depth }) {
  const parts = node.fields(node.initial).map(({ name, required, node }) =>
    ({ name, control: control(node, { path: `${path}-${name}`, name, required, budget, depth: depth + 1 }) }));
  const read = () => {
    const value = {};
    for (const { name, control } of parts) {
      const member = control.read();
      // defineProperty, because a server may call a member "__proto__".
      if (member !== undefined) Object.defineProperty(value, name, { value: member, enumerable: true });
    }
    return value;
  };
  const check = () => parts.map(({ control }) => control.check()).find((input) => input);
  return { elements: parts.map(({ control }) => control.element), isEmpty: parts.length === 0, read, check };
}

/** Members in a frame. An optional one is only there once it is asked for: its own required members are not needed before. */
function object(node, at) {
  let inner;
  const body = h("div", { class: "members" });
  const add = h("button", { type: "button", class: "small", onclick: () => set(true) }, `Add ${node.label ?? at.name ?? "it"}`);
  const remove = h("button", { type: "button", class: "small", onclick: () => set(false) }, `Leave out ${node.label ?? at.name ?? "it"}`);
  const set = (on) => {
    inner = on ? members(node, at) : undefined;
    fill(body, inner?.elements);
    show();
    (on ? body.querySelector("input, select, textarea, button") ?? remove : add).focus();
  };
  const show = () => {
    add.hidden = inner !== undefined;
    remove.hidden = inner === undefined || at.required;
  };
  if (at.required || isObject(node.initial)) {
    inner = members(node, at);
    fill(body, inner.elements);
  }
  show();
  const element = h("fieldset", { class: "group", "data-testid": at.path },
    h("legend", {}, titleOf(node, at)), node.description && h("p", { class: "hint" }, node.description), body, add, remove);
  return { element, read: () => inner?.read(), check: () => inner?.check() };
}
