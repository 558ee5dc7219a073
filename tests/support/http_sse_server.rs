//! A [`FakeServer`] that knows the transport of 2024-11-05 only: one stream, and an address to post to.

use super::{End, FakeServer, Reply, Sent};
use mcp_tasks::Millis;
use mcp_tasks::wire::http::Method;
use serde_json::Value;

/// The endpoint of every [`super::Sim`].
const ENDPOINT: &str = "https://example.org/mcp?key=secret";

/// What such a server does. Every field is for the test to set.
#[derive(Debug, Clone)]
pub(crate) struct Old {
    /// How a POST to the endpoint is refused.
    pub(crate) refuses: u16,
    /// What the stream begins with; `#` stands for the number of the session.
    pub(crate) opens_with: String,
    /// Where messages are taken; `#` as above.
    pub(crate) takes_at: String,
    /// How a POST is answered whose message was taken.
    pub(crate) takes_with: Reply,
    /// How a POST of another session is refused.
    pub(crate) forgets_with: u16,
    pub(crate) sessions: u32,
}

impl Default for Old {
    fn default() -> Self {
        Self {
            refuses: 404,
            opens_with: "event: endpoint\ndata: /messages?session=#\n\n".into(),
            takes_at: "https://example.org/messages?session=#".into(),
            takes_with: Reply::body(202, "text/plain", "Accepted"),
            forgets_with: 404,
            sessions: 0,
        }
    }
}

impl FakeServer {
    /// Speaks HTTP+SSE only.
    pub(crate) fn old(mut self, change: impl FnOnce(&mut Old)) -> Self {
        let mut old = Old::default();
        change(&mut old);
        (self.old, self.version) = (Some(old), "2024-11-05");
        self
    }

    /// The answer to a POST or GET; answers to messages are planned for the stream.
    pub(super) fn serve_old(&mut self, mut old: Old, sent: &Sent) -> (Millis, Reply) {
        for name in ["mcp-session-id", "mcp-protocol-version", "last-event-id"] {
            if sent.header(name).is_some() {
                self.violations.push(format!("{} with {name}", sent.method));
            }
        }
        let reply = match sent.http {
            Method::Get if sent.url == ENDPOINT => {
                old.sessions += 1;
                let opens_with = numbered(&old.opens_with, old.sessions);
                Reply::body(200, "text/event-stream", &opens_with).ending(End::Open)
            }
            Method::Post if sent.url == ENDPOINT => Reply::body(old.refuses, "text/html", "<pre>Cannot POST</pre>"),
            Method::Post if sent.url == numbered(&old.takes_at, old.sessions) && self.stream.is_some() => {
                self.plan_answer(sent);
                old.takes_with.clone()
            }
            Method::Post => Reply::body(old.forgets_with, "text/plain", "Could not find session"),
            _ => {
                self.violations.push(format!("{:?} {}", sent.http, sent.url));
                Reply::status(405)
            }
        };
        self.old = Some(old);
        (self.latency + reply.late_ms, reply)
    }

    fn plan_answer(&mut self, sent: &Sent) {
        let (wait, answer) = match sent.method.as_str() {
            "initialize" => (0, self.initialize(sent)),
            "tools/list" => (0, self.list(sent)),
            "tools/call" => self.call(sent),
            "ping" => (0, Reply::result(sent, &serde_json::json!({}))),
            _ if sent.id().is_null() || sent.is("response") => return,
            _ => (0, Reply::error(sent, -32601, "Method not found")),
        };
        if answer.chunks.is_empty() {
            return;
        }
        let message: Value = serde_json::from_slice(&answer.chunks.concat()).unwrap();
        self.pushes.push((sent.at + self.latency + wait, message));
    }
}

fn numbered(text: &str, session: u32) -> String {
    text.replace('#', &session.to_string())
}
