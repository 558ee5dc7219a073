//! The options of a client and of a call, read from JavaScript objects by typed getters. `serde_wasm_bindgen::from_value` in
//! their place was measured at 8.8 KB gzip more, for the same fields.

use super::{
    types::{CallTarget, EraName, InputKindName},
    url,
};
use crate::{
    client::{Config, TaskCapabilities, TaskMode},
    wire::request::TaskOption,
};
use js_sys::{Array, Function, JSON, Object};
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::AbortSignal;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r##"
import type { ClientOptions, Era, InputRequest, Progress, Status, TaskRef, TaskStatus, Warning } from "#types";

/** A kind of request that a server sends to its client. */
export type InputKind = "elicitation" | "sampling" | "roots";

/** Why an operation failed, as plain data. */
export interface Failure {
  /** Stable name of the cause, for example `"network"`. */
  code: string;
  /** What was wrong, where, and what did not happen. */
  message: string;
  httpStatus?: number;
  retryAfterMs?: number;
  /** The `WWW-Authenticate` header of a 401 or 403. */
  challenge?: string;
  /** The server's JSON-RPC error; `data` is JSON text. */
  rpc?: { code: number; message: string; data?: string };
  /** The tool's result, for the code `tool_error`. */
  result?: unknown;
  /** The platform's error, where the failure reports one. */
  cause?: unknown;
}

/** A request of the server for its client. It is answered by `Client.respond` or `Client.refuse` with its `id`. */
export interface InputRequestEvent {
  id: number;
  kind: InputKind | HostedRequest;
  method: string;
  /** Names the request in `TaskHandle.respond`; empty for requests about hosted tasks. */
  key: string;
  /** JSON text. */
  params: string;
  /** The JSON-RPC request as JSON text, where it was one: `Client.restoreInputRequest` takes it after a reload. */
  request?: string;
}

/** A request for tasks that this client hosts. */
export type HostedRequest = "augmentedElicitation" | "augmentedSampling" | "getTask" | "getTaskResult" | "listTasks" | "cancelTask";

/** Options of `Client`. Every callback is called outside of the engine and may call every method. */
export interface EngineOptions
  extends Omit<ClientOptions, "engine" | "persist" | "storage" | "taskHandlers" | `on${string}`> {
  /** The era that this server spoke earlier: tried first. */
  knownEra?: Era | undefined;
  /** The session to resume: what `onSession` reported. */
  session?: string | undefined;
  /** Leaves the session open when the client is closed. @default false */
  keepSession?: boolean;
  /** The kinds of input requests that the application answers; only these are declared to the server. @default [] */
  inputKinds?: InputKind[];
  /** The requests about hosted tasks that are served. @default none */
  hosts?: { list: boolean; cancel: boolean; sampling: boolean; elicitation: boolean; get: boolean; result: boolean };
  /** Makes the value that promises reject with. @default an `Error` with the failure's fields */
  createError?: ((failure: Failure) => unknown) | undefined;
  /** Makes the result of a task from JSON text; `isWrapped`: its structured content has one member, `result`. @default JSON.parse */
  createResult?: ((json: string, isWrapped: boolean) => unknown) | undefined;
  /** The server speaks this era. */
  onEra?: ((revision: Era) => void) | undefined;
  /** The session that has begun, for a later client's `session`; undefined: the server keeps none. */
  onSession?: ((session: string | undefined) => void) | undefined;
  /** The server has answered a call; `taskId` is undefined where it created no task. */
  onTaskCreated?: ((taskId: string | undefined, context: unknown) => void) | undefined;
  /** With this callback every task of the client is observed. */
  onTaskStatus?: ((status: TaskStatus, context: unknown) => void) | undefined;
  /** The same without observing: reports the changes that are known anyway. */
  onStatusKnown?: ((status: TaskStatus, context: unknown) => void) | undefined;
  /** The server reported progress. Does not observe the task. */
  onProgressKnown?: ((progress: Progress, context: unknown) => void) | undefined;
  /** The outcome reached the application, or there is no task that could be found again; `error`: it is a failure. */
  onOutcomeObserved?: ((error: unknown, context: unknown) => void) | undefined;
  /** The server requests something. `context` is of the task that asks; undefined where that is not known. */
  onInputRequest?: ((request: InputRequestEvent, context: unknown) => void) | undefined;
  /** The request is answered, withdrawn, or its task has ended. */
  onInputClosed?: ((id: number) => void) | undefined;
  /** A notification that the engine does not use; `params` is JSON text. */
  onNotification?: ((method: string, params: string) => void) | undefined;
  /** TransportError that no promise reports. */
  onWarning?: ((warning: Warning) => void) | undefined;
}

