//! The HTTP side of the transport: header names, media types, status classes, addresses. Streamable HTTP, 2025-11-25,
//! and what HTTP+SSE, 2024-11-05, has beside it.

use super::{
    Problem,
    text::{self, cut},
};

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

/// The response headers the engine wants to see, one a line, in the order of [`Head::from_lines`].
pub const RESPONSE_HEADERS: &str = "content-type\nmcp-session-id\nretry-after\nwww-authenticate";

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
    /// From a status and the values of [`RESPONSE_HEADERS`], one a line, in that order. One that is not there is empty.
    pub fn from_lines(status: u16, lines: &str) -> Self {
        let mut rest = lines;
        let mut next = || {
            let (line, after) = cut(rest, b"\n");
            rest = after.get(1..).unwrap_or_default();
            (!line.is_empty()).then(|| line.to_owned())
        };
        Self {
            status,
            content_type: next(),
            session_id: next(),
            retry_after: next(),
            www_authenticate: next(),
            redirected_to: None,
        }
    }

    /// What kind of body follows.
    pub fn media(&self) -> Media {
        let kind = self.content_type.as_deref().unwrap_or("");
        let kind = cut(kind, b";").0.trim_ascii();
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
        let seconds = text::number(self.retry_after.as_deref()?.trim_ascii().as_bytes())?;
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

/// The address that a server names, relative to its endpoint or not, as an absolute URL of the endpoint's origin.
///
/// Whatever is named, the result has the endpoint's own authority, so that no browser can take it for another host. Dot
/// segments are left to the platform.
pub fn resolve(endpoint: &str, named: &str) -> Result<String, Problem> {
    let named = named.trim_ascii();
    // Browsers drop tabs and line ends anywhere in a URL, and read `\` as `/`.
    let odd = named.is_empty() || named.bytes().any(|b| b < b' ' || b == b'\\');
    let (Some((scheme, _, path)), false) = (split(endpoint), odd) else {
        return Err(Problem::new("no address that messages could be sent to", named));
    };
    let path = cut(path, b"?#").0;
    let folder = path.bytes().rposition(|b| b == b'/').and_then(|at| path.get(..=at)).unwrap_or("/");
    let (first, second) = match named.as_bytes() {
        _ if cut(named, b":/?#").1.starts_with(':') => ("", ""),
        [b'/', b'/', ..] => (scheme, ":"),
        [b'/', ..] => (origin(endpoint), ""),
        [b'?', ..] => (origin(endpoint), path),
        _ => (origin(endpoint), folder),
    };
    let url = [first, second, named].concat();
    if same_origin(endpoint, &url) {
        return Ok(url);
    }
    Err(Problem::new("an address of another origin to send messages to", named))
}

/// Whether two absolute URLs have the same scheme, host and port. Hosts that are written in another way are others.
pub fn same_origin(a: &str, b: &str) -> bool {
    let (Some((scheme, a, _)), Some((other, b, _))) = (split(a), split(b)) else { return false };
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let host = |authority| str::strip_suffix(authority, port).unwrap_or(authority);
    scheme.eq_ignore_ascii_case(other) && host(a).eq_ignore_ascii_case(host(b))
}

/// The beginning of an absolute URL, up to its path.
pub fn origin(url: &str) -> &str {
    split(url).and_then(|(.., path)| url.strip_suffix(path)).unwrap_or(url)
}

/// Scheme, authority, and all that follows.
fn split(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = cut(url, b":");
    let (authority, path) = cut(rest.strip_prefix("://")?, b"/?#");
    Some((scheme, authority, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_within_the_endpoints_origin() {
        let base = "https://example.org/a/sse?key=1#x";
        for (named, url) in [
            ("/messages?sessionId=1", "https://example.org/messages?sessionId=1"),
            (" /messages \n", "https://example.org/messages"),
            ("messages/?s=a:b", "https://example.org/a/messages/?s=a:b"),
            ("./messages", "https://example.org/a/./messages"),
            ("../../../m", "https://example.org/a/../../../m"),
            ("?sessionId=1", "https://example.org/a/sse?sessionId=1"),
            ("https://example.org/m", "https://example.org/m"),
            ("HTTPS://Example.ORG:443/m", "HTTPS://Example.ORG:443/m"),
            ("https://example.org?s=1", "https://example.org?s=1"),
            ("//example.org/m", "https://example.org/m"),
            ("/m?next=http://evil.test/", "https://example.org/m?next=http://evil.test/"),
            ("/http://evil.test/", "https://example.org/http://evil.test/"),
            ("@evil.test/", "https://example.org/a/@evil.test/"),
            (".evil.test", "https://example.org/a/.evil.test"),
        ] {
            assert_eq!(resolve(base, named).as_deref(), Ok(url), "{named}");
        }
        assert_eq!(resolve("http://localhost:3000", "m").as_deref(), Ok("http://localhost:3000/m"));
        assert_eq!(resolve("http://localhost", "?m").as_deref(), Ok("http://localhost?m"));
        assert_eq!(resolve("http://[::1]:80/sse", "http://[::1]/m").as_deref(), Ok("http://[::1]/m"));
    }

    #[test]
    fn addresses_of_other_origins_are_refused() {
        let base = "https://example.org/a/sse";
        for named in [
            "http://example.org/m",
            "https://example.org:8443/m",
            "https://example.org:80/m",
            "https://example.org.evil.test/m",
            "https://evil.test/https://example.org/",
            "https://example.org@evil.test/",
            "https://user@example.org/",
            "//evil.test/m",
            "///evil.test/m",
            "https:///m",
            "https:m",
            "https:/m",
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "data:,x",
            "blob:https://example.org/1",
            "x:y",
        ] {
            let problem = resolve(base, named).unwrap_err().to_string();
            assert!(problem.contains("another origin") && problem.contains(named), "{named}: {problem}");
        }
    }

    #[test]
    fn what_browsers_read_in_two_ways_is_no_address() {
        let odd = [
            "",
            "  ",
            "/\\evil.test/",
            "\\\\evil.test",
            "https://example.org\\@evil.test/",
            "/\t/evil.test",
            "/m\n/n",
            "a\0",
        ];
        for named in odd {
            let problem = resolve("https://example.org/sse", named).unwrap_err().to_string();
            assert!(problem.starts_with("no address"), "{named}: {problem}");
        }
        assert!(resolve("no url", "/m").is_err());
    }

    #[test]
    fn origins() {
        assert_eq!(origin("https://u@example.org:1/a?b"), "https://u@example.org:1");
        assert_eq!(origin("https://example.org?b://c"), "https://example.org");
        assert!(same_origin("http://A:80", "http://a/x") && same_origin("https://a:443/", "https://a"));
        assert!(
            !same_origin("http://a:443", "http://a") && !same_origin("", "") && !same_origin("http://a", "https://a")
        );
    }

    fn head(content_type: &str) -> Head {
        Head { content_type: Some(content_type.into()), ..Head::default() }
    }

    #[test]
    fn headers_come_one_a_line() {
        let read = Head::from_lines(401, "text/html\n\n\nBearer");
        let (content_type, www_authenticate) = (Some("text/html".into()), Some("Bearer".into()));
        assert_eq!(read, Head { status: 401, content_type, www_authenticate, ..Head::default() });
        assert_eq!(Head::from_lines(200, ""), Head { status: 200, ..Head::default() });
        assert_eq!(RESPONSE_HEADERS.lines().count(), 4);
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
