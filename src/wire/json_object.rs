//! The JSON objects that this crate writes.

use super::json::{self, Json};
use serde::ser::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;

/// A JSON object. Its members keep the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct JsonObject<'a>(Vec<(Cow<'a, str>, Box<RawValue>)>);

impl<'a> JsonObject<'a> {
    /// An object without members.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The members of another object except this one.
    pub(super) fn copy_without(other: Json<'a>, name: &str) -> Self {
        let mut object = Self::new();
        for (member, value) in json::entries(other).into_iter().filter(|(member, _)| member != name) {
            object.push(member, value);
        }
        object
    }

    /// Adds a member.
    #[must_use]
    pub(super) fn with(mut self, name: &'a str, value: impl Serialize) -> Self {
        self.insert(name, value);
        self
    }

    /// Adds a member if there is a value.
    #[must_use]
    pub(super) fn with_some(mut self, name: &'a str, value: Option<impl Serialize>) -> Self {
        if let Some(value) = value {
            self.insert(name, value);
        }
        self
    }

    /// Adds a member.
    pub(super) fn insert(&mut self, name: &'a str, value: impl Serialize) {
        self.push(name.into(), value);
    }

    fn push(&mut self, name: Cow<'a, str>, value: impl Serialize) {
        // Serializing into memory cannot fail: the values are texts, numbers, JSON and objects like this.
        self.0.push((name, to_raw_value(&value).unwrap_or_default()));
    }

    /// The object as JSON text.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for JsonObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_written_in_order() {
        assert_eq!(JsonObject::new().to_json(), "{}");
        let json = JsonObject::new().with("a", "\"é\n\\\u{1}").with("n", 7).with("r", [1]).with_some("x", None::<u64>);
        assert_eq!(json.to_json(), r#"{"a":"\"é\n\\\u0001","n":7,"r":[1]}"#);
    }

    #[test]
    fn copy_leaves_out_one_member_however_its_name_is_written() {
        let json = r#"{"a\/b":1,"c\u0064":2,"a\/c":{"a/b":3},"a/b":4}"#;
        let copy = |name| JsonObject::copy_without(Json::check(json).unwrap(), name).to_json();
        assert_eq!(copy("a/b"), r#"{"cd":2,"a/c":{"a/b":3}}"#);
        assert_eq!(copy("cd"), r#"{"a/b":1,"a/c":{"a/b":3},"a/b":4}"#);
        assert_eq!(copy("a\\/b"), r#"{"a/b":1,"cd":2,"a/c":{"a/b":3},"a/b":4}"#);
    }
}
