//! Values read from raw JSON one by one, so that one malformed field does not cost the whole object.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A JSON string that borrows from the input unless it holds escapes (PHP servers escape every slash).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(v.into())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// The values of these members of a JSON object, in the order of the names; absent and `null` are the same. `None` when the
/// text is no JSON object. One reader for every kind of object: a `derive` for each would be most of the module.
pub fn fields<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<&'a RawValue>; N], serde_json::Error> {
    let mut values = [None; N];
    let mut deserializer = serde_json::Deserializer::from_str(json);
    Fields { names: &names, values: &mut values }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(values)
}

struct Fields<'n, 'a> {
    names: &'n [&'n str],
    values: &'n mut [Option<&'a RawValue>],
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Fields<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Fields<'_, 'a> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = map.next_key()? {
            let slot = self.names.iter().position(|n| *n == name).and_then(|n| self.values.get_mut(n));
            let Some(slot) = slot else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: &'de RawValue = map.next_value()?;
            *slot = (value.get() != "null").then_some(value);
        }
        Ok(())
    }
}

/// The string in this raw value; `None` when it is absent or something else.
pub fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(raw?.get()).ok().map(|t| t.0)
}

/// The non-negative whole number in this raw value. A fraction is cut off, a quoted number is read;
/// anything else (negative, exponent, absent, not a number) is `None`. Above `u64::MAX` it saturates.
pub fn whole(raw: Option<&RawValue>) -> Option<u64> {
    let digits = raw?.get().trim_matches('"');
    let whole = digits.split('.').next().unwrap_or(digits);
    if whole.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    Some(whole.parse().unwrap_or(u64::MAX))
}

/// The signed whole number in this raw value, read like [`whole`].
pub fn signed(raw: Option<&RawValue>) -> Option<i64> {
    let digits = raw?.get();
    digits.split('.').next().unwrap_or(digits).parse().ok()
}

/// True only for a literal `true`.
pub fn truth(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|r| r.get() == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.into()).unwrap()
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
            assert_eq!(whole(Some(&raw(json))), want, "{json}");
        }
        assert_eq!(signed(Some(&raw("-32602"))), Some(-32602));
        assert_eq!(signed(Some(&raw("\"x\""))), None);
    }

    #[test]
    fn text_with_escaped_slashes_is_decoded() {
        assert_eq!(text(Some(&raw(r#""tasks\/get""#))).unwrap(), "tasks/get");
        assert!(matches!(text(Some(&raw(r#""plain""#))), Some(Cow::Borrowed("plain"))));
        assert_eq!(text(Some(&raw("7"))), None);
    }
}
