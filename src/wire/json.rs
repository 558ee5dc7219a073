//! JSON text that is known to be valid, and its values read one by one, so that one malformed field does not cost the
//! whole object.
//!
//! One reader both checks a text and splits it. A parser of a library's would bring numbers, maps and error printing along, a
//! sixth of the module that every page has to load, and would read every message twice; the fuzzers hold this one against
//! serde_json's.

use super::text;
use std::borrow::Cow;

/// Valid JSON text, borrowed from what was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

/// Text that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson {
    /// It breaks off where it might have gone on well.
    pub breaks_off: bool,
}

impl<'a> Json<'a> {
    /// What stands for an absent id.
    pub const NULL: Json<'static> = Json("null");

    /// What stands for absent parameters.
    pub const EMPTY: Json<'static> = Json("{}");

    /// Checks that a text is one JSON value.
    ///
    /// # Errors
    ///
    /// [`NotJson`]: it is none, or more than one, or nested more than [`DEEPEST`] levels deep.
    pub fn check(text: &'a str) -> Result<Self, NotJson> {
        Reader::read(text, &mut |_, _| ())?;
        Ok(Self(text.trim_ascii()))
    }

    /// The text, without white space around it.
    pub fn get(self) -> &'a str {
        self.0
    }
}

/// How many arrays and objects may stand within one another.
pub const DEEPEST: u32 = 127;

/// Checks a text, and gives the values of these members where it is an object: all in one go. See [`fields`].
pub(super) fn check_fields<'a, const N: usize>(
    text: &'a str,
    names: &[&str; N],
) -> Result<(Json<'a>, [Option<Json<'a>>; N]), NotJson> {
    let mut values = [None; N];
    find(text, names, &mut values)?;
    Ok((Json(text.trim_ascii()), values))
}

/// The values of these members of an object, in the order of the names; absent and `null` are the same, the last of
/// several counts. `None` when the value is no object.
#[inline(always)]
pub fn fields<'a, const N: usize>(raw: Json<'a>, names: &[&str; N]) -> Option<[Option<Json<'a>>; N]> {
    let mut values = [None; N];
    let is_object = raw.get().starts_with('{') && find(raw.get(), names, &mut values).is_ok();
    is_object.then_some(values)
}

/// Inlined with [`fields`] it would be there once for each number of names.
#[inline(never)]
fn find<'a>(text: &'a str, names: &[&str], values: &mut [Option<Json<'a>>]) -> Result<(), NotJson> {
    Reader::read(text, &mut |name, value| {
        let name = unquote(name);
        if let Some(slot) = names.iter().position(|n| *n == name).and_then(|n| values.get_mut(n)) {
            *slot = (value != "null").then_some(Json(value));
        }
    })
}

/// The elements of an array; `None` when the value is no array.
pub fn elements(raw: Json<'_>) -> Option<Vec<Json<'_>>> {
    let mut all = Vec::new();
    parts(raw, '[', &mut |_, value| all.push(Json(value)))?;
    Some(all)
}

/// The members of an object, in order; none when the value is no object.
pub fn entries(raw: Json<'_>) -> Vec<(Cow<'_, str>, Json<'_>)> {
    let mut all = Vec::new();
    members(raw, &mut |name, value| all.push((unquote(name), Json(value))));
    all
}

/// An array of these texts, as JSON text.
pub fn array<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut json = String::from("[");
    for text in texts {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&quote(text));
    }
    json.push(']');
    json
}

/// A text as a JSON string.
pub fn quote(text: &str) -> String {
    let mut json = String::from("\"");
    let mut rest = text;
    loop {
        let at = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\').unwrap_or(rest.len());
        let (plain, after) = rest.split_at_checked(at).unwrap_or_default();
        json.push_str(plain);
        let mut chars = after.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        json.push('\\');
        match c {
            '\n' => json.push('n'),
            '\r' => json.push('r'),
            '\t' => json.push('t'),
            '"' | '\\' => json.push(c),
            control => {
                json.push_str("u00");
                json.push(if control < '\u{10}' { '0' } else { '1' });
                json.extend(char::from_digit(u32::from(control) & 15, 16));
            }
        }
    }
    json.push('"');
    json
}

