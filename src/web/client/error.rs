//! Failures of the engine as JavaScript errors.

use super::options::Callbacks;
use crate::task::TaskError;
use js_sys::{Array, Error, Object, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::preserve;
use wasm_bindgen::{JsCast, prelude::*};

/// `Failure` in the generated declarations.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorObject<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rpc: Option<PlainRpcError<'a>>,
    #[serde(with = "preserve", skip_serializing_if = "JsValue::is_undefined")]
    result: JsValue,
    #[serde(with = "preserve", skip_serializing_if = "JsValue::is_undefined")]
    cause: JsValue,
}

#[derive(Serialize)]
struct PlainRpcError<'a> {
    code: f64,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
}

/// The error for a failure; `cause` is the platform's own error, or undefined.
pub(super) fn failed(callbacks: &Callbacks, failure: &TaskError, cause: JsValue) -> JsValue {
    let rpc = failure.rpc.as_ref();
    created(
        callbacks,
        &ErrorObject {
            code: failure.code.as_str(),
            message: &failure.message,
            http_status: failure.http_status,
            retry_after_ms: failure.retry_after_ms.map(|ms| ms as f64),
            challenge: failure.challenge.as_deref(),
            rpc: rpc.map(|rpc| PlainRpcError {
                code: rpc.code as f64,
                message: &rpc.message,
                data: rpc.data.as_deref(),
            }),
            result: JsValue::UNDEFINED,
            cause,
        },
    )
}

/// The error of a tool whose result says that it failed.
pub(super) fn tool_error(callbacks: &Callbacks, result: JsValue) -> JsValue {
    let message = first_text(&result).unwrap_or_else(|| "the tool failed and gave no reason".into());
    created(callbacks, &plain("tool_error", &message, result))
}

/// An error of this layer.
pub(super) fn error(callbacks: &Callbacks, code: &str, message: &str) -> JsValue {
    created(callbacks, &plain(code, message, JsValue::UNDEFINED))
}

fn plain<'a>(code: &'a str, message: &'a str, result: JsValue) -> ErrorObject<'a> {
    ErrorObject {
        code,
        message,
        http_status: None,
        retry_after_ms: None,
        challenge: None,
        rpc: None,
        result,
        cause: JsValue::UNDEFINED,
    }
}

fn created(callbacks: &Callbacks, failure: &ErrorObject<'_>) -> JsValue {
    let plain = serde_wasm_bindgen::to_value(failure).unwrap_or_default();
    // A hook that throws must not leave a promise pending.
    let hook = callbacks.create_error.as_ref().and_then(|hook| hook.call1(&JsValue::UNDEFINED, &plain).ok());
    hook.unwrap_or_else(|| {
        let error: Object = Error::new(failure.message).unchecked_into();
        Object::assign(&error, plain.unchecked_ref()).into()
    })
}

/// The first text of a tool result's content.
fn first_text(result: &JsValue) -> Option<String> {
    // `Array::from` throws for a value that is not iterable, and an exception from an import is a trap.
    member(result, "content").dyn_ref::<Array>()?.iter().find_map(|block| member(&block, "text").as_string())
}

/// The platform's description of a thrown value. Any value may be thrown: `fetch` aborted with a string rejects with that string.
pub(super) fn description(thrown: &JsValue) -> String {
    let text = thrown.as_string().or_else(|| message(thrown)).unwrap_or_else(|| "unknown error".into());
    // Node says "fetch failed" and gives the reason in the cause; a wrapper may have repeated the reason already.
    match message(&member(thrown, "cause")) {
        Some(reason) if !text.contains(&reason) => format!("{text} ({reason})"),
        _ => text,
    }
}

/// The message of an error, if it has one. Any object may be thrown, and its members may throw.
pub(super) fn message(error: &JsValue) -> Option<String> {
    member(error, "message").as_string()
}

/// A member of a value that the application or the platform gave, undefined where there is none or reading it throws: what an import
/// throws without being caught is a trap.
pub(super) fn member(of: &JsValue, name: &str) -> JsValue {
    // `Reflect.get` throws for anything else, and an error with its stack costs much where absence is usual.
    if !of.is_object() && !of.is_function() {
        return JsValue::UNDEFINED;
    }
    Reflect::get(of, &name.into()).unwrap_or_default()
}
