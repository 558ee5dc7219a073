// What a call gave: content, structured content, or an error with its code.
import { fill, h } from "./dom.js";
import { pretty } from "./format.js";

/** Fills `panel`; `outcome` is `{ result }` or `{ error }`. */
export function showResult(panel, { name, args, handle, outcome }) {
  const { error } = outcome;
  const result = outcome.result ?? error?.result; // a tool error carries the tool's result
  fill(panel,
    error && h("div", { class: "failure" },
      h("p", {}, h("strong", {}, error.name ?? "Error"), " ", h("code", {}, error.code ?? "no code")),
      h("p", {}, error.message),
      error.cause !== undefined && h("p", { class: "hint" }, `Cause: ${error.cause?.message ?? String(error.cause)}`)),
    result?.isError && !error && h("p", { class: "failure" }, "The tool says that it failed (isError)."),
    result?.content?.map(block),
    result?.structuredContent !== undefined && section("Structured content", code(pretty(result.structuredContent))),
    result && !result.content?.length && result.structuredContent === undefined && h("p", { class: "hint" }, "The result is empty."),
    h("dl", { class: "facts" },
      fact("Tool", name),
      fact("Task", handle.taskId ?? "none: the server answered at once"),
      fact("Arguments", JSON.stringify(args))),
    result && h("details", {}, h("summary", {}, "Whole result as JSON"), code(pretty(result))));
}

function block(content) {
  switch (content.type) {
    case "text":
      return h("pre", { class: "text", tabindex: "0" }, content.text);
    case "image":
    case "audio": {
      const type = String(content.mimeType);
      // Only as data and only as what it claims to be: anything else is named, not opened.
      if (!/^(image|audio)\/[\w.+-]+$/.test(type)) return named(content.type, type);
      const src = `data:${type};base64,${content.data}`;
      return content.type === "image" ? h("img", { src, alt: "Image from the tool" }) : h("audio", { src, controls: true });
    }
    case "resource":
      return section(content.resource?.uri ?? "Resource", typeof content.resource?.text === "string"
        ? h("pre", { class: "text", tabindex: "0" }, content.resource.text)
        : named(content.resource?.mimeType ?? "binary", `${content.resource?.blob?.length ?? 0} characters of base64`));
    case "resource_link":
      return section(content.title ?? content.name ?? "Link", h("p", {}, h("code", {}, content.uri)));
    default:
      return section(`Content of type ${content.type}`, code(pretty(content)));
  }
}

const named = (what, detail) => h("p", { class: "hint" }, `${what}: ${detail}`);
const code = (text) => h("pre", { class: "json", tabindex: "0" }, text);
const section = (title, ...children) => h("section", {}, h("h4", {}, title), ...children);
const fact = (term, value) => [h("dt", {}, term), h("dd", {}, h("code", {}, value))];
