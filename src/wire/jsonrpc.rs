//! The JSON-RPC 2.0 envelope: who a message is for, without looking into its payload.

use super::{
    DecodeError,
    json::{self, Json, JsonError},
    json_object::JsonObject,
    text,
};
use serde::Serialize;
use std::borrow::Cow;

/// One message from the server. Payloads are the server's own text, borrowed from the received bytes.
#[derive(Debug)]
pub enum Message<'a> {
    /// The answer to a request of ours.
    Response {
        /// The raw id: ours are numbers, but a broken server may send anything.
        id: Json<'a>,
        /// The result, or the error.
        answer: Result<Json<'a>, RpcError>,
    },
    /// Something the server wants answered. Its id is echoed as it stands: the first one is often `0`.
    Request {
        /// The raw id to answer with.
        id: Json<'a>,
        /// The method's name.
        method: Cow<'a, str>,
        /// The parameters, if any.
        params: Option<Json<'a>>,
    },
    /// Something the server tells.
    Notification {
        /// The method's name.
        method: Cow<'a, str>,
        /// The parameters, if any.
        params: Option<Json<'a>>,
    },
}

/// A JSON-RPC error object in the server's own words.
#[derive(Debug, Clone)]
pub struct RpcError {
    /// The code; 0 when the server sent none that is a number.
    pub code: i64,
    /// The message; empty when the server sent none.
    pub message: String,
    /// The `data` member as JSON text.
    pub data: Option<String>,
}

/// Reads one message, or each of a batch (which the 2025-03-26 revision allows), in order. A batch of more than `max_batch`
/// messages is refused as a whole.
pub fn messages(bytes: &[u8], max_batch: usize) -> Result<Vec<Message<'_>>, DecodeError> {
    let text = str::from_utf8(bytes)
        .map_err(|_| DecodeError::new("text that is not UTF-8", &String::from_utf8_lossy(bytes)))?;
    if text.trim_ascii_start().starts_with('{') {
        let fields = json::check_fields(text, &NAMES).map_err(|e| malformed(text, e))?;
        return Ok(vec![message(text, fields)?]);
    }
    let json = Json::check(text).map_err(|e| malformed(text, e))?;
    let batch = json::elements(json).ok_or_else(|| not_a_message(text))?;
    if batch.len() > max_batch {
        let (count, limit) = (batch.len(), max_batch);
        return Err(DecodeError::new(
            &format!("a batch of {count} messages, more than maxBatchMessages ({limit})"),
            "",
        ));
    }
    batch.into_iter().map(|each| message(each.get(), json::fields(each, &NAMES).unwrap_or_default())).collect()
}

const NAMES: [&str; 5] = ["id", "method", "params", "result", "error"];

fn message<'a>(text: &str, fields: [Option<Json<'a>>; 5]) -> Result<Message<'a>, DecodeError> {
    let [id, method, params, result, error] = fields;
    match (json::text(method), id, result, error) {
        (Some(method), Some(id), ..) => Ok(Message::Request { id, method, params }),
        (Some(method), None, ..) => Ok(Message::Notification { method, params }),
        // An error about a message the server could not read carries no id.
        (None, id, _, Some(error)) => {
            Ok(Message::Response { id: id.unwrap_or(Json::NULL), answer: Err(read_error(error)) })
        }
        (None, Some(id), Some(result), None) => Ok(Message::Response { id, answer: Ok(result) }),
        _ => Err(not_a_message(text)),
    }
}

fn not_a_message(text: &str) -> DecodeError {
    DecodeError::new("JSON that is not a JSON-RPC message", text)
}

pub(super) fn read_error(raw: Json<'_>) -> RpcError {
    let own = |raw| json::text(raw).unwrap_or_default().into_owned();
    match json::fields(raw, &["code", "message", "data"]) {
        Some([code, message, data]) => RpcError {
            code: json::signed(code).unwrap_or(0),
            message: own(message),
            data: data.map(|d| d.get().into()),
        },
        // `{"error": "text"}`: not JSON-RPC, but it says something.
        None => RpcError { code: 0, message: own(Some(raw)), data: Some(raw.get().into()) },
    }
}

fn malformed(text: &str, error: JsonError) -> DecodeError {
    let what = match error {
        JsonError::BreaksOff => "JSON that breaks off",
        JsonError::Malformed => "text that is not JSON",
        JsonError::TooDeep => "JSON that is nested more than 127 levels deep",
    };
    DecodeError::new(what, text)
}

/// The number of ours that this response id names; a quoted number is taken too.
pub fn our_id(raw: Json<'_>) -> Option<u32> {
    text::number(json::unquoted(raw)).and_then(|id| u32::try_from(id).ok())
}

/// The text of a request.
pub(super) fn request(id: u32, method: &str, params: &JsonObject<'_>) -> String {
    message_of_ours().with("id", id).with("method", method).with("params", params).to_json()
}

/// The text of a notification; `params`, if any, is a JSON object.
pub(super) fn notification(method: &str, params: Option<impl Serialize>) -> String {
    message_of_ours().with("method", method).with_some("params", params).to_json()
}

/// The text of a successful response to a server's request.
pub(super) fn response(id: Json<'_>, result: impl Serialize) -> String {
    message_of_ours().with("id", id).with("result", result).to_json()
}

/// The text of an error answer to a request of the server's.
pub fn error_response(id: Json<'_>, code: i64, message: &str) -> String {
    message_of_ours().with("id", id).with("error", error_object(code, message)).to_json()
}

pub(super) fn error_object(code: i64, message: &str) -> JsonObject<'static> {
    JsonObject::new().with("code", code).with("message", message)
}

fn message_of_ours() -> JsonObject<'static> {
    JsonObject::new().with("jsonrpc", "2.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_zero_makes_a_request() {
        let all = messages(br#"{"method":"elicitation\/create","id":0,"params":{}}"#, 10).unwrap();
        let [Message::Request { id, method, .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((id.get(), method.as_ref()), ("0", "elicitation/create"));
    }

    #[test]
    fn batches_are_read_in_order() {
        let all = messages(br#" [{"method":"a"},{"id":1,"result":{}}]"#, 10).unwrap();
        assert!(matches!(all.as_slice(), [Message::Notification { .. }, Message::Response { .. }]));
    }

    #[test]
    fn errors_keep_code_message_and_data() {
        let text = br#"{"id":3,"error":{"code":-32602,"message":"no","data":{"a":[1]}}}"#;
        let all = messages(text, 10).unwrap();
        let [Message::Response { answer: Err(e), .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((e.code, e.message.as_str()), (-32602, "no"));
        assert_eq!(e.data.as_deref().unwrap(), r#"{"a":[1]}"#);
    }

    #[test]
    fn invalid_message_is_described() {
        for (text, says) in [
            ("<html>", "text that is not JSON: <html>"),
            ("{\"id\":1,\"res", "JSON that breaks off: {\"id\":1,\"res"),
            ("{\"a\":1}", "JSON that is not a JSON-RPC message: {\"a\":1}"),
            ("7", "JSON that is not a JSON-RPC message: 7"),
        ] {
            assert_eq!(messages(text.as_bytes(), 10).unwrap_err().to_string(), says);
        }
    }
}
