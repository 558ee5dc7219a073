// One engine in the shared worker, and the tabs that use it. It decides only whose word goes to whom: a task that several
// tabs watch is one task to the engine, watched once.

import { Exchanges } from "../exchanges.js";
import type { Host } from "../host.js";
import { contained } from "../host.js";
import type { EngineClass } from "../load.js";
import { isMultiplexed } from "../page.js";
import { ABANDON, ASKED_BEFORE, CANCEL, FORGET, LIST, MULTIPLEXED, OF_REPLY, OF_WAITING, PAUSE, REFRESH, TIMEOUT, UNWATCH, WATCH } from "../tell.js";
import { NOBODY, type Join } from "./messages.js";
import type { Tab } from "./tab.js";
import type { Core } from "#glue";

/** A handle of a tab's. */
export interface Member {
  readonly tab: Tab;
  readonly handle: number;
  /** Watches the status, and for the result. */
  readonly watches: [boolean, boolean];
}

/** One task, as the engine knows it. */
export interface Shared {
  /** The engine's number. */
  readonly number: number;
  taskId: string | undefined;
  readonly members: Member[];
  /** What was told of its status last. */
  last: unknown[] | undefined;
}

interface Question {
  readonly args: [handle: number, kind: number, method: string, key: string, params: string, id: string | undefined];
  readonly shown: Set<Tab>;
  /** Whose handler answers. */
  by: Tab | undefined;
}

/** How long a tab may take to say its headers before another is asked, in milliseconds. */
const HEADERS_MS = 10_000;
/** The reasons to hold still: hidden, offline, frozen. */
const REASONS = 3;

export class Crowd {
  readonly tabs = new Set<Tab>();
  readonly #core: Core;
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #shared = new Map<number, Shared>();
  readonly #byTask = new Map<string, Shared>();
  readonly #replies = new Map<number, { tab: Tab; reply: number }>();
  readonly #questions = new Map<number, Question>();
  readonly #paused: boolean[] = [];
  #session: [string | undefined] | undefined;
  #next = 1;

