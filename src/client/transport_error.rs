use crate::{
    task::{TaskError, TaskErrorCode},
    wire::{
        DecodeError,
        http::{self, Head},
        jsonrpc::RpcError,
    },
};

/// Why a request was not answered. [`Self::to_task_error`] makes the public error of it.
#[derive(Debug)]
pub(super) enum TransportError {
    /// No connection, a cut stream.
    Network(String),
    /// No answer within so many milliseconds.
    Late(u64),
    /// An HTTP status that is none of success, with the JSON-RPC error of its body if there was one.
    Http(Head, Option<RpcError>),
    /// What came was not the protocol.
    Protocol(DecodeError),
    /// A message was longer than this many bytes, the option `maxMessageBytes`.
    TooLong(u64),
    /// The answer came from another origin.
    Elsewhere(DecodeError),
}

impl TransportError {
    /// The same request may well succeed later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Network(_) | Self::Late(_) => true,
            Self::Http(head, _) => http::is_transient(head.status),
            Self::Protocol(_) | Self::TooLong(_) | Self::Elsewhere(_) => false,
        }
    }

    /// It may be the fault of what was asked for alone, not of the whole server or of what stands before it.
    pub(super) fn may_be_particular(&self) -> bool {
        matches!(self, Self::Http(Head { status: 500, retry_after: None, .. }, _))
    }

    /// Nothing was done with the request: it may be sent again without doing its work twice.
    pub(super) fn is_unprocessed(&self) -> bool {
        matches!(self, Self::Http(head, _) if http::is_unprocessed(head.status, head.retry_after.is_some()))
    }

    /// The server has refused the request.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Http(head, _) if head.status < 500)
    }

    /// Authorization is missing or does not suffice.
    pub(super) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Http(Head { status: 401 | 403, .. }, _))
    }

    pub(super) fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Http(head, _) => head.retry_after_ms(),
            _ => None,
        }
    }

    /// The public error. `doing` names the operation, `consequence` says what did not happen.
    pub(super) fn to_task_error(&self, doing: &str, consequence: &str) -> Box<TaskError> {
        match self {
            Self::Late(ms) => {
                let message = format!("{doing}: no answer within {} s{consequence}", ms / 1000);
                TaskError::new(TaskErrorCode::Network, message)
            }
            Self::Network(why) => TaskError::new(TaskErrorCode::Network, format!("{doing}: {why}{consequence}")),
            Self::Protocol(problem) | Self::Elsewhere(problem) => {
                let message = format!("{doing}: the server sent {}{consequence}", problem.as_str());
                TaskError::new(TaskErrorCode::Protocol, message)
            }
            Self::TooLong(most) => {
                let what = format!("the server sent a message longer than maxMessageBytes ({most} bytes)");
                TaskError::new(TaskErrorCode::Protocol, format!("{doing}: {what}{consequence}"))
            }
            Self::Http(head, rpc) => {
                let (code, what) = if self.is_unauthorized() {
                    (TaskErrorCode::AuthorizationRequired, " (authorization required)")
                } else {
                    (TaskErrorCode::Http, "")
                };
                // A fetch that follows redirects turns a POST into a GET at 301, 302 and 303.
                let redirect = match (head.status, &head.redirected_to) {
                    (405, Some(url)) => {
                        format!(" after a redirect to {}", url.split(['?', '#']).next().unwrap_or_default())
                    }
                    _ => String::new(),
                };
                let words = rpc.as_ref().map_or("", |e| e.message.as_str());
                let colon = if words.is_empty() { "" } else { ": " };
                let status = head.status;
                let message =
                    format!("{doing}: the server answered HTTP {status}{what}{redirect}{colon}{words}{consequence}");
                let mut failure = TaskError::new(code, message);
                failure.rpc = rpc.clone();
                failure.http_status = Some(head.status);
                failure.retry_after_ms = head.retry_after_ms();
                failure.challenge = head.www_authenticate.clone();
                failure
            }
        }
    }
}
