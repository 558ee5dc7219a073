// Builds elements. Strings only ever become text nodes: server data is never parsed as markup. Every value becomes text by
// `toText`, so that no value of a server makes building an element throw.
import { toText } from "./format.js";

/** `h("button", { class: "x", disabled: true, onclick: fn, "data-testid": "y" }, "text", element)` */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : wholeText(value));
  }
  append(element, children);
  return element;
}

/** Replaces all children. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/** Writes text only when it differs, so that assistive technology and observers are not told about nothing. */
export function setText(element, value) {
  const text = wholeText(value);
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute, or takes it away where `value` is undefined or false; nothing happens where it stands so already. */
export function setAttribute(element, name, value) {
  const text = value === undefined || value === false ? null : wholeText(value);
  if (element.getAttribute(name) === text) return;
  if (text === null) element.removeAttribute(name);
  else element.setAttribute(name, text);
}

export const byId = (id) => document.getElementById(id);

const wholeText = (value) => toText(value, Infinity);

function append(element, children) {
  const given = children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== "");
  element.append(...given.map((child) => (child instanceof Node ? child : wholeText(child))));
}

const paths = new Map(Object.entries({
  creating: "M8 4v4.2l2.6 1.6 M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12",
  working: "M14 8a6 6 0 1 1-6-6",
  input_required: "M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .8-1 1.5 M8 12.2v.1",
  completed: "M3 8.6l3.2 3.2L13 4.6",
  failed: "M4 4l8 8 M12 4l-8 8",
  cancelled: "M3.8 3.8l8.4 8.4 M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12",
  detached: "M2.5 8h3 M10.5 8h3 M7 5.5l2 5",
  expired: "M4 2.5h8 M4 13.5h8 M5 2.5c0 3.5 6 7.5 6 11 M11 2.5c0 3.5-6 7.5-6 11",
  lost: "M8 3v6 M8 12.4v.1",
  close: "M4 4l8 8 M12 4l-8 8",
}));

/** A status mark. Decoration only: the word stands beside it. */
export function icon(status) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", paths.get(status) ?? paths.get("creating"));
  svg.append(path);
  return svg;
}
