// The dashboard: connect to an MCP server, call its tools, watch the tasks.
import { setUpBoard } from "./board.js";
import { setUpConnection } from "./connection.js";
import { fill, h } from "./dom.js";
import { showForm } from "./form.js";

const byId = (id) => document.getElementById(id);
const board = setUpBoard();
const connection = setUpConnection({ onTools: showTools, onGone: hideTools });

const kinds = { required: "task", optional: "task or plain", forbidden: "plain" };

function showTools(client, tools) {
  byId("tool-count").textContent = String(tools.length);
  byId("no-tools").textContent = "This server offers no tools.";
  byId("no-tools").hidden = tools.length > 0;
  const buttons = tools.map((tool) => h("button", {
    type: "button", "data-testid": `tool-${tool.name}`, "aria-pressed": "false", onclick: () => select(tool),
  }, h("span", { class: "name" }, tool.name), h("span", { class: "kind" }, kinds[tool.execution?.taskSupport] ?? kinds.forbidden)));
  fill(byId("tool-list"), buttons.map((button) => h("li", {}, button)));

  function select(tool) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(tools[i] === tool)));
    // callTool returns a handle at once; the board watches it.
    showForm(byId("call-form"), tool, (args) => board.add(tool.name, args, client.callTool(tool.name, args)));
  }
  if (tools.length > 0) select(tools[0]);
}

function hideTools() {
  fill(byId("tool-list"));
  fill(byId("call-form"));
  byId("call-form").hidden = true;
  byId("tool-count").textContent = "";
  byId("no-tools").textContent = "Connect to a server to see what it offers.";
  byId("no-tools").hidden = false;
}

// A server named in the address is only filled in: a link must not make this page talk to a server by itself.
const named = new URLSearchParams(location.search).get("server");
if (named) {
  connection.setUrl(named);
} else {
  const demo = await fetch("/demo.json").then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({}));
  if (typeof demo.url === "string") {
    connection.setUrl(demo.url);
    connection.connect();
  }
}
