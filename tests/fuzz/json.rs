//! Any text, read as the engine reads it and as a `Value` of serde_json: they must agree, except for the rules of our own. These are the
//! limit of depth, lone surrogates, and lenient numbers.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "what goes wrong shall stop")]

use mcp_tasks::wire::input::{InputAnswer, InputKind};
use mcp_tasks::wire::json::{Json, elements, fields, signed, text, truth, whole};
use mcp_tasks::wire::notification::ServerNotification;
use mcp_tasks::wire::receiver_messages::{ReceiverRequest, TaskCapabilities};
use mcp_tasks::wire::request::CallKind;
use mcp_tasks::wire::response::{CallResponse, read_payload};
use mcp_tasks::wire::snapshot::Status;
use mcp_tasks::wire::{Era, session};
use serde_json::{Value, json};

const TASK_ID: &str = "t\"1";

/// Looked for in every object: words of the protocol, short ones that bytes hit by chance, and one that no name is.
const NAMES: [&str; 9] = ["taskId", "status", "task", "id", "a", "", "\n", "é", "no such name"];

pub(crate) fn run(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let (checked, value) = (Json::check(input), serde_json::from_str::<Value>(input));
    // Both limit the depth to 127 levels. No `Value` can hold a lone surrogate.
    let has_surrogates = input.contains("\\ud") || input.contains("\\uD");
    assert!(checked.is_ok() || value.is_err(), "refused: {input}");
    assert!(checked.is_err() || value.is_ok() || has_surrogates, "accepted: {input}");
    let Ok(json) = checked else { return };
    assert!(!json.get().starts_with([' ', '\n', '\r', '\t']) && !json.get().ends_with([' ', '\n', '\r', '\t']));
    match value {
        Ok(value) => {
            agree(json, &value);
            answer_with(json, &value);
        }
        // Whatever it means, it is split without a panic, and into JSON.
        Err(_) => split(json),
    }
    if let Some(quoted) = json.get().strip_prefix('"') {
        assert_eq!(text(Some(json)).as_deref(), Some(lossy(&quoted[..quoted.len() - 1]).as_str()), "{input}");
    }
    read_all(json);
}

fn agree(json: Json<'_>, value: &Value) {
    assert_eq!(serde_json::from_str::<Value>(json.get()).ok().as_ref(), Some(value), "the text: {}", json.get());
    assert_eq!(text(Some(json)).as_deref(), value.as_str());
    assert_eq!(truth(Some(json)), *value == Value::Bool(true));
    if let Some(number) = value.as_u64() {
        assert_eq!(whole(Some(json)), Some(number));
    }
    if let Some(number) = value.as_i64() {
        // Zero with a sign is a float to serde_json.
        assert_eq!(signed(Some(json)), Some(number));
    }
    if value.is_object() || value.is_array() || value.is_boolean() || value.is_null() {
        assert_eq!((whole(Some(json)), signed(Some(json))), (None, None));
    }

    let items = elements(json);
    assert_eq!(items.as_ref().map(Vec::len), value.as_array().map(Vec::len));
    for (item, value) in items.into_iter().flatten().zip(value.as_array().into_iter().flatten()) {
        agree(item, value);
    }
    let members = fields(json, &NAMES);
    assert_eq!(members.is_some(), value.is_object());
    for (name, found) in NAMES.iter().zip(members.into_iter().flatten()) {
        // Absent and null are the same.
        let wanted = value.get(name).filter(|value| !value.is_null());
        assert_eq!(found.is_some(), wanted.is_some(), "{name} in {}", json.get());
        if let (Some(found), Some(wanted)) = (found, wanted) {
            agree(found, wanted);
        }
    }
}

/// What a string between quotes means; each lone surrogate becomes U+FFFD.
fn lossy(quoted: &str) -> String {
    let mut units = Vec::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        let c = match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('u')) => {
                units.push(u16::from_str_radix(&chars.by_ref().take(4).collect::<String>(), 16).unwrap_or_default());
                continue;
            }
            (_, Some('n')) => '\n',
            (_, Some('t')) => '\t',
            (_, Some('r')) => '\r',
            (_, Some('b')) => '\u{8}',
            (_, Some('f')) => '\u{c}',
            (c, escaped) => escaped.unwrap_or(c),
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16_lossy(&units)
}