/// The string in this raw value; `None` when it is absent or something else. Borrowed unless it holds escapes.
pub fn text(raw: Option<Json<'_>>) -> Option<Cow<'_, str>> {
    let quoted = raw?.get();
    quoted.starts_with('"').then(|| unquote(quoted))
}

/// The non-negative whole number in this raw value. A fraction is cut off, a quoted number is read;
/// anything else (negative, exponent, absent, not a number) is `None`. Above `u64::MAX` it saturates.
pub fn whole(raw: Option<Json<'_>>) -> Option<u64> {
    let (whole, fraction) = text::cut(bare(raw?.get()), b".");
    // With an exponent behind it the digits would mean another number.
    let is_plain = fraction.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text::number(whole.as_bytes()).filter(|_| is_plain)
}

/// The signed whole number in this raw value, read like [`whole`].
pub fn signed(raw: Option<Json<'_>>) -> Option<i64> {
    let digits = raw?.get();
    let negative = digits.strip_prefix('-');
    let number = text::number(text::cut(negative.unwrap_or(digits), b".").0.as_bytes())?;
    if negative.is_some() { 0_i64.checked_sub_unsigned(number) } else { i64::try_from(number).ok() }
}

/// True only for a literal `true`.
pub fn truth(raw: Option<Json<'_>>) -> bool {
    raw.is_some_and(|r| r.get() == "true")
}

/// Calls back with each member's quoted name and its value.
pub(super) fn members<'a>(raw: Json<'a>, member: &mut dyn FnMut(&'a str, &'a str)) -> Option<()> {
    parts(raw, '{', member)
}

fn parts<'a>(raw: Json<'a>, opened_by: char, part: &mut dyn FnMut(&'a str, &'a str)) -> Option<()> {
    (raw.get().starts_with(opened_by) && Reader::read(raw.get(), part).is_ok()).then_some(())
}

/// Called with each part of the outermost object or array: the quoted name, empty in an array, and the value.
type Part<'a, 'p> = &'p mut dyn FnMut(&'a str, &'a str);

/// Reads JSON text from the front to the end, once.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

const CUT: NotJson = NotJson { breaks_off: true };
const WRONG: NotJson = NotJson { breaks_off: false };

impl<'a> Reader<'a> {
    /// One value, and nothing more.
    fn read(text: &'a str, part: Part<'a, '_>) -> Result<(), NotJson> {
        let mut reader = Self { text, at: 0, depth: 0 };
        reader.value(part)?;
        if reader.next().is_ok() { Err(WRONG) } else { Ok(()) }
    }

    fn byte(&self) -> Result<u8, NotJson> {
        self.text.as_bytes().get(self.at).copied().ok_or(CUT)
    }

