//! The HTTP side of the transport: header names, media types, status classes. Streamable HTTP, 2025-11-25, and the additions
//! of HTTP+SSE, 2024-11-05.

use super::text;

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

/// The response headers that [`Head::new`] reads.
pub const RESPONSE_HEADERS: [&str; 4] = ["content-type", "mcp-session-id", "retry-after", "www-authenticate"];

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
    /// Where the response came from, after redirects that the platform followed.
    pub redirected_to: Option<String>,
}

impl Head {
    /// A response with this status; `header` returns the value of one of [`RESPONSE_HEADERS`]. An empty value is read as absent.
    pub fn new(status: u16, mut header: impl FnMut(&str) -> Option<String>) -> Self {
        let [content_type, session_id, retry_after, www_authenticate] =
            RESPONSE_HEADERS.map(|name| header(name).filter(|value| !value.is_empty()));
        Self { status, content_type, session_id, retry_after, www_authenticate, redirected_to: None }
    }

    /// What kind of body follows.
    pub fn media(&self) -> Media {
        let kind = self.content_type.as_deref().unwrap_or("");
        let kind = kind.split(';').next().unwrap_or_default().trim_ascii();
        if kind.eq_ignore_ascii_case("text/event-stream") {
            Media::EventStream
        } else if kind.eq_ignore_ascii_case("application/json") {
            Media::Json
        } else {
            Media::Other
        }
    }

    /// Whether the status comes from a server or gateway that cannot serve any request, rather than from one that refuses this one.
    pub fn is_gateway_failure(&self) -> bool {
        matches!((self.status, &self.retry_after), (502 | 504, _) | (503, None))
    }

    /// `retry-after` in milliseconds. The date form is ignored: a page cannot see the server's clock.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let seconds = text::number(self.retry_after.as_deref()?.trim_ascii())?;
        seconds.checked_mul(1000)
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

/// The event of an HTTP+SSE stream that names the address to post to.
pub const ENDPOINT_EVENT: &str = "endpoint";
/// The event that is a message; so is one without a name.
pub const MESSAGE_EVENT: &str = "message";

#[cfg(test)]
mod tests {
    use super::*;

    fn head(content_type: &str) -> Head {
        Head { content_type: Some(content_type.into()), ..Head::default() }
    }

    #[test]
    fn headers_are_read_by_name() {
        let headers = [("content-type", "text/html"), ("retry-after", ""), ("www-authenticate", "Bearer")];
        let value = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let (content_type, www_authenticate) = (Some("text/html".into()), Some("Bearer".into()));
        assert_eq!(Head::new(401, value), Head { status: 401, content_type, www_authenticate, ..Head::default() });
        assert_eq!(Head::new(200, |_| None), Head { status: 200, ..Head::default() });
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