/** Options of `Client.callTool`, `Client.getPrompt` and `Client.readResource`. */
export interface EngineCallOptions {
  /** `false`: a plain call. `{ ttlMs }`: the server is asked to keep the task that long. @default a task where server and tool offer it */
  task?: false | { ttlMs?: number };
  /** Whether a result with `isError` rejects. @default true */
  raiseOnError?: boolean;
  /** Aborted before the server created a task: no task is left behind. */
  signal?: AbortSignal;
  /** Passed to the client's callbacks about this task. */
  context?: unknown;
}
"##;

#[wasm_bindgen]
extern "C" {
    /// Options of a client.
    #[wasm_bindgen(typescript_type = "EngineOptions")]
    #[derive(Clone)]
    pub type EngineOptions;
    #[wasm_bindgen(method, getter)]
    pub(super) fn headers(this: &EngineOptions) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn fetch(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn credentials(this: &EngineOptions) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = clientInfo)]
    fn client_info(this: &EngineOptions) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn era(this: &EngineOptions) -> Option<EraName>;
    #[wasm_bindgen(method, getter, js_name = knownEra)]
    fn known_era(this: &EngineOptions) -> Option<EraName>;
    #[wasm_bindgen(method, getter)]
    fn stream(this: &EngineOptions) -> Option<bool>;
    #[wasm_bindgen(method, getter, js_name = earlyPoll)]
    fn early_poll(this: &EngineOptions) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    fn session(this: &EngineOptions) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = keepSession)]
    fn keep_session(this: &EngineOptions) -> Option<bool>;
    #[wasm_bindgen(method, getter, js_name = inputKinds)]
    fn input_kinds(this: &EngineOptions) -> Option<Array>;
    #[wasm_bindgen(method, getter)]
    fn hosts(this: &EngineOptions) -> Option<HostOptions>;
    /// A numeric option by its name.
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn number(this: &EngineOptions, name: &str) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = createError)]
    fn create_error(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = createResult)]
    fn create_result(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onEra)]
    fn on_era(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onSession)]
    fn on_session(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onTaskCreated)]
    fn on_task_created(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onTaskStatus)]
    fn on_task_status(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onStatusKnown)]
    fn on_status_known(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onProgressKnown)]
    fn on_progress_known(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onOutcomeObserved)]
    fn on_outcome_observed(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onInputRequest)]
    fn on_input_request(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onInputClosed)]
    fn on_input_closed(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onNotification)]
    fn on_notification(this: &EngineOptions) -> Option<Function>;
    #[wasm_bindgen(method, getter, js_name = onWarning)]
    fn on_warning(this: &EngineOptions) -> Option<Function>;

    type HostOptions;
    #[wasm_bindgen(method, getter)]
    fn list(this: &HostOptions) -> bool;
    #[wasm_bindgen(method, getter)]
    fn cancel(this: &HostOptions) -> bool;
    #[wasm_bindgen(method, getter)]
    fn sampling(this: &HostOptions) -> bool;
    #[wasm_bindgen(method, getter)]
    fn elicitation(this: &HostOptions) -> bool;
    #[wasm_bindgen(method, getter)]
    fn get(this: &HostOptions) -> bool;
    #[wasm_bindgen(method, getter)]
    fn result(this: &HostOptions) -> bool;

    /// Options of a call.
    #[wasm_bindgen(typescript_type = "EngineCallOptions")]
    pub type CallOptions;
    #[wasm_bindgen(method, getter)]
    fn task(this: &CallOptions) -> JsValue;
    #[wasm_bindgen(method, getter, js_name = raiseOnError)]
    pub(super) fn raise_on_error(this: &CallOptions) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn signal(this: &CallOptions) -> Option<AbortSignal>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn context(this: &CallOptions) -> JsValue;

    type TaskRequest;
    #[wasm_bindgen(method, getter, js_name = ttlMs)]
    fn ttl_ms(this: &TaskRequest) -> Option<f64>;

    /// Plain data that identifies a task.
    #[wasm_bindgen(typescript_type = "TaskRef")]
    pub type TaskRef;
    #[wasm_bindgen(method, getter, js_name = taskId)]
    pub(super) fn task_id(this: &TaskRef) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn kind(this: &TaskRef) -> Option<CallTarget>;
    #[wasm_bindgen(method, getter)]
    pub(super) fn name(this: &TaskRef) -> JsValue;
}

