//! What a server tells without being asked.

use super::{
    Era, Problem,
    answer::{State, read_any},
    ask::CallKind,
    json::{self, Json},
    json_object::JsonObject,
};
use std::borrow::Cow;

/// What the server tells without being asked.
#[derive(Debug)]
pub enum Told<'a> {
    /// A task changed.
    Task(Result<State<'a>, Problem>),
    /// A call makes progress.
    Progress {
        /// What the call was sent with.
        token: u32,
        /// How far it is: `progress`, `total` and `message`, as JSON text.
        json: String,
    },
    /// The server no longer wants this request of its own answered.
    Withdrawn(Json<'a>),
    /// A stream was opened, and it will tell of these tasks.
    Listening(Vec<Cow<'a, str>>),
    /// A list is no longer what it was.
    ListChanged(CallKind),
    /// Anything else.
    Other,
}

/// Reads a notification. Both names of the status notification are taken, whatever the era: released servers mix them.
pub(super) fn read_notification<'a>(era: Era, method: &str, params: Option<Json<'a>>) -> Told<'a> {
    match method {
        "notifications/tasks/status" | "notifications/tasks" => Told::Task(
            params
                .ok_or_else(|| Problem::new("a task notification without parameters", ""))
                .and_then(|params| era.read_state(params)),
        ),
        "notifications/subscriptions/acknowledged" => {
            let [accepted] = read_any(params, &["notifications"]);
            let [task_ids] = read_any(accepted, &["taskIds"]);
            let task_ids = task_ids.and_then(json::elements).unwrap_or_default();
            Told::Listening(task_ids.into_iter().filter_map(|id| json::text(Some(id))).collect())
        }
        "notifications/progress" => read_progress(params).unwrap_or(Told::Other),
        "notifications/cancelled" => {
            let [id] = read_any(params, &["requestId"]);
            id.map_or(Told::Other, Told::Withdrawn)
        }
        "notifications/tools/list_changed" => Told::ListChanged(CallKind::Tool),
        "notifications/prompts/list_changed" => Told::ListChanged(CallKind::Prompt),
        "notifications/resources/list_changed" => Told::ListChanged(CallKind::Resource),
        _ => Told::Other,
    }
}

fn read_progress(params: Option<Json<'_>>) -> Option<Told<'static>> {
    let [token, progress, total, message] = read_any(params, &["progressToken", "progress", "total", "message"]);
    let token = json::whole(token).and_then(|n| u32::try_from(n).ok())?;
    let object = JsonObject::new().with("progress", progress?).with_some("total", total).with_some("message", message);
    Some(Told::Progress { token, json: object.to_json() })
}
