//! JSON text that is known to be valid, and its values read one by one, so that one malformed field does not cost the
//! whole object.
//!
//! One reader both checks a text and splits it. A parser of a library's would bring numbers, maps and error printing along, a
//! sixth of the module that every page has to load, and would read every message twice; the fuzzers hold this one against
//! serde_json's.

use super::{reader, text};
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
    /// [`NotJson`]: it is none, or more than one, or nested more than 127 levels deep.
    pub fn check(text: &'a str) -> Result<Self, NotJson> {
        reader::read(text, &mut |_, _| ())?;
        Ok(Self(text.trim_ascii()))
    }

    /// The text, without white space around it.
    pub fn get(self) -> &'a str {
        self.0
    }
}

/// Checks a text, and gives the values of these members where it is an object: all in one go. See [`fields`].
pub(super) fn check_fields<'a, const N: usize>(
    text: &'a str,
    names: &[&str; N],
) -> Result<(Json<'a>, [Option<Json<'a>>; N]), NotJson> {
    let mut values = [None; N];
    reader::read(text, &mut |name, value| take(name, value, names, &mut values))?;
    Ok((Json(text.trim_ascii()), values))
}

/// The values of these members of an object, in the order of the names; absent and `null` are the same, the last of
/// several counts. `None` when the value is no object.
#[inline(always)]
pub fn fields<'a, const N: usize>(raw: Json<'a>, names: &[&str; N]) -> Option<[Option<Json<'a>>; N]> {
    let mut values = [None; N];
    find(raw, names, &mut values).map(|()| values)
}

/// Inlined with [`fields`] it would be there once for each number of names.
#[inline(never)]
fn find<'a>(raw: Json<'a>, names: &[&str], values: &mut [Option<Json<'a>>]) -> Option<()> {
    parts(raw, b'{', &mut |name, value| take(name, value, names, values))
}

/// Keeps a member, if it is one of those that are looked for.
#[cfg_attr(hot, optimize(speed))]
fn take<'a>(name: &str, value: &'a str, names: &[&str], values: &mut [Option<Json<'a>>]) {
    let mut slot = place(bare(name), names);
    // Hardly anybody escapes a name.
    if slot.is_none() && has_escapes(name) {
        slot = place(&unquote(name), names);
    }
    if let Some(slot) = slot.and_then(|n| values.get_mut(n)) {
        *slot = (value != "null").then_some(Json(value));
    }
}

#[cfg_attr(hot, optimize(speed))]
fn place(name: &str, names: &[&str]) -> Option<usize> {
    for (at, candidate) in names.iter().enumerate() {
        if candidate.len() == name.len() && *candidate == name {
            return Some(at);
        }
    }
    None
}

#[inline(always)]
fn has_escapes(quoted: &str) -> bool {
    text::find(quoted.as_bytes(), b'\\', b'\\').is_some()
}

/// The elements of an array; `None` when the value is no array.
pub fn elements(raw: Json<'_>) -> Option<Vec<Json<'_>>> {
    let mut all = Vec::new();
    parts(raw, b'[', &mut |_, value| all.push(Json(value)))?;
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
    (quoted.as_bytes().first() == Some(&b'"')).then(|| unquote(quoted))
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
    parts(raw, b'{', member)
}

fn parts<'a>(raw: Json<'a>, opened_by: u8, part: &mut dyn FnMut(&'a str, &'a str)) -> Option<()> {
    (raw.get().as_bytes().first() == Some(&opened_by)).then(|| reader::walk(raw.get(), part))
}

/// The string that a quoted JSON text means. A lone surrogate becomes U+FFFD.
pub(super) fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = bare(quoted);
    if has_escapes(inner) { Cow::Owned(unescaped(inner)) } else { Cow::Borrowed(inner) }
}

/// What they mean; `inner` has some.
#[inline(never)]
fn unescaped(inner: &str) -> String {
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
    out
}

/// Without quotes around it.
#[cfg_attr(hot, optimize(speed))]
pub(super) fn bare(json: &str) -> &str {
    match json.as_bytes() {
        [b'"', inner @ .., b'"'] => json.get(1..=inner.len()).unwrap_or(json),
        _ => json,
    }
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
