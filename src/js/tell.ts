// What the engine can be told with numbers alone: see `tell` in src/web/mod.rs.

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

// What `ask` takes and nothing answers: a hosted task as it stands, and a question that was asked before, whose number is a handle.
export const TELL = 5;
export const ASKED_BEFORE = 6;

// What can fail, by `failed`: see src/web/host.rs.
export const OF_WAITING = 0;
export const OF_TASK = 1;
export const OF_REPLY = 2;
export const OF_CALL = 3;
