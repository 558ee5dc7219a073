// A clock that goes only when it is told to.

/** Puts it in place of the platform's; whoever is measured is loaded afterwards. */
export function virtualClock() {
  const timers = new Map();
  const started = Date.now();
  let [now, last, calls] = [0, 0, 0];
  const { port1, port2 } = new MessageChannel();
  const set = (callback, ms = 0, args = [], every) => (timers.set(++last, { at: now + Math.max(1, ms || 0), id: last, run: () => callback(...args), every }), last);
  const RealDate = Date;
  globalThis.setTimeout = (callback, ms, ...args) => set(callback, ms, args);
  globalThis.setInterval = (callback, ms, ...args) => set(callback, ms, args, Math.max(1, ms || 0));
  globalThis.clearTimeout = globalThis.clearInterval = (id) => void timers.delete(id);
  Object.defineProperty(performance, "now", { value: () => now });
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length > 0) super(...args);
      else super(started + now);
    }
    static now() {
      return started + now;
    }
  };

  /** Until nothing more happens by itself: no request, no timer was set, for some turns of the event loop. */
  async function settled() {
    for (let quiet = 0, seen = -1; quiet < 4; ) {
      await new Promise((resolve) => ((port1.onmessage = resolve), port2.postMessage(0)));
      quiet = seen === calls + last ? quiet + 1 : 0;
      seen = calls + last;
    }
  }

  return {
    /** A request was made: not everything is quiet. */
    stir: () => void (calls += 1),
    settled,
    /** Lets that many milliseconds pass, one moment with timers after the other. */
    async pass(ms) {
      const end = now + ms;
      for (;;) {
        await settled();
        let next = Infinity;
        for (const { at } of timers.values()) next = Math.min(next, at);
        if (next > end) break;
        now = Math.max(now, next);
        const due = [...timers.values()].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at || a.id - b.id);
        for (const timer of due) {
          if (!timers.has(timer.id)) continue;
          if (timer.every) timer.at += timer.every;
          else timers.delete(timer.id);
          timer.run();
        }
      }
      now = end;
    },
  };
}
