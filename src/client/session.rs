use super::{Client, Era, Output, http_sse::HttpSse, requests::Purpose, transport_error::TransportError};
use crate::{
    Millis,
    task::{TaskError, TaskErrorCode},
    wire::{
        DecodeError, HandshakeOutcome,
        json::Json,
        jsonrpc::RpcError,
        request::{CallKind, ClientRequest},
        response::ServerCapabilities,
    },
};

/// How often the handshake is tried before calls that wait for it are told. Tasks that run wait on.
const MAX_ATTEMPTS: u32 = 3;

/// So many sessions may be lost in a row without one answer in between.
const MAX_LOSSES: u32 = 3;
const LOSSES_FORGIVEN_MS: Millis = 60_000;

/// How far the session is.
#[derive(Debug)]
pub(super) enum Session {
    /// There is none, and nobody needs one.
    Idle,
    /// The handshake failed and is tried again then.
    Waiting { until: Millis },
    /// The handshake was sent.
    Connecting,
    /// The server has answered; the notification that ends the handshake is on its way.
    Confirming(Ready),
    /// Requests may be sent.
    Ready(Ready),
    /// The application is done.
    Closed,
}

/// What was agreed.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) session_id: Option<String>,
    pub(super) capabilities: ServerCapabilities,
}

impl Session {
    pub(super) fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// What every request of the session carries: its id and the protocol version.
    pub(super) fn binding(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Confirming(r) | Self::Ready(r) => (r.session_id.as_deref(), Some(&r.capabilities.protocol_version)),
            _ => (None, None),
        }
    }
}

impl Client {
    pub(super) fn connect_if_wanted(&mut self, now: Millis) {
        let may = match self.session {
            Session::Idle => self.is_asked() || !self.is_stopped(),
            Session::Waiting { until } => until <= now && (self.is_asked() || !self.is_stopped()),
            _ => false,
        };
        if may && self.wants_session() {
            self.session = Session::Connecting;
            self.was_corrected = false;
            if !self.is_era_known {
                self.era = self.config.era.unwrap_or(Era::NEWEST);
            }
            match self.http_sse {
                HttpSse::Known => self.open_http_sse(None),
                _ => self.start_handshake(now),
            }
        }
    }

    /// Sends the request that finds out what the server speaks, or opens the session.
    pub(super) fn start_handshake(&mut self, now: Millis) {
        self.send(now, Purpose::Initialize, ClientRequest::Initialize, Some(self.config.request_timeout_ms));
    }

    /// Somebody waits for something that needs a session.
    pub(super) fn wants_session(&self) -> bool {
        self.is_asked() || !self.tasks.poll_queue().is_empty()
    }

    /// Somebody has just asked for something: that is tried even while what runs by itself holds still.
    pub(super) fn is_asked(&self) -> bool {
        !self.calls.is_empty() || !self.cancels.is_empty() || self.is_listing_wanted() || !self.queries.is_empty()
    }

    /// The server answered the handshake.
    pub(super) fn handshake_answered(
        &mut self,
        now: Millis,
        session_id: Option<String>,
        answer: Result<Json<'_>, RpcError>,
    ) {
        let place = self.connecting();
        let capabilities = match self.era.read_handshake(answer) {
            HandshakeOutcome::Agreed(capabilities) => capabilities,
            HandshakeOutcome::Again(_) if !self.was_corrected => {
                self.was_corrected = true;
                return self.start_handshake(now);
            }
            HandshakeOutcome::Odd(problem) => return self.handshake_failed(now, &TransportError::Protocol(problem)),
            HandshakeOutcome::Other => return self.try_other_era(now),
            HandshakeOutcome::Again(error) | HandshakeOutcome::Refused(error) => {
                return self.handshake_refused(now, &TaskError::rpc(TaskErrorCode::Rpc, &place, error));
            }
        };
        if !self.era.speaks(&capabilities.protocol_version) {
            let seen = DecodeError::new("a protocol version that is not supported", &capabilities.protocol_version)
                .into_text();
            let message = format!("{place}: the server chose {seen}");
            return self.no_session(now, &TaskError::new(TaskErrorCode::Unsupported, message));
        }
        let (session_id, capabilities) = match self.http_sse {
            // A task would end with the stream there.
            HttpSse::Open(_) => {
                let ServerCapabilities { protocol_version, tools, .. } = capabilities;
                (None, ServerCapabilities { protocol_version, tools, ..ServerCapabilities::default() })
            }
            _ => {
                self.http_sse = HttpSse::Never;
                (session_id, capabilities)
            }
        };
        if !self.is_era_known {
            self.is_era_known = true;
            // What one client was told to speak says nothing about what others would find.
            if self.config.era.is_none() {
                self.emit(Output::Speaks(self.era));
            }
        }
        // Some servers put every client into a session, whatever it speaks.
        let session_id = session_id.filter(|_| self.era.has_sessions());
        let ready = Ready { session_id, capabilities };
        if self.era.has_sessions() {
            self.session = Session::Confirming(ready);
            // Servers refuse requests that overtake this notification, so nothing else is sent before its answer.
            return self.confirm(now);
        }
        self.session = Session::Ready(ready);
        self.session_attempts = 0;
    }

