import { Client, TaskCancelledError } from "/dist/index.js";
import { server } from "./demo.js";

const client = new Client(server);
const [start, cancel, out] = document.querySelectorAll("#start, #cancel, #out");

start.onclick = async () => {
  const task = client.callTool("slow_count", { steps: 100 });
  const off = task.onStatusChange(({ statusMessage }) => (out.textContent = statusMessage ?? ""));
  cancel.onclick = () => task.cancel(); // settles below, by what the server says
  cancel.disabled = false;
  try {
    out.textContent = (await task).content[0].text;
  } catch (error) {
    if (!TaskCancelledError.isInstance(error)) throw error;
    out.textContent = "cancelled";
  } finally {
    cancel.disabled = true;
    off();
  }
};
