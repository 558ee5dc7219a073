// <mcp-task>: one task, shown. Whatever a server says becomes text, by `textContent`, and nothing else.

import type { Task } from "./task.js";
import { words } from "./transport.js";
import { TERMINAL, type TaskStatus } from "./types.js";

/** Longest text of the server that is shown, in characters. The event carries the whole result. */
const MOST_SHOWN = 20_000;

const STYLE = `
:host { display: block; font: inherit; }
:host([hidden]) { display: none; }
[part=head] { display: flex; gap: .75em; align-items: baseline; flex-wrap: wrap; }
[part=name] { font-weight: 600; overflow-wrap: anywhere; }
[part=status] { opacity: .85; }
[part=cancel] { margin-inline-start: auto; font: inherit; }
[part=progress] { inline-size: 100%; }
[part=output] { margin: .5em 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-block-size: 20em; overflow: auto; }
[part~=error] { padding-inline-start: .75em; border-inline-start: .25em solid; }
`;

const MARKUP = {
  head: "div",
  name: "span",
  status: "span",
  cancel: "button",
  progress: "progress",
  message: "p",
  output: "pre",
} as const;
type Parts = { [part in keyof typeof MARKUP]: HTMLElementTagNameMap[(typeof MARKUP)[part]] };

// Where there are no elements (a server that renders pages) the module can still be imported.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * `<mcp-task>` shows one task: name, status, progress, the server's words, the result as text, and a button that cancels it.
 *
 * ```js
 * import "mcp-tasks/element";
 * const element = document.querySelector("mcp-task");
 * element.task = client.callTool("render", { scene: 7 });
 * element.addEventListener("mcp-task-settled", ({ detail }) => console.log(detail.result ?? detail.error));
 * ```
 *
 * | | |
 * | --- | --- |
 * | attribute `readonly` | without the button |
 * | slot `cancel` | the button's words, for another language |
 * | default slot | yours, below: a form that answers what the task asks |
 * | event `mcp-task-status` | `detail`: the {@link TaskStatus}; on each change |
 * | event `mcp-task-settled` | `detail`: `{ result }` or `{ error }`, once |
 * | parts | `head name status cancel progress message output`; `error` beside `output` when it failed |
 *
 * While it is in the document the task is polled or streamed; taking it out ends that and leaves the task alone.
 */
export class McpTaskElement extends Base {
  /** The attributes that are looked at. @internal */
  static observedAttributes = ["readonly"];

  #task: Task<unknown> | undefined;
  #settled: Task<unknown> | undefined;
  #parts: Parts | undefined;
  #stop: (() => void) | undefined;
  #cancelling = false;

