//! JSON-RPC error codes, and what they mean in answers about tasks: messages differ between servers more than codes do.

use super::{jsonrpc::RpcError, response::Payload};

/// JSON-RPC 2.0, "Error object": the request is not one that may be made here.
pub const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC 2.0, "Error object": the method does not exist or is not available.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC 2.0, "Error object": the parameters are not valid. MCP 2025-11-25, Tasks, "Error Handling": so are the id of an
/// unknown task, a bad cursor, and the cancelling of a task that has ended.
pub const INVALID_PARAMS: i64 = -32602;
/// JSON-RPC 2.0, "Error object": something went wrong inside.
pub const INTERNAL_ERROR: i64 = -32603;

/// Whether an error about a task says that the server does not know it. Words differ (deviation 31), the code is the same;
/// it also means that the task has not ended (deviation 17), or has.
pub fn is_unknown_task(error: &RpcError) -> bool {
    let says = |words: &str| error.message.contains(words);
    error.code == INVALID_PARAMS && !says("not completed") && !says("in terminal")
}

/// Whether an error about a task says that it is unknown, or not in a state for what was asked.
pub fn is_invalid_params(error: &RpcError) -> bool {
    error.code == INVALID_PARAMS
}

/// Whether a tool's result says that the call may not be a task. FastMCP 3.4 lists the tools of a proxied server as if they could be
/// tasks and answers a call as a task so, without executing it (finding F17).
pub fn is_task_refused_by_result(payload: &Payload<'_>) -> bool {
    payload.is_error && payload.json.get().contains("does not support task-augmented execution")
}

/// Whether an error says that the call may not be a task (deviating servers' word for it; nothing was done).
pub fn is_task_refused(error: &RpcError) -> bool {
    error.code == METHOD_NOT_FOUND
}
