//! The headers of our requests: what each era wants, and how a value is written that may hold anything.

use base64::{Engine, engine::general_purpose::STANDARD};
use std::borrow::Cow;

/// Names and values of headers. No value has a line end: it was a header's value before, or it is encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Cow<'static, str>, String)>);

const SESSION_ID: &str = "MCP-Session-Id";
const PROTOCOL_VERSION: &str = "MCP-Protocol-Version";

impl Headers {
    /// The name and the value of each header.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// Adds other headers.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds the header of a tool's argument.
    pub(super) fn add_param(&mut self, name: &str, argument: &str) {
        self.0.push((format!("Mcp-Param-{name}").into(), value(argument)));
    }

    fn add_some(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

/// The headers of a POST.
pub fn post_headers(session_id: Option<&str>, protocol_version: Option<&str>) -> Headers {
    let mut headers = bound(session_id, protocol_version);
    headers.add("content-type", "application/json");
    headers.add("accept", "application/json, text/event-stream");
    headers
}

/// The headers of a GET that opens a stream.
pub fn stream_headers(
    session_id: Option<&str>,
    protocol_version: Option<&str>,
    last_event_id: Option<&str>,
) -> Headers {
    let mut headers = bound(session_id, protocol_version);
    headers.add("accept", "text/event-stream");
    headers.add_some("last-event-id", last_event_id);
    headers
}

/// What binds a request to a session, and all that a DELETE of it needs.
pub fn bound(session_id: Option<&str>, protocol_version: Option<&str>) -> Headers {
    let mut headers = Headers::default();
    headers.add_some(SESSION_ID, session_id);
    headers.add_some(PROTOCOL_VERSION, protocol_version);
    headers
}

/// What a request that stands alone repeats of its body (2026-07-28, Streamable HTTP: "Standard Headers").
pub(super) fn request_headers(revision: &str, method: &str, name: Option<&str>) -> Headers {
    let mut headers = bound(None, Some(revision));
    headers.add("Mcp-Method", method);
    headers.add_some("Mcp-Name", name.map(value).as_deref());
    headers
}

/// Whether a header may be called so (RFC 9110, section 5.6.2).
pub(super) fn is_token(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(fits)
}

/// A text as a header's value: as it is, or in Base64 where HTTP would change it, refuse it, or take it for Base64
/// (2026-07-28, Streamable HTTP: "Value Encoding").
fn value(text: &str) -> String {
    let is_plain = text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.trim_ascii() == text;
    if is_plain && !(text.starts_with(OPEN) && text.ends_with(CLOSE)) {
        return text.into();
    }
    format!("{OPEN}{}{CLOSE}", STANDARD.encode(text))
}

const OPEN: &str = "=?base64?";
const CLOSE: &str = "?=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_http_would_change_is_encoded() {
        for plain in ["", "a", "us west 1", "file:///a%20b.txt", "~", "=?base64?", "base64"] {
            assert_eq!(value(plain), plain);
        }
        for (text, encoded) in [
            (" a", "IGE="),
            ("a ", "YSA="),
            ("a\tb", "YQli"),
            ("ä", "w6Q="),
            ("日本語", "5pel5pys6Kqe"),
            ("\u{7f}", "fw=="),
            ("=?base64?YQ==?=", "PT9iYXNlNjQ/WVE9PT89"),
            ("a\r\nX: y", "YQ0KWDogeQ=="),
        ] {
            assert_eq!(value(text), format!("=?base64?{encoded}?="), "{text:?}");
        }
    }

    #[test]
    fn names_are_tokens() {
        for name in ["Region", "x-1", "!#$%&'*+-.^_`|~"] {
            assert!(is_token(name), "{name}");
        }
        for name in ["", "a b", "a:b", "ä", "a\tb", "a/b"] {
            assert!(!is_token(name), "{name:?}");
        }
    }
}
