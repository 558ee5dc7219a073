//! The JSON-RPC 2.0 envelope: who a message is for, without looking into its payload.

use super::{Problem, lenient};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One message from the server. Payloads are the server's own text, borrowed from the received bytes.
#[derive(Debug)]
pub enum Message<'a> {
    /// The answer to a request of ours.
    Response {
        /// The raw id: ours are numbers, but a broken server may send anything.
        id: &'a RawValue,
        /// The result, or the error.
        answer: Result<&'a RawValue, RpcError>,
    },
    /// Something the server wants answered. Its id is echoed as it stands: the first one is often `0`.
    Request {
        /// The raw id to answer with.
        id: &'a RawValue,
        /// The method's name.
        method: Cow<'a, str>,
        /// The parameters, if any.
        params: Option<&'a RawValue>,
    },
    /// Something the server tells.
    Notification {
        /// The method's name.
        method: Cow<'a, str>,
        /// The parameters, if any.
        params: Option<&'a RawValue>,
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
    pub data: Option<Box<RawValue>>,
}

/// Reads one message, or each of a batch (which the 2025-03-26 revision allows), in order.
pub fn messages(bytes: &[u8]) -> Result<Vec<Message<'_>>, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::new("text that is not UTF-8", &String::from_utf8_lossy(bytes)))?;
    if !text.trim_ascii_start().starts_with('[') {
        return Ok(vec![message(text)?]);
    }
    let batch: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| malformed(text, &e))?;
    batch.iter().map(|m| message(m.get())).collect()
}

fn message(text: &str) -> Result<Message<'_>, Problem> {
    let fields = lenient::fields(text, ["id", "method", "params", "result", "error"]);
    let [id, method, params, result, error] = fields.map_err(|e| malformed(text, &e))?;
    match (lenient::text(method), id, result, error) {
        (Some(method), Some(id), ..) => Ok(Message::Request { id, method, params }),
        (Some(method), None, ..) => Ok(Message::Notification { method, params }),
        // An error about a message the server could not read carries no id.
        (None, id, _, Some(error)) => {
            Ok(Message::Response { id: id.unwrap_or(RawValue::NULL), answer: Err(read_error(error)) })
        }
        (None, Some(id), Some(result), None) => Ok(Message::Response { id, answer: Ok(result) }),
        _ => Err(Problem::new("JSON that is not a JSON-RPC message", text)),
    }
}

fn read_error(raw: &RawValue) -> RpcError {
    let own = |raw| lenient::text(raw).unwrap_or_default().into_owned();
    match lenient::fields(raw.get(), ["code", "message", "data"]) {
        Ok([code, message, data]) => RpcError {
            code: lenient::signed(code).unwrap_or(0),
            message: own(message),
            data: data.map(ToOwned::to_owned),
        },
        // `{"error": "text"}`: not JSON-RPC, but it says something.
        Err(_) => RpcError { code: 0, message: own(Some(raw)), data: Some(raw.to_owned()) },
    }
}

fn malformed(text: &str, error: &serde_json::Error) -> Problem {
    Problem::new(if error.is_eof() { "JSON that breaks off" } else { "text that is not JSON" }, text)
}

/// The number of ours that this response id names; a quoted number is taken too.
pub fn our_id(raw: &RawValue) -> Option<u32> {
    raw.get().trim_matches('"').parse().ok()
}

/// One message of ours. Every kind has this shape, so that one serializer serves all.
#[derive(Serialize, Default)]
struct Outgoing<'a> {
    jsonrpc: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody<'a>>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: i32,
    message: &'a str,
}

/// The text of a request.
pub fn request(id: u32, method: &str, params: &RawValue) -> String {
    let id = RawValue::from_string(id.to_string()).ok();
    write(Outgoing { id: id.as_deref(), method: Some(method), params: Some(params), ..Outgoing::default() })
}

/// The text of a notification.
pub fn notification(method: &str, params: Option<&RawValue>) -> String {
    write(Outgoing { method: Some(method), params, ..Outgoing::default() })
}

/// The text of a successful answer to a request of the server's.
pub fn response(id: &RawValue, result: &RawValue) -> String {
    write(Outgoing { id: Some(id), result: Some(result), ..Outgoing::default() })
}

/// The text of an error answer to a request of the server's.
pub fn error_response(id: &RawValue, code: i32, message: &str) -> String {
    write(Outgoing { id: Some(id), error: Some(ErrorBody { code, message }), ..Outgoing::default() })
}

fn write(message: Outgoing<'_>) -> String {
    // Strings, integers and raw JSON into memory: there is nothing that could fail.
    serde_json::to_string(&Outgoing { jsonrpc: "2.0", ..message }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_zero_makes_a_request() {
        let all = messages(br#"{"method":"elicitation\/create","id":0,"params":{}}"#).unwrap();
        let [Message::Request { id, method, .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((id.get(), method.as_ref()), ("0", "elicitation/create"));
    }

    #[test]
    fn batches_are_read_in_order() {
        let all = messages(br#" [{"method":"a"},{"id":1,"result":{}}]"#).unwrap();
        assert!(matches!(all.as_slice(), [Message::Notification { .. }, Message::Response { .. }]));
    }

    #[test]
    fn errors_keep_code_message_and_data() {
        let text = br#"{"id":3,"error":{"code":-32602,"message":"no","data":{"a":[1]}}}"#;
        let all = messages(text).unwrap();
        let [Message::Response { answer: Err(e), .. }] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((e.code, e.message.as_str()), (-32602, "no"));
        assert_eq!(e.data.as_ref().unwrap().get(), r#"{"a":[1]}"#);
    }

    #[test]
    fn what_is_no_message_is_named() {
        for (text, says) in [
            ("<html>", "text that is not JSON: <html>"),
            ("{\"id\":1,\"res", "JSON that breaks off: {\"id\":1,\"res"),
            ("{\"a\":1}", "JSON that is not a JSON-RPC message: {\"a\":1}"),
            ("7", "text that is not JSON: 7"),
        ] {
            assert_eq!(messages(text.as_bytes()).unwrap_err().to_string(), says);
        }
    }
}
