import { Client } from "/dist/index.js";
import { server } from "./demo.js";

const client = new Client(server);
const [start, out] = document.querySelectorAll("#start, #out");

start.onclick = async () => {
  const task = client.callTool("slow_count", { steps: 10 });
  await task.created; // before that there is nothing to find again
  sessionStorage.setItem("task", JSON.stringify(task)); // plain data, no token
  await follow(task);
};

async function follow(task) {
  const off = task.onStatusChange(({ statusMessage }) => (out.textContent = statusMessage ?? ""));
  out.textContent = (await task).content[0].text;
  sessionStorage.removeItem("task");
  off();
}

const kept = sessionStorage.getItem("task");
if (kept) await follow(client.task(JSON.parse(kept)));
