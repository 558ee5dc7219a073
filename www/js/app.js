// The dashboard: connect to MCP servers, call their tools, watch the tasks. Here the parts are put together.
import { setUpAnnouncer } from "./announce.js";
import { setUpBoard } from "./board.js";
import { byId, fill, h, setText } from "./dom.js";
import { messageOf, plural } from "./format.js";
import { keep, recall } from "./keep.js";
import { fromAddress } from "./links.js";
import { setUpPane } from "./pane.js";
import { setUpServers } from "./servers.js";
import { Tasks } from "./tasks.js";
import { setUpTools } from "./tools.js";
import { setUpViews } from "./views.js";

const tasks = new Tasks(draw);
const views = setUpViews();
const announcer = setUpAnnouncer();
const tools = setUpTools((server, tool) => pane.call(server, tool));
const board = setUpBoard(tasks, { open, forget });
const pane = setUpPane({
  select({ tool, entry }) {
    tools.select(tool);
    board.select(entry);
    views.show("pane");
  },
  start,
  forget(entry) { pane.close(); forget(entry); },
  closed(entry) {
    tools.select(undefined);
    board.select(undefined);
    views.show("tasks");
    if (entry) board.focus(entry); else byId("tasks-heading").focus();
  },
});
const servers = setUpServers({
  drawn: drawServers,
  opened(server) { tasks.takeUp(server); },
  asked(server, question) { tasks.asked(server, question); },
  connected(server) { takeLinked(server); },
  live: (server) => tasks.liveOf(server),
  removed(server) {
    if (pane.server === server) pane.close();
    for (const entry of tasks.all) if (entry.server === server) forget(entry);
    tasks.touch();
  },
  async list(server) {
    try {
      const { client, tasks: listed, missing } = await server.listTasks();
      if (server.client !== client) return; // disconnected or replaced while it answered
      const added = tasks.adopt(server, listed);
      notice(`${server.name} lists ${plural(listed.length, "task")}, ${added} of them new here.${missing && ` ${missing}`}`);
    } catch (error) {
      notice(`${server.name} does not list its tasks. ${messageOf(error)}`);
    }
  },
});

// --- The pane: the call of a tool, or a task.
function start(server, tool, args, options) {
  // callTool returns a handle at once; the row watches it.
  const handle = server.client.callTool(tool.name, args, options);
  tasks.watch(tasks.add(server, { name: tool.name, args }), handle);
  views.show("tasks");
  // On a narrow screen the form is out of sight now.
  if (!byId("pane").checkVisibility()) byId("tasks-heading").focus();
}

function open(entry) {
  // The result of a task that ended before this page was opened is requested when its row is opened.
  if (!entry.handle && entry.ref && entry.server.client) tasks.watch(entry, entry.server.client.task(entry.ref));
  pane.task(entry);
}

function forget(entry) {
  tasks.forget(entry);
  if (pane.entry === entry) pane.close();
}

// --- Drawing after a change.
let keepTimer;
let toldFull = false;
function draw(changed) {
  board.draw();
  if (changed.has(pane.entry) || changed.size === 0) pane.update();
  announcer.note(changed);
  servers.refresh(new Set([...changed].map((entry) => entry.server)));
  const asking = tasks.counts.get("asking");
  document.title = asking > 0 ? `(${asking}) mcp-tasks dashboard` : "mcp-tasks dashboard";
  views.count(tasks.counts);
  keepTimer ??= setTimeout(save, 200);
}

function drawServers() {
  tools.draw(servers.all);
  drawServerFilter();
  keepTimer ??= setTimeout(save, 200);
}

function save() {
  clearTimeout(keepTimer);
  keepTimer = undefined;
  const isKept = keep(servers.all, tasks.all);
  if (!isKept && !toldFull) notice("This tab cannot remember its tasks: its storage is full or forbidden. After a reload they are not found again.");
  toldFull = !isKept;
}
addEventListener("pagehide", save);

function drawServerFilter() {
  const select = byId("task-server");
  const urls = servers.all.map(({ url }) => url);
  if (JSON.stringify(urls) === select.dataset.of) return;
  select.dataset.of = JSON.stringify(urls);
  if (!urls.includes(tasks.filter.server)) tasks.filter.server = "";
  const option = ({ url, name }) => h("option", { value: url, selected: url === tasks.filter.server }, name);
  fill(select, h("option", { value: "" }, "All servers"), servers.all.map(option));
  select.parentElement.hidden = urls.length < 2;
}

function notice(words) {
  setText(byId("notice"), words);
  byId("notice").hidden = words === "";
}

// --- State from before a reload, the task in the address, and the demo.
let linked; // { server, ref }: the task of a link, until its server is connected
function takeLinked(server) {
  if (linked?.server !== server.url) return;
  const entry = tasks.add(server, linked.ref);
  linked = undefined;
  notice("");
  open(entry);
  tasks.takeUp(server);
}

function follow() {
  const { server, ref } = fromAddress();
  if (!server) return false;
  linked = ref && { server, ref };
  const known = servers.all.find(({ url, state }) => url === server && state === "connected");
  if (known) takeLinked(known);
  else {
    // Only filled in: a link must not make this page connect to a server without a click.
    servers.ask(server, "", true);
    if (ref) notice("Connect to this server to see the task of the link.");
  }
  return true;
}
addEventListener("hashchange", follow);

const kept = recall();
for (const { url } of kept.servers) servers.add(url);
for (const { server, name, kind, at, taskId, last } of kept.tasks) {
  const entry = tasks.add(servers.add(server), { name, kind, at, taskId, snapshot: last && { taskId: taskId, ttlMs: null, ...last } });
  if (taskId === undefined) entry.lose();
}
for (const { url, hasHeader } of kept.servers) {
  const server = servers.add(url);
  if (!hasHeader) void servers.connect(server);
  else {
    server.hasHeader = true;
    server.disconnect("Not connected: the Authorization header was kept in memory only.");
  }
}

if (!follow() && kept.servers.length === 0) {
  // Beside `npm start` there are demo servers; a deployed page has none.
  const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  const demo = isLocal ? await fetch("demo.json").then((answer) => (answer.ok ? answer.json() : {})).catch(() => ({})) : {};
  for (const url of demo.urls ?? []) void servers.connect(servers.add(url));
  if (!demo.urls?.length) servers.ask("");
}
