// A clock that hurries, for workers in which the package meets a real server: its back-offs take up to half a minute, and
// a test of hundreds of them has no such time. While a request is under way, time goes twenty times as fast as it does (a
// time limit must not pass before a busy server can answer); while none is, the package waits for nothing but time, and
// that goes four hundred times as fast.
const busySpeed = 20;
const idleSpeed = 400;
const tickMs = 4;

/** Puts the clock in place of the platform's; import the package afterwards. */
export async function hurry() {
  // Whatever fetch itself needs of the clock it takes now, and keeps: its own time limits are real ones.
  await fetch("data:,").then((r) => r.text());
  const real = { setTimeout, clearTimeout, fetch, now: performance.now.bind(performance) };
  const timers = new Map();
  /** What is under way, in words. */
  const open = new Set();
  let [now, last, underway, id] = [real.now(), real.now(), 0, 0];

  class Timer {
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    refresh() { return this; }
  }
  globalThis.setTimeout = (callback, ms = 0, ...args) => {
    const timer = new Timer();
    timers.set(timer, { at: now + ms, id: ++id, run: () => callback(...args) });
    return timer;
  };
  globalThis.clearTimeout = (timer) => { if (!timers.delete(timer)) real.clearTimeout(timer); };
  Object.defineProperty(performance, "now", { value: () => now });
  globalThis.fetch = async (url, init) => {
    // The stream is always under way; it says nothing about whether somebody waits.
    const counts = init?.method === "POST";
    if (counts) underway += 1;
    const about = [String(init?.body ?? init?.method).slice(0, 200)];
    open.add(about);
    try {
      return await real.fetch(url, init);
    } finally {
      if (counts) underway -= 1;
      open.delete(about);
    }
  };

  setInterval(() => {
    const passed = real.now() - last;
    last += passed;
    now += passed * (underway > 0 ? busySpeed : idleSpeed);
    const due = [...timers].filter(([, t]) => t.at <= now).sort(([, a], [, b]) => a.at - b.at || a.id - b.id);
    for (const [timer, { run }] of due) if (timers.delete(timer)) run();
  }, tickMs).unref();

  return {
    /** Waits in real time. */
    sleep: (ms) => new Promise((resolve) => real.setTimeout(resolve, ms)),
    /** How much time has passed here. */
    now: () => now,
    /** For whoever waits in vain: what is under way, and for how long each timer is set. */
    state: () => ({ open: [...open].map(([what]) => what), timers: [...timers.values()].map(({ at }) => Math.round(at - now)) }),
  };
}
