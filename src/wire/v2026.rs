//! The codec of the 2026-07-28 revision and of its extension for tasks (`io.modelcontextprotocol/tasks`, 2026-07-28): what
//! is its own. There is no session: every request says all that the server must know of the client.

use super::{
    DecodeError,
    headers::{self, Headers},
    input::{InputAnswer, InputKind, capabilities},
    json::{self, Json},
    json_object::JsonObject,
    jsonrpc::{self, RpcError},
    request::{CallParams, ClientInfo, ClientRequest},
    response::{CallResponse, InputRequest, ServerCapabilities, State, read, read_any, read_payload, read_snapshot},
    snapshot::Status,
    v2025,
};

/// The revision.
pub(super) const PROTOCOL_VERSION: &str = "2026-07-28";

/// What a task's times are called.
pub(super) const TIMES: [&str; 2] = ["ttlMs", "pollIntervalMs"];

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// A request's text, and the headers that repeat what is in it.
pub(super) fn encode(ask: ClientRequest<'_>, id: u32, client: ClientInfo<'_>) -> (String, Headers) {
    let (method, params, name) = ask.words();
    let method = match ask {
        ClientRequest::Initialize | ClientRequest::Ping => "server/discover",
        // The result is told with the state.
        ClientRequest::TaskResult { .. } => "tasks/get",
        _ => method,
    };
    let mut headers = headers::request_headers(PROTOCOL_VERSION, method, name);
    let mut meta = JsonObject::new()
        .with("io.modelcontextprotocol/protocolVersion", PROTOCOL_VERSION)
        .with("io.modelcontextprotocol/clientInfo", Json::from_application(client.client_info));
    let mut params = params;
    let mut may_be_task = true;
    if let ClientRequest::Listen { task_ids } = ask {
        let lists: &[&str] = if client.wants_notifications {
            &["toolsListChanged", "promptsListChanged", "resourcesListChanged"]
        } else {
            &[]
        };
        let mut wanted = JsonObject::new().with("taskIds", Json::from_application(task_ids));
        for list in lists {
            wanted.insert(list, true);
        }
        params.insert("notifications", wanted);
    }
    if let ClientRequest::Call(CallParams { task, progress_token, round_trip, header_params, arguments, .. }) = ask {
        // Leaving it out is the only way to have an answer at once (extension, "Capability Negotiation").
        may_be_task = task.is_some();
        meta.insert("progressToken", progress_token);
        if let Some(round_trip) = round_trip {
            params = params
                .with_some("inputResponses", round_trip.responses.as_deref().map(Json::from_application))
                .with_some("requestState", round_trip.state.as_deref().map(Json::from_application));
        }
        for header_param in header_params {
            if let Some(value) = header_param.value(arguments) {
                headers.add_param(&header_param.header, &value);
            }
        }
    }
    // What is not asked for is not told (2026-07-28, Subscriptions and Logging).
    if client.wants_notifications {
        meta.insert("io.modelcontextprotocol/logLevel", "info");
    }
    let extensions = may_be_task.then(|| JsonObject::new().with(EXTENSION, JsonObject::new()));
    let capabilities = capabilities(client.input_handlers).with_some("extensions", extensions);
    meta.insert("io.modelcontextprotocol/clientCapabilities", capabilities);
    (jsonrpc::request(id, method, &params.with("_meta", meta)), headers)
}

/// Reads the answer to [`ClientRequest::Initialize`]; `None`: this is none of this era's.
pub(super) fn read_capabilities(result: Json<'_>) -> Option<ServerCapabilities> {
    let [versions, capabilities] = read_any(Some(result), &["supportedVersions", "capabilities"]);
    if !speaks(versions, &[PROTOCOL_VERSION]) {
        return None;
    }
    let [tools] = read_any(capabilities, &["tools"]);
    Some(ServerCapabilities {
        protocol_version: PROTOCOL_VERSION.into(),
        tools: tools.is_some(),
        // Whether it declares the extension or not: what it answers counts.
        task_calls: [true, false, false],
        task_cancel: true,
        task_list: false,
    })
}

/// Whether a list of revisions has one of these.
fn speaks(versions: Option<Json<'_>>, known: &[&str]) -> bool {
    let versions = versions.and_then(json::elements).unwrap_or_default();
    versions.into_iter().any(|version| json::text(Some(version)).is_some_and(|v| known.contains(&v.as_ref())))
}

/// The meaning of an error in answer to [`ClientRequest::Initialize`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiscoverError {
    /// It speaks this era, but could not take the request: a second one may do better.
    Again,
    /// It speaks this era, and refuses.
    Ours,
    /// It speaks another.
    Other,
}

/// Reads an error in answer to [`ClientRequest::Initialize`].
pub(super) fn discover_error(error: &RpcError) -> DiscoverError {
    match error.code {
        UNSUPPORTED_VERSION => {
            let data = error.data.as_deref().and_then(|data| Json::check(data).ok());
            let [supported] = read_any(data, &["supported"]);
            if speaks(supported, &[PROTOCOL_VERSION]) {
                DiscoverError::Again
            } else if speaks(supported, &v2025::SUPPORTED_VERSIONS) {
                DiscoverError::Other
            } else {
                DiscoverError::Ours
            }
        }
        HEADER_MISMATCH | MISSING_CAPABILITY => DiscoverError::Ours,
        _ => DiscoverError::Other,
    }
}

