// Every task of the page, which of them are shown, and in which order. No DOM here.
import { Entry } from "./entry.js";
import { timeOf, toText } from "./format.js";

/** The filters, by name. */
export const groups = new Map(Object.entries({
  all: { label: "All", has: () => true },
  live: { label: "Running", has: ({ isSettled }) => !isSettled },
  asking: { label: "Needs input", has: ({ status }) => status === "input_required" },
  completed: { label: "Completed", has: ({ status }) => status === "completed" },
  failed: { label: "Failed", has: ({ status }) => ["failed", "expired", "lost"].includes(status) },
  cancelled: { label: "Cancelled", has: ({ status }) => status === "cancelled" },
}));

export class Tasks {
  filter = { group: "all", text: "", server: "", order: "newest" };
  /** Oldest first. */
  #all = new Set();
  #byHandle = new WeakMap();
  #changed = new Set();
  #isScheduled = false;
  #drawnAt = -Infinity;
  #draw;

  /** `draw(changed)` is called once for many changes, with the entries that changed. */
  constructor(draw) {
    this.#draw = draw;
  }

  get all() {
    return this.#all;
  }

  /** A row for a call of this page, or for a task that is known by its id; `known` as in entry.js. */
  add(server, known) {
    const there = known.taskId !== undefined && this.find(server, known.taskId);
    return there || this.#insert(server, known);
  }

  #insert(server, known) {
    const entry = new Entry(server, known, (changed) => this.touch(changed));
    this.#all.add(entry);
    this.touch(entry);
    return entry;
  }

  /** The tasks that a server lists: rows for those that have none; the running ones are watched. Gives how many are new. */
  adopt(server, statuses) {
    const known = new Set([...this.#all].filter((entry) => entry.server === server).map(({ taskId }) => taskId));
    const unknown = statuses.filter(({ taskId }) => !known.has(taskId) && known.add(taskId)); // a list may name a task twice
    const added = unknown.map((snapshot) => this.#insert(server, {
      name: "task", taskId: snapshot.taskId, at: timeOf(snapshot.createdAt) ?? Date.now(), snapshot,
    }));
    for (const entry of added) if (entry.isLeft) this.watch(entry, server.client.task(entry.ref));
    return added.length;
  }

  watch(entry, handle) {
    this.#byHandle.set(handle, entry);
    entry.watch(handle);
  }

  /** Takes up with the server's new client what the old one, or the page before, has left. */
  takeUp(server) {
    for (const entry of this.#all) if (entry.server === server && entry.isLeft) this.watch(entry, server.client.task(entry.ref));
  }

  /** A question of a server, in the row of its task; in a separate row if the server does not name the task. */
  asked(server, question) {
    const entry = question.task && this.#byHandle.get(question.task);
    if (entry) return entry.asked(question);
    const own = this.add(server, { name: "question", kind: "question" });
    own.asked(question);
    question.signal.addEventListener("abort", () => this.forget(own), { once: true });
  }

  find(server, taskId) {
    for (const entry of this.#all) if (entry.server === server && entry.taskId === taskId) return entry;
    return undefined;
  }

  forget(entry) {
    entry.forget();
    this.#all.delete(entry);
    this.touch(entry);
  }

  /** The entries to show, in order. */
  get shown() {
    const { group, text, server, order } = this.filter;
    const { has } = groups.get(group);
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (entry) => {
      if (words.length === 0) return true;
      const said = [entry.name, entry.taskId, entry.status, entry.server.name, entry.message].map((value) => toText(value, 500)).join(" ").toLowerCase();
      return words.every((word) => said.includes(word));
    };
    const found = [...this.#all].filter((entry) => has(entry) && (server === "" || entry.server.url === server) && matches(entry));
    if (order !== "oldest") found.reverse();
    if (order === "attention") found.sort((a, b) => urgency(a) - urgency(b)); // stable: the newest first within each
    return found;
  }

  /** How many there are of each group, whatever the filter. */
  get counts() {
    return new Map([...groups].map(([name, { has }]) => [name, [...this.#all].filter(has).length]));
  }

  liveOf(server) {
    let count = 0;
    for (const entry of this.#all) if (entry.server === server && !entry.isSettled && entry.status !== "detached") count++;
    return count;
  }

  /**
   * Something is to be drawn anew: at once where a person did something, else ten times a second at most, for all that has
   * happened since.
   */
  touch(entry) {
    if (entry) this.#changed.add(entry);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const draw = () => {
      this.#isScheduled = false;
      this.#drawnAt = performance.now();
      const changed = this.#changed;
      this.#changed = new Set();
      this.#draw(changed);
    };
    // A hidden tab has no frames, but a title, which can show open questions.
    if (document.hidden) setTimeout(draw, 500);
    else if (entry && performance.now() - this.#drawnAt < 100) setTimeout(draw, 100);
    else requestAnimationFrame(draw);
  }
}

const urgency = ({ status, isSettled }) => (status === "input_required" ? 0 : isSettled ? 2 : 1);
