//! Reads JSON text from the front to the end, once: checks it, and tells the parts of what is outermost; or, quicker, tells the
//! parts of what was checked before.

use super::{json::NotJson, text};

/// How many arrays and objects may stand within one another.
const DEEPEST: u32 = 127;

/// Called with each part of the outermost object or array: the quoted name, empty in an array, and the value.
type Part<'a, 'p> = &'p mut dyn FnMut(&'a str, &'a str);

/// Reads one value, and nothing more; `part` is told each part of it where it is an object or an array.
pub(super) fn read<'a>(text: &'a str, part: Part<'a, '_>) -> Result<(), NotJson> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.value(part)?;
    if reader.next().is_ok() { Err(WRONG) } else { Ok(()) }
}

/// The parts of an object or array that is known to be valid.
#[cfg_attr(hot, optimize(speed))]
pub(super) fn walk<'a>(text: &'a str, part: Part<'a, '_>) {
    let bytes = text.as_bytes();
    let is_object = bytes.first() == Some(&b'{');
    let mut at = 1;
    loop {
        at = behind(bytes, at);
        if matches!(bytes.get(at), None | Some(b'}' | b']')) {
            return;
        }
        let mut name = "";
        if is_object {
            let end = string_end(bytes, at);
            name = text.get(at..end).unwrap_or_default();
            at = behind(bytes, end);
        }
        let end = value_end(bytes, at);
        part(name, text.get(at..end).unwrap_or_default());
        at = end;
    }
}

/// Behind what stands between two parts, or between a name and its value.
#[inline(always)]
fn behind(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t' | b',' | b':') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg_attr(hot, optimize(speed))]
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    loop {
        at += text::plain(bytes.get(at..).unwrap_or_default());
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

#[cfg_attr(hot, optimize(speed))]
fn value_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_u32;
    loop {
        match bytes.get(at) {
            None => return at,
            Some(b'"') => at = string_end(bytes, at),
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b'}' | b']') => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            // A number or a word.
            Some(_) if depth == 0 => {
                while !matches!(bytes.get(at), None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')) {
                    at += 1;
                }
            }
            Some(_) => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

const CUT: NotJson = NotJson { breaks_off: true };
const WRONG: NotJson = NotJson { breaks_off: false };

impl<'a> Reader<'a> {
    #[inline(always)]
    fn byte(&self) -> Result<u8, NotJson> {
        self.text.as_bytes().get(self.at).copied().ok_or(CUT)
    }

    /// The next byte that is no white space.
    #[inline(always)]
    fn next(&mut self) -> Result<u8, NotJson> {
        loop {
            match self.byte()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.next()? != byte {
            return Err(WRONG);
        }
        self.at += 1;
        Ok(())
    }

    /// What stands from there to here.
    #[inline(always)]
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    #[cfg_attr(hot, optimize(speed))]
    fn value(&mut self, part: Part<'a, '_>) -> Result<(), NotJson> {
        match self.next()? {
            b'"' => self.string(),
            b'{' => self.parts(b'}', part),
            b'[' => self.parts(b']', part),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    /// An object or an array.
    #[cfg_attr(hot, optimize(speed))]
    fn parts(&mut self, end: u8, part: Part<'a, '_>) -> Result<(), NotJson> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(WRONG);
        }
        self.at += 1;
        if self.next()? == end {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            let mut name = "";
            self.next()?;
            if end == b'}' {
                let start = self.at;
                if self.byte()? != b'"' {
                    return Err(WRONG);
                }
                self.string()?;
                name = self.since(start);
                self.expect(b':')?;
                self.next()?;
            }
            let start = self.at;
            self.value(&mut |_, _| ())?;
            if self.depth == 1 {
                part(name, self.since(start));
            }
            let next = self.next()?;
            self.at += 1;
            if next == end {
                self.depth -= 1;
                return Ok(());
            }
            if next != b',' {
                return Err(WRONG);
            }
        }
    }

    #[cfg_attr(hot, optimize(speed))]
    fn string(&mut self) -> Result<(), NotJson> {
        self.at += 1;
        loop {
            self.at += text::plain(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape()?,
                0..0x20 => return Err(WRONG),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), NotJson> {
        self.at += 1;
        let letter = self.byte()?;
        self.at += 1;
        match letter {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                for _ in 0..4 {
                    if !self.byte()?.is_ascii_hexdigit() {
                        return Err(WRONG);
                    }
                    self.at += 1;
                }
                Ok(())
            }
            _ => Err(WRONG),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        for expected in word.bytes() {
            if self.byte()? != expected {
                return Err(WRONG);
            }
            self.at += 1;
        }
        Ok(())
    }

    #[cfg_attr(hot, optimize(speed))]
    fn number(&mut self) -> Result<(), NotJson> {
        self.skip(|byte| byte == b'-');
        let start = self.at;
        self.digits()?;
        if self.at > start + 1 && self.since(start).starts_with('0') {
            return Err(WRONG);
        }
        if self.skip(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.skip(|byte| matches!(byte, b'e' | b'E')) {
            self.skip(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        Ok(())
    }

    /// One of these bytes, if it is there.
    #[inline(always)]
    fn skip(&mut self, fits: impl Fn(u8) -> bool) -> bool {
        let is_there = self.byte().is_ok_and(fits);
        self.at += usize::from(is_there);
        is_there
    }

    /// At least one.
    #[inline(always)]
    fn digits(&mut self) -> Result<(), NotJson> {
        if !self.byte()?.is_ascii_digit() {
            return Err(WRONG);
        }
        while self.byte().is_ok_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }
}
