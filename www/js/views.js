// On a narrow screen one thing at a time: the servers and tools, the tasks, or the pane. On a wide one all of them.
import { byId, setAttribute, setText } from "./dom.js";

/** Gives `show(view)` with "tools", "tasks" or "pane", and `count(counts)`. */
export function setUpViews() {
  const names = ["tools", "tasks", "pane"];
  const show = (name) => {
    document.body.dataset.view = name;
    for (const each of names) setAttribute(byId(`view-${each}`), "aria-pressed", String(each === name));
  };
  for (const name of names) byId(`view-${name}`).addEventListener("click", () => show(name));
  show("tools");
  const counted = byId("task-count");
  return {
    show,
    count(counts) {
      const asking = counts.get("asking");
      setText(counted, counts.get("all") === 0 ? "" : `${counts.get("live")} running${asking > 0 ? `, ${asking} asking you` : ""}`);
      setText(byId("view-tasks"), asking > 0 ? `Tasks (${asking})` : "Tasks");
      byId("view-pane").hidden = byId("pane").hidden;
    },
  };
}
