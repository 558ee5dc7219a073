// A server that means no good: markup, script URLs, prototype keys, schemas without end, 20 MB at once. In each engine the
// dashboard shows inert text or a bounded preview, and the page's policy has nothing to report.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { engines, missing } from "../../scripts/engines.mjs";
import { startModern } from "../servers/modern.mjs";
import { openDashboard, row, t } from "./dash.mjs";

const markup = `<img src=x onerror="pwned('img')"><script>pwned('script')</script><a href="javascript:pwned('a')">x</a>`;
const html = `data:text/html,<script>parent.pwned('data')</script>`;
const BIG = 20_000_000;
const text = (value) => ({ type: "text", text: value });
/** Members named as those of every object; JSON.parse makes them own ones. */
const odd = JSON.parse(`{"__proto__": {"polluted": "yes"}, "constructor": {"prototype": {"polluted": "yes"}}, "toString": "no function", "plain": 1}`);

const base64 = (value) => Buffer.from(value).toString("base64");
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="pwned('svg')"><script>parent.pwned('svg script')</script><rect width="9" height="9"/></svg>`;
const endless = { type: "object", properties: { a: { $ref: "#" }, b: { $ref: "#" }, c: { $ref: "#" }, d: { $ref: "#" } }, required: ["a", "b", "c", "d"] };

const tools = [
  {
    name: "shows_markup",
    title: markup,
    description: markup,
    task: "must",
    inputSchema: { type: "object", title: markup, properties: { text: { type: "string", title: markup, description: markup, default: markup, pattern: "(a+)+$" }, pick: { enum: [markup, "b"] } } },
    async run(_args, work) {
      work.step(markup);
      await work.sleep(50);
      return {
        content: [
          text(markup),
          { type: "image", mimeType: "image/svg+xml", data: base64(svg) },
          { type: "image", mimeType: `text/html;,<script>pwned('mime')</script>`, data: base64(markup) },
          { type: "image", mimeType: "image/png", data: `x" onerror="pwned('data')` },
          { type: "audio", mimeType: "audio/wav", data: "AAAA" },
          { type: markup, text: markup },
          { type: "resource", resource: { uri: "javascript:pwned('uri')", mimeType: "text/html", text: markup } },
          { type: "resource", resource: { uri: html, mimeType: "text/html", blob: base64(markup) } },
          ...["javascript:pwned('link')", " java\tscript:pwned('tab')", html, "vbscript:x", "blob:null/x", "file:///etc/passwd", "https://example.org/ok"]
            .map((uri) => ({ type: "resource_link", uri, name: markup, title: markup, description: markup })),
        ],
        structuredContent: { [markup]: markup },
      };
    },
  },
  {
    name: "odd_keys",
    inputSchema: { type: "object", properties: JSON.parse(`{"__proto__": {"type": "string"}, "constructor": {"type": "integer"}, "hasOwnProperty": {"type": "boolean"}}`), required: ["__proto__"] },
    run: (args) => ({ content: [text(`own: ${Object.keys(args).join(", ")}; ${JSON.stringify(args)}`)], structuredContent: odd }),
  },
  {
    name: "asks_oddly",
    task: "must",
    needs: { elicitation: {} },
    async run(_args, work) {
      const requestedSchema = { type: "object", properties: JSON.parse(`{"__proto__": {"type": "string", "title": ${JSON.stringify(markup)}}}`), required: ["__proto__"] };
      const question = { method: "elicitation/create", params: { mode: "form", message: markup, requestedSchema } };
      const answers = await work.ask(JSON.parse(`{"constructor": ${JSON.stringify(question)}}`));
      return { content: [text(JSON.stringify(answers))] };
    },
  },
  { name: "endless_form", inputSchema: endless, run: (args) => ({ content: [text(JSON.stringify(args).slice(0, 100))] }) },
  { name: "odd_schema", inputSchema: { type: "object", properties: { a: { $ref: 7 }, b: { enum: 7 }, c: { anyOf: "x" }, d: { $ref: "#/properties/d" }, e: { allOf: [{ $ref: "#/properties/e" }] }, f: { type: ["string", "null"], minLength: "many" } } }, run: () => ({ content: [text("fine")] }) },
  { name: "twenty_megabytes", task: "must", inputSchema: { type: "object" }, run: async () => ({ content: [text("m".repeat(BIG))] }) },
  { name: "twenty_megabytes_deep", inputSchema: { type: "object" }, run: () => ({ content: [{ type: "image", mimeType: "image/png", data: "A".repeat(BIG) }], structuredContent: { list: Array.from({ length: 200_000 }, (_, i) => ({ i, text: markup })), one: "n".repeat(1_000_000) } }) },
  { name: `n${"a".repeat(5000)}`, inputSchema: { type: "object" }, run: () => ({ content: [] }) },
  { name: markup, inputSchema: { type: "object" }, run: () => ({ content: [text("called")] }) },
];

for (const engine of engines) {
  describe(`a hostile server in ${engine}`, { skip: missing(engine) }, () => {
    let server, dash, ui;
    const inPage = (what, arg) => dash.browser.evaluate(what, arg);
    before(async () => {
      server = await startModern({ pollIntervalMs: 100, ownTools: false, tools });
      dash = await openDashboard(engine, [server]);
      ({ ui } = dash);
    });
    beforeEach(() => ui.fresh());
    afterEach(async () => {
      await ui.clean();
      assert.deepEqual(await inPage(() => ({
        polluted: {}.polluted ?? null,
        made: document.querySelectorAll("main script, main iframe, main object, main embed, main form[action]").length,
        elsewhere: [...document.querySelectorAll("main [href], main [src]")].map((e) => e.getAttribute("href") ?? e.getAttribute("src"))
          .filter((url) => !/^(https?:|data:(image|audio)\/)/.test(url)),
        handlers: [...document.querySelectorAll("main *")].filter((e) => e.getAttributeNames().some((name) => /^on|^style$/.test(name) && !(name === "style" && e.closest("[data-testid=task-rows]")))).length,
      })), { polluted: null, made: 0, elsewhere: [], handlers: 0 });
    });
    after(async () => {
      await dash?.close();
      await server?.close();
    });

    test("markup and script URLs are shown as they are written", async () => {
      await ui.click(t("tool-shows_markup"));
      assert.ok((await ui.text(".description")).startsWith(markup));
      await ui.click(t("start"));
      await ui.click(`${row("shows_markup", "completed")} ${t("task-show")}`);
      await ui.wait(t("result"), markup);
      await ui.wait(t("timeline"), markup);
      assert.deepEqual(await inPage(() => [...document.querySelectorAll("[data-testid=result] a")].map(({ href, rel, target }) => ({ href, rel, target }))),
        [{ href: "https://example.org/ok", rel: "noopener noreferrer", target: "_blank" }]);
      const shown = await ui.text(t("result"));
      for (const words of ["javascript:pwned('link')", "vbscript:x", "file:///etc/passwd", "text/html;,<script>", "image: image/png"]) {
        assert.ok(shown.includes(words), `${words} as text`);
      }
      // The one that is an image is an image, and as such runs nothing.
      assert.equal(await ui.count(`${t("result")} img`), 1);
      await inPage(() => { for (const details of document.querySelectorAll("details")) details.open = true; });
      await ui.wait(`${t("result")} .whole .tree`, "structuredContent");
    });

    test("keys of every object's prototype are keys like others, in forms, results and questions", async () => {
      await ui.click(t("tool-odd_keys"));
      await ui.click(t("start"));
      await ui.wait(".field-error", "Required.");
      await ui.fill(t("arg-__proto__"), "p");
      await ui.fill(t("arg-constructor"), 7);
      await ui.click(t("start"));
      await ui.click(`${row("odd_keys", "completed")} ${t("task-show")}`);
      await ui.wait(t("result"), `own: __proto__, constructor; {"__proto__":"p","constructor":7}`);
      for (const key of ["__proto__", "constructor", "toString", "plain"]) await ui.wait(`${t("result")} .tree .key`, key);

      await ui.start("asks_oddly");
      await ui.click(`${row("asks_oddly", "input_required")} ${t("task-answer")}`);
      await ui.wait(".asked", markup);
      await ui.fill(t("answer-__proto__"), "q");
      await ui.click(t("answer"));
      await ui.wait(t("result"), `{"constructor":{"action":"accept","content":{"__proto__":"q"}}}`);
    });

    test("schemas without end or sense give a form that ends", async () => {
      await ui.click(t("tool-endless_form"));
      await ui.wait(t("start"));
      const inputs = await ui.count(`${t("call-form")} textarea`);
      assert.ok(inputs > 0 && inputs < 2000, `${inputs} inputs`);
      await ui.start("odd_schema");
      await ui.wait(row("odd_schema", "completed"));
      const names = await inPage(() => [...document.querySelectorAll("#tool-list .name")].map(({ textContent }) => textContent.length));
      assert.ok(names.length === 9 && Math.max(...names) <= 200, `names are cut: ${names}`);
      await inPage(() => [...document.querySelectorAll("#tool-list button")].at(-1).click());
      await ui.click(t("start"));
      await ui.wait(`${t("task")}[data-status=completed] ${t("task-show")}`, markup.slice(0, 60));
    });

    test("20 MB are shown as a beginning, and the page goes on", async () => {
      await ui.start("twenty_megabytes");
      await ui.click(`${row("twenty_megabytes", "completed")} ${t("task-show")}`);
      const bounded = await ui.wait(t("bounded"), "The first 66 KB of 20.0 MB.");
      assert.ok(bounded.length < 70_000, `${bounded.length} characters`);

      await ui.start("twenty_megabytes_deep");
      await ui.click(`${row("twenty_megabytes_deep", "completed")} ${t("task-show")}`);
      await ui.wait(t("result"), "image: image/png, 15.0 MB: too much to show");
      await inPage(() => { for (const details of document.querySelectorAll(".result details")) details.open = true; });
      await ui.wait(`${t("result")} .tree button`, "Show 100 more of 199900");
      const size = await inPage(() => ({ elements: document.querySelectorAll("*").length, characters: document.body.textContent.length }));
      assert.ok(size.elements < 5000 && size.characters < 200_000, JSON.stringify(size));
      // Nothing of it is kept for the reload.
      assert.ok(await inPage(() => new Promise((resolve) => setTimeout(() => resolve(JSON.stringify(sessionStorage).length), 500))) < 5000);
    });
  });
}
