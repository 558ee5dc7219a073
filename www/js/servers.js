// The servers of the page, side by side: how each stands, what goes over its wire, and the form that adds one.
import { byId, fill, h, setAttribute, setText } from "./dom.js";
import { plural, toText } from "./format.js";
import { httpUrl } from "./links.js";
import { Server } from "./server.js";
import { setUpTokenField } from "./token-field.js";
import { attention } from "./traffic.js";

/**
 * `on` has `opened(server)` and `asked(server, question)` as in server.js, `connected(server)`, `removed(server)`, `drawn()` when
 * something about a server has changed, `list(server)` where the operator wants the server's own tasks, and `live(server)`: how
 * many tasks it watches.
 */
export function setUpServers(on) {
  const cards = new Map(); // server -> card
  const dirty = new Set();
  const form = byId("connect-form");
  const url = byId("server-url");
  const token = setUpTokenField(url);
  const problem = byId("connect-problem");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const target = httpUrl(url.value.trim());
    problem.textContent = target ? "" : url.value === "" ? "Enter the URL of an MCP server."
      : "Enter a full URL, for example https://example.com/mcp.";
    problem.hidden = target !== undefined;
    setAttribute(url, "aria-invalid", target === undefined && "true");
    if (!target) return url.focus();
    const header = token.take();
    if (header === undefined) return;
    url.value = "";
    byId("add-server").open = false;
    const server = add(target.href);
    cards.get(server).heading.focus();
    void connect(server, header);
  });
  byId("connect").disabled = false; // until now the browser would have submitted the form itself

  /** The server at that address, new or known. */
  function add(address) {
    const known = [...cards.keys()].find(({ url }) => url === address);
    if (known) return known;
    const server = new Server(address, { ...on, changed });
    cards.set(server, createCard(server));
    byId("server-list").append(cards.get(server).element);
    changed(server);
    return server;
  }

  /** With a new client, or (`again`) with the one that is there. */
  async function connect(server, header, again = false) {
    await (again ? server.greet() : server.connect(header));
    if (server.state === "connected") on.connected(server);
  }

  function changed(server) {
    if (dirty.size === 0) setTimeout(draw, 50); // also in hidden tabs, which have no frames
    dirty.add(server);
  }
  function draw() {
    const all = [...dirty];
    dirty.clear();
    refresh(all);
    on.drawn();
  }
  function refresh(some) {
    for (const server of some) cards.get(server)?.update();
  }

  function remove(server) {
    server.disconnect();
    cards.get(server).element.remove();
    cards.delete(server);
    on.removed(server);
    byId("add-server").querySelector("summary").focus();
  }

  /** Opens the form, filled in; nothing is sent before the user submits it. `byLink`: a link names the address, not the user. */
  function ask(address, words = "", byLink = false) {
    const isInUse = form.contains(document.activeElement) || url.value !== "" || !token.isEmpty;
    if (address === "" && isInUse) return; // there is nothing to fill in
    const isOther = httpUrl(url.value.trim())?.href !== address;
    byId("add-server").open = true;
    url.value = address;
    problem.textContent = words;
    problem.hidden = words === "";
    if (words) token.focus(); else url.focus();
    if (byLink) token.changedByLink(isInUse);
    else if (isOther) token.clear("The URL names another server: the Authorization header was cleared.");
  }

  function createCard(server) {
    const part = {
      state: h("p", { class: "connection", role: "status", "data-testid": "connection" }),
      traffic: h("summary", { "data-testid": "traffic" }),
      attention: h("p", { class: "hint", "data-testid": "attention" }),
      detail: h("dl", { class: "facts" }),
      warnings: h("ul", {}),
      count: h("span", {}),
      connect: small("Connect", "reconnect", () => {
        if (server.client) void connect(server, undefined, true);
        else if (server.hasHeader) ask(server.url, needsHeader);
        else void connect(server);
      }),
      header: small("New header", "new-header", () => ask(server.url, "")),
      list: small("Load tasks from server", "list-tasks", () => on.list(server)),
      leave: small("Disconnect", "disconnect", () => server.disconnect()),
      remove: small("Remove", "remove-server", () => remove(server)),
    };
    const more = h("details", {}, part.traffic, part.detail);
    const warnings = h("details", { class: "warnings", "data-testid": "warnings", hidden: true },
      h("summary", {}, part.count), part.warnings, small("Clear", undefined, () => server.clearWarnings()));
    for (const details of [more, warnings]) details.addEventListener("toggle", update);
    const heading = h("h3", { tabindex: -1 }, toText(server.name, 80));
    const element = h("li", { class: "server", "data-testid": "server", "data-server": server.url },
      heading, part.state, part.attention, more, warnings,
      h("div", { class: "buttons" }, part.connect, part.list, part.header, part.leave, part.remove));

    function small(words, testid, onclick) {
      return name(h("button", { type: "button", class: "small", "data-testid": testid, onclick }), words);
    }
    /** A screen reader hears the same words, and of which server's card. */
    function name(button, words) {
      setAttribute(button, "aria-label", `${words}: ${toText(server.name, 80)}`);
      setText(button, words);
      return button;
    }
    function update() {
      const { state, words, traffic, client } = server;
      for (const target of [element, part.state]) target.dataset.state = state;
      setText(part.state, state === "connected" && traffic.revision ? `Connected, MCP ${traffic.revision}` : toText(words, 400));
      const live = client ? on.live(server) : 0;
      setText(part.attention, client && (live > 0 || state !== "failed") ? attention(traffic, live) : "");
      const counts = [plural(traffic.requests, "request"), plural(traffic.notifications, "notification"), plural(traffic.polls, "poll")];
      setText(part.traffic, counts.join(" · "));
      if (more.open) fill(part.detail, [...traffic.sent].map(([name, count]) => [h("dt", {}, `sent ${toText(name, 60)}`), h("dd", {}, String(count))]),
        [...traffic.told].map(([name, count]) => [h("dt", {}, `told ${toText(name, 60)}`), h("dd", {}, String(count))]),
        traffic.refused > 0 && [h("dt", {}, "refused or lost"), h("dd", {}, String(traffic.refused))]);
      warnings.hidden = server.warnings.size === 0;
      setText(part.count, plural(server.warnings.size, "warning"));
      if (warnings.open) fill(part.warnings, [...server.warnings.values()].reverse().map(({ code, message, times }) =>
        h("li", {}, h("code", {}, code), " ", toText(message, 500), times > 1 && h("span", { class: "muted" }, ` (${times} times)`))));
      const focused = document.activeElement;
      part.connect.hidden = state !== "idle" && state !== "failed";
      name(part.connect, state === "failed" ? "Try again" : "Connect");
      name(part.header, server.hasHeader ? "New header" : "Add header");
      part.list.hidden = state !== "connected";
      part.header.hidden = state !== "failed";
      part.leave.hidden = !client;
      part.remove.hidden = client !== undefined;
      // The focused button may be gone: the card takes the focus.
      if (element.contains(focused) && focused.hidden) heading.focus();
    }
    return { element, heading, update };
  }

  // A poll becomes old without an event, so the card is drawn again later.
  setInterval(() => { for (const server of cards.keys()) if (server.client) cards.get(server).update(); }, 5000);
  for (const [target, type] of [[document, "visibilitychange"], [window, "online"], [window, "offline"]]) {
    target.addEventListener(type, () => { for (const server of cards.keys()) changed(server); });
  }
  return { add, connect, ask, refresh, get all() { return [...cards.keys()]; } };
}

const needsHeader = "The Authorization header was kept in memory only: enter it again.";
