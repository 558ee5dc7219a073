//! The tasks that we host, on the wire: what a server asks about them, and what it is answered. Only the 2025-11-25 revision
//! has them (Tasks: `sampling/createMessage` and `elicitation/create` as tasks); the revision after it has dropped them.

use super::{
    decode_error,
    error_codes::{INVALID_PARAMS, METHOD_NOT_FOUND},
    input::{InputAnswer, InputKind},
    json::{self, Json},
    json_object::JsonObject,
    jsonrpc::{self, RpcError},
    request::TaskOption,
    response::{TaskPage, read_any, read_snapshot},
    session::{RELATED_TASK, relate},
    snapshot::Snapshot,
    v2025, v2026,
};
use std::borrow::Cow;

/// The key of `_meta` that names the task a message belongs to, as `{"taskId": …}` (2025-11-25, Tasks: "Associating
/// Task-Related Messages").
pub const RELATED_TASK_METADATA_KEY: &str = RELATED_TASK;

/// The key of `_meta` under which whoever made a task may say what a model is told at once, a string (2025-11-25, Tasks:
/// "Model Immediate Response"; provisional there).
pub const MODEL_IMMEDIATE_RESPONSE_KEY: &str = "io.modelcontextprotocol/model-immediate-response";

/// The requests about hosted tasks that are served. By default none. The first four are declared to the server (2025-11-25, Tasks:
/// "Client Capabilities"); the specification has no capability for `tasks/get` and `tasks/result`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCapabilities {
    /// Our tasks may be listed. Not to be declared where requestors cannot be told apart (Tasks: "Task Isolation and Access Control").
    pub list: bool,
    /// Our tasks may be cancelled.
    pub cancel: bool,
    /// `sampling/createMessage` may be a task.
    pub sampling: bool,
    /// `elicitation/create` may be a task.
    pub elicitation: bool,
    /// `tasks/get` is answered.
    pub get: bool,
    /// `tasks/result` is answered.
    pub result: bool,
}

/// A request of the server about tasks of the client, for the receiver. The order is known to `src/js/input_handlers.ts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiverRequest {
    /// `elicitation/create`, to become a task.
    Elicitation,
    /// `sampling/createMessage`, to become a task.
    Sampling,
    /// `tasks/get`.
    Get,
    /// `tasks/result`.
    Result,
    /// `tasks/list`.
    List,
    /// `tasks/cancel`.
    Cancel,
}

impl ReceiverRequest {
    /// What is asked about tasks that are there.
    const ABOUT: [Self; 4] = [Self::Get, Self::Result, Self::List, Self::Cancel];

    /// Reads a request of this kind. `Err`: what it is answered with, since it says not which task it means. What `_meta` says of
    /// a task is not looked at (2025-11-25, Tasks: "Associating Task-Related Messages").
    pub fn read(self, params: Option<Json<'_>>) -> Result<TaskRequest<'_>, RpcError> {
        let [task_id, cursor] = read_any(params, &["taskId", "cursor"]);
        if self == Self::List {
            let is_text = cursor.is_none() || json::text(cursor).is_some();
            let no_cursor = || error(INVALID_PARAMS, &["Invalid cursor: it is no string"]);
            return is_text.then(|| TaskRequest::List(json::text(cursor))).ok_or_else(no_cursor);
        }
        let no_task = || error(INVALID_PARAMS, &[self.method(), " names no task: taskId is missing, or no string"]);
        let task_id = json::text(task_id).ok_or_else(no_task)?;
        Ok(match self {
            Self::Get => TaskRequest::Get(task_id),
            Self::Result => TaskRequest::Result(task_id),
            _ => TaskRequest::Cancel(task_id),
        })
    }

    /// The method's name.
    pub fn method(self) -> &'static str {
        match self {
            Self::Elicitation => InputKind::Elicitation.method(),
            Self::Sampling => InputKind::Sampling.method(),
            Self::Get => "tasks/get",
            Self::Result => "tasks/result",
            Self::List => "tasks/list",
            Self::Cancel => "tasks/cancel",
        }
    }
}

