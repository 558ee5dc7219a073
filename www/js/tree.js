// JSON as a tree that unfolds: only open parts are in the page, a screenful at a time.
import { fill, h } from "./dom.js";
import { bytes, plural } from "./format.js";

const step = 100; // members shown at once
const mostText = 500; // characters of a text before it is folded
const mostShown = 65_536; // characters of a text that are ever shown

/** The tree of a value, its first level open. */
export function tree(value) {
  const isPart = value !== null && typeof value === "object";
  return h("div", { class: "tree" }, isPart ? members(value) : leaf(value));
}

function members(value) {
  const isList = Array.isArray(value);
  const keys = isList ? undefined : Object.keys(value);
  const count = isList ? value.length : keys.length;
  const list = h("ul", {});
  let shown = 0;
  const more = h("button", { type: "button", class: "small" });
  const grow = () => {
    for (const end = Math.min(count, shown + step); shown < end; shown++) {
      const key = isList ? shown : keys[shown];
      list.append(h("li", {}, member(String(key), value[key], isList)));
    }
    more.hidden = shown >= count;
    more.textContent = `Show ${Math.min(step, count - shown)} more of ${count - shown}`;
  };
  more.addEventListener("click", grow);
  grow();
  return count === 0 ? h("span", { class: "muted" }, isList ? "empty list" : "empty object") : [list, more];
}

function member(key, value, isIndex) {
  const name = h("span", { class: isIndex ? "index" : "key" }, key.length > 200 ? `${key.slice(0, 200)}…` : key);
  if (value === null || typeof value !== "object") return [name, leaf(value)];
  const size = Array.isArray(value) ? plural(value.length, "item") : plural(Object.keys(value).length, "member");
  const body = h("div", {});
  const details = h("details", {}, h("summary", {}, name, h("span", { class: "muted" }, size)), body);
  details.addEventListener("toggle", () => { if (details.open && !body.hasChildNodes()) fill(body, members(value)); });
  return details;
}

function leaf(value) {
  if (typeof value !== "string") return h("span", { class: `value ${value === null ? "null" : typeof value}` }, String(value));
  if (value.length <= mostText) return h("span", { class: "value string" }, value);
  const text = h("span", { class: "value string" }, `${value.slice(0, mostText)}…`);
  const all = bytes(value.length);
  const more = h("button", { type: "button", class: "small" }, value.length > mostShown ? `Show the first ${bytes(mostShown)} of ${all}` : `Show all ${all}`);
  more.addEventListener("click", () => {
    text.textContent = value.length > mostShown ? `${value.slice(0, mostShown)}…` : value;
    more.remove();
  });
  return [text, " ", more];
}
