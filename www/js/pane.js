// The pane beside the board: the form that calls one tool, or one task. It belongs to one server at a time: the selection changes and
// the pane is emptied before anything is built, so that a form is never shown, or sent, for another server's tool.
import { showCall } from "./call.js";
import { showTask } from "./detail.js";
import { byId, fill, h } from "./dom.js";
import { messageOf, toText } from "./format.js";

/** `on` has `select({ tool, entry })`, which marks what the pane shows, `start(server, tool, args, options)`, `forget(entry)`, `closed(entry)`. */
export function setUpPane(on) {
  const pane = byId("pane");
  let shown; // { server, tool, entry, update, focus() }

  pane.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });

  /** Makes `next` the selection, and builds the pane for it. */
  function show(next, build) {
    shown = next;
    fill(pane);
    pane.hidden = false;
    attempt(() => {
      on.select(next);
      Object.assign(next, build());
    });
    next.focus?.();
  }

  /** Runs `change`; if it throws, the pane says so and shows nothing else. */
  function attempt(change) {
    try {
      change();
    } catch (error) {
      fail(error);
    }
  }

  function fail(error) {
    const { server, tool, entry } = shown;
    const heading = h("h2", { id: "pane-heading", tabindex: "-1" }, toText(tool?.title ?? tool?.name ?? entry.name));
    Object.assign(shown, { update: undefined, focus: () => heading.focus() });
    fill(pane,
      h("div", { class: "bar" }, heading, h("button", { type: "button", class: "small", "aria-label": "Close this pane", onclick: () => close() }, "Close")),
      h("div", { class: "detail", role: "alert", "data-testid": "pane-error" },
        h("p", { class: "hint" }, h("code", {}, toText(tool?.name ?? entry.name)), ` · ${server.name}`),
        h("p", { class: "row-error" }, `${tool ? "The form of this tool cannot be shown; nothing was sent." : "This task cannot be shown."} Cause: ${messageOf(error)}`)));
  }

  function call(server, tool) {
    const mine = { server, tool };
    show(mine, () => showCall(pane, server, tool, {
      onClose: () => close(),
      onStart(args, options) {
        const name = `${toText(tool.name, 100)} of ${server.name}`;
        // The arguments go to the tool of the filled form, not to a tool that was selected in the meantime.
        if (shown !== mine) throw new Error(`This form belongs to ${name}, which is not selected any more. The call was not sent.`);
        if (!server.client) throw new Error(`${server.name} is not connected. The call was not sent.`);
        if (!server.tools.some((one) => one.name === tool.name)) throw new Error(`${server.name} does not offer ${toText(tool.name, 100)} any more. The call was not sent.`);
        on.start(server, tool, args, options);
      },
    }));
  }

  function task(entry) {
    show({ server: entry.server, entry }, () => showTask(pane, entry, { onClose: () => close(), onForget: () => on.forget(entry) }));
  }

  function close() {
    const entry = shown?.entry;
    shown = undefined;
    pane.hidden = true;
    fill(pane);
    on.closed(entry);
  }

  return {
    call, task, close,
    /** The entry in the pane, or undefined. */
    get entry() { return shown?.entry; },
    get server() { return shown?.server; },
    update() { if (shown?.update) attempt(() => shown.update()); },
  };
}
