// The outcome of a call: content, structured content, or an error with its code. Text stays text, a link is opened only where it
// is http or https, an image or sound is only ever data of the kind it says, and large data is truncated.
import { h } from "./dom.js";
import { bytes, messageOf, toText } from "./format.js";
import { httpUrl } from "./links.js";
import { tree } from "./tree.js";

const mostText = 65_536; // characters
const mostData = 12_000_000; // characters of base64
const mostBlocks = 100;
const most = 2000; // characters of a name, a type or an address

/** The parts of a result; `outcome` is `{ result }` or `{ error }`. */
export function outcomeOf({ result, error }) {
  const value = result ?? error?.result; // a tool error carries the tool's result
  const parts = blocksOf(value);
  return [
    error && h("div", { class: "failure" },
      h("p", {}, h("strong", {}, toText(error.name ?? "Error", 80)), " ", h("code", {}, toText(error.code ?? "no code", 80))),
      h("p", {}, messageOf(error)),
      error.rpc?.data !== undefined && tree(error.rpc.data),
      error.cause !== undefined && h("p", { class: "hint" }, `Cause: ${messageOf(error.cause)}`)),
    parts.slice(0, mostBlocks),
    parts.length > mostBlocks && h("p", { class: "hint" }, `${parts.length - mostBlocks} more parts are in the whole result below.`),
    value?.structuredContent !== undefined && section("Structured content", tree(value.structuredContent)),
    value && parts.length === 0 && value.structuredContent === undefined && h("p", { class: "hint" }, "The result is empty."),
    value && whole(value),
  ];
}

/** Of a tool (`content`), a prompt (`messages`), a resource (`contents`). */
function blocksOf(value) {
  const list = (of) => (Array.isArray(of) ? of : []);
  return [
    ...list(value?.content).map((content) => block(content)),
    ...list(value?.messages).map((message) => section(message?.role, partsOf(message).map(block))),
    ...list(value?.contents).map((resource) => block({ type: "resource", resource })),
  ];
}

/** The contents of a message: one of them, or a list. */
export const partsOf = (message) => (Array.isArray(message?.content) ? message.content : [message?.content]);

/** One piece of content. */
export function block(content) {
  switch (content?.type) {
    case "text":
      return preview(toText(content.text, Infinity), "text");
    case "image":
    case "audio":
      return media(content.type, content.mimeType, content.data);
    case "resource": {
      const { uri, mimeType, text, blob } = content.resource ?? {};
      const [kind] = toText(mimeType).split("/");
      const shown = typeof text === "string" ? preview(text, "text")
        : ["image", "audio"].includes(kind) ? media(kind, mimeType, blob)
          : named(mimeType ?? "binary", `${typeof blob === "string" ? blob.length : 0} characters of base64`);
      return section(link(uri ?? "Resource"), shown);
    }
    case "resource_link":
      return section(content.title ?? content.name ?? "Link", h("p", {}, link(content.uri)),
        content.description && h("p", { class: "hint" }, toText(content.description, most)));
    default:
      return section(`Content of type ${toText(content?.type, most) || "unknown"}`, tree(content));
  }
}

/** A text, or the beginning of it, and a way to have all of it. */
function preview(text, kind) {
  if (text.length <= mostText) return h("pre", { class: kind, tabindex: "0", role: "group", "aria-label": "Text" }, text);
  return h("div", { class: "bounded", "data-testid": "bounded" },
    h("p", { class: "hint" }, `The first ${bytes(mostText)} of ${bytes(text.length)}. `,
      h("button", { type: "button", class: "small", onclick: () => save(text) }, "Save all of it")),
    h("pre", { class: kind, tabindex: "0", role: "group", "aria-label": "Beginning of the text" }, text.slice(0, mostText)));
}

function save(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  h("a", { href: url, download: "result.txt" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function media(kind, type, data) {
  if (typeof type !== "string" || typeof data !== "string") return named(kind, "its type or its data is missing");
  // Only as data and only as what it claims to be: anything else is named, not opened. An SVG in <img> runs nothing.
  if (!new RegExp(`^${kind}/[\\w.+-]+$`).test(type) || !/^[\w+/=\s-]*$/.test(data.slice(0, 1000))) return named(kind, type);
  if (data.length > mostData) return named(kind, `${toText(type, most)}, ${bytes(data.length * 0.75)}: too much to show`);
  const src = `data:${type};base64,${data}`;
  return kind === "image" ? h("img", { src, alt: "Image from the tool" }) : h("audio", { src, controls: true });
}

/** A link where it leads to the web, else the text of it. The page that opens learns nothing of this one. */
function link(uri) {
  const text = toText(uri, most);
  const url = httpUrl(uri);
  return url ? h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, text) : h("code", {}, text);
}

function whole(value) {
  const details = h("details", { class: "whole" }, h("summary", {}, "Whole result as JSON"));
  details.addEventListener("toggle", () => { if (details.open && details.childElementCount === 1) details.append(tree(value)); });
  return details;
}

const named = (what, detail) => h("p", { class: "hint" }, `${toText(what, most)}: ${toText(detail, most)}`);
const section = (title, ...children) => h("section", {}, h("h4", {}, title instanceof Node ? title : toText(title, most)), ...children);
