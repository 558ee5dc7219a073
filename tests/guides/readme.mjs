// What the blocks of JavaScript in README.md need in order to run, by the heading above each: `given` before the block, `then` after it,
// as in the guides (blocks.mjs). They are apart so that README.md shows no test code.

export const readmeBlocks = {
  "Your first task": {
    given: "const said = [];\nconst console = { log: (...words) => said.push(words.join(\" \")) };",
    then: `
equal(said.at(-1), "counted to 5");
ok(said.some((words) => words.startsWith("working ")), said.join());
ok(said.includes("completed counted to 5") || said.some((words) => words.startsWith("completed")), said.join());`,
  },
  "Task handles": {
    then: `
equal(result.content[0].text, "counted to 3");
equal(result.data.counted, 3);`,
  },
  "Watch a task": {
    given: `
const drawn = [];
const bar = () => {};
const draw = ({ status }) => drawn.push(status);`,
    then: `
equal(drawn[0], "working");
equal(drawn.at(-1), "completed");
equal(status, "completed");`,
  },
  "Answer questions": {
    server: "asking",
    given: "const showForm = async (message, schema) => (schema.properties.confirm ? { confirm: true } : undefined);",
    then: `
const { content } = await client.callTool("confirm_delete", { filename: "old.txt" });
ok(/old\\.txt/.test(content[0].text), content[0].text);`,
  },
  "Resume after a reload": {
    given: `
import { persistIn as keepIn } from "mcp-tasks/persist";
const before = new mcp.Client("/mcp", { persist: keepIn(sessionStorage) });
await before.callTool("slow_count", { steps: 2 }).created;
before.close();
const shown = [];
const show = (task) => shown.push(task);`,
    then: `
equal(shown.length, 1);
equal((await shown[0]).content[0].text, "counted to 2");`,
  },
  "Share a connection between tabs": {
    then: `
const result = await client.callTool("slow_count", { steps: 2 });
equal(result.content[0].text, "counted to 2");
equal(client.isShared, true);`,
  },
  "Handle errors": {
    given: `const task = new Client("/mcp").callTool("always_fails", { reason: "no paper" });`,
    then: `
equal(result.isError, true);
equal(result.content[0].text, "no paper");`,
  },
};
