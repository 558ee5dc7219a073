//! What we ask of a server, in words that belong to no era: [`super::Era::encode`] puts them into its own.

use super::{hosted::Hosts, json::Json, json_object::JsonObject, mirror::Mirror};

/// A request of ours.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// Finds out what the server speaks and offers.
    Greet,
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
    Call(Calling<'a>),
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

/// One call.
#[derive(Debug, Clone, Copy)]
pub struct Calling<'a> {
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
    pub round: Option<&'a Round>,
    /// The arguments that are repeated in headers.
    pub mirrors: &'a [Mirror],
}

/// What a call is sent again with, after the server has answered it with questions (2026-07-28, Multi Round-Trip Requests).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
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

/// What a client says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Name, version and title of the application, as a JSON object.
    pub client_info: &'a str,
    /// Which input requests somebody answers, in the order of [`super::input::InputKind::ALL`].
    pub serves: [bool; 3],
    /// What of tasks is hosted.
    pub hosts: Hosts,
    /// Whether somebody wants to hear of changed lists and log messages.
    pub hears: bool,
}

impl<'a> Ask<'a> {
    /// The method, its parameters without what belongs to one era, and what the request is about, where it is about one thing.
    pub(super) fn words(self) -> (&'static str, JsonObject<'a>, Option<&'a str>) {
        let params = JsonObject::new();
        let page = |cursor: Option<&str>| JsonObject::new().with_some("cursor", cursor);
        let task = |task_id: &str| JsonObject::new().with("taskId", task_id);
        match self {
            Self::Greet => ("initialize", params, None),
            Self::Ping => ("ping", params, None),
            Self::List { kind, cursor } => (kind.words().0, page(cursor), None),
            Self::ListTasks { cursor } => ("tasks/list", page(cursor), None),
            Self::Call(Calling { kind, name, arguments, .. }) => {
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
