import { Client } from "/dist/index.js";
import "/dist/element.js";
import { server } from "./demo.js";

const client = new Client(server);
const [start, element, out] = document.querySelectorAll("#start, mcp-task, #out");

start.onclick = () => {
  element.task = client.callTool("slow_count", { steps: 5, delayMs: 200 });
};
element.addEventListener("mcp-task-settled", ({ detail }) => {
  out.textContent = detail.error ? "It failed." : "Done.";
});
