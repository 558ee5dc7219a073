use super::{
    json::{self, Json},
    text,
};

/// Writes a JSON object member by member. A `derive` for each kind of message would bring serde's machinery for maps,
/// floats and errors along, which every page would have to load.
pub(super) struct Object(String);

impl Object {
    /// An object without members.
    pub(super) fn new() -> Self {
        Self(String::from("{"))
    }

    /// The members of another object, but this one.
    pub(super) fn copy(other: Json<'_>, but: &str) -> Self {
        let mut object = Self::new();
        json::members(other, &mut |name, value| {
            if json::unquote(name) != but {
                object.member(name, value);
            }
        });
        object
    }

    /// A member whose value is JSON already. The name must need no escapes.
    #[must_use]
    pub(super) fn raw(mut self, name: &str, json: &str) -> Self {
        self.member(&["\"", name, "\""].concat(), json);
        self
    }

    /// A member whose name may hold anything, and whose value is JSON already.
    #[must_use]
    pub(super) fn keyed(mut self, name: &str, json: &str) -> Self {
        self.member(&json::quote(name), json);
        self
    }

    /// A member whose value is a string.
    #[must_use]
    pub(super) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &json::quote(value))
    }

    /// A member whose value is a number.
    #[must_use]
    pub(super) fn number(self, name: &str, value: u64) -> Self {
        self.raw(name, &text::decimal(value))
    }

    fn member(&mut self, quoted: &str, json: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        for part in [comma, quoted, ":", json] {
            self.0.push_str(part);
        }
    }

    /// The object's text.
    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, Object};

    #[test]
    fn what_it_writes_is_json() {
        assert_eq!(Object::new().end(), "{}");
        let json = Object::new().text("a", "\"é\n\\").number("n", 7).raw("r", "[1]").end();
        assert_eq!(json, r#"{"a":"\"é\n\\","n":7,"r":[1]}"#);
    }

    #[test]
    fn a_copy_leaves_out_what_is_named_however_that_is_written() {
        let json = r#"{"a\/b":1,"c\u0064":2,"a\/c":{"a/b":3},"a/b":4}"#;
        let copy = |but| Json::check(json).map(|json| Object::copy(json, but).end()).ok();
        assert_eq!(copy("a/b").as_deref(), Some(r#"{"c\u0064":2,"a\/c":{"a/b":3}}"#));
        assert_eq!(copy("cd").as_deref(), Some(r#"{"a\/b":1,"a\/c":{"a/b":3},"a/b":4}"#));
        assert_eq!(copy("a\\/b").as_deref(), Some(json), "a name, not its spelling");
    }
}