  constructor(Engine: EngineClass, { engine, credentials, hasHeaders }: Join) {
    const [url] = engine;
    const options = { ...(credentials && { credentials }), ...(hasHeaders && { headers: () => this.#headers() }) };
    let isTold = false;
    const exchanges = new Exchanges(options, () => (this.#isClosed ? undefined : this.#core), () => {
      if (isTold || this.#isClosed || !isMultiplexed(url)) return;
      isTold = true;
      this.#core.tell(MULTIPLEXED, 0, 0);
    });
    this.#core = new Engine(this.#host(exchanges), ...engine);
  }

  /** A tab is here. */
  join(tab: Tab): void {
    this.tabs.add(tab);
    if (this.#session) tab.say("session", ...this.#session);
    this.#pause();
  }

  /** A tab is gone: what it alone watched is watched no longer. The engine stays, for the tab that may come after it. */
  leave(tab: Tab): void {
    this.tabs.delete(tab);
    for (const shared of [...this.#shared.values()]) {
      for (const member of shared.members.filter((member) => member.tab === tab)) this.#forget(shared, member);
    }
    for (const [number, reply] of this.#replies) if (reply.tab === tab) this.#replies.delete(number);
    for (const [input, question] of this.#questions) {
      question.shown.delete(tab);
      if (question.by === tab) this.#hand(input, question);
    }
    this.#pause();
  }

  /** What a tab says. */
  call(tab: Tab, handle: number, kind: number, name: string, json: string, ttlMs: number | undefined): void {
    const { number } = this.#add(tab, handle, undefined);
    this.#core.call(number, kind, name, json, ttlMs);
  }

  attach(tab: Tab, handle: number, taskId: string): void {
    const known = this.#byTask.get(taskId);
    if (!known) return this.#core.attach(this.#add(tab, handle, taskId).number, taskId);
    this.#join(known, tab, handle);
    if (known.last) tab.say("changed", handle, ...known.last);
    for (const [input, question] of this.#questions) {
      if (question.args[0] === known.number) this.#show(input, question, tab);
    }
  }

  tell(tab: Tab, what: number, which: number, more: number): void {
    if (what === PAUSE) {
      tab.paused[which] = more === 1;
      return this.#pause();
    }
    if (what === LIST) return this.#core.tell(LIST, which, this.#reply(tab, more));
    const shared = tab.handles.get(which);
    const member = shared?.members.find((member) => member.tab === tab && member.handle === which);
    if (what === REFRESH || what === CANCEL) return this.#core.tell(what, shared?.number ?? 0, this.#reply(tab, more));
    if (!shared || !member) return;
    if (what === WATCH || what === UNWATCH) this.#watch(shared, member, more, what === WATCH);
    else if (what === FORGET) this.#forget(shared, member);
    else if (what === ABANDON) this.#core.tell(ABANDON, shared.number, 0);
  }

  ask(tab: Tab, reply: number, what: number, which: string | undefined): void {
    if (what !== ASKED_BEFORE) return this.#core.ask(this.#reply(tab, reply), what, which);
    this.#core.ask(tab.handles.get(reply)?.number ?? 0, what, which);
  }

  respond(tab: Tab, input: number, reply: number, json: string | undefined, code: number, message: string): void {
    this.#core.respond(input, this.#reply(tab, reply), json, code, message);
  }

  /** The last tab has closed its client: the server may forget the session. */
  close(what: number): void {
    this.#core.tell(what, 0, 0);
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#core.free();
  }

  #add(tab: Tab, handle: number, taskId: string | undefined): Shared {
    const shared: Shared = { number: this.#next++, taskId, members: [], last: undefined };
    this.#shared.set(shared.number, shared);
    if (taskId !== undefined) this.#byTask.set(taskId, shared);
    return this.#join(shared, tab, handle);
  }

  #join(shared: Shared, tab: Tab, handle: number): Shared {
    shared.members.push({ tab, handle, watches: [false, false] });
    tab.handles.set(handle, shared);
    return shared;
  }

  /** The engine is told of the first that watches, and of the last that stops. */
  #watch(shared: Shared, member: Member, which: number, on: boolean): void {
    const watched = (): boolean => shared.members.some(({ watches }) => watches[which as 0 | 1]);
    const before = watched();
    member.watches[which as 0 | 1] = on;
    if (watched() !== before && this.#shared.has(shared.number)) this.#core.tell(on ? WATCH : UNWATCH, shared.number, which);
  }

  #forget(shared: Shared, member: Member): void {
    for (const which of [0, 1]) this.#watch(shared, member, which, false);
    shared.members.splice(shared.members.indexOf(member), 1);
    member.tab.handles.delete(member.handle);
    if (shared.members.length > 0 || !this.#shared.has(shared.number)) return;
    this.#drop(shared);
    this.#core.tell(FORGET, shared.number, 0);
  }

  #drop(shared: Shared): void {
    this.#shared.delete(shared.number);
    if (shared.taskId !== undefined && this.#byTask.get(shared.taskId) === shared) this.#byTask.delete(shared.taskId);
  }

  #reply(tab: Tab, reply: number): number {
    const number = this.#next++;
    this.#replies.set(number, { tab, reply });
    return number;
  }

  /** A reason to hold still is one only if every tab has it: whoever looks at one wants to see. */
  #pause(): void {
    if (this.tabs.size === 0) return;
    for (let reason = 0; reason < REASONS; reason++) {
      const on = [...this.tabs].every(({ paused }) => paused[reason]);
      if (on === (this.#paused[reason] ?? false)) continue;
      this.#paused[reason] = on;
      this.#core.tell(PAUSE, reason, Number(on));
    }
  }

  /** A handler answers in one tab: one that somebody looks at, and that has the task. */
  #hand(input: number, question: Question): void {
    const members = this.#shared.get(question.args[0])?.members.map(({ tab }) => tab) ?? [];
    const able = [...members, ...this.tabs].filter((tab) => this.tabs.has(tab));
    question.by = able.find(({ paused }) => !paused.includes(true)) ?? able[0];
    if (!question.by) return;
    question.shown.delete(question.by);
    this.#show(input, question, question.by);
  }

  #show(input: number, question: Question, tab: Tab): void {
    if (question.shown.has(tab)) return;
    question.shown.add(tab);
    const [number, kind, method, key, params, id] = question.args;
    const handle = this.#shared.get(number)?.members.find((member) => member.tab === tab)?.handle ?? 0;
    tab.say("asked", input, handle, tab === question.by ? kind : NOBODY, method, key, params, id);
  }

  /** The headers that a tab wants to be sent, from one that answers: they are kept nowhere. */
  async #headers(): Promise<Record<string, string>> {
    const asked = [...this.tabs].sort((a, b) => Number(a.paused.includes(true)) - Number(b.paused.includes(true)));
    for (const tab of asked) {
      const headers = await tab.headers(HEADERS_MS);
      if (headers) return headers;
    }
    throw new Error("no tab gave the headers");
  }

  #host(exchanges: Exchanges): Host {
    const tell = (number: number, method: string, ...args: unknown[]): void => {
      for (const { tab, handle } of [...(this.#shared.get(number)?.members ?? [])]) tab.say(method, handle, ...args);
    };
    const all = (method: string, ...args: unknown[]): void => {
      for (const tab of this.tabs) tab.say(method, ...args);
    };
    const answer = (number: number): { tab: Tab; reply: number } | undefined => {
      const found = this.#replies.get(number);
      this.#replies.delete(number);
      return found;
    };
    const over = (number: number): void => {
      const shared = this.#shared.get(number);
      if (shared) this.#drop(shared);
    };
    return contained({
      fetch: (...request) => void exchanges.fetch(...request),
      abort: (exchange) => exchanges.abort(exchange),
      wake: (ms) => {
        clearTimeout(this.#timer);
        if (ms !== undefined) this.#timer = setTimeout(() => this.#core.tell(TIMEOUT, 0, 0), ms);
      },
      speaks: (era) => all("speaks", era),
      session: (text) => {
        this.#session = [text];
        all("session", text);
      },
      created: (number, taskId) => {
        const shared = this.#shared.get(number);
        if (shared && taskId !== undefined) {
          shared.taskId = taskId;
          if (!this.#byTask.has(taskId)) this.#byTask.set(taskId, shared);
        }
        tell(number, "created", taskId);
      },
      changed: (number, ...fields) => {
        const shared = this.#shared.get(number);
        if (shared) shared.last = fields;
        tell(number, "changed", ...fields);
      },
      settled: (number, ...outcome) => {
        tell(number, "settled", ...outcome);
        over(number);
      },
      failed: (what, number, ...failure) => {
        if (what === OF_REPLY) {
          const to = answer(number);
          return to?.tab.say("failed", what, to.reply, ...failure);
        }
        const shared = this.#shared.get(number);
        for (const member of [...(shared?.members ?? [])]) {
          // The engine's waiting for the result is over with it.
          if (what === OF_WAITING) member.watches[1] = false;
          member.tab.say("failed", what, member.handle, ...failure);
        }
        if (what !== OF_WAITING) over(number);
      },
      asked: (input, ...args) => {
        const question: Question = { args, shown: new Set(), by: undefined };
        this.#questions.set(input, question);
        this.#hand(input, question);
        const members = this.#shared.get(args[0])?.members ?? [];
        for (const { tab } of members) this.#show(input, question, tab);
      },
      inputOver: (input) => {
        const question = this.#questions.get(input);
        this.#questions.delete(input);
        for (const tab of question?.shown ?? []) tab.say("inputOver", input);
      },
      progress: (number, json) => tell(number, "progress", json),
      notified: (method, params) => all("notified", method, params),
      replied: (number, json) => {
        const to = answer(number);
        to?.tab.say("replied", to.reply, json);
      },
      // Once: it is one server's trouble, not every tab's.
      warned: (code, message) => [...this.tabs][0]?.say("warned", code, message),
    });
  }
}
