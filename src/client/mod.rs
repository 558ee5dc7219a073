//! The sans-IO engine: many tasks, one server, one session. It decides everything and does nothing: what the page asked,
//! what the network brought and what the world did goes in; what to fetch and what to tell comes out.
//!
//! **The one invariant: every [`Client::handle_input`] is followed by [`Client::poll_output`] until `None`, before the
//! next `handle_input`.**

mod answered_keys;
mod backoff;
mod calls;
mod cancel;
mod config;
mod dispatch;
mod early_notifications;
mod entry;
mod http_exchange;
mod http_sse;
mod input_request;
mod input_requests;
mod io;
mod limits;
mod list_polling;
mod listing;
#[cfg(not(target_arch = "wasm32"))]
mod liveness;
mod long_poll;
mod multi_round_trip;
mod notification_stream;
mod outage;
mod poll_queue;
mod polling;
mod queries;
mod redirects;
mod refresh;
mod requests;
mod responses;
mod resume;
mod saved_session;
mod session;
mod task_index;
mod tasks;
mod timers;
mod transport_error;
mod warnings;

pub use config::{Config, Limits};
pub use io::{
    Call, ExchangeId, Fetch, Handle, Input, InputId, Output, PauseReason, Redirect, ReplyId, TaskMode, WakeReason,
};

pub use crate::wire::{
    Era,
    input::{InputAnswer, InputKind},
    receiver_messages::{ReceiverRequest, TaskCapabilities},
    request::CallKind,
};
pub use queries::Query;

use crate::Millis;
use answered_keys::AnsweredKeys;
use backoff::Backoff;
use entry::Refresher;
use http_exchange::HttpExchange;
use http_sse::HttpSse;
use input_request::OpenInputRequest;
use list_polling::ListPolling;
use listing::Listing;
use notification_stream::NotificationStream;
use queries::Pending;
use requests::Purpose;
use responses::Responses;
use resume::Resume;
use session::{Ready, Session};
use std::collections::VecDeque;
use tasks::Tasks;
pub(crate) use warnings::WarningLimit;

/// The engine of one client: see the module's words.
#[derive(Debug)]
pub struct Client {
    config: Config,
    session: Session,
    /// The dialect that is spoken, or tried.
    era: Era,
    /// The server has spoken it before.
    is_era_known: bool,
    /// The server has corrected this handshake once.
    was_corrected: bool,
    backoff: Backoff,
    tasks: Tasks,
    /// Calls that wait for the session, the list of tools or the stream, in the order they were made.
    calls: Vec<Handle>,
    /// Tasks to be cancelled as soon as that can be asked for.
    cancels: Vec<Handle>,
    /// One each for tools, prompts and resources.
    listings: [Listing; 3],
    list_polling: ListPolling,
    // `queries`, `input_requests`, `exchanges` and `requests` are scanned after every input anyway, so vectors suffice. As maps these
    // four cost 2.6 KB of gzip more.
    queries: Vec<Pending>,
    /// What the server asks and nobody has answered yet.
    input_requests: Vec<OpenInputRequest>,
    answered_keys: AnsweredKeys,
    /// What the newest questions were called.
    keys: Vec<String>,
    responses: Responses,
    warnings: WarningLimit,
    /// Where a page was redirected to: used in place of the endpoint until a request fails.
    redirect_target: Option<String>,
    resumes: Vec<Resume>,
    stream: NotificationStream,
    http_sse: HttpSse,
    /// In the order in which they began, which is the order of their ids.
    exchanges: Vec<HttpExchange>,
    /// JSON-RPC requests that are not answered yet, in the order of their ids.
    requests: Vec<(u32, Purpose)>,
    next_exchange: ExchangeId,
    next_request: u32,
    next_input: InputId,
    /// Added to a handle's number, it names the call in what is told of its progress: another page of the same session
    /// must not use the same.
    progress_base: u32,
    /// The server does not end the event stream of an answer after the answer.
    leaves_streams_open: bool,
    /// One connection carries any number of requests at once: sockets need not be counted.
    multiplexed: bool,
    paused: Vec<PauseReason>,
    /// How often the handshake has failed in a row.
    session_attempts: u32,
    /// Which session we are in, counted: an exchange of an earlier one says nothing about this one.
    epoch: u32,
    /// Sessions lost in a row without one answer in between.
    losses: u32,
    last_loss: Millis,
    now: Millis,
    outputs: VecDeque<Output>,
}