    /// The next byte that is no white space.
    fn next(&mut self) -> Result<u8, NotJson> {
        loop {
            match self.byte()? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotJson> {
        if self.next()? != byte {
            return Err(WRONG);
        }
        self.at += 1;
        Ok(())
    }

    /// What stands from there to here.
    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

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

    fn number(&mut self) -> Result<(), NotJson> {
        self.skip(b"-");
        let start = self.at;
        self.digits()?;
        if self.at > start + 1 && self.since(start).starts_with('0') {
            return Err(WRONG);
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    /// One of these bytes, if it is there.
    fn skip(&mut self, any: &[u8]) -> bool {
        let is_there = self.byte().is_ok_and(|byte| any.contains(&byte));
        self.at += usize::from(is_there);
        is_there
    }

    /// At least one.
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

/// The string that a quoted JSON text means. A lone surrogate becomes U+FFFD.
pub(super) fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = bare(quoted);
    if text::find(inner.as_bytes(), b'\\', b'\\').is_none() {
        return Cow::Borrowed(inner);
    }
    let (plain, mut rest) = text::cut(inner, b"\\");
    let mut out = String::from(plain);
    while let Some(escape) = rest.strip_prefix('\\') {
        let mut chars = escape.chars();
        let c = chars.next().unwrap_or_default();
        rest = chars.as_str();
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => rest = unescape(rest, &mut out),
            // A quote, a slash or a backslash; PHP servers escape every slash.
            other => out.push(other),
        }
        let (plain, after) = text::cut(rest, b"\\");
        out.push_str(plain);
        rest = after;
    }
    Cow::Owned(out)
}

/// Without quotes around it.
pub(super) fn bare(json: &str) -> &str {
    json.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or(json)
}

/// Four hexadecimal digits, or twice four for what lies beyond them; returns what follows.
fn unescape<'a>(json: &'a str, out: &mut String) -> &'a str {
    let unit = |json: &str| json.get(..4)?.chars().try_fold(0, |n, c| Some(n * 16 + c.to_digit(16)?));
    let rest = json.get(4..).unwrap_or_default();
    let high = unit(json).unwrap_or_default();
    let low = rest.strip_prefix("\\u").and_then(unit);
    if let (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) = (high, low) {
        let c = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        out.push(char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER));
        return rest.get(6..).unwrap_or_default();
    }
    out.push(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Json<'_> {
        Json::check(text).unwrap()
    }

    #[test]
    fn numbers_that_servers_send() {
        for (json, want) in [
            ("0", Some(0)),
            ("60000", Some(60000)),
            ("1500.0", Some(1500)),
            ("\"2000\"", Some(2000)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("1e3", None),
            ("null", None),
            ("{}", None),
            ("\"\"", None),
        ] {
            assert_eq!(whole(Some(raw(json))), want, "{json}");
        }
        assert_eq!(signed(Some(raw("-32602"))), Some(-32602));
        assert_eq!(signed(Some(raw("\"x\""))), None);
    }

    #[test]
    fn strings_mean_what_serde_json_says() {
        for json in [
            r#""plain""#,
            r#""""#,
            r#""tasks\/get""#,
            r#""a\"b\\c\n\t\r\b\f""#,
            r#""\u00e9\ud83d\ude00x\u0000""#,
            "\"é😀\"",
        ] {
            let want: String = serde_json::from_str(json).unwrap();
            assert_eq!(text(Some(raw(json))).unwrap(), want, "{json}");
        }
        assert_eq!(text(Some(raw(r#""\ud83d!\ud83d\u0041\udc00""#))).unwrap(), "\u{fffd}!\u{fffd}A\u{fffd}");
        assert!(matches!(text(Some(raw("\"plain\""))), Some(Cow::Borrowed("plain"))));
        assert_eq!(text(Some(raw("7"))), None);
    }

    #[test]
    fn members_are_found_however_they_are_written() {
        let json = raw("{ \"a\\u0062\" : [1, {\"x\":\"]}\\\"\"}] ,\n\"n\":null,\"s\":\"},{\", \"z\":-1.5e3 }");
        let [ab, n, s, z, none] = fields(json, &["ab", "n", "s", "z", "none"]).unwrap();
        assert_eq!(ab.unwrap().get(), "[1, {\"x\":\"]}\\\"\"}]");
        assert_eq!((n.is_none(), none.is_none()), (true, true));
        assert_eq!((s.unwrap().get(), z.unwrap().get()), ("\"},{\"", "-1.5e3"));
        assert!(fields(raw("[]"), &["a"]).is_none());
        assert_eq!(fields(raw("{}"), &["a"]).unwrap()[0].map(Json::get), None);
    }

    #[test]
    fn elements_are_split() {
        let json = raw("[ 1,\"a,]\" , [[],{}],{\"k\":[2]}, true ]");
        let all: Vec<&str> = elements(json).unwrap().into_iter().map(Json::get).collect();
        assert_eq!(all, ["1", "\"a,]\"", "[[],{}]", "{\"k\":[2]}", "true"]);
        assert!(elements(raw("[ ]")).unwrap().is_empty());
        assert!(elements(raw("{}")).is_none());
    }
}
