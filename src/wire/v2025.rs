//! The codec of the 2025-11-25 revision (and of the handshake revisions before it, which have no tasks).
//! Tasks: specification 2025-11-25, basic/utilities/tasks.

use super::{
    Problem,
    json::{self, Json},
    jsonrpc,
    object::Object,
    snapshot::{Snapshot, Status},
};
use std::borrow::Cow;

/// The revision that is offered.
pub const PROTOCOL_VERSION: &str = "2025-11-25";

/// The revisions that are understood when a server answers with one of them.
pub const SUPPORTED_VERSIONS: [&str; 3] = [PROTOCOL_VERSION, "2025-06-18", "2025-03-26"];

/// A request of ours.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Opens the session.
    Initialize {
        /// Name, version and title of the application, as JSON.
        client_info: &'a str,
    },
    /// Whether the server is there.
    Ping,
    /// One page of the tasks.
    ListTasks {
        /// Where the last page ended.
        cursor: Option<&'a str>,
    },
    /// One page of the tools, prompts or resources.
    List {
        /// Of what.
        kind: CallKind,
        /// Where the last page ended.
        cursor: Option<&'a str>,
    },
    /// Calls a tool, gets a prompt or reads a resource.
    Call {
        /// Which of them.
        kind: CallKind,
        /// The tool's or prompt's name, or the resource's URI.
        name: &'a str,
        /// Its arguments, as a JSON object.
        arguments: &'a str,
        /// Present: as a task.
        task: Option<TaskOption>,
    },
    /// The state of a task.
    GetTask {
        /// Which task.
        task_id: &'a str,
    },
    /// What the original request would have returned.
    TaskResult {
        /// Which task.
        task_id: &'a str,
    },
    /// Asks for a task to be cancelled.
    CancelTask {
        /// Which task.
        task_id: &'a str,
    },
}

/// What a server can be asked to do that may take a while. Tasks for prompts and resources are an extension of FastMCP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// `tools/call`.
    Tool,
    /// `prompts/get`.
    Prompt,
    /// `resources/read`.
    Resource,
}

impl CallKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tool, Self::Prompt, Self::Resource];

    /// Calling one, in words for a message.
    pub fn doing(self) -> &'static str {
        match self {
            Self::Tool => "calling tool ",
            Self::Prompt => "getting prompt ",
            Self::Resource => "reading resource ",
        }
    }

    /// The method that lists them, the member they are listed in, and the method that calls one.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Tool => ("tools/list", "tools", "tools/call"),
            Self::Prompt => ("prompts/list", "prompts", "prompts/get"),
            Self::Resource => ("resources/list", "resources", "resources/read"),
        }
    }
}

/// How a task is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskOption {
    /// How long the server is asked to keep the task, in milliseconds.
    pub ttl_ms: Option<u64>,
}

impl Ask<'_> {
    /// The request's text.
    pub fn encode(self, id: u32) -> String {
        let params = Object::new();
        let (method, params) = match self {
            Self::Initialize { client_info } => {
                let params = params.text("protocolVersion", PROTOCOL_VERSION).raw("capabilities", "{}");
                ("initialize", params.raw("clientInfo", client_info))
            }
            Self::Ping => ("ping", params),
            Self::List { kind, cursor } => (kind.words().0, page(params, cursor)),
            Self::ListTasks { cursor } => ("tasks/list", page(params, cursor)),
            Self::Call { kind, name, arguments, task } => {
                let params = match kind {
                    CallKind::Resource => params.text("uri", name),
                    _ => params.text("name", name).raw("arguments", arguments),
                };
                (kind.words().2, task.into_iter().fold(params, |params, task| params.raw("task", &task.encode())))
            }
            Self::GetTask { task_id } => ("tasks/get", params.text("taskId", task_id)),
            Self::TaskResult { task_id } => ("tasks/result", params.text("taskId", task_id)),
            Self::CancelTask { task_id } => ("tasks/cancel", params.text("taskId", task_id)),
        };
        jsonrpc::request(id, method, &params.end())
    }
}

fn page(params: Object, cursor: Option<&str>) -> Object {
    cursor.into_iter().fold(params, |params, cursor| params.text("cursor", cursor))
}

impl TaskOption {
    fn encode(self) -> String {
        let task = Object::new();
        self.ttl_ms.into_iter().fold(task, |task, ms| task.number("ttl", ms)).end()
    }
}