impl Client {
    /// An engine that has done nothing yet. `seed` feeds the jitter of its waits.
    pub fn new(config: Config, seed: u64) -> Self {
        let may_go_on = config.era.is_none_or(Era::has_sessions);
        let ready = config.session.as_deref().filter(|_| may_go_on).and_then(Ready::from_text);
        let spoken = config.spoken.filter(|_| ready.is_none()).or(ready.as_ref().map(|_| Era::WITH_SESSIONS));
        // Small enough for every number type a server may have.
        let base = (seed as u32) & 0x3fff_ffff;
        Self {
            era: config.era.or(spoken).unwrap_or(Era::NEWEST),
            is_era_known: spoken.is_some(),
            // An id must not come twice in a session (MCP 2025-11-25, Overview: "Requests").
            next_request: if ready.is_some() { base.max(1) } else { 1 },
            session: ready.map_or(Session::Idle, Session::Ready),
            was_corrected: false,
            backoff: Backoff::new(seed),
            tasks: Tasks::default(),
            calls: Vec::new(),
            cancels: Vec::new(),
            listings: Default::default(),
            list_polling: ListPolling::default(),
            queries: Vec::new(),
            input_requests: Vec::new(),
            answered_keys: AnsweredKeys::default(),
            keys: Vec::new(),
            responses: Responses::default(),
            warnings: WarningLimit::default(),
            redirect_target: None,
            resumes: Vec::new(),
            stream: NotificationStream::default(),
            http_sse: HttpSse::default(),
            exchanges: Vec::new(),
            requests: Vec::new(),
            next_exchange: 1,
            next_input: 1,
            progress_base: base,
            leaves_streams_open: false,
            multiplexed: false,
            paused: Vec::new(),
            session_attempts: 0,
            epoch: 0,
            losses: 0,
            last_loss: 0,
            now: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Takes in one thing that happened at `now`. Cannot fail and cannot panic, whatever a server sent.
    ///
    /// **Follow it with [`Self::poll_output`] until `None`, before the next call.**
    pub fn handle_input(&mut self, now: Millis, input: Input<'_>) {
        // A clock that goes back would make every wait longer.
        let now = now.max(self.now);
        self.now = now;
        if matches!(self.session, Session::Closed) {
            return self.refuse(input);
        }
        match input {
            Input::Call { handle, call } => self.call(handle, call),
            Input::Attach { handle, task_id } => self.attach(handle, task_id),
            Input::Watch { handle, interest } => self.with_task(now, handle, |task, now| task.watch(now, interest)),
            Input::Unwatch { handle, interest } => self.with_task(now, handle, |task, now| task.unwatch(now, interest)),
            Input::Refresh { handle, reply } => self.refresh(now, handle, Refresher::Status(reply)),
            Input::Cancel { handle, reply } => self.cancel(handle, reply),
            Input::Abandon { handle } => self.abandon(handle),
            Input::Forget { handle } => self.forget(handle),
            Input::List { kind, reply } => self.list(kind, reply),
            Input::Query { reply, query } => self.query(reply, query),
            Input::RestoreInputRequest { handle, message } => self.restore_input_request(now, handle, message),
            Input::Respond { input, answer, reply } => self.respond(now, input, &answer, reply),
            Input::NotifyTaskStatus { task } => self.notify_task_status(&task),
            Input::Multiplexed => self.multiplexed = true,
            Input::Close => return self.close(),
            Input::Head { exchange, head } => self.head(now, exchange, head),
            Input::Redirected { exchange, redirect } => self.redirected(now, exchange, redirect),
            Input::Chunk { exchange, bytes } => self.chunk(now, exchange, bytes),
            Input::End { exchange } => self.end(now, exchange),
            Input::Failed { exchange, why } => self.fetch_failed(now, exchange, why),
            Input::Pause(reason) => self.pause(now, reason),
            Input::Resume(reason) => self.resume(now, reason),
            Input::Timeout => {}
        }
        // Whatever happens first after a device has slept: limits that have passed meanwhile would not come up again.
        self.give_up_unanswered(now);
        self.pump(now);
    }

    /// The next thing to do or to tell; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The same, all at once: where there are none left of the ones before, none has to be moved.
    #[cfg(all(target_arch = "wasm32", feature = "client"))]
    pub(crate) fn take_outputs(&mut self, into: &mut VecDeque<Output>) {
        if into.is_empty() {
            return std::mem::swap(into, &mut self.outputs);
        }
        while let Some(output) = self.poll_output() {
            into.push_back(output);
        }
    }

    /// Starts everything that can be started now.
    fn pump(&mut self, now: Millis) {
        self.update_http_sse(now);
        self.connect_if_wanted(now);
        self.send_responses();
        if !self.session.is_ready() {
            return;
        }
        for kind in CallKind::ALL {
            self.list_if_wanted(now, kind);
        }
        self.update_stream(now);
        self.assign_input_requests(now);
        self.send_ready_answers(now);
        self.send_ready_resumes(now);
        self.send_ready_calls(now);
        // After the calls, which take its room.
        self.update_long_polls(now);
        self.send_ready_cancels(now);
        self.send_ready_queries(now);
        self.ask_due(now);
        self.probe_if_wanted(now);
    }

    fn warn(&mut self, code: &'static str, message: String) {
        if let Some(message) = self.warnings.admit(code, message) {
            self.emit(Output::Warning { code, message });
        }
    }

    /// Not inlined: it has dozens of callers.
    fn emit(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}
