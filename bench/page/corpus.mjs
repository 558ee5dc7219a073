// The bytes that everybody reads: events as servers write them, in chunks as a network brings them.
import { notification, taskId } from "../protocol.mjs";

const chunkBytes = 65_536;
const encoder = new TextEncoder();

/** Events of these messages, cut into chunks without regard to where an event ends. */
function chunks(messages) {
  const bytes = encoder.encode(messages.map((message) => `event: message\ndata: ${JSON.stringify(message)}\n\n`).join(""));
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, n) => bytes.slice(n * chunkBytes, (n + 1) * chunkBytes));
}

/** A long text as payloads have it: prose, or a picture in base64. Little in it has to be escaped. */
function text(length) {
  let out = "";
  for (let line = 1; out.length < length; line++) out += `[${String(line).padStart(5, "0")}] rendered tile ${line * 7} of scene ${line % 9} in ${line % 60} ms, ${line * 13} triangles. `;
  return out.slice(0, length);
}

/** Log messages of about so many bytes each, and what their numbers add up to. */
export function logs(count, bytes) {
  const message = (n, said) => ({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", logger: "render", data: { n, text: said } } });
  const said = text(bytes - JSON.stringify(message(count, "")).length);
  const messages = Array.from({ length: count }, (_, n) => message(n + 1, said));
  const parts = chunks(messages);
  return { chunks: parts, sum: (count * (count + 1)) / 2, bytes: parts.reduce((sum, { length }) => sum + length, 0) };
}

/** Status notifications for that many tasks in turn, the last of each ending with `mark`. `from` counts them over all runs. */
export function statuses(count, tasks, from, mark) {
  const ids = Array.from({ length: tasks }, (_, n) => taskId(n));
  return chunks(Array.from({ length: count }, (_, n) => {
    const isLast = n >= count - tasks;
    return notification(ids[n % tasks], { pollInterval: 3_600_000, statusMessage: isLast ? mark : `step ${from + n} is done`, at: from + n });
  }));
}