/// Says that the handshake is over.
pub fn initialized() -> String {
    jsonrpc::notification("notifications/initialized", None)
}

/// Tells the server that a plain request (never a task) is no longer waited for.
pub fn request_cancelled(request_id: u32) -> String {
    let params = Object::new().number("requestId", u64::from(request_id)).end();
    jsonrpc::notification("notifications/cancelled", Some(&params))
}

/// The answer to a request of the server's.
pub fn answer(id: Json<'_>, method: &str) -> String {
    if method == "ping" {
        return jsonrpc::response(id, "{}");
    }
    let mut message = String::from("this client does not serve ");
    message.push_str(&super::problem::excerpt(method));
    jsonrpc::error_response(id, METHOD_NOT_FOUND, &message)
}

const METHOD_NOT_FOUND: i32 = -32601;
const INVALID_PARAMS: i64 = -32602;

/// Whether an error about a task says that the server does not know it.
pub fn is_unknown_task(error: &jsonrpc::RpcError) -> bool {
    error.code == INVALID_PARAMS
}

/// Whether an error says that the call may not be a task (deviating servers' word for it; nothing was done).
pub fn is_task_refused(error: &jsonrpc::RpcError) -> bool {
    error.code == i64::from(METHOD_NOT_FOUND)
}

/// What the server offers, from its answer to [`Ask::Initialize`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The revision both sides will speak.
    pub protocol_version: String,
    /// Which calls may be tasks, in the order of [`CallKind::ALL`].
    pub task_calls: [bool; 3],
    /// Tasks may be cancelled.
    pub task_cancel: bool,
    /// Tasks may be listed.
    pub task_list: bool,
}

/// Reads the answer to [`Ask::Initialize`].
pub fn read_offer(result: Json<'_>) -> Result<Offer, Problem> {
    let [version, capabilities] = read(result, "the answer to the handshake", ["protocolVersion", "capabilities"])?;
    let version =
        json::text(version).ok_or_else(|| Problem::new("the handshake names no protocol version", result.get()))?;
    let [tasks] = read_any(capabilities, ["tasks"]);
    let [requests, cancel, list] = read_any(tasks, ["requests", "cancel", "list"]);
    let calls = read_any(requests, CallKind::ALL.map(|kind| kind.words().1));
    Ok(Offer {
        protocol_version: version.into_owned(),
        // `tools: {}` without `call` comes from older Python servers and means the same.
        task_calls: calls.map(|call| call.is_some()),
        task_cancel: cancel.is_some(),
        task_list: list.is_some(),
    })
}

/// What a server answered to a tool call.
#[derive(Debug)]
pub enum Called<'a> {
    /// It made a task.
    Task(Snapshot),
    /// It made a task but described it badly: the id is what counts, the rest can be asked for.
    BadTask {
        /// The task's id.
        task_id: String,
        /// What was wrong with the rest.
        problem: Problem,
    },
    /// It answered at once.
    Plain(Payload<'a>),
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
}

