import { Client, TaskFailedError, ToolError } from "/dist/index.js";
import { server } from "./demo.js";

const client = new Client(server);
const out = document.querySelector("#out");

async function explain(task) {
  try {
    await task;
  } catch (error) {
    if (ToolError.isInstance(error)) out.textContent = `The tool says: ${error.message}`;
    else if (TaskFailedError.isInstance(error)) out.textContent = `It broke: ${error.message}`;
    else out.textContent = `${error.name} (${error.code}): ${error.message}`;
  }
}

document.querySelector("#tool").onclick = () => explain(client.callTool("always_fails"));
document.querySelector("#crash").onclick = () => explain(client.callTool("crashes"));
document.querySelector("#none").onclick = () => explain(new Client("http://127.0.0.1:9/mcp").callTool("echo"));
