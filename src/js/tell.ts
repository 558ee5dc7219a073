// What crosses to the engine as a number: see src/web/mod.rs.

// What it can be told with numbers alone, by `tell`.
export const WATCH = 0;
export const UNWATCH = 1;
export const REFRESH = 2;
export const CANCEL = 3;
export const ABANDON = 4;
export const FORGET = 5;
export const LIST = 6;
export const PAUSE = 7;
export const MULTIPLEXED = 8;
export const CLOSE = 9;
export const TIMEOUT = 10;

// What can be called and listed.
export const TOOL = 0;
export const PROMPT = 1;
export const RESOURCE = 2;

// What `ask` takes: of the server, and about a task.
export const PING = 0;
export const STATUS = 1;
export const RESULT = 2;
export const TASKS = 3;
export const CANCEL_TASK = 4;
// And what nothing answers: a hosted task as it stands, and a question that was asked before, whose number is a handle.
export const TELL = 5;
export const ASKED_BEFORE = 6;

// What can fail, by `failed`: see src/web/host.rs.
export const OF_WAITING = 0;
export const OF_TASK = 1;
export const OF_REPLY = 2;
export const OF_CALL = 3;
