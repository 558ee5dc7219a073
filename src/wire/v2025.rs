//! The codec of the 2025-11-25 revision (and of the handshake revisions before it, which have no tasks): what is its own.
//! Tasks: specification 2025-11-25, basic/utilities/tasks.

use super::{
    DecodeError,
    input::capabilities,
    json::{self, Json},
    json_object::JsonObject,
    jsonrpc,
    request::{CallKind, CallParams, ClientInfo, ClientRequest, TaskOption},
    response::{CallResponse, ServerCapabilities, read, read_any, read_payload, read_snapshot},
};
use std::borrow::Cow;

/// The revision that is offered.
pub(super) const PROTOCOL_VERSION: &str = "2025-11-25";

/// The revisions that are understood when a server answers with one of them.
pub(super) const SUPPORTED_VERSIONS: [&str; 4] = [PROTOCOL_VERSION, "2025-06-18", "2025-03-26", "2024-11-05"];

/// What a task's times are called.
pub(super) const TIMES: [&str; 2] = ["ttl", "pollInterval"];

/// A request's text.
pub(super) fn encode(ask: ClientRequest<'_>, id: u32, client: ClientInfo<'_>) -> String {
    let (method, params, _) = ask.words();
    let params = match ask {
        ClientRequest::Initialize => {
            let capabilities =
                capabilities(client.input_handlers).with_some("tasks", client.task_capabilities.declaration());
            params
                .with("protocolVersion", PROTOCOL_VERSION)
                .with("capabilities", capabilities)
                .with("clientInfo", Json::from_application(client.client_info))
        }
        ClientRequest::Call(CallParams { task, progress_token, .. }) => {
            let task = task.map(|TaskOption { ttl_ms }| JsonObject::new().with_some("ttl", ttl_ms));
            let meta = JsonObject::new().with("progressToken", progress_token);
            params.with_some("task", task).with("_meta", meta)
        }
        _ => params,
    };
    jsonrpc::request(id, method, &params)
}

/// Reads the answer to [`ClientRequest::Initialize`].
pub(super) fn read_capabilities(result: Json<'_>) -> Result<ServerCapabilities, DecodeError> {
    let [version, capabilities] = read(result, "the answer to the handshake", &["protocolVersion", "capabilities"])?;
    let version =
        json::text(version).ok_or_else(|| DecodeError::new("the handshake names no protocol version", result.get()))?;
    let [tools, tasks, experimental] = read_any(capabilities, &["tools", "tasks", "experimental"]);
    // Where FastMCP 2.14 declared them at first (deviation 8).
    let [old] = read_any(experimental, &["tasks"]);
    let tasks = tasks.or(old);
    let [requests, cancel, list] = read_any(tasks, &["requests", "cancel", "list"]);
    let calls = read_any(requests, &CallKind::ALL.map(|kind| kind.words().1));
    Ok(ServerCapabilities {
        protocol_version: version.into_owned(),
        tools: tools.is_some(),
        // `tools: {}` without `call` comes from older Python servers and means the same.
        task_calls: calls.map(|call| call.is_some()),
        task_cancel: cancel.is_some(),
        task_list: list.is_some(),
    })
}

/// Reads the answer to [`ClientRequest::Call`].
pub(super) fn read_call_response(result: Json<'_>) -> Result<CallResponse<'_>, DecodeError> {
    let [task, meta] = read(result, "the answer to the call", &["task", "_meta"])?;
    let Some(task) = task else {
        let [old] = read_any(meta, &["modelcontextprotocol.io/task"]);
        let [at_once] = read_any(old, &["returned_immediately"]);
        return match old.and_then(read_task_id) {
            Some(task_id) if !json::truth(at_once) => Ok(CallResponse::Named { task_id, problem: None }),
            _ => read_payload(result).map(CallResponse::Plain),
        };
    };
    match read_snapshot(task, TIMES) {
        Ok(snapshot) => Ok(CallResponse::Task(snapshot)),
        Err(problem) => match read_task_id(task) {
            Some(task_id) => Ok(CallResponse::Named { task_id, problem: Some(problem) }),
            None => Err(problem),
        },
    }
}

fn read_task_id(json: Json<'_>) -> Option<String> {
    let [task_id] = read_any(Some(json), &["taskId"]);
    json::text(task_id).filter(|id| !id.is_empty()).map(Cow::into_owned)
}
