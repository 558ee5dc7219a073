//! JSON text, read with serde_json. Values stay text until a field is needed, so that one malformed field does not cost the
//! whole object.
//!
//! Derived `Deserialize` is not used: it refuses objects with a duplicate member and with one malformed field, and servers
//! send both.

use memchr::{memchr2, memchr2_iter};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// How many arrays and objects may be nested.
const MAX_DEPTH: usize = 127;

/// Valid JSON text of one value, borrowed from received bytes, without white space around it.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a>(&'a RawValue);

/// Why a text is not accepted as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// The text ends before its value does.
    BreaksOff,
    /// The text breaks the grammar.
    Malformed,
    /// Arrays and objects are nested more than 127 levels deep.
    TooDeep,
}

impl<'a> Json<'a> {
    /// The value of an absent id.
    pub const NULL: Json<'static> = Json(RawValue::NULL);

    /// Parses a text that is one JSON value.
    ///
    /// # Errors
    ///
    /// [`JsonError`]: the text is not one JSON value, or is nested more than 127 levels deep.
    pub fn check(text: &'a str) -> Result<Self, JsonError> {
        check_depth(text)?;
        Ok(Self(serde_json::from_str(text)?))
    }

    /// A text that the application has serialized, with no limit of depth because it is only sent. `null` if it is not JSON.
    pub fn from_application(text: &'a str) -> Self {
        serde_json::from_str(text).map_or(Self::NULL, Self)
    }

    /// `{}`, the value of absent parameters.
    pub fn empty_object() -> Self {
        Self::from_application("{}")
    }

    /// The text.
    pub fn get(self) -> &'a str {
        self.0.get()
    }
}

impl PartialEq for Json<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Json<'_> {}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() { Self::BreaksOff } else { Self::Malformed }
    }
}

/// Refuses text that is nested deeper than [`MAX_DEPTH`]. serde_json skips a value without recursion and therefore without a
/// limit, but code that walks a value recurses, here and in the application.
fn check_depth(text: &str) -> Result<(), JsonError> {
    // Most texts have fewer brackets than that. A search for brackets is several times faster than the loop below.
    if memchr2_iter(b'{', b'[', text.as_bytes()).nth(MAX_DEPTH).is_none() {
        return Ok(());
    }
    let (mut rest, mut depth) = (text.as_bytes(), 0_usize);
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'"' => rest = after_string(rest),
            b'{' | b'[' if depth == MAX_DEPTH => return Err(JsonError::TooDeep),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// What follows the string that these bytes are in.
fn after_string(mut bytes: &[u8]) -> &[u8] {
    while let Some((special, rest)) = memchr2(b'"', b'\\', bytes).and_then(|at| bytes.get(at..)?.split_first()) {
        if *special == b'"' {
            return rest;
        }
        bytes = rest.get(1..).unwrap_or_default();
    }
    &[]
}

/// Parses a text that is one JSON object and returns the values of these members, as [`fields`] does.
pub fn check_fields<'a, const N: usize>(text: &'a str, names: &[&str; N]) -> Result<[Option<Json<'a>>; N], JsonError> {
    check_depth(text)?;
    let mut values = [None; N];
    read_fields(text, names, &mut values)?;
    Ok(values)
}

/// The values of these members of an object, in the order of the names. Absent and `null` are the same. The last of several
/// members with the same name counts. `None` if the value is not an object.
pub fn fields<'a, const N: usize>(raw: Json<'a>, names: &[&str; N]) -> Option<[Option<Json<'a>>; N]> {
    let mut values = [None; N];
    read_fields(raw.get(), names, &mut values).ok()?;
    Some(values)
}

fn read_fields<'a>(text: &'a str, names: &[&str], values: &mut [Option<Json<'a>>]) -> Result<(), serde_json::Error> {
    read_members(text, &mut |name, value| {
        let place = names.iter().position(|candidate| *candidate == name);
        if let Some(slot) = place.and_then(|place| values.get_mut(place)) {
            *slot = (value.get() != "null").then_some(value);
        }
    })
}

/// The members of an object, in order; none if the value is not an object.
pub fn entries(raw: Json<'_>) -> Vec<(Cow<'_, str>, Json<'_>)> {
    let mut all = Vec::new();
    let read = read_members(raw.get(), &mut |name, value| all.push((name, value)));
    read.map(|()| all).unwrap_or_default()
}

/// The elements of an array; `None` if the value is not an array.
pub fn elements(raw: Json<'_>) -> Option<Vec<Json<'_>>> {
    let all: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
    Some(all.into_iter().map(Json).collect())
}

/// The string in this value; `None` if the value is absent or not a string. Borrowed unless it contains escapes.
pub fn text(raw: Option<Json<'_>>) -> Option<Cow<'_, str>> {
    let quoted = raw?.get();
    let plain = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if !plain.contains('\\') {
        return Some(Cow::Borrowed(plain));
    }
    serde_json::from_str(quoted).map(|Text(text)| text).ok()
}

/// Calls `member` with the name and the value of each member of an object.
fn read_members<'a>(text: &'a str, member: OnMember<'a, '_>) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Members(member))?;
    deserializer.end()
}

type OnMember<'a, 'f> = &'f mut dyn FnMut(Cow<'a, str>, Json<'a>);

struct Members<'a, 'f>(OnMember<'a, 'f>);

impl<'de> Visitor<'de> for Members<'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Text(name), value)) = map.next_entry()? {
            (self.0)(name, Json(value));
        }
        Ok(())
    }
}

/// A string. serde's own strings refuse an escaped surrogate without its other half; here it becomes U+FFFD.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        // Without escapes these are bytes of the input, which is UTF-8.
        Ok(Text(Cow::Borrowed(str::from_utf8(bytes).unwrap_or_default())))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let mut text = String::new();
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // A surrogate arrives as three bytes, each invalid on its own, of which the first is always this one.
            if chunk.invalid() == [0xED] {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(Text(Cow::Owned(text)))
    }
}