impl EngineOptions {
    /// No options: every getter gives `undefined`.
    pub(super) fn none() -> Self {
        Object::new().unchecked_into()
    }

    /// The engine's configuration.
    pub(super) fn config(&self, endpoint: &str) -> Config {
        let mut config = Config::new(endpoint);
        config.resolve_url = url::resolve;
        for (name, value) in config.numbers() {
            if let Some(number) = self.number(name) {
                *value = number as u64;
            }
        }
        let client_info = self.client_info();
        if client_info.is_object()
            && let Some(json) = JSON::stringify(&client_info).ok().and_then(|text| text.as_string())
        {
            config.client_info = json;
        }
        config.era = self.era().and_then(EraName::era);
        config.spoken = self.known_era().and_then(EraName::era);
        config.session = self.session();
        config.keeps_session = self.keep_session().unwrap_or(false);
        config.stream = self.stream().unwrap_or(true);
        config.early_poll = self.early_poll().unwrap_or(true);
        config.input_handlers = self.served();
        config.task_capabilities = self.hosts().map_or_else(TaskCapabilities::default, |hosts| TaskCapabilities {
            list: hosts.list(),
            cancel: hosts.cancel(),
            sampling: hosts.sampling(),
            elicitation: hosts.elicitation(),
            get: hosts.get(),
            result: hosts.result(),
        });
        config.watch_all = self.on_task_status().is_some() || config.input_handlers.contains(&true);
        config.notifications = self.on_notification().is_some();
        config
    }

    /// Which input requests the application answers, in the order of `InputKind::ALL`.
    fn served(&self) -> [bool; 3] {
        let kinds = self.input_kinds().unwrap_or_default();
        [InputKindName::Elicitation, InputKindName::Sampling, InputKindName::Roots]
            .map(|kind| kinds.includes(&kind.into(), 0))
    }
}

/// The functions among the options, read once: a getter crosses into JavaScript at each call.
pub(super) struct Callbacks {
    pub(super) create_error: Option<Function>,
    pub(super) create_result: Option<Function>,
    pub(super) on_era: Option<Function>,
    pub(super) on_session: Option<Function>,
    pub(super) on_task_created: Option<Function>,
    pub(super) on_task_status: Option<Function>,
    pub(super) on_status_known: Option<Function>,
    pub(super) on_progress_known: Option<Function>,
    pub(super) on_outcome_observed: Option<Function>,
    pub(super) on_input_request: Option<Function>,
    pub(super) on_input_closed: Option<Function>,
    pub(super) on_notification: Option<Function>,
    pub(super) on_warning: Option<Function>,
}

impl Callbacks {
    pub(super) fn new(options: &EngineOptions) -> Self {
        Self {
            create_error: options.create_error(),
            create_result: options.create_result(),
            on_era: options.on_era(),
            on_session: options.on_session(),
            on_task_created: options.on_task_created(),
            on_task_status: options.on_task_status(),
            on_status_known: options.on_status_known(),
            on_progress_known: options.on_progress_known(),
            on_outcome_observed: options.on_outcome_observed(),
            on_input_request: options.on_input_request(),
            on_input_closed: options.on_input_closed(),
            on_notification: options.on_notification(),
            on_warning: options.on_warning(),
        }
    }
}

impl CallOptions {
    /// No options: every getter gives `undefined`.
    pub(super) fn none() -> Self {
        Object::new().unchecked_into()
    }

    pub(super) fn mode(&self) -> TaskMode {
        let task = self.task();
        if task == false {
            return TaskMode::Never;
        }
        let ttl_ms = task.is_object().then(|| task.unchecked_into::<TaskRequest>().ttl_ms()).flatten();
        TaskMode::WhatIsOffered(TaskOption { ttl_ms: ttl_ms.map(|ms| ms as u64) })
    }
}
