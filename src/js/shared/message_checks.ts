// Checks of the messages from a tab, before their values enter the worker's module: a value of another type would end the engine of every
// tab of the origin. A tab checks the arguments of its application itself; any script of the origin can send messages, though.

import { CREDENTIALS, ERAS, NUMERIC_OPTIONS, STATUSES } from "../types.js";
import { checkBoolean, checkNonEmpty, checkNumber, checkObject, checkOneOf, checkString, described } from "../validation.js";
import { PLAIN_OPTIONS, type ToWorker } from "./messages.js";

type Members = { readonly [name: string]: unknown };
type Check = (message: Members) => void;

const KINDS = ["tool", "prompt", "resource"] as const;
const PAUSE_REASONS = ["hidden", "offline", "frozen"] as const;
const INPUT_KINDS = ["elicitation", "sampling", "roots"] as const;

function checkId(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError(`${name} must be a whole number, not ${described(value)}`);
}

/** Checks a member that may be absent. */
function optional(message: Members, name: string, check: (name: string, value: unknown) => void): void {
  if (message[name] !== undefined) check(name, message[name]);
}

function members(name: string, value: unknown): Members {
  checkObject(name, value);
  return value as Members;
}

function checkJsonText(name: string, value: unknown): void {
  checkString(name, value);
  JSON.parse(value);
}

const none: Check = () => {};
const request: Check = ({ request }) => checkId("request", request);
const task: Check = ({ task }) => checkId("task", task);
const reason: Check = ({ reason }) => checkOneOf("reason", reason, PAUSE_REASONS);

const OPERATIONS: { readonly [type: string]: Check } = {
  "list-tools": none,
  "list-prompts": none,
  "list-resources": none,
  "ping-server": none,
  "list-tasks": (operation) => optional(operation, "cursor", checkString),
  "get-task-status": ({ taskId }) => checkNonEmpty("taskId", taskId),
  "get-task-result": ({ taskId }) => checkNonEmpty("taskId", taskId),
  "cancel-task": ({ taskId }) => checkNonEmpty("taskId", taskId),
  "respond": ({ id, answer }) => (checkId("id", id), checkJsonText("answer", answer)),
  "refuse"({ id, code, message }) {
    checkId("id", id);
    if (!Number.isSafeInteger(code)) throw new TypeError(`code must be a whole number, not ${described(code)}`);
    checkString("message", message);
  },
  "status": ({ task, isFresh }) => (checkId("task", task), checkBoolean("isFresh", isFresh)),
  "wait"(operation) {
    checkId("task", operation["task"]);
    optional(operation, "state", (name, state) => checkOneOf(name, state, STATUSES));
  },
  "cancel": task,
};

const MESSAGES: { readonly [type in ToWorker["type"]]: Check } = {
  "hello": none,
  "leave": none,
  "close": none,
  "tab-lock": ({ lock }) => checkString("lock", lock),
  "join": ({ engine }) => checkEngine(members("engine", engine)),
  "headers"({ request, headers }) {
    checkId("request", request);
    for (const [name, value] of Object.entries(members("headers", headers))) checkString(`headers[${JSON.stringify(name)}]`, value);
  },
  "headers-failed": ({ request, reason }) => (checkId("request", request), checkString("reason", reason)),
  "pause": reason,
  "resume": reason,
  "call"({ task, kind, name, json, mode }) {
    checkId("task", task);
    checkOneOf("kind", kind, KINDS);
    checkString("name", name);
    checkJsonText("json", json);
    if (mode !== undefined && mode !== false) optional(members("mode", mode), "ttlMs", (name, value) => checkNumber(name, value, 0));
  },
  "attach"({ task, ref }) {
    checkId("task", task);
    const { taskId, kind, name } = members("ref", ref);
    checkNonEmpty("ref.taskId", taskId);
    checkOneOf("ref.kind", kind, KINDS);
    checkString("ref.name", name);
  },
  "lost": ({ task, kind, name }) => (checkId("task", task), checkOneOf("kind", kind, KINDS), checkString("name", name)),
  "observe"({ task, observation }) {
    checkId("task", task);
    const { status, result } = members("observation", observation);
    checkBoolean("observation.status", status);
    checkBoolean("observation.result", result);
  },
  "abandon": task,
  "forget": task,
  "restore-input-request": ({ task, json }) => (checkId("task", task), checkJsonText("json", json)),
  "notify-task-status": ({ json }) => checkJsonText("json", json),
  "request"({ request, operation }) {
    checkId("request", request);
    const { type, ...rest } = members("operation", operation);
    checkOneOf("operation.type", type, Object.keys(OPERATIONS));
    OPERATIONS[type]!(rest);
  },
  "abort": request,
};

function checkEngine({ key, url, options, hasHeaders, observesAll, hasNotifications }: Members): void {
  checkString("engine.key", key);
  checkString("engine.url", url);
  for (const [name, value] of Object.entries({ hasHeaders, observesAll, hasNotifications })) checkBoolean(`engine.${name}`, value);
  const plain = members("engine.options", options);
  const known: readonly string[] = PLAIN_OPTIONS;
  for (const name of Object.keys(plain)) if (!known.includes(name)) throw new TypeError(`engine.options.${name} is not an option of a shared engine`);
  for (const name of NUMERIC_OPTIONS) optional(plain, name, (name, value) => checkNumber(name, value, 1));
  for (const name of ["stream", "keepSession"]) optional(plain, name, checkBoolean);
  for (const name of ["era", "knownEra"]) optional(plain, name, (name, value) => checkOneOf(name, value, ERAS));
  optional(plain, "session", checkString);
  optional(plain, "clientInfo", checkObject);
  optional(plain, "credentials", (name, value) => checkOneOf(name, value, CREDENTIALS));
  optional(plain, "inputKinds", (name, value) => {
    if (!Array.isArray(value)) throw new TypeError(`${name} must be a list, not ${described(value)}`);
    for (const kind of value) checkOneOf(name, kind, INPUT_KINDS);
  });
}

/** The message, if its members have the types that it is declared with. @throws TypeError names the member */
export function checkedMessage(data: unknown): ToWorker {
  const message = members("the message", data);
  const { type } = message;
  checkOneOf("type", type, Object.keys(MESSAGES) as ToWorker["type"][]);
  MESSAGES[type](message);
  return data as ToWorker;
}
