import { Client } from "/dist/index.js";
import { server } from "./demo.js";

const client = new Client(server);
const [start, bar, out, log] = document.querySelectorAll("#start, #bar, #out, #log");

start.onclick = async () => {
  const task = client.callTool("render_report", { title: "Spring", pages: 3 });
  log.replaceChildren();
  bar.hidden = false;
  for await (const { status, statusMessage } of task.updates()) {
    const line = document.createElement("li");
    line.textContent = `${status}: ${statusMessage ?? ""}`;
    log.append(line);
  }
  bar.hidden = true;
  out.textContent = (await task).content[0].text;
};