/// What a server asks about the tasks that we host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskRequest<'a> {
    /// `tasks/get`: how this task stands.
    Get(Cow<'a, str>),
    /// `tasks/result`: what the request that became this task would have been answered with, once there is that.
    Result(Cow<'a, str>),
    /// `tasks/list`: the tasks, from this cursor on.
    List(Option<Cow<'a, str>>),
    /// `tasks/cancel`: an end to this task.
    Cancel(Cow<'a, str>),
}

impl TaskCapabilities {
    /// The capability `tasks` that says this, as a JSON object; `None` where there is nothing to declare.
    pub fn capability(self) -> Option<String> {
        self.declaration().map(|tasks| tasks.to_json())
    }

    pub(super) fn declaration(self) -> Option<JsonObject<'static>> {
        let sampling = self.sampling.then(|| JsonObject::new().with("createMessage", JsonObject::new()));
        let elicitation = self.elicitation.then(|| JsonObject::new().with("create", JsonObject::new()));
        let requests = JsonObject::new().with_some("sampling", sampling).with_some("elicitation", elicitation);
        let tasks = JsonObject::new()
            .with_some("list", self.list.then(JsonObject::new))
            .with_some("cancel", self.cancel.then(JsonObject::new))
            .with_some("requests", self.requests().then_some(requests));
        let is_declared = self.list || self.cancel || self.requests();
        is_declared.then_some(tasks)
    }

    /// What a client's capabilities declare of tasks: [`Self::capability`], read by who it is told to. Only an object declares
    /// something, whatever it holds; what is not one is read as absent. A client that makes tasks of requests answers `tasks/get` and
    /// `tasks/result`, too.
    pub fn declared(capabilities: Json<'_>) -> Self {
        let [tasks] = read_any(Some(capabilities), &["tasks"]);
        let [list, cancel, requests] = read_any(tasks, &["list", "cancel", "requests"]);
        let [sampling, elicitation] = read_any(requests, &["sampling", "elicitation"]);
        let [create_message] = read_any(sampling, &["createMessage"]);
        let [create] = read_any(elicitation, &["create"]);
        let [list, cancel, sampling, elicitation] = [list, cancel, create_message, create]
            .map(|declared| declared.is_some_and(|json| json::fields(json, &[]).is_some()));
        let requests = sampling || elicitation;
        Self { list, cancel, sampling, elicitation, get: requests, result: requests }
    }

    /// Whether anything may become a task here.
    pub fn requests(self) -> bool {
        self.sampling || self.elicitation
    }

    /// Whether any request about hosted tasks is served.
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// Which of the requests about our tasks this is, where such a one is served.
    pub fn about(self, method: &str) -> Option<ReceiverRequest> {
        let is_served = [self.get, self.result, self.list, self.cancel];
        let mut about = ReceiverRequest::ABOUT.into_iter().zip(is_served);
        about.find(|(request, is_served)| *is_served && request.method() == method).map(|(request, _)| request)
    }

    /// How the server asks for this request of its to become a task. `None` where it does not, or where this kind was not
    /// declared: then it is to be answered as if nothing had been said of tasks (2025-11-25, Tasks: "Task Support and
    /// Handling").
    pub fn wanted(self, kind: InputKind, params: Option<Json<'_>>) -> Option<TaskOption> {
        let declared = match kind {
            InputKind::Sampling => self.sampling,
            InputKind::Elicitation => self.elicitation,
            InputKind::Roots => false,
        };
        let [task] = read_any(params, &["task"]);
        let [ttl] = json::fields(task.filter(|_| declared)?, &[v2025::TIMES[0]])?;
        Some(TaskOption { ttl_ms: json::whole(ttl) })
    }

    /// Reads a request about our tasks, as [`ReceiverRequest::read`] does; `None`: it is about something else. `Err`, too, where it is not
    /// served here.
    pub fn read<'a>(self, method: &str, params: Option<Json<'a>>) -> Option<Result<TaskRequest<'a>, RpcError>> {
        let about = ReceiverRequest::ABOUT.into_iter().find(|about| about.method() == method)?;
        let is_served = self.about(method).is_some();
        Some(if is_served { about.read(params) } else { Err(error(METHOD_NOT_FOUND, &[&not_served(method)])) })
    }
}

/// The message of the error -32601 for a request of the server that is not served.
pub(super) fn not_served(method: &str) -> String {
    format!("this client does not serve {}", decode_error::excerpt(method))
}

/// Reads a task in the words that cross to JavaScript, as [`Snapshot::to_json`] writes it. `None`: it is none.
pub fn read_task(json: &str) -> Option<Snapshot> {
    read_snapshot(Json::check(json).ok()?, v2026::TIMES).ok()
}

/// What a request is answered with, as it crosses to JavaScript: an object with `result`, or with `error`.
pub fn outcome(answer: &InputAnswer) -> String {
    let object = match answer {
        InputAnswer::Result(json) => JsonObject::new().with("result", Json::from_application(json)),
        InputAnswer::Error { code, message } => JsonObject::new().with("error", jsonrpc::error_object(*code, message)),
    };
    object.to_json()
}

/// Reads what [`outcome`] writes. `None`: it is no such thing.
pub fn read_outcome(json: &str) -> Option<InputAnswer> {
    let [result, error] = json::fields(Json::check(json).ok()?, &["result", "error"])?;
    if let Some(result) = result {
        return Some(InputAnswer::Result(result.get().into()));
    }
    let [code, message] = json::fields(error?, &["code", "message"])?;
    let code = json::signed(code)?;
    Some(InputAnswer::Error { code, message: json::text(message)?.into_owned() })
}

/// An error to answer with, its words these parts.
pub fn error(code: i64, parts: &[&str]) -> RpcError {
    RpcError { code, message: parts.concat(), data: None }
}

/// The result that says that a request has become this task (`CreateTaskResult`), and what a model may be told at once.
pub fn created(task: &Snapshot, model_immediate_response: Option<&str>) -> String {
    let meta = model_immediate_response.map(|words| JsonObject::new().with(MODEL_IMMEDIATE_RESPONSE_KEY, words));
    JsonObject::new().with("task", task.encode(v2025::TIMES)).with_some("_meta", meta).to_json()
}

/// Tells the requestor how a task of ours stands, without being asked; `task` is [`task()`]'s text (2025-11-25, Tasks: "Task Status Notification").
pub fn changed(task: &str) -> String {
    jsonrpc::notification("notifications/tasks/status", Some(Json::from_application(task)))
}

/// How a task stands: the result of `tasks/get` and `tasks/cancel`, and the parameters of a status notification. These do not
/// name the task in `_meta` (2025-11-25, Tasks: "Associating Task-Related Messages").
pub fn task(task: &Snapshot) -> String {
    task.encode(v2025::TIMES).to_json()
}

/// One page of tasks: the result of `tasks/list`.
pub fn page(page: &TaskPage) -> String {
    page.written(v2025::TIMES)
}

/// The result of `tasks/result`: what the request would have been answered with, and which task that was (2025-11-25, Tasks:
/// "Result Retrieval"). `None` where it is not JSON.
pub fn result(result: &str, task_id: &str) -> Option<String> {
    Json::check(result).ok().map(|result| relate(result, task_id).to_json())
}