fn split(json: Json<'_>) {
    let members = fields(json, &NAMES).into_iter().flatten().flatten();
    for part in elements(json).into_iter().flatten().chain(members) {
        assert_eq!(Json::check(part.get()), Ok(part), "a part that is not JSON, of {}", json.get());
        split(part);
    }
    let _ = (text(Some(json)), whole(Some(json)), signed(Some(json)));
}

const HOSTS: TaskCapabilities =
    TaskCapabilities { list: true, cancel: true, sampling: true, elicitation: true, get: true, result: true };

/// Everything that is read from a server, of this text: what comes out is what went in.
fn read_all(json: Json<'_>) {
    for era in [Era::Handshake, Era::Stateless] {
        read_in(era, json);
    }
    if let Ok(payload) = read_payload(json) {
        assert_eq!(payload.json, json);
        assert!(!(payload.is_empty && payload.is_error));
    }
    for kind in InputKind::ALL {
        for hosts in [TaskCapabilities::default(), HOSTS] {
            let read = session::read_input([true; 3], hosts, json, kind.method(), Some(json));
            let is_hosted = |hosted: Option<ReceiverRequest>| {
                hosted.is_none_or(|it| hosts == HOSTS && it.method() == kind.method())
            };
            let fits = read.is_ok_and(|request| request.kind == kind && is_hosted(request.receiver_request));
            assert!(fits || kind == InputKind::Elicitation);
        }
    }
}

fn read_in(era: Era, json: Json<'_>) {
    if let Ok(state) = era.read_state(json) {
        let snapshot = state.snapshot;
        assert!(!snapshot.task_id.is_empty());
        assert_eq!(Status::parse(snapshot.status.as_str()), Some(snapshot.status));
        assert!(state.outcome.is_none() || snapshot.status.is_terminal());
        let told = snapshot.to_json();
        let read = serde_json::from_str::<Value>(&told).ok();
        assert_eq!(read.as_ref().and_then(|told| told.get("taskId")?.as_str()), Some(snapshot.task_id.as_str()));
    }
    for may_be_task in [false, true] {
        match era.read_call_response(json, may_be_task) {
            Ok(CallResponse::Plain(payload)) => assert_eq!(payload.json, json),
            Ok(CallResponse::Task(snapshot)) => assert!(!snapshot.task_id.is_empty()),
            Ok(CallResponse::Named { task_id, .. }) => assert!(!task_id.is_empty()),
            Ok(CallResponse::InputRequired(asked, state)) => {
                assert!(era == Era::Stateless && (asked.len() < 1 << 20 || state.is_some()))
            }
            Err(_) => {}
        }
    }
    if let Ok(page) = era.read_tasks(json) {
        let text = page.to_json();
        assert!(Json::check(&text).is_ok(), "{text}");
        assert!(page.next_cursor.is_none_or(|cursor| !cursor.is_empty()));
    }
    for kind in CallKind::ALL {
        if let Ok(page) = era.read_page(kind, json, 256) {
            assert!(page.next_cursor.is_none_or(|cursor| !cursor.is_empty()));
            assert!(page.items.iter().all(|item| Json::check(item.json.get()) == Ok(item.json)));
        }
    }
    let _ = era.read_handshake(Ok(json));
    for method in ["notifications/tasks", "notifications/progress", "notifications/subscriptions/acknowledged"] {
        if let ServerNotification::Progress { json, .. } = era.read_notification(method, Some(json)) {
            assert!(Json::check(&json).is_ok(), "{json}");
        }
    }
}

/// An answer of the application's, whatever is in it: it names the task, and nothing else is changed.
fn answer_with(json: Json<'_>, value: &Value) {
    let answer = InputAnswer::Result(json.get().into());
    let sent = session::answer("7", &answer, Some(TASK_ID));
    let mut sent: Value = serde_json::from_str(&sent).unwrap_or_else(|e| panic!("{e}: {sent}"));
    let mut wanted = if value.is_object() { value.clone() } else { json!({}) };
    if !wanted.get("_meta").is_some_and(Value::is_object) {
        wanted["_meta"] = json!({});
    }
    wanted["_meta"]["io.modelcontextprotocol/related-task"] = json!({ "taskId": TASK_ID });
    assert_eq!(sent["result"].take(), wanted, "made of {}", json.get());

    // No member twice, which a reader would not show: what was written once stays as long as it must be.
    let once = session::answer("7", &InputAnswer::Result(value.to_string()), Some(TASK_ID));
    let shell = r#"{"jsonrpc":"2.0","id":7,"result":}"#.len();
    assert_eq!(once.len(), shell + wanted.to_string().len(), "{once}");
}
