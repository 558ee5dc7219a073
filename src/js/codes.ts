// JSON-RPC error codes: method not found, invalid parameters, and internal error.

export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
