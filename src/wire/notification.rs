//! Notifications of the server.

use super::{
    DecodeError, Era,
    json::{self, Json},
    json_object::JsonObject,
    request::CallKind,
    response::{State, read_any},
};
use std::borrow::Cow;

/// A notification of the server.
#[derive(Debug)]
pub enum ServerNotification<'a> {
    /// A task changed.
    Task(Result<State<'a>, DecodeError>),
    /// A call makes progress.
    Progress {
        /// What the call was sent with.
        token: u32,
        /// How far it is: `progress`, `total` and `message`, as JSON text.
        json: String,
    },
    /// `notifications/cancelled`: the server no longer waits for the answer to this request.
    RequestCancelled(Json<'a>),
    /// `notifications/subscriptions/acknowledged`: the stream is open and carries the notifications of these tasks.
    SubscriptionAcknowledged(Vec<Cow<'a, str>>),
    /// The list of tools, prompts or resources has changed.
    ListChanged(CallKind),
    /// Anything else.
    Other,
}

/// Reads a notification. Both names of the status notification are taken, whatever the era: released servers mix them.
pub(super) fn read_notification<'a>(era: Era, method: &str, params: Option<Json<'a>>) -> ServerNotification<'a> {
    match method {
        "notifications/tasks/status" | "notifications/tasks" => ServerNotification::Task(
            params
                .ok_or_else(|| DecodeError::new("a task notification without parameters", ""))
                .and_then(|params| era.read_state(params)),
        ),
        "notifications/subscriptions/acknowledged" => {
            let [accepted] = read_any(params, &["notifications"]);
            let [task_ids] = read_any(accepted, &["taskIds"]);
            let task_ids = task_ids.and_then(json::elements).unwrap_or_default();
            ServerNotification::SubscriptionAcknowledged(
                task_ids.into_iter().filter_map(|id| json::text(Some(id))).collect(),
            )
        }
        "notifications/progress" => read_progress(params).unwrap_or(ServerNotification::Other),
        "notifications/cancelled" => {
            let [id] = read_any(params, &["requestId"]);
            id.map_or(ServerNotification::Other, ServerNotification::RequestCancelled)
        }
        "notifications/tools/list_changed" => ServerNotification::ListChanged(CallKind::Tool),
        "notifications/prompts/list_changed" => ServerNotification::ListChanged(CallKind::Prompt),
        "notifications/resources/list_changed" => ServerNotification::ListChanged(CallKind::Resource),
        _ => ServerNotification::Other,
    }
}

fn read_progress(params: Option<Json<'_>>) -> Option<ServerNotification<'static>> {
    let [token, progress, total, message] = read_any(params, &["progressToken", "progress", "total", "message"]);
    let token = json::whole(token).and_then(|n| u32::try_from(n).ok())?;
    let object = JsonObject::new().with("progress", progress?).with_some("total", total).with_some("message", message);
    Some(ServerNotification::Progress { token, json: object.to_json() })
}
