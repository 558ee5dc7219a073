//! The HTTP side of the transport: header names, media types, status classes. Streamable HTTP, 2025-11-25.

/// An HTTP method the transport uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Sends one message.
    Post,
    /// Opens the standalone stream.
    Get,
    /// Ends the session.
    Delete,
}

impl Method {
    /// As `fetch` wants it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }
}

/// The response headers the engine wants to see, in the order of [`Head::from_values`].
pub const RESPONSE_HEADERS: [&str; 4] = ["content-type", "mcp-session-id", "retry-after", "www-authenticate"];

const SESSION_ID: &str = "MCP-Session-Id";
const PROTOCOL_VERSION: &str = "MCP-Protocol-Version";

/// What an HTTP response began with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// `content-type`, as sent.
    pub content_type: Option<String>,
    /// The session the server put us in.
    pub session_id: Option<String>,
    /// `retry-after`, as sent.
    pub retry_after: Option<String>,
    /// The challenge of a 401 or 403.
    pub www_authenticate: Option<String>,
}

impl Head {
    /// From a status and the values of [`RESPONSE_HEADERS`], in that order.
    pub fn from_values(status: u16, values: [Option<String>; 4]) -> Self {
        let [content_type, session_id, retry_after, www_authenticate] = values;
        Self { status, content_type, session_id, retry_after, www_authenticate }
    }

    /// What kind of body follows.
    pub fn media(&self) -> Media {
        let kind = self.content_type.as_deref().unwrap_or("").split(';').next().unwrap_or("").trim();
        if kind.eq_ignore_ascii_case("text/event-stream") {
            Media::EventStream
        } else if kind.eq_ignore_ascii_case("application/json") {
            Media::Json
        } else {
            Media::Other
        }
    }

    /// `retry-after` in milliseconds. The date form is ignored: a page cannot see the server's clock.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.retry_after.as_deref()?.trim().parse().ok()?;
        Some(seconds.saturating_mul(1000))
    }
}

/// The kind of a response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// One JSON text.
    Json,
    /// Events.
    EventStream,
    /// Anything else: a web page, an empty body.
    Other,
}

/// Whether a status speaks of passing trouble: the same request may well succeed later.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// Whether a status says that the request was refused before anything was done with it.
pub fn is_unprocessed(status: u16, retry_after: bool) -> bool {
    status == 429 || (status == 503 && retry_after)
}

/// The headers of a POST.
pub fn post_headers(session_id: Option<&str>, protocol_version: Option<&str>) -> Vec<(&'static str, String)> {
    let mut headers =
        vec![("content-type", "application/json".into()), ("accept", "application/json, text/event-stream".into())];
    bind(&mut headers, session_id, protocol_version);
    headers
}

/// The headers of a GET that opens a stream.
pub fn stream_headers(
    session_id: Option<&str>,
    protocol_version: Option<&str>,
    last_event_id: Option<&str>,
) -> Vec<(&'static str, String)> {
    let mut headers = vec![("accept", "text/event-stream".into())];
    bind(&mut headers, session_id, protocol_version);
    headers.extend(last_event_id.map(|id| ("last-event-id", id.into())));
    headers
}

/// The headers of a DELETE that ends the session.
pub fn delete_headers(session_id: &str, protocol_version: &str) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    bind(&mut headers, Some(session_id), Some(protocol_version));
    headers
}

fn bind(headers: &mut Vec<(&'static str, String)>, session_id: Option<&str>, protocol_version: Option<&str>) {
    headers.extend(session_id.map(|id| (SESSION_ID, id.into())));
    headers.extend(protocol_version.map(|v| (PROTOCOL_VERSION, v.into())));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(content_type: &str) -> Head {
        Head { content_type: Some(content_type.into()), ..Head::default() }
    }

    #[test]
    fn media_types_ignore_parameters_and_case() {
        assert_eq!(head("Text/Event-Stream; charset=utf-8").media(), Media::EventStream);
        assert_eq!(head("application/json").media(), Media::Json);
        assert_eq!(head("text/html").media(), Media::Other);
        assert_eq!(Head::default().media(), Media::Other);
    }

    #[test]
    fn retry_after_is_seconds() {
        let head = |v: &str| Head { retry_after: Some(v.into()), ..Head::default() };
        assert_eq!(head("3").retry_after_ms(), Some(3000));
        assert_eq!(head("99999999999999999999").retry_after_ms(), None);
        assert_eq!(head("Fri, 31 Dec 1999 23:59:59 GMT").retry_after_ms(), None);
    }
}
