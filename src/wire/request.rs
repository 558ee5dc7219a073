//! Requests of the client, independent of the era: [`super::Era::encode`] encodes them.

use super::{header_params::HeaderParam, json::Json, json_object::JsonObject, receiver_messages::TaskCapabilities};

/// A request of the client.
#[derive(Debug, Clone, Copy)]
pub enum ClientRequest<'a> {
    /// `initialize` or `server/discover`: the protocol revision and the capabilities of the server.
    Initialize,
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
    Call(CallParams<'a>),
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
    /// Answers input requests of a task.
    UpdateTask {
        /// Which task.
        task_id: &'a str,
        /// The answers by key: a JSON object.
        responses: &'a str,
    },
    /// Opens a stream that tells of these tasks.
    Listen {
        /// Which tasks: a JSON array of their ids.
        task_ids: &'a str,
    },
}

/// The parameters of `tools/call`, `prompts/get` or `resources/read`.
#[derive(Debug, Clone, Copy)]
pub struct CallParams<'a> {
    /// Of what.
    pub kind: CallKind,
    /// The tool's or prompt's name, or the resource's URI.
    pub name: &'a str,
    /// Its arguments, as a JSON object.
    pub arguments: &'a str,
    /// Present: it may become a task.
    pub task: Option<TaskOption>,
    /// What names this call in what the server tells of its progress, for as long as its task lives.
    pub progress_token: u32,
    /// What the server asked in answer to the same call before, and what it wants to see again.
    pub round_trip: Option<&'a RoundTrip>,
    /// The arguments that are repeated in headers.
    pub header_params: &'a [HeaderParam],
}

/// What a call is sent again with, after the server has answered it with questions (2026-07-28, Multi Round-Trip Requests).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoundTrip {
    /// The answers by key, as a JSON object; `None`: nothing was asked.
    pub responses: Option<String>,
    /// The server's own note, as the JSON text that it sent.
    pub state: Option<String>,
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
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
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
    /// How long the server is asked to keep the task, in milliseconds. An era in which the server decides has no word for it.
    pub ttl_ms: Option<u64>,
}

/// The identity and the capabilities of the client.
#[derive(Debug, Clone, Copy)]
pub struct ClientInfo<'a> {
    /// Name, version and title of the application, as a JSON object.
    pub client_info: &'a str,
    /// The input requests that the client has handlers for, in the order of [`super::input::InputKind::ALL`].
    pub input_handlers: [bool; 3],
    /// The capability `tasks`.
    pub task_capabilities: TaskCapabilities,
    /// Whether the server is to send notifications about changed lists, and log messages.
    pub wants_notifications: bool,
}

impl<'a> ClientRequest<'a> {
    /// The method, its parameters without what belongs to one era, and what the request is about, where it is about one thing.
    pub(super) fn words(self) -> (&'static str, JsonObject<'a>, Option<&'a str>) {
        let params = JsonObject::new();
        let page = |cursor: Option<&str>| JsonObject::new().with_some("cursor", cursor);
        let task = |task_id: &str| JsonObject::new().with("taskId", task_id);
        match self {
            Self::Initialize => ("initialize", params, None),
            Self::Ping => ("ping", params, None),
            Self::List { kind, cursor } => (kind.words().0, page(cursor), None),
            Self::ListTasks { cursor } => ("tasks/list", page(cursor), None),
            Self::Call(CallParams { kind, name, arguments, .. }) => {
                let params = match kind {
                    CallKind::Resource => params.with("uri", name),
                    _ => params.with("name", name).with("arguments", Json::from_application(arguments)),
                };
                (kind.words().2, params, Some(name))
            }
            Self::GetTask { task_id } => ("tasks/get", task(task_id), Some(task_id)),
            Self::TaskResult { task_id } => ("tasks/result", task(task_id), Some(task_id)),
            Self::CancelTask { task_id } => ("tasks/cancel", task(task_id), Some(task_id)),
            Self::UpdateTask { task_id, responses } => {
                let params = task(task_id).with("inputResponses", Json::from_application(responses));
                ("tasks/update", params, Some(task_id))
            }
            Self::Listen { .. } => ("subscriptions/listen", params, None),
        }
    }
}
