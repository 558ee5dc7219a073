//! JSON text and the lenient reading of single values.

use super::text;
pub(super) use mcp_json::check_fields;
pub use mcp_json::{Json, JsonError, elements, entries, fields, text};

/// An array of these texts, as JSON text.
pub fn array<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.collect();
    serde_json::to_string(&texts).unwrap_or_default()
}

/// The non-negative whole number in this value. A fraction is cut off, a quoted number is read;
/// anything else (negative, exponent, absent, not a number) is `None`. Above `u64::MAX` it saturates.
pub fn whole(raw: Option<Json<'_>>) -> Option<u64> {
    let digits = unquoted(raw?);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    // With an exponent after them, the digits would mean another number.
    text::number(fraction).and_then(|_| text::number(whole))
}

/// The signed whole number in this value. A fraction is cut off.
pub fn signed(raw: Option<Json<'_>>) -> Option<i64> {
    let digits = raw?.get().split('.').next()?;
    match digits.strip_prefix('-') {
        Some(digits) => 0_i64.checked_sub_unsigned(text::number(digits)?),
        None => text::number(digits)?.try_into().ok(),
    }
}

/// True only for a literal `true`.
pub fn truth(raw: Option<Json<'_>>) -> bool {
    raw.is_some_and(|raw| raw.get() == "true")
}

/// The text without the quotes around it, if it has any.
pub(super) fn unquoted(raw: Json<'_>) -> &str {
    let text = raw.get();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Era, jsonrpc};
    use std::borrow::Cow;

    fn raw(text: &str) -> Json<'_> {
        Json::check(text).unwrap()
    }

    #[test]
    fn numbers_are_read_leniently() {
        for (json, want) in [
            ("0", Some(0)),
            ("60000", Some(60000)),
            ("1500.0", Some(1500)),
            ("\"1500.0\"", Some(1500)),
            ("\"2000\"", Some(2000)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("1e3", None),
            ("1.5e3", None),
            ("null", None),
            ("{}", None),
            ("\"\"", None),
            ("\"+1\"", None),
        ] {
            assert_eq!(whole(Some(raw(json))), want, "{json}");
        }
        assert_eq!(signed(Some(raw("-32602"))), Some(-32602));
        assert_eq!(signed(Some(raw("-9223372036854775808"))), Some(i64::MIN));
        assert_eq!(signed(Some(raw("9223372036854775808"))), None);
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
        assert!(matches!(text(Some(raw("\"plain\""))), Some(Cow::Borrowed("plain"))));
        assert_eq!(text(Some(raw("7"))), None);
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(text(Some(raw(r#""\ud83d!\ud83d\u0041\udc00é""#))).unwrap(), "\u{fffd}!\u{fffd}A\u{fffd}é");
        let [(name, value)] = <[_; 1]>::try_from(entries(raw(r#"{"\ud83dé":1}"#))).unwrap();
        assert_eq!((name.as_ref(), value.get()), ("\u{fffd}é", "1"));
        let [status] = fields(raw(r#"{"\ud83d":1,"status":"working"}"#), &["status"]).unwrap();
        assert_eq!(text(status).unwrap(), "working");
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

    #[test]
    fn last_of_duplicate_members_counts() {
        let [a] = fields(raw(r#"{"a":1,"a":{"a":2},"\u0061":3}"#), &["a"]).unwrap();
        assert_eq!(a.unwrap().get(), "3");
        assert_eq!(fields(raw(r#"{"a":1,"a":null}"#), &["a"]).unwrap(), [None]);
        for message in [
            r#"{"id":0,"result":{"taskId":"x"},"id":1,"result":{"taskId":"y","status":"failed","taskId":"t","status":"working"}}"#,
            r#"{"method":"x","params":7,"method":"m","params":{"taskId":"y","status":"x","taskId":"t","status":"working"}}"#,
        ] {
            let payload = match jsonrpc::messages(message.as_bytes(), 10).unwrap().pop().unwrap() {
                jsonrpc::Message::Response { id, answer: Ok(result) } if id.get() == "1" => result,
                jsonrpc::Message::Notification { method, params: Some(params) } if method == "m" => params,
                other => panic!("{other:?}"),
            };
            assert_eq!(Era::Handshake.read_state(payload).unwrap().snapshot.task_id, "t");
        }
    }

    #[test]
    fn malformed_member_does_not_cost_the_whole_object() {
        let task = r#"{"taskId":"t","status":"working","statusMessage":7,"createdAt":[],"ttl":"x","pollInterval":{}}"#;
        let snapshot = Era::Handshake.read_state(raw(task)).unwrap().snapshot;
        assert_eq!((snapshot.task_id.as_str(), snapshot.status_message, snapshot.created_at), ("t", None, None));
        assert_eq!((snapshot.ttl_ms, snapshot.poll_interval_ms), (None, None));
    }

    fn nested(levels: usize) -> String {
        [r#"{"a":["#.repeat(levels / 2), "[".repeat(levels % 2), "]".repeat(levels % 2), "]}".repeat(levels / 2)]
            .concat()
    }

    #[test]
    fn nesting_is_limited_to_127_levels() {
        for levels in [1, 2, 126, 127] {
            assert!(Json::check(&nested(levels)).is_ok(), "{levels}");
        }
        for levels in [128, 129, 1000] {
            assert_eq!(Json::check(&nested(levels)), Err(JsonError::TooDeep), "{levels}");
        }
        // Siblings and brackets in strings do not count.
        let flat = format!(r#"["{}\\","\"{}",{}]"#, "[".repeat(200), "{".repeat(200), vec!["[{}]"; 200].join(","));
        assert!(Json::check(&flat).is_ok());
    }

    #[test]
    fn deep_nesting_does_not_overflow_the_stack() {
        for levels in [100_000, 1_000_000] {
            let deep = nested(levels);
            assert!(Json::check(&deep).is_err());
            for message in [
                deep.clone(),
                format!(r#"{{"id":1,"result":{deep}}}"#),
                format!(r#"{{"method":"m","params":{{"a":{deep}}}}}"#),
                format!(r#"{{"id":1,"result":{{"tools":[{{"name":"x","inputSchema":{deep}}}]}}}}"#),
            ] {
                assert!(jsonrpc::messages(message.as_bytes(), 10).is_err());
            }
            // Text of the application is only sent, and has no limit.
            assert_eq!(Json::from_application(&deep).get().len(), deep.len());
        }
    }

    #[test]
    fn text_that_ends_too_early_is_told_from_other_text() {
        for text in ["", "{\"a\":", "[1", "tru", "\"a"] {
            assert_eq!(Json::check(text), Err(JsonError::BreaksOff), "{text}");
        }
        for text in ["[1,]", "1 2", "<"] {
            assert_eq!(Json::check(text), Err(JsonError::Malformed), "{text}");
        }
    }
}
