//! The wire's dialects by protocol revision. Whoever speaks to a server holds an [`Era`] and never asks which it is: only
//! what it can do.

use super::{
    DecodeError,
    headers::Headers,
    input::{InputAnswer, InputKind},
    json::Json,
    jsonrpc::RpcError,
    notification::{self, ServerNotification},
    request::{CallKind, ClientInfo, ClientRequest},
    response,
    response::{CallResponse, Page, ServerCapabilities, State, TaskPage},
    snapshot::short_id,
    v2025, v2026,
};

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// A session that is opened by a handshake, tasks that the client asks for (2025-11-25 and the revisions before it).
    Handshake,
    /// Requests that stand alone, tasks that the server decides on (2026-07-28 and its extension for tasks).
    Stateless,
}

/// The outcome of a handshake: the answer to [`ClientRequest::Initialize`].
#[derive(Debug)]
pub enum HandshakeOutcome {
    /// Both sides speak this era, and this is offered.
    Agreed(ServerCapabilities),
    /// The same once more: the server corrected us, in these words.
    Again(RpcError),
    /// The server does not speak this era; the other may do.
    Other,
    /// It is this era's, and does not let us in.
    Refused(RpcError),
    /// It makes no sense.
    Odd(DecodeError),
}

impl Era {
    /// The one that is tried first.
    pub const NEWEST: Self = Self::Stateless;

    /// The one to try where this is not spoken.
    pub fn older(self) -> Option<Self> {
        match self {
            Self::Stateless => Some(Self::Handshake),
            Self::Handshake => None,
        }
    }

