// The tools of every connected server: searched, grouped, one of them chosen.
import { byId, fill, h, setText } from "./dom.js";
import { toText } from "./format.js";

const mostShown = 300;

/** A title that only writes the name otherwise is not worth a line. */
const plain = (text) => text.toLowerCase().replace(/[\s_\-.]/g, "");

/** `onSelect(server, tool)`. Gives `draw(servers)` and `select(tool)`: which one is marked as chosen. */
export function setUpTools(onSelect) {
  let servers = [];
  let drawn = "";
  let chosen;
  const buttons = new Map(); // tool -> button
  const search = byId("tool-search");
  const grouping = byId("tool-grouping");
  search.addEventListener("input", () => show());
  grouping.addEventListener("change", () => show());

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = servers.flatMap((server) => server.tools.map((tool) => ({ server, tool })));
    const fits = ({ tool }) => {
      const said = `${tool.name} ${tool.title ?? ""} ${(tool.description ?? "").slice(0, 2000)}`.toLowerCase();
      return words.every((word) => said.includes(word));
    };
    const found = all.filter(fits);
    const groups = new Map();
    for (const one of found.slice(0, mostShown)) {
      const name = groupOf(one);
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    buttons.clear();
    fill(byId("tool-list"), [...groups].map(([name, members]) => h("section", { class: "tool-group", "data-group": name },
      h("h3", {}, toText(name, 80), h("span", { class: "count" }, String(members.length))),
      h("ul", {}, members.map((one) => h("li", {}, button(one)))))));
    mark();
    setText(byId("tool-count"), words.length > 0 ? `${found.length} of ${all.length}` : all.length > 0 ? String(all.length) : "");
    byId("tool-filter").hidden = all.length === 0;
    const connected = servers.length > 0;
    const says = found.length > mostShown ? `${found.length - mostShown} more: search for them.`
      : found.length > 0 ? "" : all.length > 0 ? "No tool matches." : connected ? "No tools are offered." : "Connect to a server to see what it offers.";
    setText(byId("no-tools"), says);
    byId("no-tools").hidden = says === "";
  }

  function groupOf({ server, tool }) {
    if (grouping.value === "kind") return server.kindOf(tool);
    // The part before the first "_", "-", "." or "/": servers with many tools name them so.
    if (grouping.value === "prefix") return /^[^_\-./]+(?=[_\-./])/.exec(tool.name)?.[0] ?? "others";
    return server.name;
  }

  function button({ server, tool }) {
    const label = toText(tool.title ?? tool.name, 100);
    const made = h("button", {
      type: "button", "data-testid": `tool-${tool.name}`, "aria-pressed": "false", title: toText(tool.description), onclick: () => onSelect(server, tool),
    },
      h("span", { class: "name" }, toText(tool.name, 100)), h("span", { class: "kind" }, server.kindOf(tool)),
      plain(label) !== plain(tool.name) && h("span", { class: "title" }, label));
    buttons.set(tool, made);
    return made;
  }

  function mark() {
    for (const [tool, button] of buttons) button.setAttribute("aria-pressed", String(tool === chosen));
  }
  show();

  return {
    draw(all) {
      servers = all.filter(({ state }) => state === "connected");
      // Traffic changes a server all the time; its tools only when it connects, or is found to speak another revision.
      const now = JSON.stringify(servers.map(({ url, tools, traffic }) => [url, tools.length, traffic.revision]));
      if (now !== drawn) show();
      drawn = now;
    },
    select(tool) { chosen = tool; mark(); },
  };
}
