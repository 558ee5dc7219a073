//! Responses of the server, independent of the era, and the readers that all eras share.

use super::{
    DecodeError,
    header_params::{HeaderParam, read_header_params},
    input::InputKind,
    json::{self, Json},
    json_object::JsonObject,
    jsonrpc::RpcError,
    request::CallKind,
    snapshot::{Snapshot, Status},
    v2026,
};
use std::borrow::Cow;

/// The capabilities of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerCapabilities {
    /// The revision both sides will speak.
    pub protocol_version: String,
    /// There are tools.
    pub tools: bool,
    /// Which calls may be tasks, in the order of [`CallKind::ALL`].
    pub task_calls: [bool; 3],
    /// Tasks may be cancelled.
    pub task_cancel: bool,
    /// Tasks may be listed.
    pub task_list: bool,
}

/// The response to a call.
#[derive(Debug)]
pub enum CallResponse<'a> {
    /// It made a task.
    Task(Snapshot),
    /// It made a task and did not describe it (FastMCP 2.14, deviation 1) or did so badly: the id is what counts, the rest
    /// can be asked for.
    Named {
        /// The task's id.
        task_id: String,
        /// What was wrong with the rest.
        problem: Option<DecodeError>,
    },
    /// The result itself.
    Plain(Payload<'a>),
    /// `input_required`: the call is to be sent again, with the answers to these requests and with this request state.
    InputRequired(Vec<InputRequest<'a>>, Option<Json<'a>>),
}

/// An input request within a response.
#[derive(Debug)]
pub struct InputRequest<'a> {
    /// Identifies the request. Unique within a task.
    pub key: Cow<'a, str>,
    /// The method. `Err`: one that this client has not declared.
    pub kind: Result<InputKind, Cow<'a, str>>,
    /// As it was sent.
    pub params: Json<'a>,
}

/// What a server says of a task.
#[derive(Debug)]
pub struct State<'a> {
    /// Where it stands.
    pub snapshot: Snapshot,
    /// What it asks now; `None`: that is told in another way.
    pub asked: Option<Vec<InputRequest<'a>>>,
    /// How it ended, where that is told with the state.
    pub outcome: Option<Result<Payload<'a>, RpcError>>,
}

/// A tool's result as text, with the one thing that the engine must know of it.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// The whole result.
    pub json: Json<'a>,
    /// The tool says that it failed.
    pub is_error: bool,
    /// There is no result in it: nothing but metadata.
    pub is_empty: bool,
    /// Its structured content is wrapped in an object, as the only member `result` (FastMCP, deviation 21).
    pub is_wrapped: bool,
}

/// Reads what a call is answered with, at once or in the end.
pub fn read_payload(json: Json<'_>) -> Result<Payload<'_>, DecodeError> {
    let names = ["_meta", "isError", "content", "structuredContent", "messages", "contents"];
    let [meta, fields @ ..] = read(json, "the result", &names)?;
    let [is_error, ..] = fields;
    let [fastmcp] = read_any(meta, &["fastmcp"]);
    let [wrapped] = read_any(fastmcp, &["wrap_result"]);
    Ok(Payload {
        json,
        is_error: json::truth(is_error),
        is_empty: fields.iter().all(Option::is_none),
        is_wrapped: json::truth(wrapped),
    })
}

/// Reads a task; `times` are the names of how long it is kept and how often it may be asked after.
pub(super) fn read_snapshot(json: Json<'_>, times: [&str; 2]) -> Result<Snapshot, DecodeError> {
    let [ttl, poll_interval] = times;
    let names = ["taskId", "status", "statusMessage", "createdAt", "lastUpdatedAt", ttl, poll_interval];
    let [task_id, status, status_message, created_at, last_updated_at, ttl, poll_interval] =
        read(json, "a task", &names)?;
    let own = |raw| json::text(raw).map(Cow::into_owned);
    let task_id = own(task_id).filter(|id| !id.is_empty());
    let task_id = task_id.ok_or_else(|| DecodeError::new("a task without a task id", ""))?;
    let word =
        json::text(status).ok_or_else(|| DecodeError::new("a task without a status", status.map_or("", Json::get)))?;
    let status = Status::parse(&word).ok_or_else(|| DecodeError::new("a task with an unknown status", &word))?;
    Ok(Snapshot {
        task_id,
        status,
        status_message: own(status_message),
        created_at: own(created_at),
        last_updated_at: own(last_updated_at),
        ttl_ms: json::whole(ttl),
        poll_interval_ms: json::whole(poll_interval),
    })
}

/// Some of the tasks, as a server lists its own or we those that we host: those in the order of their creation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<Snapshot>,
    /// What to ask with for the tasks that follow, if there are any. Opaque to whoever asks (2025-11-25, Pagination).
    pub next_cursor: Option<String>,
}

