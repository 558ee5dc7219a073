import { Client } from "/dist/index.js";
import { server } from "./demo.js";

const client = new Client(server);
const [start, out] = document.querySelectorAll("#start, #out");

start.onclick = async () => {
  out.textContent = "…";
  const result = await client.callTool("slow_count", { steps: 5, delayMs: 200 });
  out.textContent = result.content[0].text; // text, whatever the server sent
};