const HEADER_MISMATCH: i64 = -32020;
const MISSING_CAPABILITY: i64 = -32021;
const UNSUPPORTED_VERSION: i64 = -32022;

/// Whether the headers did not say what the body says: the server has done nothing, and its list of tools may have changed.
pub(super) fn is_mismatch(error: &RpcError) -> bool {
    error.code == HEADER_MISMATCH
}

/// What a client has to declare for a request to be served, as far as this one could.
pub(super) fn missing(error: &RpcError) -> Option<&'static str> {
    let data = error.data.as_deref().filter(|_| error.code == MISSING_CAPABILITY);
    let data = data.and_then(|data| Json::check(data).ok())?;
    let [required] = read_any(Some(data), &["requiredCapabilities"]);
    let [elicitation, sampling, roots, extensions] =
        read_any(required, &["elicitation", "sampling", "roots", "extensions"]);
    let [tasks] = read_any(extensions, &[EXTENSION]);
    match (tasks, elicitation, sampling, roots) {
        (Some(_), ..) => Some("it has to be a task, and the call forbids that"),
        (_, Some(_), ..) => Some("it asks its user something: give the client an onElicitation handler"),
        (_, _, Some(_), _) => Some("it asks a model something: give the client an onSampling handler"),
        (.., Some(_)) => Some("it asks for directories: give the client an onListRoots handler"),
        _ => None,
    }
}

/// Whether an error comes from a server that does not (any more) speak this era at all.
pub(super) fn is_disowned(error: &RpcError) -> bool {
    error.code == UNSUPPORTED_VERSION || (-32019..=-32000).contains(&error.code)
}

/// Reads the answer to [`ClientRequest::Call`].
pub(super) fn read_call_response(result: Json<'_>, may_be_task: bool) -> Result<CallResponse<'_>, DecodeError> {
    let [kind, requests, state] =
        read(result, "the answer to the call", &["resultType", "inputRequests", "requestState"])?;
    match json::text(kind).as_deref() {
        // Servers of earlier revisions leave it out (2026-07-28, Base Protocol: "Result Type").
        None | Some("complete") => read_payload(result).map(CallResponse::Plain),
        Some("task") if may_be_task => read_snapshot(result, TIMES).map(CallResponse::Task),
        Some("task") => Err(DecodeError::new("a task in answer to a call that may not be one", "")),
        Some("input_required") if requests.is_some() || state.is_some() => {
            Ok(CallResponse::InputRequired(read_input_requests(requests), state))
        }
        Some(other) => Err(DecodeError::new("a result of an unknown type", other)),
    }
}

/// Reads a task's state.
pub(super) fn read_state(json: Json<'_>) -> Result<State<'_>, DecodeError> {
    let snapshot = read_snapshot(json, TIMES)?;
    let [requests, result, error] = read_any(Some(json), &["inputRequests", "result", "error"]);
    let outcome = match (snapshot.status, result, error) {
        (Status::Completed, Some(result), _) => Some(Ok(read_payload(result)?)),
        (Status::Failed, _, Some(error)) => Some(Err(jsonrpc::read_error(error))),
        _ => None,
    };
    let asks = requests.filter(|_| snapshot.status == Status::InputRequired);
    Ok(State { snapshot, asked: Some(read_input_requests(asks)), outcome })
}

fn read_input_requests(requests: Option<Json<'_>>) -> Vec<InputRequest<'_>> {
    let requests = requests.map(json::entries).unwrap_or_default();
    let ask = |(key, request)| {
        let [method, params] = read_any(Some(request), &["method", "params"]);
        let method = json::text(method).unwrap_or_default();
        let [mode] = read_any(params, &["mode"]);
        let known = InputKind::ALL.into_iter().find(|kind| kind.method() == method);
        // Only forms are declared.
        let is_form = mode.is_none() || json::text(mode).as_deref() == Some("form");
        let kind = known.filter(|kind| is_form || *kind != InputKind::Elicitation).ok_or(method);
        InputRequest { key, kind, params: params.unwrap_or_else(Json::empty_object) }
    };
    requests.into_iter().map(ask).collect()
}

/// An answer as it stands in a set of them; `Err`: this era has no word for a refusal of this kind.
pub(super) fn answer_input(kind: InputKind, answer: &InputAnswer) -> Result<&str, &str> {
    match (answer, kind) {
        (InputAnswer::Result(json), _) if Json::check(json).is_ok() => Ok(json),
        (InputAnswer::Result(_), _) => Err("the answer is not JSON"),
        (InputAnswer::Error { .. }, InputKind::Elicitation) => Ok(r#"{"action":"cancel"}"#),
        (InputAnswer::Error { message, .. }, _) => Err(message),
    }
}

/// Checks that a result is whole: some of this era are not.
pub(super) fn complete(result: Json<'_>) -> Result<Json<'_>, DecodeError> {
    let [kind] = read_any(Some(result), &["resultType"]);
    match json::text(kind).as_deref() {
        None | Some("complete") => Ok(result),
        Some(other) => Err(DecodeError::new("a result of a type that does not belong here", other)),
    }
}
