use crate::wire::{jsonrpc::RpcError, snapshot::short_id};

/// How a task ended.
#[derive(Debug)]
pub enum Outcome {
    /// With a result, as JSON text.
    Result(String),
    /// The tool ran and says that it failed; its result, as JSON text.
    ToolError(String),
    /// Without a result.
    Error(Box<TaskError>),
}

/// The public error: why an operation failed. One code per reason, with the message of the server.
#[derive(Debug, Clone)]
pub struct TaskError {
    /// The reason's stable name.
    pub code: TaskErrorCode,
    /// What was wrong, where, and what did not happen.
    pub message: String,
    /// The server's JSON-RPC error, where it sent one.
    pub rpc: Option<RpcError>,
    /// The HTTP status, if that was the error.
    pub http_status: Option<u16>,
    /// How long the server asks to wait before the next try, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The challenge of a 401 or 403, as sent.
    pub challenge: Option<String>,
}

/// The reason of a [`TaskError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskErrorCode {
    /// The task's status is `failed`, and there is no result that says more.
    TaskFailed,
    /// The task was cancelled.
    TaskCancelled,
    /// The server no longer knows the task.
    TaskExpired,
    /// The server answered with a JSON-RPC error.
    Rpc,
    /// The server answered with an HTTP status that is none of success.
    Http,
    /// 401 or 403.
    AuthorizationRequired,
    /// No answer came.
    Network,
    /// What came was not the protocol.
    Protocol,
    /// The server does not offer it.
    Unsupported,
    /// The client was closed.
    Closed,
}

impl TaskErrorCode {
    /// The name that crosses to JavaScript.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TaskFailed => "task_failed",
            Self::TaskCancelled => "task_cancelled",
            Self::TaskExpired => "task_expired",
            Self::Rpc => "rpc",
            Self::Http => "http",
            Self::AuthorizationRequired => "authorization_required",
            Self::Network => "network",
            Self::Protocol => "protocol",
            Self::Unsupported => "unsupported",
            Self::Closed => "closed",
        }
    }
}

impl TaskError {
    /// A failure with this message.
    pub fn new(code: TaskErrorCode, message: String) -> Box<Self> {
        Box::new(Self { code, message, rpc: None, http_status: None, retry_after_ms: None, challenge: None })
    }

    /// The server's JSON-RPC error in answer to what `doing` describes.
    pub fn rpc(code: TaskErrorCode, doing: &str, error: RpcError) -> Box<Self> {
        let words = if error.message.is_empty() { "no message" } else { error.message.as_str() };
        let message = format!("{doing}: the server answered with error {}: {words}", error.code);
        let mut failure = Self::new(code, message);
        failure.rpc = Some(error);
        failure
    }

    /// The server no longer knows this task.
    pub fn expired(task_id: &str, error: RpcError) -> Box<Self> {
        let message = format!("the server does not know task {} (any more): {}", short_id(task_id), error.message);
        let mut failure = Self::new(TaskErrorCode::TaskExpired, message);
        failure.rpc = Some(error);
        failure
    }

    /// The task was cancelled, in the server's words if it has any.
    pub fn cancelled(task_id: &str, words: Option<&str>) -> Box<Self> {
        Self::about_task(TaskErrorCode::TaskCancelled, task_id, " was cancelled", words)
    }

    /// The task failed, in the server's words if it has any.
    pub fn failed(task_id: &str, words: Option<&str>) -> Box<Self> {
        Self::about_task(TaskErrorCode::TaskFailed, task_id, " failed", words)
    }

    fn about_task(code: TaskErrorCode, task_id: &str, what: &str, words: Option<&str>) -> Box<Self> {
        let short = short_id(task_id);
        match words {
            Some(words) if !words.is_empty() => Self::new(code, format!("task {short}{what}: {words}")),
            _ => Self::new(code, format!("task {short}{what}")),
        }
    }
}
