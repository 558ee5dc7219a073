//! Whether a text is JSON (RFC 8259). A crate that can do more would bring numbers, positions and words for its errors
//! along, which every page would have to load.

use super::json::NotJson;

/// What is left of a text. Each step takes something off its front; one that is not there fails.
struct Rest<'a>(&'a [u8]);

const ODD: NotJson = NotJson { breaks_off: false };

/// Checks that a text is one value, with white space around it at most.
pub(super) fn check(text: &str) -> Result<(), NotJson> {
    let mut rest = Rest(text.as_bytes());
    // What ends the arrays and objects that are open: a stack of our own, so that no depth can exhaust the module's.
    let mut open = Vec::new();
    loop {
        let first = rest.token()?;
        match first {
            b'[' | b'{' => {
                // The bracket that fits stands two behind it.
                let close = first + 2;
                if !rest.skip(close) {
                    open.push(close);
                    if close == b'}' {
                        rest.name()?;
                    }
                    continue;
                }
            }
            b'"' => rest.string()?,
            b't' => rest.word(b"rue")?,
            b'f' => rest.word(b"alse")?,
            b'n' => rest.word(b"ull")?,
            _ => rest.number(first)?,
        }
        // The value is over, and what it ends with it.
        loop {
            let Some(&close) = open.last() else {
                rest.space();
                return if rest.0.is_empty() { Ok(()) } else { Err(ODD) };
            };
            match rest.token()? {
                b',' if close == b'}' => break rest.name()?,
                b',' => break,
                end if end == close => drop(open.pop()),
                _ => return Err(ODD),
            }
        }
    }
}

impl Rest<'_> {
    fn next(&mut self) -> Result<u8, NotJson> {
        let (first, rest) = self.0.split_first().ok_or(NotJson { breaks_off: true })?;
        self.0 = rest;
        Ok(*first)
    }

    fn space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    /// The next byte that is no white space.
    fn token(&mut self) -> Result<u8, NotJson> {
        self.space();
        self.next()
    }

    /// Takes this byte, if it is the next that is no white space.
    fn skip(&mut self, byte: u8) -> bool {
        self.space();
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn word(&mut self, bytes: &[u8]) -> Result<(), NotJson> {
        for byte in bytes {
            if self.next()? != *byte {
                return Err(ODD);
            }
        }
        Ok(())
    }

    /// The name of a member, and the colon.
    fn name(&mut self) -> Result<(), NotJson> {
        if self.token()? != b'"' {
            return Err(ODD);
        }
        self.string()?;
        if self.token()? == b':' { Ok(()) } else { Err(ODD) }
    }

    /// What follows a quote, up to the next.
    fn string(&mut self) -> Result<(), NotJson> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            if !self.next()?.is_ascii_hexdigit() {
                                return Err(ODD);
                            }
                        }
                    }
                    _ => return Err(ODD),
                },
                0..b' ' => return Err(ODD),
                _ => {}
            }
        }
    }

    fn number(&mut self, first: u8) -> Result<(), NotJson> {
        let first = if first == b'-' { self.next()? } else { first };
        match first {
            // Nothing follows a leading zero.
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return Err(ODD),
        }
        if let [b'.', rest @ ..] = self.0 {
            self.0 = rest;
            self.some_digits()?;
        }
        if let [b'e' | b'E', rest @ ..] = self.0 {
            self.0 = rest;
            if let [b'+' | b'-', rest @ ..] = self.0 {
                self.0 = rest;
            }
            self.some_digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) {
        while let [b'0'..=b'9', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn some_digits(&mut self) -> Result<(), NotJson> {
        if !self.next()?.is_ascii_digit() {
            return Err(ODD);
        }
        self.digits();
        Ok(())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    /// What serde_json says of the same text.
    fn agrees(text: &str) {
        let theirs = serde_json::from_str::<IgnoredAny>(text);
        assert_eq!(check(text).is_ok(), theirs.is_ok(), "{text:?}: {theirs:?}");
    }

    #[test]
    fn texts_are_json_as_serde_json_has_it() {
        let good = " {\"a\\u00e9\\n\" : [1, -0, 0.50, 1E+10, 2e-3, true, false, null, \"\u{7f}é😀\", {}, [ ], [[]] ] , \"\":{\"b\":\"\\\"\"} }\r\n\t";
        assert_eq!(check(good), Ok(()));
        // Every beginning of it, and it with every byte changed into each that means something.
        for at in (0..good.len()).filter(|at| good.is_char_boundary(*at)) {
            agrees(&good[..at]);
            let next = good[at..].chars().next().map_or(0, char::len_utf8);
            for other in [
                "", ",", ":", "[", "]", "{", "}", "\"", "\\", "0", "7", "-", "+", ".", "e", "u", "t", "n", " ",
                "\u{b}", "\0", "ä",
            ] {
                agrees(&[&good[..at], other, &good[at + next..]].concat());
                agrees(&[&good[..at], other, &good[at..]].concat());
            }
        }
        assert_eq!(check(&"[".repeat(1_000_000)), Err(NotJson { breaks_off: true }));
    }

    #[test]
    fn what_breaks_off_is_told_from_what_is_wrong() {
        for cut in
            ["", " ", "[", "[1,", "{", "{\"a", "{\"a\"", "{\"a\":", "\"a\\", "\"\\u00", "tru", "-", "1.", "1e", "[[]"]
        {
            assert_eq!(check(cut), Err(NotJson { breaks_off: true }), "{cut}");
        }
        for odd in
            ["<", "[1 2]", "[1,]", "{1:2}", "{\"a\" 1}", "nul ", "01", "1 1", "[}", "\"\n\"", "+1", ".5", "\u{feff}{}"]
        {
            assert_eq!(check(odd), Err(ODD), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_as_serde_json_judges_it(text in "[\\[\\]{}\",:0-9eE.+\\-tfnulrase\\\\ \\n]{0,24}") {
            agrees(&text);
        }
    }
}
