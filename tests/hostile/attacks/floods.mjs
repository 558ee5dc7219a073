// H2: many requests of the server in one stream or one batch. Each wants an answer, and each answer is a POST.
import { answer, sse } from "../../servers/scripted.mjs";
import { limits } from "../limits.mjs";
import { event, form, handshake, marker, notification, oldTask, text, write, writeAll } from "../wire.mjs";

const onStream = 20_000;
const inBatch = 100_000;

const ping = (id) => ({ jsonrpc: "2.0", id, method: "ping" });
const unknown = (id) => ({ jsonrpc: "2.0", id, method: "x-unknown/method", params: {} });
const elicitation = (id) => ({ jsonrpc: "2.0", id, ...form });
const logged = (id) => notification("notifications/message", { level: "info", data: `line ${id}` });

function* each(make, count, wrap) {
  for (let i = 1; i <= count; i++) yield wrap(make(i), i);
}

/** Sends them on the stream of the call, then the marker, and the call's answer once it is released. */
const stream = (make) => async ({ rpc, res, held }) => {
  sse(res, [], { end: false });
  if (!(await writeAll(res, each(make, onStream, event)))) return;
  await write(res, event(marker));
  await held;
  res.end(event(answer(rpc.id, text("done"))));
};

/** Answers the call with one JSON array: all of them, then the call's own answer. */
const batch = (make, count = inBatch) => async ({ rpc, res }) => {
  res.writeHead(200, { "content-type": "application/json" });
  await write(res, "[");
  if (!(await writeAll(res, each(make, count, (message) => `${JSON.stringify(message)},`)))) return;
  await write(res, `${JSON.stringify(marker)},`);
  res.end(`${JSON.stringify(answer(rpc.id, text("done")))}]`);
};

/** The answers of the client are held back, so at most those in flight and in the queue exist, however fast the machine is. */
function checkAnswers({ fetches }, seen, assert) {
  assert.ok(fetches.mostResponses <= limits.responsesInFlight, `${fetches.mostResponses} responses in flight at once`);
  const most = limits.responsesInFlight + limits.responsesQueued;
  assert.ok(seen.responses <= most, `${seen.responses} responses were sent, ${most} are in flight or queued at most`);
  assert.ok(seen.responses > 0, "none was answered");
}

/** A batch that is too long is refused as a whole. */
function checkRefused({ outcomes: [{ message }], notifications }, seen, assert) {
  assert.match(message, limits.batchMessages.words, "the error names the limit");
  assert.ok(notifications.mostInTurn <= limits.batchMessages.most, `${notifications.mostInTurn} messages were processed in one turn`);
  assert.equal(seen.responses, 0, "messages of the batch were answered");
}

const call = { calls: ["attack"] };
const held = { holdResponses: true };
const common = { finding: "H2", era: handshake, drive: call, options: held, check: checkAnswers };

export const floods = {
  "pings-on-a-stream": {
    ...common, title: `${onStream} pings on the stream of a call`, ends: ["ok", "protocol"], methods: { "tools/call": stream(ping) },
  },
  "unknown-methods-on-a-stream": {
    ...common, title: `${onStream} requests of an unknown method on the stream of a call`, ends: ["ok", "protocol"], methods: { "tools/call": stream(unknown) },
  },
  "elicitations-on-a-stream": {
    ...common, title: `${onStream} elicitations on the stream of a call, left open by the application`,
    options: { ...held, elicitation: "leave" }, ends: ["ok", "protocol"], methods: { "tools/call": stream(elicitation) },
    check(report, seen, assert) {
      checkAnswers(report, seen, assert);
      assert.ok(report.asked <= limits.openInputRequests.most, `onElicitation was called ${report.asked} times for open questions`);
    },
  },
  "pings-on-the-get-stream": {
    ...common, title: `${onStream} pings on the notification stream`, drive: { calls: ["task"] }, begins: "GET", ends: ["ok", "protocol"],
    methods: {
      "tools/call": () => ({ task: oldTask("flooded") }),
      "tasks/get": ({ isReleased }) => oldTask("flooded", { status: isReleased() ? "completed" : "working" }),
      async GET({ res, n, held }) {
        if (n > 0) return res.writeHead(405).end();
        sse(res, [], { end: false });
        if (!(await writeAll(res, each(ping, onStream, event)))) return undefined;
        await write(res, event(marker));
        await held;
        return res.end();
      },
    },
  },
  "batch-of-pings": {
    ...common, title: `one JSON batch of ${inBatch} pings`, ends: ["protocol"], methods: { "tools/call": batch(ping) }, check: checkRefused,
  },
  "batch-of-notifications": {
    ...common, title: `one JSON batch of ${inBatch} notifications`, ends: ["protocol"], methods: { "tools/call": batch(logged) }, check: checkRefused,
  },
  "longest-batch": {
    ...common, title: `one JSON batch of ${limits.batchMessages.most} messages works`, ends: ["ok"],
    // The marker and the answer belong to the batch.
    methods: { "tools/call": batch(ping, limits.batchMessages.most - 2) },
  },
};
