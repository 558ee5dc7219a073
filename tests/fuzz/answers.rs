//! What a server might say, to a request of ours or of its own accord.

use super::choices::Choices;

fn state(task_id: &str, choices: &mut Choices<'_>) -> String {
    let status = choices.one(&["working", "working", "input_required", "completed", "failed", "cancelled", "odd"]);
    let interval = choices.one(&["100", "0", "1e9", "99999999999999999999", "null", "\"x\""]);
    let second = choices.below(60);
    let (status, interval) = (status.unwrap_or_default(), interval.unwrap_or_default());
    // In the words of both eras: each reads its own.
    let more = choices.one(&[
        "",
        r#","result":{"content":[]},"error":{"code":-1,"message":"no"}"#,
        r#","inputRequests":{"k1":{"method":"elicitation/create","params":{}},"k2":{"method":"roots/list"}}"#,
        r#","inputRequests":{"k2":{"method":"sampling/createMessage","params":{}}},"resultType":"task""#,
        r#","inputRequests":{"k3":{"method":"elicitation/create","params":{"mode":"url"}}},"ttlMs":1000"#,
    ]);
    let times = format!(r#""pollInterval":{interval},"pollIntervalMs":{interval},"ttlMs":{interval}"#);
    let at = format!(r#""lastUpdatedAt":"2026-11-21T00:00:{second:02}Z""#);
    format!(r#"{{"taskId":"{task_id}","status":"{status}",{times},{at}{}}}"#, more.unwrap_or_default())
}

/// An answer to this request; `None` when it wants none.
pub(crate) fn answer_to(request: &str, choices: &mut Choices<'_>) -> Option<String> {
    let id = after(request, "\"id\":")?;
    let task_id = after(request, "\"taskId\":\"").unwrap_or("t0");
    let error = choices.one(&["-32602", "-32603", "0", "-32020", "-32021", "-32022", "-32601"])?;
    let is = |method: &str| request.contains(method);
    let result = match choices.below(8) {
        0 => {
            return Some(format!(
                r#"{{"id":{id},"error":{{"code":{error},"message":"no","data":{{"supported":["2026-07-28"]}}}}}}"#
            ));
        }
        _ if is("\"server/discover\"") => {
            let versions = choices.one(&[r#""2026-07-28""#, r#""2026-07-28""#, r#""2025-11-25""#, ""])?;
            format!(r#"{{"supportedVersions":[{versions}],"capabilities":{{"tools":{{}}}}}}"#)
        }
        _ if is("\"tools/call\"") && is("2026-07-28") && choices.below(4) > 0 => {
            let new = format!("t{}", choices.below(4));
            let task = state(&new, choices);
            let kind = choices.one(&["task", "task", "input_required", "complete", "odd"])?;
            let note = choices.one(&["", r#""requestState":"n","#])?;
            format!(r#"{{"resultType":"{kind}",{note}{}"#, task.get(1..)?)
        }
        _ if is("\"initialize\"") => {
            let tasks = choices.one(&[
                r#","tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}"#,
                r#","tasks":{"requests":{"tools":{}}}"#,
                "",
            ])?;
            let version = choices.one(&["2025-11-25", "2025-11-25", "2025-06-18", "1999-01-01"])?;
            format!(r#"{{"protocolVersion":"{version}","capabilities":{{"tools":{{}}{tasks}}}}}"#)
        }
        _ if is("\"tools/list\"") => {
            let next = choices.one(&["", "", r#","nextCursor":"x""#, r#","nextCursor":"y""#])?;
            let optional = r#""execution":{"taskSupport":"optional"}"#;
            let header = choices.one(&[
                "",
                r#","inputSchema":{"properties":{"n":{"type":"integer","x-mcp-header":"N"}}}"#,
                r#","inputSchema":{"x-mcp-header":"N"}"#,
            ])?;
            format!(r#"{{"tools":[{{"name":"a",{optional}{header}}},{{"name":"b",{optional}}},{{"name":"c"}}]{next}}}"#)
        }
        _ if is("\"tools/call\"") && is("\"task\":") => {
            let new = format!("t{}", choices.below(4));
            format!(r#"{{"task":{}}}"#, state(&new, choices))
        }
        _ if is("\"tasks/list\"") => {
            let tasks: Vec<String> =
                (0..choices.below(6)).map(|_| state(&format!("t{}", choices.below(5)), choices)).collect();
            let next = choices.one(&["", "", r#","nextCursor":"x""#, r#","nextCursor":"y""#])?;
            format!(r#"{{"tasks":[{}]{next}}}"#, tasks.join(","))
        }
        _ if is("\"tasks/get\"") || is("\"tasks/cancel\"") => state(task_id, choices),
        _ => {
            choices.one(&[r#"{"content":[]}"#, r#"{"content":[],"isError":true}"#, r#"{"_meta":{}}"#, "7"])?.to_owned()
        }
    };
    Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

/// What follows this in the text, up to the end of the value.
fn after<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(key)?;
    rest.split([',', '}', '"']).next()
}

/// A notification, or a request of the server's.
pub(crate) fn told(choices: &mut Choices<'_>) -> String {
    let question = choices.below(4);
    match choices.below(10) {
        3..6 => {
            let method = choices.one(&[
                "elicitation/create",
                "sampling/createMessage",
                "roots/list",
                "tasks/result",
                "tasks/x",
                "x",
            ]);
            let meta = choices.one(&[
                "",
                r#","_meta":{"io.modelcontextprotocol/related-task":{"taskId":"t1"}}"#,
                r#","mode":"url""#,
                r#","task":{"ttl":1}"#,
            ]);
            let (method, meta) = (method.unwrap_or_default(), meta.unwrap_or_default());
            format!(r#"{{"id":{question},"method":"{method}","params":{{"message":"?"{meta}}}}}"#)
        }
        6 => format!(r#"{{"method":"notifications/cancelled","params":{{"requestId":{question}}}}}"#),
        7 => {
            format!(r#"{{"method":"notifications/progress","params":{{"progressToken":{question},"progress":1}}}}"#)
        }
        0 => r#"{"id":0,"method":"ping"}"#.to_owned(),
        1 => r#"{"method":"notifications/tools/list_changed"}"#.to_owned(),
        2 => r#"{"id":7,"result":{}}"#.to_owned(),
        _ => {
            let id = format!("t{}", choices.below(5));
            let ids = choices.one(&["", r#""t0""#, r#""t0","t1","t2""#]).unwrap_or_default();
            match choices.below(4) {
                0 => {
                    let accepted = format!(r#"{{"notifications":{{"taskIds":[{ids}]}}}}"#);
                    format!(r#"{{"method":"notifications/subscriptions/acknowledged","params":{accepted}}}"#)
                }
                _ => format!(r#"{{"method":"notifications/tasks/status","params":{}}}"#, state(&id, choices)),
            }
        }
    }
}
