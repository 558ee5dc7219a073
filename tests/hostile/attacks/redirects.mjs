// M1: the endpoint redirects to another origin. Nothing may arrive there.
import { sse } from "../../servers/scripted.mjs";
import { handshake, oldTask } from "../wire.mjs";

const secrets = { "x-api-key": "SECRET-KEY", authorization: "Bearer SECRET-TOKEN" };
const session = "SECRET-SESSION";
const redirect = (status) => ({ res, elsewhere }) => void res.writeHead(status, { location: elsewhere }).end();

/** Headers that the package or the application has set, and a body. */
const own = ({ headers, body }) => Object.keys({ ...headers, ...(body === "" ? {} : { body }) }).filter((name) => name === "body" || name in secrets || name.startsWith("mcp-"));

/**
 * In Node nothing arrives. A page cannot read the target of a redirect, so the package finds it by a request without any of the
 * application's or the protocol's headers and without a body.
 */
function check({ platform }, { elsewhere }, assert) {
  const arrived = elsewhere.map((request) => `${request.method} with ${own(request).join(", ") || "nothing"}`);
  const harmless = platform === "node" ? [] : ["GET with nothing", "HEAD with nothing"];
  assert.deepEqual(arrived.filter((words) => !harmless.includes(words)), [], "requests that the other origin received");
  assert.ok(!elsewhere.some((request) => /SECRET/.test(JSON.stringify(request))), "a secret arrived");
}

const common = { finding: "M1", era: handshake, session, options: { headers: secrets }, check };
const args = { password: "SECRET-ARGUMENT" };

export const redirects = {
  ...Object.fromEntries([301, 302, 303, 307, 308].map((status) => [`redirect-of-post-${status}`, {
    ...common, title: `POST is answered with ${status} to another origin`, drive: { calls: ["attack"], args },
    ends: ["protocol", "network", "http"], methods: { "tools/call": redirect(status) },
  }])),
  "redirect-of-get": {
    ...common, title: "GET is answered with 307 to another origin", drive: { calls: ["task"], args }, begins: "GET", waits: { forMs: 1000 }, ends: ["ok"],
    methods: {
      "tools/call": () => ({ task: oldTask("watched") }),
      "tasks/get": ({ isReleased }) => oldTask("watched", { status: isReleased() ? "completed" : "working" }),
      GET: redirect(307),
    },
  },
  "redirect-of-delete": {
    ...common, title: "DELETE is answered with 307 to another origin", drive: { calls: ["attack"], args, closes: "DELETE" }, ends: ["ok"],
    methods: { DELETE: redirect(307), GET: ({ res }) => sse(res, []) },
  },
};
