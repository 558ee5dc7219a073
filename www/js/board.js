// The board: a table of tasks of which only the rows in sight exist, so that thousands of them cost what a screenful does.
import { byId, fill, h, setAttribute, setText } from "./dom.js";
import { createRow } from "./row.js";
import { groups } from "./tasks.js";

const beyond = 6; // rows kept above and below the visible rows

/** `on` has `open(entry)`, `forget(entry)`. Gives `draw()`, `select(entry)`, `focus(entry)`. */
export function setUpBoard(tasks, on) {
  const scroller = byId("task-scroller");
  const body = byId("task-rows");
  const rows = new Map(); // entry -> row
  let shown = [];
  let selected; // the entry in the pane
  let active; // the entry that Tab reaches
  const chips = new Map([...groups].map(([name, { label }]) => [name, chip(name, label)]));
  fill(byId("task-groups"), [...chips.values()]);

  function chip(name, label) {
    const count = h("span", { class: "count" });
    const button = h("button", { type: "button", "data-testid": `filter-${name}`, "aria-pressed": String(name === "all") }, label, " ", count);
    button.addEventListener("click", () => set({ group: name }));
    return button;
  }
  function set(change) {
    Object.assign(tasks.filter, change);
    for (const [name, button] of chips) setAttribute(button, "aria-pressed", String(name === tasks.filter.group));
    scroller.scrollTop = 0;
    tasks.touch();
  }
  byId("task-search").addEventListener("input", ({ target }) => set({ text: target.value }));
  byId("task-server").addEventListener("change", ({ target }) => set({ server: target.value }));
  byId("task-order").addEventListener("change", ({ target }) => set({ order: target.value }));
  byId("clear-tasks").addEventListener("click", () => {
    for (const entry of shown) if (entry.isSettled) on.forget(entry);
    byId("tasks-heading").focus();
  });

  const rowHeight = () => parseFloat(getComputedStyle(scroller).getPropertyValue("--row")) || 40;

  function draw() {
    const height = rowHeight();
    const first = shown[Math.floor(scroller.scrollTop / height)];
    shown = tasks.shown;
    counts();
    setAttribute(scroller, "aria-rowcount", shown.length + 1);
    setAttribute(body, "data-rows", shown.length);
    body.style.height = `${shown.length * height}px`;
    // New rows above do not move the rows that the user reads.
    if (first && scroller.scrollTop > 0) {
      const now = shown.indexOf(first);
      if (now >= 0) scroller.scrollTop = now * height + (scroller.scrollTop % height);
    }
    place(height);
  }

  /** Puts the rows in sight where they belong. */
  function place(height = rowHeight()) {
    const from = Math.max(0, Math.floor(scroller.scrollTop / height) - beyond);
    const to = Math.min(shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + beyond);
    const focused = document.activeElement;
    const wanted = shown.slice(from, to).map((entry, i) => ({ entry, index: from + i }));
    // The row that has the focus stays: it would fall to the top of the page else.
    const held = [...rows].find(([, { element }]) => element.contains(focused))?.[0];
    if (held && !wanted.some(({ entry }) => entry === held)) {
      const index = shown.indexOf(held);
      if (index >= 0) wanted.splice(index < from ? 0 : wanted.length, 0, { entry: held, index });
    }
    const keep = new Set(wanted.map(({ entry }) => entry));
    for (const [entry, { element }] of rows) {
      if (keep.has(entry)) continue;
      element.remove();
      rows.delete(entry);
    }
    if (!keep.has(active)) active = wanted[from === 0 ? 0 : Math.min(beyond, wanted.length - 1)]?.entry;
    const manyServers = byId("task-server").options.length > 2;
    let next = body.firstElementChild;
    for (const { entry, index } of wanted) {
      let row = rows.get(entry);
      if (!row) rows.set(entry, row = createRow(entry, { open: on.open, forget }));
      row.update({ index, isSelected: entry === selected, isActive: entry === active, manyServers });
      row.element.style.top = `${index * height}px`;
      if (row.element === next) next = next.nextElementSibling;
      else body.insertBefore(row.element, next);
    }
    if (held && document.activeElement !== focused && body.contains(focused)) focused.focus({ preventScroll: true });
  }

  function counts() {
    const all = tasks.counts;
    for (const [name, button] of chips) setText(button.querySelector(".count"), String(all.get(name)));
    chips.get("asking").classList.toggle("calls", all.get("asking") > 0);
    const none = all.get("all") === 0;
    byId("no-tasks").hidden = shown.length > 0;
    scroller.hidden = shown.length === 0;
    setText(byId("no-tasks"), none ? "No tasks yet. Pick a tool, fill in its arguments and start it." : "No task matches this filter.");
    byId("clear-tasks").hidden = !shown.some(({ isSettled }) => isSettled);
  }

  function move(to) {
    const index = Math.max(0, Math.min(shown.length - 1, to));
    if (!shown[index]) return;
    active = shown[index];
    const height = rowHeight();
    const room = scroller.clientHeight - body.offsetTop;
    if (index * height < scroller.scrollTop) scroller.scrollTop = index * height;
    else if ((index + 1) * height > scroller.scrollTop + room) scroller.scrollTop = (index + 1) * height - room;
    place();
    rows.get(active)?.element.focus({ preventScroll: true });
  }

  scroller.addEventListener("keydown", (event) => {
    const at = shown.indexOf(active);
    const page = Math.max(1, Math.floor(scroller.clientHeight / rowHeight()) - 2);
    const onRow = event.target.getAttribute("role") === "row";
    const steps = new Map([
      ["ArrowDown", at + 1], ["ArrowUp", at - 1], ["PageDown", at + page], ["PageUp", at - page], ["Home", 0], ["End", shown.length - 1],
    ]);
    if (steps.has(event.key)) move(steps.get(event.key));
    else if (onRow && (event.key === "Enter" || event.key === " ")) on.open(active);
    else if (onRow && event.key === "Delete" && active?.isSettled) forget(active);
    else return;
    event.preventDefault();
  });
  body.addEventListener("focusin", ({ target }) => {
    const entry = [...rows].find(([, { element }]) => element.contains(target))?.[0];
    if (!entry || entry === active) return;
    active = entry;
    place();
  });
  let frame = 0;
  scroller.addEventListener("scroll", () => { frame ||= requestAnimationFrame(() => { frame = 0; place(); }); }, { passive: true });
  // In the next frame: a size that changes by what the observer itself draws is an error to the page.
  let resized = 0;
  new ResizeObserver(() => { resized ||= requestAnimationFrame(() => { resized = 0; draw(); }); }).observe(scroller);
  setInterval(() => { for (const row of rows.values()) row.tick(); }, 1000);

  /** The neighbour takes the focus of a row that goes. */
  function forget(entry) {
    const at = shown.indexOf(entry);
    on.forget(entry);
    shown = tasks.shown;
    if (shown.length > 0) move(Math.min(at, shown.length - 1)); else byId("tasks-heading").focus();
  }

  return {
    draw,
    select(entry) { selected = entry; place(); },
    /** Back to the row of an entry, where it is still shown. */
    focus(entry) { if (shown.includes(entry)) move(shown.indexOf(entry)); else byId("tasks-heading").focus(); },
  };
}