    /// The server does not speak this era.
    fn try_other_era(&mut self, now: Millis) {
        self.is_era_known = false;
        if let Some(older) = self.era.older().filter(|_| self.config.era.is_none()) {
            self.era = older;
            return self.start_handshake(now);
        }
        let (place, revision) = (self.connecting(), self.era.revision());
        let message = format!("{place}: the server does not speak MCP {revision}, and nothing else may be spoken");
        self.no_session(now, &TaskError::new(TaskErrorCode::Unsupported, message));
    }

    /// The server refuses the handshake. What was known of it may no longer be true: then it is asked like a new one.
    fn handshake_refused(&mut self, now: Millis, failure: &TaskError) {
        if !std::mem::take(&mut self.is_era_known) || self.config.era.is_some() {
            return self.no_session(now, failure);
        }
        self.era = Era::NEWEST;
        self.start_handshake(now);
    }

    /// The notification that ends the handshake has arrived at the server.
    pub(super) fn confirmed(&mut self, now: Millis) {
        if let Session::Confirming(ready) = &self.session {
            let ready = ready.clone();
            if self.config.keeps_session {
                self.emit(Output::Session(ready.to_text()));
            }
            self.session = Session::Ready(ready);
            self.session_attempts = 0;
            self.backoff.on_success(now);
        }
    }

    pub(super) fn handshake_failed(&mut self, now: Millis, cause: &TransportError) {
        let failure = cause.to_task_error(&self.connecting(), "");
        if !self.era.has_sessions() && !cause.is_unauthorized() {
            match cause {
                TransportError::Http(_, Some(error)) if !cause.is_transient() => {
                    return self.handshake_answered(now, None, Err(error.clone()));
                }
                // In a page, a server that does not allow a new header looks like one that is not there.
                TransportError::Network(_) if !self.is_era_known => return self.try_other_era(now),
                TransportError::Http(..) | TransportError::Protocol(_) | TransportError::TooLong(_)
                    if !cause.is_transient() =>
                {
                    return self.try_other_era(now);
                }
                _ => {}
            }
        }
        // Neither says what the server speaks.
        if cause.is_unauthorized() || matches!(cause, TransportError::Elsewhere(_)) {
            return self.no_session(now, &failure);
        }
        // What is not known to speak this era may speak its oldest form.
        if !self.is_era_known && self.falls_back(cause) {
            return self.open_http_sse(Some(failure));
        }
        if !cause.is_transient() {
            return self.handshake_refused(now, &failure);
        }
        let until = self.backoff.on_failed_handshake(now, cause.retry_after_ms());
        self.session_attempts += 1;
        if self.session_attempts >= MAX_ATTEMPTS {
            self.no_session(now, &failure);
        }
        self.session = Session::Waiting { until };
    }

