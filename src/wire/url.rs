//! Which URLs of a server are trusted. The platform parses and resolves them.

use super::DecodeError;

/// A URL as the platform has parsed it: the properties `href` and `origin` of the WHATWG URL standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedUrl {
    /// The whole URL, normalized.
    pub href: String,
    /// Scheme, host and port.
    pub origin: String,
}

/// Resolves a URL reference against an absolute base URL, as `new URL(reference, base)` does; `None` where that throws.
pub type UrlResolver = fn(base: &str, reference: &str) -> Option<ResolvedUrl>;

/// The resolver of native code.
#[cfg(not(target_arch = "wasm32"))]
pub fn resolve_natively(base: &str, reference: &str) -> Option<ResolvedUrl> {
    let url = url::Url::parse(base).ok()?.join(reference).ok()?;
    Some(ResolvedUrl { origin: url.origin().ascii_serialization(), href: url.into() })
}

/// Returns the URL that a server names for its messages. It has the endpoint's origin and no user information.
///
/// # Errors
///
/// The reference is not a URL, or may be read in two ways, or has another origin than the endpoint.
pub fn resolve(resolver: UrlResolver, endpoint: &str, reference: &str) -> Result<String, DecodeError> {
    let reference = reference.trim_ascii();
    // URL parsers drop tabs and line ends anywhere, and read `\` as `/`. Other software does not.
    let is_ambiguous = reference.is_empty() || reference.bytes().any(|b| b < b' ' || b == b'\\');
    let origin = resolver(endpoint, "").filter(|_| !is_ambiguous).map(|url| url.origin);
    let origin = origin.ok_or_else(|| DecodeError::new("no address that messages could be sent to", reference))?;
    // URL parsers read `https:path` as relative if the base has the same scheme. RFC 3986 does not.
    let end = reference.find([':', '/', '?', '#']).and_then(|at| reference.get(at..)).unwrap_or_default();
    let has_bare_scheme = end.starts_with(':') && !end.starts_with("://");
    let url = resolver(endpoint, reference).filter(|url| is_within(url, &origin) && !has_bare_scheme);
    let url = url.ok_or_else(|| DecodeError::new("an address of another origin to send messages to", reference))?;
    Ok(url.href)
}

/// Whether a URL has this origin and no user information, which would stand before the host. Schemes such as `blob` stand before the
/// origin.
fn is_within(url: &ResolvedUrl, origin: &str) -> bool {
    url.origin == origin && url.href.strip_prefix(origin).is_some_and(|path| path.starts_with('/'))
}

/// Checks that a response, after redirects, comes from the endpoint's origin.
///
/// # Errors
///
/// It comes from elsewhere. Of the URL only the origin is told because the rest may contain a secret.
pub fn check_redirect(resolver: UrlResolver, endpoint: &str, url: &str) -> Result<(), DecodeError> {
    let origin = |url| resolver(url, "").map(|url| url.origin);
    let (expected, origin) = (origin(endpoint), origin(url));
    if origin.is_some() && origin == expected {
        return Ok(());
    }
    let what = "a redirect to another origin, from which nothing was accepted";
    Err(DecodeError::new(what, origin.as_deref().unwrap_or_default()))
}

/// Returns the URL that a request is redirected to. It has the endpoint's origin and no user information.
///
/// # Errors
///
/// The URL has another origin. Of the URL only the origin is reported because the rest may contain a secret.
pub fn redirect_target(
    resolver: UrlResolver,
    endpoint: &str,
    from: &str,
    location: &str,
) -> Result<String, DecodeError> {
    let origin = resolver(endpoint, "").map(|url| url.origin).unwrap_or_default();
    match resolver(from, location.trim_ascii()) {
        Some(url) if is_within(&url, &origin) => Ok(url.href),
        other => {
            let elsewhere = other.map(|url| url.origin).unwrap_or_default();
            Err(DecodeError::new("a redirect to another origin, to which nothing was sent", &elsewhere))
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn resolve(endpoint: &str, reference: &str) -> Result<String, DecodeError> {
        super::resolve(resolve_natively, endpoint, reference)
    }

    #[test]
    fn addresses_are_resolved_within_the_endpoints_origin() {
        let base = "https://example.org/a/sse?key=1#x";
        for (named, url) in [
            ("/messages?sessionId=1", "https://example.org/messages?sessionId=1"),
            (" /messages \n", "https://example.org/messages"),
            ("messages/?s=a:b", "https://example.org/a/messages/?s=a:b"),
            ("./messages", "https://example.org/a/messages"),
            ("../../../m", "https://example.org/m"),
            ("?sessionId=1", "https://example.org/a/sse?sessionId=1"),
            ("https://example.org/m", "https://example.org/m"),
            ("HTTPS://Example.ORG:443/m", "https://example.org/m"),
            ("https://example.org?s=1", "https://example.org/?s=1"),
            ("//example.org/m", "https://example.org/m"),
            ("/m?next=http://evil.test/", "https://example.org/m?next=http://evil.test/"),
            ("/http://evil.test/", "https://example.org/http://evil.test/"),
            ("@evil.test/", "https://example.org/a/@evil.test/"),
            (".evil.test", "https://example.org/a/.evil.test"),
        ] {
            assert_eq!(resolve(base, named).as_deref(), Ok(url), "{named}");
        }
        assert_eq!(resolve("http://localhost:3000", "m").as_deref(), Ok("http://localhost:3000/m"));
        assert_eq!(resolve("http://localhost", "?m").as_deref(), Ok("http://localhost/?m"));
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
    fn user_information_is_refused() {
        for endpoint in ["https://example.org/sse", "https://user@example.org/sse"] {
            assert!(resolve(endpoint, "https://user:password@example.org/m").is_err());
        }
        assert!(resolve("https://user@example.org/sse", "/m").is_err());
    }

    #[test]
    fn redirects_stay_within_the_endpoints_origin() {
        let check = |endpoint, url| check_redirect(resolve_natively, endpoint, url).map_err(|p| p.to_string());
        for (endpoint, url) in [("http://A:80", "http://a/x"), ("https://a:443/", "https://a")] {
            assert_eq!(check(endpoint, url), Ok(()));
        }
        for (endpoint, url, origin) in [
            ("http://a:443", "http://a/secret", ": http://a"),
            ("http://a", "https://u@a:1/secret?secret", ": https://a:1"),
            ("http://a", "", "accepted"),
            ("", "", "accepted"),
            ("http://a", "/x", "accepted"),
        ] {
            let problem = check(endpoint, url).unwrap_err();
            assert!(problem.ends_with(origin) && !problem.contains("secret"), "{problem}");
        }
    }
}
