//! What is said only within a session: the end of the handshake, and the requests that go the other way.

use super::{
    error_codes::{INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND},
    input::{InputAnswer, InputKind},
    json::{self, Json},
    json_object::JsonObject,
    jsonrpc,
    receiver_messages::{ReceiverRequest, TaskCapabilities, not_served},
    response::read_any,
};
use std::borrow::Cow;

/// Says that the handshake is over.
pub fn initialized() -> String {
    jsonrpc::notification("notifications/initialized", None::<JsonObject<'_>>)
}

/// Tells the server that a plain request (never a task) is no longer waited for.
pub fn request_cancelled(request_id: u32) -> String {
    jsonrpc::notification("notifications/cancelled", Some(JsonObject::new().with("requestId", request_id)))
}

/// A request that the server has sent within a session.
#[derive(Debug)]
pub struct ReceivedRequest<'a> {
    /// What is asked for; of no account where it is about a task of ours.
    pub kind: InputKind,
    /// The request to the receiver, if it is one.
    pub receiver_request: Option<ReceiverRequest>,
    /// The task that it is asked for, where the server says so.
    pub task_id: Option<Cow<'a, str>>,
    /// The question's words.
    pub message: Option<Cow<'a, str>>,
}

/// Reads a request of the server's. `Err`: the answer to one that is not served, or to a `ping`.
pub fn read_input<'a>(
    serves: [bool; 3],
    hosts: TaskCapabilities,
    id: Json<'_>,
    method: &str,
    params: Option<Json<'a>>,
) -> Result<ReceivedRequest<'a>, String> {
    if let Some(about) = hosts.about(method) {
        return Ok(ReceivedRequest {
            kind: InputKind::Roots,
            receiver_request: Some(about),
            task_id: None,
            message: None,
        });
    }
    let known = InputKind::ALL.into_iter().zip(serves).find(|(kind, serves)| kind.method() == method && *serves);
    let Some((kind, _)) = known else { return Err(refusal(id, method)) };
    let [meta, message, mode] = read_any(params, &["_meta", "message", "mode"]);
    // A mode that was not declared (2025-11-25, Elicitation: "Error Handling"); without a word it is a form.
    if mode.is_some() && json::text(mode).as_deref() != Some("form") && kind == InputKind::Elicitation {
        return Err(jsonrpc::error_response(id, INVALID_PARAMS, "this client serves the mode \"form\" only"));
    }
    let receiver_request = hosts.wanted(kind, params).map(|_| match kind {
        InputKind::Sampling => ReceiverRequest::Sampling,
        _ => ReceiverRequest::Elicitation,
    });
    Ok(ReceivedRequest { kind, receiver_request, task_id: related_task(meta), message: json::text(message) })
}

fn refusal(id: Json<'_>, method: &str) -> String {
    if method == "ping" {
        return jsonrpc::response(id, JsonObject::new());
    }
    jsonrpc::error_response(id, METHOD_NOT_FOUND, &not_served(method))
}

pub(super) const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";

fn related_task(meta: Option<Json<'_>>) -> Option<Cow<'_, str>> {
    // The second name is FastMCP 2.14's (deviation 1).
    let [related, old] = read_any(meta, &[RELATED_TASK, "modelcontextprotocol.io/related-task"]);
    let [task_id] = read_any(related.or(old), &["taskId"]);
    json::text(task_id).filter(|id| !id.is_empty())
}

/// The text of an answer to a request of the server's; `id` is the request's, as it stood. Everything about a task names it
/// (2025-11-25, Tasks: "Associating Task-Related Messages").
pub fn answer(id: &str, answer: &InputAnswer, task_id: Option<&str>) -> String {
    let id = Json::check(id).unwrap_or(Json::NULL);
    match answer {
        InputAnswer::Error { code, message } => jsonrpc::error_response(id, *code, message),
        InputAnswer::Result(result) => match (task_id, Json::check(result)) {
            (Some(task_id), Ok(result)) => jsonrpc::response(id, relate(result, task_id)),
            (None, Ok(result)) => jsonrpc::response(id, result),
            (_, Err(_)) => jsonrpc::error_response(id, INTERNAL_ERROR, "the answer is not JSON"),
        },
    }
}

/// The object with the task named in its `_meta`.
pub(super) fn relate<'a>(result: Json<'a>, task_id: &str) -> JsonObject<'a> {
    let [meta] = read_any(Some(result), &["_meta"]);
    let meta = JsonObject::copy_without(meta.unwrap_or(Json::NULL), RELATED_TASK)
        .with(RELATED_TASK, JsonObject::new().with("taskId", task_id));
    JsonObject::copy_without(result, "_meta").with("_meta", meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_keep_the_id_as_it_stood_and_name_the_task() {
        let done = |json: &str| InputAnswer::Result(json.into());
        let plain = answer("0", &done(r#"{"action":"decline"}"#), None);
        assert_eq!(plain, r#"{"jsonrpc":"2.0","id":0,"result":{"action":"decline"}}"#);
        let related = answer("\"task-1-0\"", &done(r#"{"action":"accept","_meta":{"x":1}}"#), Some("t\"1"));
        let want = r#"{"jsonrpc":"2.0","id":"task-1-0","result":{"action":"accept","_meta":{"x":1,"io.modelcontextprotocol/related-task":{"taskId":"t\"1"}}}}"#;
        assert_eq!(related, want);
        let error = answer("7", &InputAnswer::Error { code: -1, message: "no".into() }, Some("t"));
        assert_eq!(error, r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no"}}"#);
    }
}
