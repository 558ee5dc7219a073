// A puppet that also talks: a stream for what it says of its own accord, and the answers to what it asks.
import { send, sse } from "../servers/scripted.mjs";
import { startPuppet } from "./puppet.mjs";
import { until } from "./support.mjs";

/**
 * - `say(message)` says it on the newest stream;
 * - `ask(about, over)` asks for the user's input about this task id (or about nothing) and gives the request's id;
 * - `answer(id)` is the answer to that request, once it has come; `answers` are all;
 * - `end(id)` completes a task and says so.
 */
export async function startAsking(options) {
  const puppet = await startPuppet(options);
  let stream;
  let asked = 0;
  const listen = () => puppet.script.set("GET", ({ res }) => {
    sse(res, [], { end: false });
    stream = res;
  });
  const say = (message) => send(stream, { data: { jsonrpc: "2.0", ...message } });
  const answers = () => puppet.requests.map(({ rpc }) => rpc).filter((rpc) => rpc && rpc.method === undefined);
  listen();
  return {
    ...puppet, say, answers,
    clear() {
      puppet.script.clear();
      listen();
    },
    ask(about, { id = asked++, method = "elicitation/create", params = { message: "Which?", requestedSchema: {} } } = {}) {
      const _meta = { "io.modelcontextprotocol/related-task": { taskId: about } };
      say({ id, method, params: about === undefined ? params : { ...params, _meta } });
      return id;
    },
    answer: (id) => until(() => answers().find((rpc) => rpc.id === id), `an answer to ${id}`),
    end(id) {
      puppet.finish(id);
      say({ method: "notifications/tasks/status", params: puppet.tasks.get(id).task });
    },
  };
}