  /** The task that is shown. Another one takes its place; `undefined` shows nothing. */
  get task(): Task<unknown> | undefined {
    return this.#task;
  }
  set task(task: Task<unknown> | null | undefined) {
    if (task && typeof task.subscribe !== "function") throw new TypeError("task must be a handle of mcp-tasks");
    this.#end();
    this.#task = task ?? undefined;
    this.#settled = undefined;
    this.#cancelling = false;
    if (this.#parts) this.#clear();
    if (this.isConnected) this.#begin();
  }

  /** @internal */
  connectedCallback(): void {
    // A property that was set before the element was defined lies on the instance, before the accessor.
    if (Object.hasOwn(this, "task")) {
      const { task } = this;
      delete (this as { task?: unknown }).task;
      this.task = task;
    }
    this.#begin();
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#end();
  }

  /** @internal */
  attributeChangedCallback(): void {
    this.#draw();
  }

  #begin(): void {
    const task = this.#task;
    this.#parts ??= this.#build();
    this.#draw();
    if (!task || this.#stop) return;
    const waiting = new AbortController();
    const offs = [
      task.onStatusChange((status) => {
        this.#draw();
        this.#emit("mcp-task-status", status);
      }),
      task.onProgress(() => this.#draw()),
      () => waiting.abort(),
    ];
    this.#stop = () => offs.forEach((off) => off());
    const ended = (detail: { result: unknown } | { error: unknown }): void => {
      if (waiting.signal.aborted) return;
      // Put into the document a second time, it shows the end again, and tells it once.
      const isFirst = this.#settled !== task;
      this.#settled = task;
      this.#show(detail);
      this.#draw();
      if (isFirst) this.#emit("mcp-task-settled", detail);
    };
    task.result({ signal: waiting.signal }).then((result) => ended({ result }), (error: unknown) => ended({ error }));
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #build(): Parts {
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // not <style>: a page's policy may forbid that
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const parts = Object.fromEntries(
      Object.entries(MARKUP).map(([part, tag]) => {
        const element = document.createElement(tag);
        element.setAttribute("part", part);
        return [part, element];
      }),
    ) as unknown as Parts;
    const { head, name, status, cancel, progress, message, output } = parts;
    // Read out when they change, and not in the middle of something else.
    for (const live of [status, message]) live.setAttribute("role", "status");
    output.tabIndex = 0; // a scrollable area must be reachable by keyboard
    cancel.type = "button";
    const label = document.createElement("slot");
    label.name = "cancel";
    label.textContent = "Cancel";
    cancel.append(label);
    cancel.addEventListener("click", () => void this.#cancel());
    head.append(name, status, cancel);
    root.append(head, progress, message, output, document.createElement("slot"));
    return parts;
  }

  #clear(): void {
    const { output } = this.#parts!;
    output.textContent = "";
    output.setAttribute("part", "output");
  }

  async #cancel(): Promise<void> {
    const task = this.#task;
    this.#cancelling = true;
    this.#draw();
    try {
      await task?.cancel();
    } catch (error) {
      // The server refused, and the task goes on.
      if (task === this.#task && this.#parts) this.#parts.message.textContent = inWords(error);
    }
    if (task !== this.#task) return;
    this.#cancelling = false;
    const said = this.#parts?.message.textContent;
    this.#draw();
    if (said && this.#parts) this.#parts.message.textContent = said;
  }

  #draw(): void {
    if (!this.#parts) return;
    const { name, status, cancel, progress, message, head, output } = this.#parts;
    const task = this.#task;
    const known = task?.getSnapshot();
    const word = known?.status ?? (this.#settled === task && task ? "" : "working");
    const over = !task || TERMINAL.has(word) || word === "";
    for (const part of [head, progress, message, output]) part.hidden = !task;
    if (!task) return;
    put(name, task.name);
    put(status, word.replace("_", " "));
    status.dataset["status"] = word;
    output.hidden = output.textContent === "";
    output.setAttribute("aria-label", task.name);
    cancel.hidden = over || this.hasAttribute("readonly");
    cancel.disabled = this.#cancelling;
    put(message, wordsOf(known) ?? task.progress?.message ?? "");
    message.hidden = message.textContent === "";
    progress.hidden = over;
    progress.setAttribute("aria-label", task.name);
    const { progress: value, total } = task.progress ?? {};
    if (value !== undefined && total !== undefined && total > 0) {
      progress.max = total;
      progress.value = Math.min(value, total);
    } else {
      progress.removeAttribute("value"); // moves, and says nothing
    }
  }

  #show(end: { result: unknown } | { error: unknown }): void {
    const { output } = this.#parts!;
    const isError = "error" in end;
    output.setAttribute("part", isError ? "output error" : "output");
    output.setAttribute("role", isError ? "alert" : "region");
    output.textContent = isError ? inWords(end.error) : inText(end.result);
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/** The question of the server, or its status message. */
function wordsOf(status: TaskStatus | undefined): string | undefined {
  const asked = Object.values(status?.inputRequests ?? {}).map(({ params }) => params?.["message"]);
  const questions = asked.filter((message) => typeof message === "string");
  return questions.length > 0 ? questions.join("\n") : status?.statusMessage;
}

/** Only on a change: screen readers announce each assignment. */
function put(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The texts of a result, or the whole of it as JSON. */
function inText(result: unknown): string {
  const { content } = (result ?? {}) as { content?: unknown };
  const blocks: unknown[] = Array.isArray(content) ? content : [];
  const texts = blocks.flatMap((block) => {
    const { type, text } = (block ?? {}) as { type?: unknown; text?: unknown };
    return type === "text" && typeof text === "string" ? [text] : [];
  });
  return shortened(texts.length > 0 ? texts.join("\n") : (JSON.stringify(result, undefined, 2) ?? ""));
}

function inWords(error: unknown): string {
  return shortened(words(error));
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

declare global {
  interface HTMLElementTagNameMap {
    "mcp-task": McpTaskElement;
  }
}

// Twice in a page, by two copies of the package, the first is as good.
if (globalThis.customElements && !customElements.get("mcp-task")) customElements.define("mcp-task", McpTaskElement);
