// What the tests of the 2026-07-28 revision share: a stub server for each test, clients of it, and what they said to it.
import assert from "node:assert/strict";
import { startModern } from "../servers/modern.mjs";
import { answer, failure, json } from "../servers/scripted.mjs";
import { clients } from "./support.mjs";

export const own = "io.modelcontextprotocol/";
export const extension = `${own}tasks`;

/**
 * A stub for one test, which fails where a client did what the specification forbids, or warned: `notes` and `warns` are
 * patterns of what is to be borne. `hands` answers some methods in the stub's place, see `byHand`.
 */
export async function stub(t, { notes = [], warns = [], hands = {}, ...options } = {}) {
  const server = await startModern({ invalidTools: false, ...options });
  byHand(server, hands);
  const mine = clients(t, server.url);
  t.after(async () => {
    await server.close();
    const unborne = (all, patterns) => all.filter((words) => !patterns.some((pattern) => pattern.test(words)));
    assert.deepEqual(unborne(server.notes, notes), [], "what clients did against the specification");
    assert.deepEqual(unborne(mine.warnings.map(({ code, message }) => `${code}: ${message}`), warns), [], "warnings");
  });
  return { server, ...mine, sent: server.sent, methods: () => server.requests.map(({ rpc }) => rpc?.method) };
}

/** What a hand gives back when it has answered by itself, or never will. */
export const done = Symbol("answered");

/**
 * Answers some methods by hand: `hands[method]({ rpc, req, res, n })` gives a result, or `{ error, status }`, or `done`;
 * with nothing the stub answers as it would have. `n` counts the requests of the method.
 */
export function byHand(server, hands) {
  const counts = {};
  server.options.intercept = async ({ rpc, req, res }) => {
    const hand = hands[rpc?.method];
    if (!hand) return false;
    counts[rpc.method] = (counts[rpc.method] ?? -1) + 1;
    const said = await hand({ rpc, req, res, n: counts[rpc.method] });
    if (said === undefined) return false;
    if (said === done) return true;
    const { error, status = 400 } = said;
    if (error) json(res, failure(rpc.id, error.code, error.message, error.data), status);
    else json(res, answer(rpc.id, said));
    return true;
  };
}

/** What a request says that its sender can do. */
export const capabilities = ({ rpc }) => rpc.params._meta[`${own}clientCapabilities`];
/** What a request says of the extension for tasks. */
export const declared = (request) => capabilities(request).extensions?.[extension];

const day = "2026-07-28T00:00:00Z";
/** A task as the result of `tools/call`; `over` are other members. */
export const created = (taskId, over = {}) => ({
  resultType: "task", taskId, status: "working", createdAt: day, lastUpdatedAt: day, ttlMs: null, pollIntervalMs: 50, ...over,
});
/** The same as the result of `tasks/get`. */
export const state = (taskId, over = {}) => created(taskId, { resultType: "complete", ...over });
export const text = (value) => ({ content: [{ type: "text", text: value }] });
export const textOf = (result) => result.content[0].text;
/** A question to a person, as a server asks it. */
export const form = (message, member = "word") => ({
  method: "elicitation/create",
  params: { mode: "form", message, requestedSchema: { type: "object", properties: { [member]: { type: "string" } } } },
});
export const accept = (content) => ({ action: "accept", content });

/** Lets a task of the same client live its whole life: what the client would do of its own accord, it has done by then. */
export async function fence(client) {
  await client.callTool("count", { steps: 2 });
}
