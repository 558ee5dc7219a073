use std::fmt;

/// Why bytes of the server could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(String);

impl DecodeError {
    /// `what` says what was expected; `seen` is what came instead, shortened to a few dozen characters.
    pub fn new(what: &str, seen: &str) -> Self {
        let mut text = String::from(what);
        if !seen.is_empty() {
            text.push_str(": ");
            text.push_str(&excerpt(seen));
        }
        Self(text)
    }

    /// The same error, with the place where it was found.
    pub fn within(self, place: &str) -> Self {
        let mut text = String::from(place);
        text.push_str(": ");
        text.push_str(&self.0);
        Self(text)
    }

    /// The message.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The message, by value.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The beginning of a hostile or long text, on one line: enough to recognise it in a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut out = String::new();
    for (n, c) in text.trim_ascii().chars().enumerate() {
        if n == LONGEST {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}
