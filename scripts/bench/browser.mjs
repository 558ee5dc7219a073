// The rows that need a browser: a fresh page for each row of each subject, and a fresh profile where caches count.
import { missing, open } from "../engines.mjs";

// Cleared of what would blur the numbers; the heap is looked at by DevTools' own means.
const args = ["--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"];

/** `{ version, measure(row, subject), close() }`; a measurement is values by row. */
export async function openBrowser(site) {
  const why = missing("chromium");
  if (why) throw new Error(`${why}; the bench needs it: bash scripts/setup.sh bench`);
  const { page, version, close } = await open("chromium", { args });
  const browser = page.context().browser();

  async function inPage(context, use) {
    const fresh = await context.newPage();
    const errors = [];
    fresh.on("pageerror", (error) => errors.push(error.message));
    try {
      await fresh.goto(site.url);
      return await use(fresh);
    } catch (error) {
      throw errors.length > 0 ? new Error(`${error.message.split("\n")[0]}; the page: ${errors[0]}`) : error;
    } finally {
      await fresh.close();
    }
  }
  const inFreshContext = async (use) => {
    const context = await browser.newContext();
    try {
      return await use(context);
    } finally {
      await context.close();
    }
  };
  const call = (fresh, name, arg) => fresh.evaluate(async ([name, arg]) => (await import("/page/index.js"))[name](arg), [name, arg]);

  const alone = (name) => (row, subject) => inFreshContext((context) => inPage(context, (fresh) => call(fresh, name, { ...row, subject })));

  const hows = {
    stream: alone("stream"),
    notify: alone("notify"),
    burst: alone("burst"),
    // A count on a virtual clock is the same in each run.
    idle: async (row, subject) => [await alone("idle")(row, subject)],

    async handles(row, subject) {
      const values = [];
      // The same to a byte or two each time.
      while (values.length < 2) values.push(await inFreshContext((context) => inPage(context, async (fresh) => {
        const devtools = await context.newCDPSession(fresh);
        const bytes = async () => {
          for (let n = 0; n < 3; n++) await devtools.send("HeapProfiler.collectGarbage");
          const { usedSize } = await devtools.send("Runtime.getHeapUsage");
          return usedSize + (await call(fresh, "wasmBytes"));
        };
        // One-time costs belong to the first hundred.
        await call(fresh, "hold", { subject, tasks: 100 });
        const before = await bytes();
        await call(fresh, "hold", { subject, tasks: row.tasks });
        return (await bytes() - before) / row.tasks;
      })));
      return values;
    },

    async start({ visits }, subject) {
      const visit = (context) => inPage(context, (fresh) => fresh.evaluate(async (subject) => {
        const { fakeServer } = await import("/page/fake.js");
        const server = fakeServer({ pollInterval: 1000, stream: false });
        const started = performance.now();
        const { main } = await import(`/apps/${subject}.js`);
        const { content } = await main(server.url, { fetch: server.fetch });
        const took = performance.now() - started;
        if (content[0].text !== "hello") throw new Error("the call was not answered");
        return took;
      }, subject));
      const values = [];
      while (values.length < 7) values.push(...await inFreshContext(async (context) => {
        for (let n = 0; n < visits; n++) await visit(context);
        if (visits === 0) return [await visit(context)];
        const warm = [];
        while (warm.length < 7) warm.push(await visit(context));
        return warm;
      }));
      return values;
    },

    async latency({ mode }, subject) {
      const [delays, posts] = [[], []];
      for (let n = 0; n < 3; n++) {
        const run = `${subject}-${mode}-${n}`;
        const all = await inFreshContext((context) => inPage(context, (fresh) =>
          call(fresh, "latency", { subject, tasks: 24, url: `${site.url}mcp/${mode}/${run}` })));
        all.sort((a, b) => a - b);
        delays.push(mode === "push" ? (all[11] + all[12]) / 2 : all.reduce((sum, ms) => sum + ms, 0) / all.length);
        posts.push(site.posts(run));
      }
      return { [`latency-${mode}`]: delays, [`requests-24-${mode}`]: posts };
    },
  };

  return {
    version, close,
    async measure(row, subject) {
      let timer;
      const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("took more than two minutes: it hangs, or something was lost")), 120_000)));
      const measured = await Promise.race([hows[row.how](row, subject), late]).finally(() => clearTimeout(timer));
      return Array.isArray(measured) ? { [row.row]: measured } : measured;
    },
  };
}
