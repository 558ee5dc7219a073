use super::{Era, TaskCapabilities};
use crate::wire::url::UrlResolver;

/// What a client is told once, at the beginning.
#[derive(Debug)]
pub struct Config {
    /// The server's address.
    pub endpoint: String,
    /// How the platform resolves URLs. On wasm32 the default resolves none, so the driver has to set it.
    pub resolve_url: UrlResolver,
    /// The application's name and version, as the text of a JSON object.
    pub client_info: String,
    /// The dialect to speak; `None`: whichever the server speaks, the newest first.
    pub era: Option<Era>,
    /// The dialect that this server spoke earlier: tried first.
    pub spoken: Option<Era>,
    /// The session to go on with: what [`Output::Session`](super::Output::Session) gave to an engine that is gone.
    pub session: Option<String>,
    /// Whether another engine may go on with the session: it is told, and not ended when the client is closed.
    pub keeps_session: bool,
    /// Which input requests somebody answers, in the order of [`InputKind::ALL`](super::InputKind::ALL); only these are declared.
    pub input_handlers: [bool; 3],
    /// Which tasks of our own somebody hosts; only these are declared, to servers of the revision that has such tasks.
    pub task_capabilities: TaskCapabilities,
    /// Whether somebody observes every live task, so that each counts as watched.
    pub watch_all: bool,
    /// Whether somebody wants the notifications that the engine has no use for.
    pub notifications: bool,
    /// How often a task is asked after when the server names no interval, in milliseconds.
    pub poll_interval_ms: u64,
    /// Whether a new task is asked after once before the server's poll interval has passed, if that is longer than a second and no
    /// stream tells of the task.
    pub early_poll: bool,
    /// Whether a standalone stream is opened for notifications.
    pub stream: bool,
    /// Longest message that is accepted, in bytes.
    pub max_message_bytes: u64,
    /// How long a short request may stay unanswered, in milliseconds.
    pub request_timeout_ms: u64,
    /// What a server may use up.
    pub limits: Limits,
}

/// What one server may use up of memory and of requests, so that a broken or hostile server cannot stop the page.
#[derive(Debug)]
pub struct Limits {
    /// Bytes that are held because of the server: unfinished messages and lists, statuses of live tasks, open input requests.
    pub held_bytes: u64,
    /// Responses to the server's requests that are sent at the same time.
    pub responses_in_flight: u64,
    /// Responses that wait to be sent. Further requests of the server are not answered.
    pub queued_responses: u64,
    /// Input requests that are open at the same time, of all calls and tasks.
    pub input_requests: u64,
    /// Arguments of one tool that are repeated in headers.
    pub header_params: u64,
    /// Length of a task id, of a request id and of the key of an input request, in bytes.
    pub id_length: u64,
    /// Messages of one JSON-RPC batch, which are processed in one turn.
    pub batch_messages: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            held_bytes: 128 << 20,
            responses_in_flight: 8,
            queued_responses: 256,
            input_requests: 256,
            header_params: 256,
            id_length: 1024,
            batch_messages: 1000,
        }
    }
}

impl Config {
    /// The defaults, for this endpoint.
    pub fn new(endpoint: &str) -> Self {
        let info = concat!(r#"{"name":"mcp-tasks","version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
        Self {
            endpoint: endpoint.into(),
            #[cfg(not(target_arch = "wasm32"))]
            resolve_url: crate::wire::url::resolve_natively,
            #[cfg(target_arch = "wasm32")]
            resolve_url: |_, _| None,
            client_info: info.into(),
            era: None,
            spoken: None,
            session: None,
            keeps_session: false,
            input_handlers: [false; 3],
            task_capabilities: TaskCapabilities::default(),
            watch_all: false,
            notifications: false,
            poll_interval_ms: 1000,
            early_poll: true,
            stream: true,
            max_message_bytes: 64 << 20,
            request_timeout_ms: 30_000,
            limits: Limits::default(),
        }
    }

    /// The longest message, as a length in memory.
    pub(super) fn max_message_bytes(&self) -> usize {
        length(self.max_message_bytes)
    }

    /// The numeric options, by the names that they have in JavaScript.
    pub fn numbers(&mut self) -> [(&'static str, &mut u64); 10] {
        let limits = &mut self.limits;
        [
            ("pollIntervalMs", &mut self.poll_interval_ms),
            ("requestTimeoutMs", &mut self.request_timeout_ms),
            ("maxMessageBytes", &mut self.max_message_bytes),
            ("maxHeldBytes", &mut limits.held_bytes),
            ("maxResponsesInFlight", &mut limits.responses_in_flight),
            ("maxQueuedResponses", &mut limits.queued_responses),
            ("maxInputRequests", &mut limits.input_requests),
            ("maxHeaderParams", &mut limits.header_params),
            ("maxIdLength", &mut limits.id_length),
            ("maxBatchMessages", &mut limits.batch_messages),
        ]
    }
}

/// A limit as a length in memory.
pub(super) fn length(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
