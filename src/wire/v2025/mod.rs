//! The codec of the 2025-11-25 revision (and of the handshake revisions before it, which have no tasks).
//! Tasks: specification 2025-11-25, basic/utilities/tasks.

mod answers;
mod input;
mod told;

pub use answers::{
    Called, Listed, Page, Payload, TaskSupport, read_called, read_page, read_payload, read_snapshot, read_tasks,
};
pub use input::{InputAnswer, InputKind, InputRequest, answer_input, read_input};
pub use told::{Told, read_notification};

use super::{
    Problem,
    json::{self, Json},
    jsonrpc,
    object::Object,
    text,
};

/// The revision that is offered.
pub const PROTOCOL_VERSION: &str = "2025-11-25";

/// The revisions that are understood when a server answers with one of them.
pub const SUPPORTED_VERSIONS: [&str; 4] = [PROTOCOL_VERSION, "2025-06-18", "2025-03-26", "2024-11-05"];

/// A request of ours.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Opens the session.
    Initialize {
        /// Name, version and title of the application, as JSON.
        client_info: &'a str,
        /// Which input requests somebody answers, in the order of [`InputKind::ALL`].
        serves: [bool; 3],
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
        /// What names this call in what the server tells of its progress, for as long as its task lives.
        progress_token: u32,
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
            Self::Initialize { client_info, serves } => {
                let params = params.text("protocolVersion", PROTOCOL_VERSION);
                let params = params.raw("capabilities", &input::capabilities(serves));
                ("initialize", params.raw("clientInfo", client_info))
            }
            Self::Ping => ("ping", params),
            Self::List { kind, cursor } => (kind.words().0, page(params, cursor)),
            Self::ListTasks { cursor } => ("tasks/list", page(params, cursor)),
            Self::Call { kind, name, arguments, task, progress_token } => {
                let meta = Object::new().number("progressToken", u64::from(progress_token)).end();
                let params = match kind {
                    CallKind::Resource => params.text("uri", name),
                    _ => params.text("name", name).raw("arguments", arguments),
                };
                let params = task.into_iter().fold(params, |params, task| params.raw("task", &task.encode()));
                (kind.words().2, params.raw("_meta", &meta))
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

const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;

/// Whether an error about a task says that the server does not know it. Words differ (deviation 31), the code is the same;
/// it also means that the task has not ended (deviation 17), or has.
pub fn is_unknown_task(error: &jsonrpc::RpcError) -> bool {
    let says = |words: &str| text::says(&error.message, words);
    error.code == INVALID_PARAMS && !says("not completed") && !says("in terminal")
}

/// Whether an error about a task says that it is unknown, or not in a state for what was asked.
pub fn is_invalid_params(error: &jsonrpc::RpcError) -> bool {
    error.code == INVALID_PARAMS
}

/// Whether an error says that the call may not be a task (deviating servers' word for it; nothing was done).
pub fn is_task_refused(error: &jsonrpc::RpcError) -> bool {
    error.code == METHOD_NOT_FOUND
}

/// What the server offers, from its answer to [`Ask::Initialize`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
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

/// Reads the answer to [`Ask::Initialize`].
pub fn read_offer(result: Json<'_>) -> Result<Offer, Problem> {
    let [version, capabilities] = read(result, "the answer to the handshake", ["protocolVersion", "capabilities"])?;
    let version =
        json::text(version).ok_or_else(|| Problem::new("the handshake names no protocol version", result.get()))?;
    let [tools, tasks, experimental] = read_any(capabilities, ["tools", "tasks", "experimental"]);
    // Where FastMCP 2.14 declared them at first (deviation 8).
    let [old] = read_any(experimental, ["tasks"]);
    let tasks = tasks.or(old);
    let [requests, cancel, list] = read_any(tasks, ["requests", "cancel", "list"]);
    let calls = read_any(requests, CallKind::ALL.map(|kind| kind.words().1));
    Ok(Offer {
        protocol_version: version.into_owned(),
        tools: tools.is_some(),
        // `tools: {}` without `call` comes from older Python servers and means the same.
        task_calls: calls.map(|call| call.is_some()),
        task_cancel: cancel.is_some(),
        task_list: list.is_some(),
    })
}

/// The members of an object that must be one.
fn read<'a, const N: usize>(raw: Json<'a>, what: &str, names: [&str; N]) -> Result<[Option<Json<'a>>; N], Problem> {
    json::fields(raw, names).ok_or_else(|| Problem::new(what, raw.get()).within("unexpected JSON"))
}

/// The members of an object, if it is one.
fn read_any<'a, const N: usize>(raw: Option<Json<'a>>, names: [&str; N]) -> [Option<Json<'a>>; N] {
    raw.and_then(|raw| json::fields(raw, names)).unwrap_or([None; N])
}
