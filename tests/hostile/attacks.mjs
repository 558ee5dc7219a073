// Every attack by its name. An attack is:
//
//   finding   the number of the finding
//   title     the server's misbehaviour, for the title of the test
//   era       the revision that the server speaks and the client is pinned to
//   drive     the actions of the attacked client, as plain data: see client.mjs
//   options   the options of the attacked client, as plain data: see client.mjs
//   begins    the JSON-RPC method or HTTP verb of the request that the attack answers ("tools/call")
//   waits     when the attack counts as read, where neither an outcome nor the marker says so: see client.mjs
//   methods   handlers by JSON-RPC method or HTTP verb: see server.mjs
//   session   the session id that the server assigns (none)
//   ends      the permitted outcomes of the attacked client's promises: "ok", or codes of the package's errors
//   check     (report, seen, assert): further assertions; `report` is from client.mjs with the
//             `platform`, `seen` from server.mjs
//   only      the only platform of the attack, "node" or "chromium" (both)
import { bombs } from "./attacks/bombs.mjs";
import { endless } from "./attacks/endless.mjs";
import { fetches } from "./attacks/fetches.mjs";
import { floods } from "./attacks/floods.mjs";
import { headers } from "./attacks/headers.mjs";
import { questions } from "./attacks/questions.mjs";
import { redirects } from "./attacks/redirects.mjs";
import { texts } from "./attacks/texts.mjs";
import { toolErrors } from "./attacks/tool_errors.mjs";

export const attacks = { ...bombs, ...floods, ...toolErrors, ...questions, ...redirects, ...headers, ...texts, ...endless, ...fetches };
