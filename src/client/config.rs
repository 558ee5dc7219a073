use super::{Era, Hosts};
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
    pub serves: [bool; 3],
    /// Which tasks of our own somebody hosts; only these are declared, to servers of the revision that has such tasks.
    pub hosts: Hosts,
    /// Whether somebody observes every live task, so that each counts as watched.
    pub watch_all: bool,
    /// Whether somebody wants the notifications that the engine has no use for.
    pub notifications: bool,
    /// How often a task is asked after when the server names no interval, in milliseconds.
    pub poll_interval_ms: u64,
    /// Whether a standalone stream is opened for notifications.
    pub stream: bool,
    /// Longest message that is accepted, in bytes.
    pub max_message_bytes: u64,
    /// How long a short request may stay unanswered, in milliseconds.
    pub request_timeout_ms: u64,
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
            serves: [false; 3],
            hosts: Hosts::default(),
            watch_all: false,
            notifications: false,
            poll_interval_ms: 1000,
            stream: true,
            max_message_bytes: 64 << 20,
            request_timeout_ms: 30_000,
        }
    }

    /// The longest message, as a length in memory.
    pub(super) fn max_message_bytes(&self) -> usize {
        usize::try_from(self.max_message_bytes).unwrap_or(usize::MAX)
    }

    /// The numeric options, by the names that they have in JavaScript.
    pub fn numbers(&mut self) -> [(&'static str, &mut u64); 3] {
        [
            ("pollIntervalMs", &mut self.poll_interval_ms),
            ("requestTimeoutMs", &mut self.request_timeout_ms),
            ("maxMessageBytes", &mut self.max_message_bytes),
        ]
    }
}
