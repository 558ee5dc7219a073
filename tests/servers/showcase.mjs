// The second demo server of `npm start`: of 2026-07-28, and with a tool for each thing that the dashboard can show and ask.
// By itself: node tests/servers/showcase.mjs --port 8082
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { startModern } from "./modern.mjs";
import { form } from "./modern-tools.mjs";

const text = (value) => ({ type: "text", text: value });
const string = (more = {}) => ({ type: "string", ...more });
const accepted = (response, member) => (response?.action === "accept" ? response.content?.[member] : undefined);
const needs = { elicitation: {}, sampling: {}, roots: {} };

const tools = [
  {
    name: "plan_trip",
    title: "Plan a trip",
    description: "Takes nested arguments, lists and choices, and gives them back as structured content",
    task: "may",
    inputSchema: {
      type: "object",
      required: ["traveller", "stops"],
      properties: {
        traveller: {
          type: "object", title: "Traveller", required: ["name"],
          properties: { name: string({ title: "Name", minLength: 2 }), email: string({ title: "E-mail", format: "email" }) },
        },
        stops: {
          type: "array", title: "Stops", minItems: 1, maxItems: 5,
          default: [{ place: "Lisbon", nights: 2 }],
          items: { type: "object", required: ["place"], properties: { place: string({ title: "Place" }), nights: { type: "integer", title: "Nights", minimum: 1, maximum: 30, default: 1 } } },
        },
        pace: { enum: ["calm", "steady", "hurried"], default: "calm", title: "Pace" },
        interests: { type: "array", title: "Interests", items: { enum: ["food", "music", "walks"] }, uniqueItems: true },
        leaving: string({ format: "date", title: "Leaving on" }),
        budget: { type: "number", minimum: 0, title: "Budget", description: "In whatever money you like" },
      },
    },
    async run(args, work) {
      const { stops } = args;
      for (const [i, { place }] of stops.entries()) {
        work.step(`looking at ${place}: ${i + 1} of ${stops.length}`);
        await work.sleep(600);
      }
      return { content: [text(`A trip with ${stops.length} stops for ${args.traveller.name}`)], structuredContent: args };
    },
  },
  {
    name: "ask_before_deleting",
    title: "Ask before deleting",
    description: "Asks you in the middle of its work",
    task: "must",
    needs,
    inputSchema: { type: "object", properties: { folder: string({ default: "holiday pictures" }) } },
    async run({ folder = "holiday pictures" }, work) {
      work.step(`counting what is in ${folder}`);
      await work.sleep(500);
      const { sure } = await work.ask({
        sure: form(`Delete all of “${folder}”?\nThere are 214 files in it.`, { confirm: { type: "boolean", title: "Yes, delete them" }, reason: string({ title: "Why", maxLength: 80 }) }),
      });
      return { content: [text(accepted(sure, "confirm") ? `deleted ${folder}: ${accepted(sure, "reason")}` : `kept ${folder}`)] };
    },
  },
  {
    name: "write_poem",
    title: "Write a poem",
    description: "Has the language model of the client write: in this dashboard that is you",
    task: "must",
    needs,
    inputSchema: { type: "object", properties: { about: string({ default: "the sea" }) } },
    async run({ about = "the sea" }, work) {
      const params = { systemPrompt: "You are a poet.", messages: [{ role: "user", content: text(`Two lines about ${about}, please.`) }], maxTokens: 100 };
      const { poem } = await work.ask({ poem: { method: "sampling/createMessage", params } });
      return { content: [poem?.content ?? text("no poem")] };
    },
  },
  {
    name: "show_gallery",
    title: "Show a gallery",
    description: "Gives every kind of content: text, image, sound, links, an embedded resource and a tree of JSON",
    inputSchema: { type: "object", properties: {} },
    run: () => ({
      content: [
        text("A sunset, a tone, and where to read more."),
        { type: "image", mimeType: "image/svg+xml", data: Buffer.from(sunset).toString("base64") },
        { type: "audio", mimeType: "audio/wav", data: tone().toString("base64") },
        { type: "resource_link", uri: "https://modelcontextprotocol.io/", name: "protocol", title: "The protocol", description: "Opens in a tab of its own" },
        { type: "resource_link", uri: "demo://not/for/browsers", name: "A URI that no browser opens" },
        { type: "resource", resource: { uri: "demo://notes.txt", mimeType: "text/plain", text: "Notes that came with the result." } },
      ],
      structuredContent: { place: "Lisbon", sunset: { at: "20:51", colours: ["amber", "rose", "violet"] }, seen: true, clouds: null, minutes: 27 },
    }),
  },
  {
    name: "big_report",
    title: "A big report",
    description: "A result of many megabytes",
    task: "may",
    inputSchema: { type: "object", properties: { megabytes: { type: "integer", minimum: 1, maximum: 20, default: 20 } } },
    async run({ megabytes = 20 }, work) {
      work.step("writing");
      await work.sleep(200);
      const line = "All work and no play makes the report a long one to read.\n";
      return { content: [text(line.repeat(Math.ceil((megabytes * 1_000_000) / line.length)))] };
    },
  },
];

const sunset = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 160"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#5b4b8a"/><stop offset=".6" stop-color="#f2a65a"/><stop offset="1" stop-color="#f7d08a"/></linearGradient></defs><rect width="320" height="160" fill="url(#s)"/><circle cx="160" cy="112" r="26" fill="#fff3d6"/><rect y="118" width="320" height="42" fill="#2d4263"/></svg>`;

/** Half a second of 440 Hz: 8000 samples a second of 8 bits, behind the 44 bytes of a WAV header. */
function tone() {
  const samples = 4000;
  const wav = Buffer.alloc(44 + samples);
  wav.write("RIFF", 0); wav.writeUInt32LE(36 + samples, 4); wav.write("WAVEfmt ", 8); wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); wav.writeUInt16LE(1, 22); wav.writeUInt32LE(8000, 24); wav.writeUInt32LE(8000, 28);
  wav.writeUInt16LE(1, 32); wav.writeUInt16LE(8, 34); wav.write("data", 36); wav.writeUInt32LE(samples, 40);
  for (let i = 0; i < samples; i++) wav[44 + i] = 128 + Math.round(60 * Math.sin((i * 440 * 2 * Math.PI) / 8000));
  return wav;
}

/** Starts it; options as for `startModern`. */
export const startShowcase = (options = {}) => startModern({ pollIntervalMs: 500, ttlMs: 600_000, ownTools: false, tools, ...options });

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8082" } } });
  const server = await startShowcase({ port: Number(values.port), log: console.log });
  console.log(`showcase MCP server: ${server.url} (Ctrl-C stops it)`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
}
