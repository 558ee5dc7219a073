// Says in a few words, for screen readers, what became of tasks: once a second at most, whatever a hundred of them do.
import { byId, setText } from "./dom.js";
import { plural, toText } from "./format.js";
import { wordOf } from "./row.js";

const told = new Set(["input_required", "completed", "failed", "cancelled", "expired", "lost"]);

/** Returns `note(entries)`, which announces the changes since the last call. */
export function setUpAnnouncer() {
  const last = new WeakMap(); // entry -> status
  let news = [];
  let timer;
  const say = () => {
    timer = undefined;
    const byStatus = group(news);
    news = [];
    setText(byId("announcer"), [...byStatus].map(([status, entries]) =>
      entries.length === 1 ? `${toText(entries[0].name, 100)}: ${wordOf(status)}` : `${plural(entries.length, "task")}: ${wordOf(status)}`).join(". "));
  };
  return {
    note(entries) {
      for (const entry of entries) {
        const before = last.get(entry);
        last.set(entry, entry.status);
        // A task that had ended when it was first seen is not announced.
        if (before === entry.status || !told.has(entry.status) || (before === undefined && entry.isSettled)) continue;
        news.push(entry);
      }
      if (news.length > 0) timer ??= setTimeout(say, 1000);
    },
  };
}

function group(entries) {
  const groups = new Map();
  for (const entry of entries) groups.set(entry.status, [...(groups.get(entry.status) ?? []), entry]);
  return groups;
}