/// Reads the answer to [`Ask::Call`].
pub fn read_called(result: Json<'_>) -> Result<Called<'_>, Problem> {
    let [task] = read(result, "the answer to the tool call", ["task"])?;
    let Some(task) = task else { return read_payload(result).map(Called::Plain) };
    match read_snapshot(task) {
        Ok(snapshot) => Ok(Called::Task(snapshot)),
        Err(problem) => match read_task_id(task) {
            Some(task_id) => Ok(Called::BadTask { task_id, problem }),
            None => Err(problem),
        },
    }
}

/// Reads the answer to [`Ask::TaskResult`].
pub fn read_payload(json: Json<'_>) -> Result<Payload<'_>, Problem> {
    let fields = read(json, "the result", ["isError", "content", "structuredContent", "messages", "contents"])?;
    let [is_error, ..] = fields;
    Ok(Payload { json, is_error: json::truth(is_error), is_empty: fields.iter().all(Option::is_none) })
}

/// Reads a task: the answer to [`Ask::GetTask`] or [`Ask::CancelTask`], or the parameters of a status notification.
pub fn read_snapshot(json: Json<'_>) -> Result<Snapshot, Problem> {
    let names = ["taskId", "status", "statusMessage", "createdAt", "lastUpdatedAt", "ttl", "pollInterval"];
    let [task_id, status, status_message, created_at, last_updated_at, ttl, poll_interval] =
        read(json, "a task", names)?;
    let own = |raw| json::text(raw).map(Cow::into_owned);
    let task_id = own(task_id).filter(|id| !id.is_empty());
    let task_id = task_id.ok_or_else(|| Problem::new("a task without a task id", json.get()))?;
    let word = json::text(status).ok_or_else(|| Problem::new("a task without a status", json.get()))?;
    let status = Status::parse(&word).ok_or_else(|| Problem::new("a task with an unknown status", &word))?;
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

/// Reads the answer to [`Ask::ListTasks`] into neutral words, as JSON text; a task that makes no sense is left out.
pub fn read_tasks(result: Json<'_>) -> Result<String, Problem> {
    let [tasks, next_cursor] = read(result, "the list of tasks", ["tasks", "nextCursor"])?;
    let tasks = tasks.and_then(json::elements);
    let tasks = tasks.ok_or_else(|| Problem::new("the list of tasks has no tasks", result.get()))?;
    let mut known = String::from("[");
    for task in tasks {
        let Ok(snapshot) = read_snapshot(task) else { continue };
        if known.len() > 1 {
            known.push(',');
        }
        known.push_str(&snapshot.to_json());
    }
    known.push(']');
    let list = Object::new().raw("tasks", &known);
    let next_cursor = json::text(next_cursor).filter(|c| !c.is_empty());
    Ok(next_cursor.iter().fold(list, |list, cursor| list.text("nextCursor", cursor)).end())
}

fn read_task_id(json: Json<'_>) -> Option<String> {
    let [task_id] = read_any(Some(json), ["taskId"]);
    json::text(task_id).filter(|id| !id.is_empty()).map(Cow::into_owned)
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
}

/// Reads the answer to [`Ask::List`].
pub fn read_page(kind: CallKind, result: Json<'_>) -> Result<Page<'_>, Problem> {
    let [items, next_cursor] = read(result, "a list", [kind.words().1, "nextCursor"])?;
    let items = items.and_then(json::elements);
    let items = items.ok_or_else(|| Problem::new("a list without what it lists", result.get()))?;
    Ok(Page {
        items: items.into_iter().map(read_item).collect(),
        next_cursor: json::text(next_cursor).filter(|c| !c.is_empty()).map(Cow::into_owned),
    })
}

fn read_item(json: Json<'_>) -> Listed<'_> {
    let [name, execution] = read_any(Some(json), ["name", "execution"]);
    let [task_support] = read_any(execution, ["taskSupport"]);
    Listed {
        json,
        name: json::text(name).map(Cow::into_owned),
        task_support: match json::text(task_support).as_deref() {
            Some("required") => TaskSupport::Required,
            Some("optional") => TaskSupport::Optional,
            _ => TaskSupport::Forbidden,
        },
    }
}

/// What the server tells without being asked.
#[derive(Debug)]
pub enum Told {
    /// A task changed.
    Task(Result<Snapshot, Problem>),
    /// A list is no longer what it was.
    ListChanged(CallKind),
    /// Anything else.
    Other,
}

/// Reads a notification. Both names of the status notification are taken, whatever the revision: released servers mix them.
pub fn read_notification(method: &str, params: Option<Json<'_>>) -> Told {
    match method {
        "notifications/tasks/status" | "notifications/tasks" => Told::Task(
            params.ok_or_else(|| Problem::new("a task notification without parameters", "")).and_then(read_snapshot),
        ),
        "notifications/tools/list_changed" => Told::ListChanged(CallKind::Tool),
        _ => Told::Other,
    }
}

/// The members of an object that must be one.
fn read<'a, const N: usize>(raw: Json<'a>, what: &str, names: [&str; N]) -> Result<[Option<Json<'a>>; N], Problem> {
    json::fields(raw, names).ok_or_else(|| Problem::new(what, raw.get()).within("unexpected JSON"))
}

/// The members of an object, if it is one.
fn read_any<'a, const N: usize>(raw: Option<Json<'a>>, names: [&str; N]) -> [Option<Json<'a>>; N] {
    raw.and_then(|raw| json::fields(raw, names)).unwrap_or([None; N])
}
