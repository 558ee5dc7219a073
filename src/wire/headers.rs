//! The headers of our requests: what each era wants, and how a value is written that may hold anything.

/// Names and values, one a line, as they cross to JavaScript. No value has a line end: what comes from elsewhere was a header
/// before, or is written in `value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(String);

const SESSION_ID: &str = "MCP-Session-Id";
const PROTOCOL_VERSION: &str = "MCP-Protocol-Version";

impl Headers {
    /// The lines.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// These, and others.
    pub fn append(&mut self, others: &Self) {
        self.0.push_str(&others.0);
    }

    pub(super) fn add(&mut self, name: &str, value: &str) {
        for part in [name, "\n", value, "\n"] {
            self.0.push_str(part);
        }
    }

    /// One argument of a tool's.
    pub(super) fn add_param(&mut self, name: &str, argument: &str) {
        self.add(&["Mcp-Param-", name].concat(), &value(argument));
    }

    fn add_some(&mut self, name: &str, value: Option<&str>) {
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
    [OPEN, &base64(text.as_bytes()), CLOSE].concat()
}

const OPEN: &str = "=?base64?";
const CLOSE: &str = "?=";

/// A crate for it would weigh a kilobyte in every page; this is all that is needed of one.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let group =
            three.iter().enumerate().fold(0_usize, |group, (n, byte)| group | usize::from(*byte) << (16 - 8 * n));
        for n in 0..4 {
            let digit = DIGITS.get(group >> (18 - 6 * n) & 63).filter(|_| n <= three.len());
            text.push(char::from(digit.copied().unwrap_or(b'=')));
        }
    }
    text
}

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