/// Reads the answer to [`super::request::ClientRequest::ListTasks`]; a task that makes no sense is left out.
pub(super) fn read_tasks(result: Json<'_>, times: [&str; 2]) -> Result<TaskPage, DecodeError> {
    let [tasks, next_cursor] = read(result, "the list of tasks", &["tasks", "nextCursor"])?;
    let tasks = tasks.and_then(json::elements);
    let tasks = tasks.ok_or_else(|| DecodeError::new("the list of tasks has no tasks", result.get()))?;
    let mut page = TaskPage { tasks: Vec::new(), next_cursor: read_cursor(next_cursor) };
    for task in tasks {
        if let Ok(snapshot) = read_snapshot(task, times) {
            page.tasks.push(snapshot);
        }
    }
    Ok(page)
}

impl TaskPage {
    /// As JSON text in the words that cross to JavaScript.
    pub fn to_json(&self) -> String {
        self.written(v2026::TIMES)
    }

    /// As JSON text with these names of the times: an era's.
    pub(super) fn written(&self, times: [&'static str; 2]) -> String {
        let tasks: Vec<_> = self.tasks.iter().map(|task| task.encode(times)).collect();
        JsonObject::new().with("tasks", tasks).with_some("nextCursor", self.next_cursor.as_ref()).to_json()
    }
}

fn read_cursor(raw: Option<Json<'_>>) -> Option<String> {
    json::text(raw).filter(|c| !c.is_empty()).map(Cow::into_owned)
}

/// Whether a tool may run as a task (specification 2025-11-25, "Tool-Level Negotiation").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskSupport {
    /// Only as a task.
    Required,
    /// Either way.
    Optional,
    /// Only plainly; so is a tool that says nothing.
    #[default]
    Forbidden,
}

/// One page of the tools, prompts or resources.
#[derive(Debug)]
pub struct Page<'a> {
    /// Each as the server wrote it.
    pub items: Vec<Listed<'a>>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// One item of a page.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The whole item.
    pub json: Json<'a>,
    /// Its name; an item without one cannot be called.
    pub name: Option<String>,
    /// Whether it may be a task.
    pub task_support: TaskSupport,
    /// Its structured content is wrapped in an object, as the only member `result` (FastMCP, deviation 21).
    pub wraps_result: bool,
    /// Calling it twice does no more than calling it once.
    pub is_idempotent: bool,
    /// The arguments that are repeated in headers. `Err`: what is wrong with them, so that the tool must not be called.
    pub header_params: Result<Vec<HeaderParam>, DecodeError>,
}

/// Reads the answer to [`super::request::ClientRequest::List`].
/// `header_params`: the server decides which calls become tasks, and reads so many header parameters of a tool at most.
pub(super) fn read_page(
    kind: CallKind,
    result: Json<'_>,
    header_params: Option<usize>,
) -> Result<Page<'_>, DecodeError> {
    let [items, next_cursor] = read(result, "a list", &[kind.words().1, "nextCursor"])?;
    let items = items.and_then(json::elements);
    let items = items.ok_or_else(|| DecodeError::new("a list without what it lists", result.get()))?;
    Ok(Page {
        items: items.into_iter().map(|item| read_item(item, header_params)).collect(),
        next_cursor: read_cursor(next_cursor),
    })
}

fn read_item(json: Json<'_>, header_params: Option<usize>) -> Listed<'_> {
    let [name, execution, input, output, annotations] =
        read_any(Some(json), &["name", "execution", "inputSchema", "outputSchema", "annotations"]);
    let [reads_only, is_idempotent] = read_any(annotations, &["readOnlyHint", "idempotentHint"]);
    let [wraps_result] = read_any(output, &["x-fastmcp-wrap-result"]);
    let [task_support] = read_any(execution, &["taskSupport"]);
    Listed {
        json,
        name: json::text(name).map(Cow::into_owned),
        task_support: match json::text(task_support).as_deref() {
            _ if header_params.is_some() => TaskSupport::Optional,
            Some("required") => TaskSupport::Required,
            Some("optional") => TaskSupport::Optional,
            _ => TaskSupport::Forbidden,
        },
        wraps_result: json::truth(wraps_result),
        is_idempotent: json::truth(reads_only) || json::truth(is_idempotent),
        header_params: header_params.map_or(Ok(Vec::new()), |max| read_header_params(input, max)),
    }
}

/// The members of an object that must be one.
pub(super) fn read<'a, const N: usize>(
    raw: Json<'a>,
    what: &str,
    names: &[&str; N],
) -> Result<[Option<Json<'a>>; N], DecodeError> {
    json::fields(raw, names).ok_or_else(|| DecodeError::new(what, raw.get()).within("unexpected JSON"))
}

/// The members of an object, if it is one.
pub(super) fn read_any<'a, const N: usize>(raw: Option<Json<'a>>, names: &[&str; N]) -> [Option<Json<'a>>; N] {
    raw.and_then(|raw| json::fields(raw, names)).unwrap_or([None; N])
}
