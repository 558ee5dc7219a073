// The controls of a form that have a changing number of parts: lists, sets of checkboxes, variants. See fields.js.
import { fill, h } from "./dom.js";
import { titleOf } from "./fields.js";
import { plural } from "./format.js";

let serial = 0;

/** Items, each with a button that takes it away. `control` makes the control of an item, as in fields.js. */
export function list(node, at, control) {
  const items = []; // { control, row }
  const what = node.label ?? at.name ?? "item";
  const error = errorLine();
  const rows = h("ol", { class: "items" });
  const grow = () => append(undefined)?.focus();
  const add = h("button", { type: "button", class: "small", "data-testid": `${at.path}-add`, onclick: grow }, `Add to ${what}`);

  function append(initial) {
    const i = items.length;
    const one = control(() => node.item(initial), { ...at, path: `${at.path}-${i}`, name: `${what} ${i + 1}`, required: true, depth: at.depth + 1 });
    const remove = h("button", { type: "button", class: "small", "aria-label": `Remove ${what} ${i + 1}` }, "Remove");
    const item = { control: one, row: h("li", {}, one.element, remove) };
    remove.addEventListener("click", () => {
      items.splice(items.indexOf(item), 1);
      item.row.remove();
      show();
      add.focus();
    });
    items.push(item);
    rows.append(item.row);
    show();
    return one.element.querySelector("input, select, textarea, button");
  }
  const show = () => { add.hidden = items.length >= node.most; };

  const given = Array.isArray(node.initial) ? node.initial.slice(0, 100) : [];
  for (const value of given) append(value);
  while (items.length < Math.min(node.least, 20) && at.required) append(undefined);
  show();
  const read = () => {
    const values = items.map(({ control }) => control.read() ?? null);
    return values.length > 0 || at.required || node.initial !== undefined ? values : undefined;
  };
  const check = () => {
    const wrong = items.map(({ control }) => control.check()).find((input) => input);
    const { length } = items;
    const texts = node.unique ? new Set(items.map(({ control }) => JSON.stringify(control.read()))) : undefined;
    error.say(length < node.least && (length > 0 || at.required) ? `At least ${plural(node.least, "item")}; these are ${length}.`
      : length > node.most ? `At most ${plural(node.most, "item")}; these are ${length}.`
        : texts && texts.size < length ? "Each only once." : "");
    return wrong ?? (error.element.hidden ? undefined : add.hidden ? rows.querySelector("button") : add);
  };
  return { element: frame(node, at, rows, add, error.element), read, check };
}

/** Several of a few: a set of checkboxes. */
export function checkboxes(node, at) {
  const chosen = new Set((Array.isArray(node.initial) ? node.initial : []).map((value) => JSON.stringify(value)));
  const boxes = node.options.map(({ label, value }) => {
    const id = `box-${++serial}`;
    const input = h("input", { type: "checkbox", id, checked: chosen.has(JSON.stringify(value)) });
    return { input, value, row: h("div", { class: "field boolean" }, input, h("label", { for: id }, label)) };
  });
  const error = errorLine();
  const read = () => {
    const values = boxes.filter(({ input }) => input.checked).map(({ value }) => value);
    return values.length > 0 || at.required || node.initial !== undefined ? values : undefined;
  };
  const check = () => {
    const { length } = boxes.filter(({ input }) => input.checked);
    error.say(length < node.least && (length > 0 || at.required) ? `Choose at least ${node.least}.`
      : length > node.most ? `Choose at most ${node.most}.` : "");
    return error.element.hidden ? undefined : boxes[0]?.input;
  };
  return { element: frame(node, at, boxes.map(({ row }) => row), error.element), read, check };
}

/** One of several shapes. */
export function variants(node, at, control) {
  let inner;
  const body = h("div", { class: "members" });
  const id = `variant-${++serial}`;
  const select = h("select", { id, "data-testid": `${at.path}-variant`, "aria-label": `Kind of ${node.label ?? at.name ?? "value"}` },
    !at.required && h("option", { value: "" }, "not given"), node.variants.map(({ label }, i) => h("option", { value: i }, label)));
  const show = () => {
    const chosen = select.value === "" ? undefined : node.variants[Number(select.value)];
    inner = chosen && control(chosen.node, { ...at, required: true, depth: at.depth + 1 });
    fill(body, inner?.element);
  };
  select.addEventListener("change", show);
  show();
  return { element: frame(node, { ...at, path: undefined }, select, body), read: () => inner?.read(), check: () => inner?.check() };
}

function frame(node, at, ...children) {
  return h("fieldset", { class: "group", "data-testid": at.path },
    h("legend", {}, titleOf(node, at)), node.description && h("p", { class: "hint" }, node.description), children);
}

function errorLine() {
  const element = h("p", { class: "field-error", role: "alert", hidden: true });
  return { element, say(message) { element.textContent = message; element.hidden = message === ""; } };
}
