//! What a server may ask of its client.

use super::{json::Json, json_object::JsonObject};

/// What a server may ask of its client. In the words of 2026-07-28 these are input requests; on this wire they are
/// requests of the server's own, answered by a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// `elicitation/create`.
    Elicitation,
    /// `sampling/createMessage`.
    Sampling,
    /// `roots/list`.
    Roots,
}

impl InputKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Elicitation, Self::Sampling, Self::Roots];

    /// The method's name.
    pub fn method(self) -> &'static str {
        match self {
            Self::Elicitation => "elicitation/create",
            Self::Sampling => "sampling/createMessage",
            Self::Roots => "roots/list",
        }
    }

    /// The capability and its value.
    fn capability(self) -> (&'static str, JsonObject<'static>) {
        match self {
            Self::Elicitation => ("elicitation", JsonObject::new().with("form", JsonObject::new())),
            Self::Sampling => ("sampling", JsonObject::new()),
            Self::Roots => ("roots", JsonObject::new()),
        }
    }
}

/// The client's capabilities: only what somebody answers, in the order of [`InputKind::ALL`].
pub(super) fn capabilities(serves: [bool; 3]) -> JsonObject<'static> {
    let mut capabilities = JsonObject::new();
    for (kind, _) in InputKind::ALL.into_iter().zip(serves).filter(|(_, serves)| *serves) {
        let (name, value) = kind.capability();
        capabilities.insert(name, value);
    }
    capabilities
}

/// An answer to an input request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputAnswer {
    /// The result, a JSON object as text.
    Result(String),
    /// There is none.
    Error {
        /// A JSON-RPC error code.
        code: i64,
        /// Why not.
        message: String,
    },
}

/// Answers by key as one JSON object, and how many they are; `None`: there are none.
pub fn answer_set<'a>(answers: impl Iterator<Item = (&'a str, &'a str)>) -> Option<(String, usize)> {
    let (mut set, mut count) = (JsonObject::new(), 0);
    for (key, json) in answers {
        set.insert(key, Json::from_application(json));
        count += 1;
    }
    (count > 0).then(|| (set.to_json(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_handled_requests_are_declared() {
        assert_eq!(capabilities([false; 3]).to_json(), "{}");
        assert_eq!(capabilities([true, false, true]).to_json(), r#"{"elicitation":{"form":{}},"roots":{}}"#);
        assert_eq!(capabilities([false, true, false]).to_json(), r#"{"sampling":{}}"#);
    }
}
