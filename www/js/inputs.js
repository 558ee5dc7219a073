// One input for one value of a form: its control, its value and its error message.
import { h } from "./dom.js";
import { plural } from "./format.js";

/**
 * `{ input, read(), judge() }` for a described schema (schema.js) that has no parts: `read()` gives undefined for an omitted
 * value, `judge()` the message to show, or "".
 */
export function inputFor(node, required, attributes) {
  const make = { boolean, choice, integer: number, number, text }[node.kind] ?? json;
  return make(node, required, attributes);
}

const missing = "Required.";

function boolean({ initial }, required, attributes) {
  const input = h("input", { ...attributes, type: "checkbox", checked: initial === true });
  // An optional flag without a default that stays unchecked is left to the server.
  const read = () => (input.checked || required || initial !== undefined ? input.checked : undefined);
  return { input, read, judge: () => "" };
}

function choice({ initial, options }, required, attributes) {
  const chosen = options.findIndex(({ value }) => same(value, initial));
  const input = h("select", { ...attributes, "aria-required": required ? "true" : undefined },
    (chosen < 0 || !required) && h("option", { value: "" }, required ? "choose…" : "not given"),
    options.map(({ label }, i) => h("option", { value: i, selected: i === chosen }, label)));
  const read = () => (input.value === "" ? undefined : options[Number(input.value)].value);
  return { input, read, judge: () => (required && input.value === "" ? "Choose one." : "") };
}

function number({ kind, initial, min, max, above, below, step }, required, attributes) {
  const whole = kind === "integer";
  const value = typeof initial === "number" ? initial : undefined;
  const input = h("input", {
    ...attributes, type: "number", step: "any", min, max, value, inputmode: whole ? "numeric" : "decimal", "aria-required": required ? "true" : undefined,
  });
  const judge = () => {
    if (input.validity.badInput) return "Enter a number.";
    if (input.value === "") return required ? missing : "";
    const is = input.valueAsNumber;
    if (whole && !Number.isInteger(is)) return "Enter a whole number.";
    if (is < min) return `At least ${min}.`;
    if (is > max) return `At most ${max}.`;
    if (is <= above) return `More than ${above}.`;
    if (is >= below) return `Less than ${below}.`;
    const times = is / step;
    return step > 0 && Math.abs(times - Math.round(times)) > 1e-9 ? `A multiple of ${step}.` : "";
  };
  return { input, read: () => (input.value === "" ? undefined : input.valueAsNumber), judge };
}

const types = new Map(Object.entries({ date: "date", "date-time": "datetime-local", email: "email", uri: "url", password: "password" }));

function text({ initial, format, minLength, maxLength }, required, attributes) {
  const type = types.get(format) ?? "text";
  const more = { ...attributes, "aria-required": required ? "true" : undefined, autocomplete: "off", spellcheck: type === "text" ? undefined : "false" };
  const value = typeof initial === "string" ? initial : undefined;
  const input = maxLength > 200 ? h("textarea", { ...more, rows: 3 }) : h("input", { ...more, type });
  if (value !== undefined) input.value = type === "datetime-local" ? value.slice(0, 16) : value;
  const judge = () => {
    if (input.value === "") return required && !input.validity.badInput ? missing : input.validity.badInput ? "Enter a date." : "";
    if (input.validity.typeMismatch) {
      return type === "url" ? "Enter a URL, for example https://example.org." : "Enter an e-mail address, for example ada@example.org.";
    }
    const { length } = [...input.value]; // characters, as JSON Schema counts them
    if (length < minLength) return `At least ${plural(minLength, "character")}; these are ${length}.`;
    return length > maxLength ? `At most ${plural(maxLength, "character")}; these are ${length}.` : "";
  };
  const read = () => {
    if (input.value === "") return undefined;
    return type === "datetime-local" ? new Date(input.value).toISOString() : input.value;
  };
  return { input, read, judge };
}

function json({ initial, expects }, required, attributes) {
  const input = h("textarea", {
    ...attributes, "aria-required": required ? "true" : undefined, rows: 3, spellcheck: "false", class: "mono",
    placeholder: new Map([["array", "[ ]"], ["object", "{ }"]]).get(expects) ?? "JSON",
  });
  if (initial !== undefined) input.value = JSON.stringify(initial, null, 2);
  const parse = () => {
    if (input.value.trim() === "") return { message: required ? missing : "" };
    try {
      const value = JSON.parse(input.value);
      const found = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
      const fits = !["array", "object"].includes(expects) || found === expects;
      return fits ? { value, message: "" } : { message: `Enter JSON of type ${expects}, not ${found}.` };
    } catch (error) {
      return { message: `Not valid JSON: ${error.message}` };
    }
  };
  return { input, read: () => parse().value, judge: () => parse().message };
}

const same = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
