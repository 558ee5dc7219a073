// The prompts and resources of the modern stub. `ask` is what is asked before the answer (MRTR).
import { form } from "./modern-tools.mjs";

const said = (text) => ({ messages: [{ role: "user", content: { type: "text", text } }] });
const style = { style: form("In which style?", { style: { type: "string" } }) };

export const prompts = [
  {
    name: "greeting",
    description: "Asks for a greeting",
    arguments: [{ name: "name", required: true }],
    get: ({ name }) => said(`Greet ${name}.`),
  },
  {
    name: "naïve", // a header cannot carry it as it is
    description: "Asks in which style (MRTR) before it answers",
    needs: { elicitation: {} },
    ask: style,
    get: (_args, { style: { action, content } }) => said(`Write in the style: ${content?.style ?? action}.`),
  },
];

export const resources = [
  { uri: "modern://about", name: "about", mimeType: "text/plain", read: () => "The modern stub of mcp-tasks." },
  {
    uri: "modern://guarded",
    name: "guarded",
    mimeType: "text/plain",
    needs: { elicitation: {} },
    ask: { word: form("The password?", { word: { type: "string" } }) },
    read: ({ word: { action, content } }) => `You said: ${content?.word ?? action}`,
  },
];
