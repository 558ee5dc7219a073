// L6: a `fetch` option that rejects with a value that is no ordinary error. See `hostileFetches` in client.mjs.
import { handshake } from "../wire.mjs";

const kinds = {
  "revoked-proxy": "a revoked Proxy",
  "throwing-message": "an Error whose message throws",
  "symbol-message": "an Error whose message is a symbol",
  "symbol": "a symbol",
  "no-prototype": "an object without a prototype",
};

export const fetches = Object.fromEntries(Object.entries(kinds).map(([kind, words]) => [`fetch-rejects-with-${kind}`, {
  finding: "L6", title: `fetch rejects with ${words}`, era: handshake, drive: { calls: ["attack"], begins: "tools/call" },
  options: { fetch: kind }, ends: ["network"],
}]));
