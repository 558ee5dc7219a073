// What is measured, of whom, and how it is told. `better` says which end of several runs is the best.

/** Who is measured, in the order of the tables. */
export const subjects = ["sdk", "ext-tasks", "floor", "mcp-tasks"];

/** The row's name, its unit, and how it is measured: see `scripts/bench/browser.mjs`. */
export const rows = [
  ...[["stream-0.3k", 300, 20_000], ["stream-4k", 4096, 2000], ["stream-64k", 65_536, 200]].map(([row, bytes, count]) => ({
    row, unit: "MB/s", better: "higher", how: "stream", bytes, count,
    what: `event stream to message: ${count.toLocaleString("en")} messages of ${bytes.toLocaleString("en")} bytes, a member of each payload is read`,
  })),
  ...[1, 100, 1000, 5000].map((tasks) => ({
    row: `notify-${tasks}`, unit: "notifications/s", better: "higher", how: "notify", tasks, count: 10_000,
    what: `status notifications to handlers of ${tasks.toLocaleString("en")} live ${tasks === 1 ? "task" : "tasks"}, from bytes on`,
  })),
  { row: "handle-bytes-10k", unit: "bytes", better: "lower", how: "handles", tasks: 10_000, what: "one of 10,000 live handles whose results are awaited: JavaScript heap and wasm memory" },
  { row: "cold-start", unit: "ms", better: "lower", how: "start", visits: 0, what: "nothing in any cache: load the smallest app, and get its first call answered" },
  { row: "warm-start", unit: "ms", better: "lower", how: "start", visits: 3, what: "the same on a later visit, out of the browser's caches" },
  { row: "latency-push", unit: "ms", better: "lower", how: "latency", mode: "push", what: "24 tasks of 1.5 s, completion at the server to resolution, with notifications: median of the tasks" },
  { row: "latency-poll", unit: "ms", better: "lower", how: "latency", mode: "poll", what: "the same without notifications, polled every second: mean of the tasks" },
  { row: "requests-24-push", unit: "POSTs", better: "lower", how: "latency", mode: "push", what: "what those 24 tasks cost, with notifications" },
  { row: "requests-24-poll", unit: "POSTs", better: "lower", how: "latency", mode: "poll", what: "the same without notifications" },
  { row: "requests-1000x10min", unit: "POSTs", better: "lower", how: "idle", tasks: 1000, what: "1,000 running tasks over ten (virtual) minutes behind their creation; a server that lists tasks, 5 s interval, no stream" },
  { row: "longest-task", unit: "ms", better: "lower", how: "burst", tasks: 1000, count: 20_000, what: "longest task of the main thread while 20,000 notifications, all there at once, reach the handlers of 1,000 tasks" },
  { row: "bytes-gzip", unit: "bytes", better: "lower", how: "bytes", what: "the smallest useful app, minified, gzip -9" },
  { row: "bytes-brotli", unit: "bytes", better: "lower", how: "bytes", what: "the same, brotli 11" },
];