    /// There will be no session for what waits now. Tasks that run are asked after again when it next succeeds.
    pub(super) fn no_session(&mut self, now: Millis, failure: &TaskError) {
        self.session_attempts = 0;
        self.session = Session::Idle;
        self.fail_calls(now, false, failure);
        for kind in CallKind::ALL {
            self.fail_listing(kind, failure);
        }
        self.fail_queries(failure);
        self.fail_cancels_and_refreshes(now, failure);
        if !matches!(failure.code, TaskErrorCode::Network | TaskErrorCode::Http)
            || failure.http_status.is_some_and(|s| s < 500 && s != 429)
        {
            for handle in self.tasks.handles() {
                self.interrupt(now, handle, failure.clone().into());
            }
        }
        if self.wants_session() {
            // Somebody still watches a task: not in a hot loop.
            let until = self.backoff.on_failed_handshake(now, None);
            self.session = Session::Waiting { until };
        }
    }

    fn count_loss(&mut self, now: Millis) {
        let is_long_ago = now.saturating_sub(self.last_loss) > LOSSES_FORGIVEN_MS;
        self.losses = if is_long_ago { 1 } else { self.losses + 1 };
        self.last_loss = now;
    }

    /// A server that loses every session at once is not asked for yet another before a while has passed.
    pub(super) fn may_lose(&self, now: Millis) -> bool {
        self.losses < MAX_LOSSES || now.saturating_sub(self.last_loss) > LOSSES_FORGIVEN_MS
    }

    /// The session was lost before its handshake had ended.
    pub(super) fn confirmation_lost(&mut self, now: Millis) {
        self.count_loss(now);
        self.epoch = self.epoch.wrapping_add(1);
        self.session = Session::Waiting { until: self.backoff.on_failed_handshake(now, None) };
    }

    /// The server no longer knows the session: shake hands again, then ask after everything again.
    pub(super) fn session_lost(&mut self, now: Millis) {
        if !self.session.is_ready() {
            return;
        }
        self.session = Session::Idle;
        self.epoch = self.epoch.wrapping_add(1);
        self.count_loss(now);
        self.forget_lists();
        self.list_polling.drop_pass();
        self.fail_resumes(now);
        self.withdraw_requests(now);
        self.discard_responses();
        self.end_long_polls(now);
        self.close_stream(now);
        for handle in self.tasks.handles() {
            self.with_task(now, handle, |task, now| task.poll_now(now));
        }
    }

    /// The application is done: what waits is told, the server may forget the session, tasks go on there.
    pub(super) fn close(&mut self) {
        let closed = TaskError::new(TaskErrorCode::Closed, "the client was closed; tasks go on at the server".into());
        self.calls.clear();
        for exchange in std::mem::take(&mut self.exchanges) {
            self.emit(super::Output::Abort(exchange.id));
        }
        self.requests.clear();
        self.http_sse = HttpSse::default();
        self.resumes.clear();
        self.end_input_requests(self.now, &closed, &|_| true);
        for kind in CallKind::ALL {
            self.fail_listing(kind, &closed);
        }
        self.fail_queries(&closed);
        for handle in self.tasks.handles() {
            if let Some(mut entry) = self.tasks.remove(handle) {
                self.answer_waiting(&mut entry, &Err(closed.clone()));
            }
            self.emit(super::Output::Interrupted { handle, failure: closed.clone() });
        }
        if !self.config.keeps_session {
            self.delete_session();
        }
        self.session = Session::Closed;
    }

    /// An input to a closed client.
    pub(super) fn refuse(&mut self, input: super::Input<'_>) {
        use super::{Input, Output};
        let closed = || TaskError::new(TaskErrorCode::Closed, "the client was closed; nothing was sent".into());
        match input {
            Input::Call { handle, .. } | Input::Attach { handle, .. } | Input::Watch { handle, .. } => {
                self.emit(Output::Interrupted { handle, failure: closed() });
            }
            Input::Refresh { reply, .. }
            | Input::Cancel { reply, .. }
            | Input::List { reply, .. }
            | Input::Respond { reply, .. }
            | Input::Query { reply, .. } => {
                self.reply(reply, Err(closed()));
            }
            _ => {}
        }
    }

    pub(super) fn connecting(&self) -> String {
        format!("connecting to {}", self.place())
    }

    /// The endpoint without its query, which may hold a secret.
    pub(super) fn place(&self) -> &str {
        self.config.endpoint.split(['?', '#']).next().unwrap_or_default()
    }
}