    /// The newest revision of it, as it is named.
    pub fn revision(self) -> &'static str {
        match self {
            Self::Handshake => v2025::PROTOCOL_VERSION,
            Self::Stateless => v2026::PROTOCOL_VERSION,
        }
    }

    /// Whether a revision that the server chose is one of this era's that are understood.
    pub fn speaks(self, revision: &str) -> bool {
        match self {
            Self::Handshake => v2025::SUPPORTED_VERSIONS.contains(&revision),
            Self::Stateless => revision == v2026::PROTOCOL_VERSION,
        }
    }

    /// The one with sessions.
    pub const WITH_SESSIONS: Self = Self::Handshake;

    /// Requests belong to a session: it has an id, a stream of its own, and what is cut can be taken up again in it.
    pub fn has_sessions(self) -> bool {
        self == Self::Handshake
    }

    /// A task's state brings what it asks and how it ended; there is nothing else to ask for, and answers are sent to the task.
    pub fn has_complete_state(self) -> bool {
        self == Self::Stateless
    }

    /// A request's text, and the headers that belong to it.
    pub fn encode(self, ask: ClientRequest<'_>, id: u32, client: ClientInfo<'_>) -> (String, Headers) {
        match self {
            Self::Handshake => (v2025::encode(ask, id, client), Headers::default()),
            Self::Stateless => v2026::encode(ask, id, client),
        }
    }

    /// Reads the answer to [`ClientRequest::Initialize`].
    pub fn read_handshake(self, answer: Result<Json<'_>, RpcError>) -> HandshakeOutcome {
        match (self, answer) {
            (Self::Handshake, Ok(result)) => {
                v2025::read_capabilities(result).map_or_else(HandshakeOutcome::Odd, HandshakeOutcome::Agreed)
            }
            (Self::Handshake, Err(error)) => HandshakeOutcome::Refused(error),
            // A server that answers anything with anything has not been asked in its own words yet.
            (Self::Stateless, Ok(result)) => {
                v2026::read_capabilities(result).map_or(HandshakeOutcome::Other, HandshakeOutcome::Agreed)
            }
            (Self::Stateless, Err(error)) => match v2026::discover_error(&error) {
                v2026::DiscoverError::Again => HandshakeOutcome::Again(error),
                v2026::DiscoverError::Ours => HandshakeOutcome::Refused(error),
                v2026::DiscoverError::Other => HandshakeOutcome::Other,
            },
        }
    }

    /// Reads the answer to [`ClientRequest::Call`]; `may_be_task`: it was sent as one that may become a task.
    pub fn read_call_response(self, result: Json<'_>, may_be_task: bool) -> Result<CallResponse<'_>, DecodeError> {
        match self {
            Self::Handshake => v2025::read_call_response(result),
            Self::Stateless => v2026::read_call_response(result, may_be_task),
        }
    }

    /// Reads a task's state: the answer to [`ClientRequest::GetTask`], or the parameters of a notification.
    pub fn read_state(self, json: Json<'_>) -> Result<State<'_>, DecodeError> {
        match self {
            Self::Handshake => {
                let snapshot = response::read_snapshot(json, v2025::TIMES)?;
                Ok(State { snapshot, asked: None, outcome: None })
            }
            Self::Stateless => v2026::read_state(json),
        }
    }

    /// Reads the answer to a question about this task.
    pub fn read_state_of<'a>(self, task_id: &str, json: Json<'a>) -> Result<State<'a>, DecodeError> {
        let state = self.read_state(json)?;
        if state.snapshot.task_id == task_id {
            Ok(state)
        } else {
            Err(DecodeError::new("another task's state", &short_id(&state.snapshot.task_id)))
        }
    }

    /// Reads the answer to [`ClientRequest::ListTasks`].
    pub fn read_tasks(self, result: Json<'_>) -> Result<TaskPage, DecodeError> {
        response::read_tasks(result, v2025::TIMES)
    }

    /// Reads the answer to [`ClientRequest::List`]. A tool with more header parameters than `max_header_params` must not be called.
    pub fn read_page(
        self,
        kind: CallKind,
        result: Json<'_>,
        max_header_params: usize,
    ) -> Result<Page<'_>, DecodeError> {
        let header_params = (self == Self::Stateless).then_some(max_header_params);
        response::read_page(kind, self.complete(result)?, header_params)
    }

    /// Checks an answer that says no more than that a request was taken.
    pub fn complete(self, result: Json<'_>) -> Result<Json<'_>, DecodeError> {
        match self {
            Self::Handshake => Ok(result),
            Self::Stateless => v2026::complete(result),
        }
    }

    /// Reads a notification.
    pub fn read_notification<'a>(self, method: &str, params: Option<Json<'a>>) -> ServerNotification<'a> {
        notification::read_notification(self, method, params)
    }

    /// An answer as it stands in a set of them; `Err`: there is no word for a refusal of this kind.
    pub fn answer_input(self, kind: InputKind, answer: &InputAnswer) -> Result<&str, &str> {
        v2026::answer_input(kind, answer)
    }

    /// Whether an HTTP error with this in its body is the server's answer to the request, and not about something else.
    pub fn is_answer(self, status: u16, error: &RpcError) -> bool {
        match self {
            Self::Handshake => false,
            Self::Stateless => matches!(status, 400 | 404 | 405 | 500) && !v2026::is_disowned(error),
        }
    }

    /// Whether an HTTP error says that the server no longer knows what was agreed with it: 404 by the specification of
    /// sessions, 400 with an error of the server's own range in released servers (deviations 28, 30, 37). Without sessions:
    /// what is no answer comes from something that speaks another dialect.
    pub fn is_forgotten(self, status: u16, error: Option<&RpcError>) -> bool {
        let own = |error: &RpcError| (-32099..=-32000).contains(&error.code);
        match self {
            Self::Handshake => status == 404 || (status == 400 && error.is_some_and(own)),
            Self::Stateless => matches!(status, 400 | 404 | 405) && error.is_none_or(v2026::is_disowned),
        }
    }

    /// Whether nothing was done because the headers did not say what the body says.
    pub fn is_mismatch(self, error: &RpcError) -> bool {
        self == Self::Stateless && v2026::is_mismatch(error)
    }

    /// What this client would have to declare for the request to be served, in words.
    pub fn missing(self, error: &RpcError) -> Option<&'static str> {
        v2026::missing(error).filter(|_| self == Self::Stateless)
    }
}
