// JSON-RPC's codes: for a method that nobody serves, a request that is wrong, and an error of ours.

export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
