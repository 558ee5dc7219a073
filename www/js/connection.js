// The connection: URL and header fields, one Client at a time, its state in words, its warnings.
import { Client } from "/dist/index.js";
import { fill, h, setText } from "./dom.js";

const byId = (id) => document.getElementById(id);
const mostWarnings = 50; // a server that never stops complaining must not fill the page

/** Wires the header of the page. `onTools(client, tools)` after connecting, `onGone()` when the connection is left. */
export function setUpConnection({ onTools, onGone }) {
  const form = byId("connect-form");
  const url = byId("server-url");
  const authorization = byId("authorization");
  let client;
  let origin;

  async function connect() {
    if (!url.checkValidity()) {
      say("failed", url.value === "" ? "Enter the URL of an MCP server." : "This is not a URL. It looks like https://example.com/mcp.");
      return url.focus();
    }
    leave();
    origin = new URL(url.value).origin;
    const header = authorization.value.trim();
    const mine = client = new Client(url.value, {
      clientInfo: { name: "mcp-tasks-dashboard", version: "1.0.0" },
      headers: header === "" ? {} : { authorization: header },
      onWarning: addWarning,
    });
    say("connecting", `Connecting to ${url.value}`);
    byId("disconnect").hidden = false;
    try {
      const tools = await mine.listTools();
      if (client !== mine) return; // left or replaced while it answered
      say("connected", `Connected to ${url.value}`);
      onTools(mine, tools);
    } catch (error) {
      if (client !== mine) return;
      leave();
      say("failed", `${error.message} (${error.code ?? error.name})`);
    }
  }

  function leave() {
    if (client === undefined) return;
    client.close();
    client = undefined;
    byId("disconnect").hidden = true;
    say("idle", "Not connected");
    onGone();
  }

  // A header that was meant for one server does not go to another by accident.
  url.addEventListener("change", () => {
    if (origin === undefined || !url.validity.valid || new URL(url.value).origin === origin) return;
    origin = undefined;
    authorization.value = "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    connect();
  });
  byId("disconnect").addEventListener("click", () => {
    leave();
    url.focus();
  });
  byId("clear-warnings").addEventListener("click", () => {
    warnings.clear();
    showWarnings();
    url.focus();
  });
  return { connect, setUrl: (value) => { url.value = value; } };
}

function say(state, text) {
  const line = byId("connection");
  line.dataset.state = state;
  setText(line, text);
}

/** "code message" -> { code, message, times }, the newest last. */
const warnings = new Map();

function addWarning({ code, message }) {
  const key = `${code} ${message}`;
  const times = (warnings.get(key)?.times ?? 0) + 1;
  warnings.delete(key);
  warnings.set(key, { code, message, times });
  if (warnings.size > mostWarnings) warnings.delete(warnings.keys().next().value);
  showWarnings();
}

function showWarnings() {
  const section = byId("warnings");
  section.hidden = warnings.size === 0;
  fill(section.querySelector("ul"), [...warnings.values()].reverse().map(({ code, message, times }) =>
    h("li", {}, h("code", {}, code), h("span", {}, message), times > 1 && h("span", { class: "count" }, `${times} times`))));
}
