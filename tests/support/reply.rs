//! What one HTTP response brings.

use super::Sent;
use mcp_tasks::wire::http::Head;
use serde_json::{Value, json};

/// One HTTP response, or the lack of one.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// `None`: the connection never came about.
    pub(crate) head: Option<Head>,
    pub(crate) chunks: Vec<Vec<u8>>,
    /// How long the network waits before each chunk.
    pub(crate) pause_ms: u64,
    pub(crate) end: End,
    /// How much later than usual it comes.
    pub(crate) late_ms: u64,
}

/// How a response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Whole,
    /// The connection breaks, in the platform's words.
    Cut(&'static str),
    /// Not at all.
    Open,
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::body(200, "application/json", &body.to_string())
    }

    /// The successful answer to this request.
    pub(crate) fn result(to: &Sent, result: &Value) -> Self {
        Self::json(&json!({ "jsonrpc": "2.0", "id": to.id(), "result": result }))
    }

    /// The JSON-RPC error in answer to this request.
    pub(crate) fn error(to: &Sent, code: i64, message: &str) -> Self {
        Self::json(&json!({ "jsonrpc": "2.0", "id": to.id(), "error": { "code": code, "message": message } }))
    }

    /// An event stream that says this and ends.
    pub(crate) fn events(messages: &[Value]) -> Self {
        let events: Vec<String> = messages.iter().map(|m| format!("data: {m}\n\n")).collect();
        Self::body(200, "text/event-stream", &events.concat())
    }

    pub(crate) fn accepted() -> Self {
        Self::status(202)
    }

    /// A status without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            head: Some(Head { status, ..Head::default() }),
            chunks: Vec::new(),
            pause_ms: 0,
            end: End::Whole,
            late_ms: 0,
        }
    }

    pub(crate) fn body(status: u16, content_type: &str, body: &str) -> Self {
        let mut reply = Self::status(status);
        reply = reply.with_head(|head| head.content_type = Some(content_type.into()));
        if !body.is_empty() {
            reply.chunks.push(body.as_bytes().to_vec());
        }
        reply
    }

    /// No connection.
    pub(crate) fn refused() -> Self {
        Self { head: None, chunks: Vec::new(), pause_ms: 0, end: End::Cut("Failed to fetch"), late_ms: 0 }
    }

    /// No answer, and no end.
    pub(crate) fn never() -> Self {
        Self { head: None, chunks: Vec::new(), pause_ms: 0, end: End::Open, late_ms: 0 }
    }

    /// The same, but it ends like this.
    pub(crate) fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// The same, but so much later.
    pub(crate) fn after(mut self, ms: u64) -> Self {
        self.late_ms = ms;
        self
    }

    /// The same in pieces of so many bytes.
    pub(crate) fn in_pieces(mut self, bytes: usize) -> Self {
        self.chunks = self.chunks.concat().chunks(bytes).map(<[u8]>::to_vec).collect();
        self
    }

    /// The same, cut off in the middle of the body.
    pub(crate) fn half(mut self) -> Self {
        let body = self.chunks.concat();
        self.chunks = vec![body.split_at(body.len() / 2).0.to_vec()];
        self
    }

    pub(crate) fn with_head(mut self, change: impl FnOnce(&mut Head)) -> Self {
        if let Some(head) = &mut self.head {
            change(head);
        }
        self
    }

    /// The same as an event stream.
    pub(crate) fn in_events(mut self) -> Self {
        let is_json = |head: &Head| head.content_type.as_deref() == Some("application/json");
        if self.head.as_ref().is_some_and(is_json) {
            let body = String::from_utf8_lossy(&self.chunks.concat()).into_owned();
            self.chunks = vec![format!("id: 1\ndata:\n\ndata: {body}\n\n").into_bytes()];
            return self.with_head(|head| head.content_type = Some("text/event-stream".into()));
        }
        self
    }
}
