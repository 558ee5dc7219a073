// Every attack by its name. An attack is:
//
//   finding   its number, and `title`: what the server does
//   era       the revision that the server speaks and the client is pinned to
//   drive     what the attacked client does, as plain data: see client.mjs
//   options   options of the attacked client, as plain data: see client.mjs
//   methods   what the server answers, by JSON-RPC method or HTTP verb: see server.mjs
//   ends      how the promises of the attacked client may settle: "ok", or codes of the package's errors
//   check     (report, seen, assert): what else has to be true; `report` is client.mjs's, `seen` is the server's
//   only      the platform that it is for, where it is for one
//   lasts     messages whose processing alone may exceed the limit of messages in a turn: none
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
