use super::{
    Client, Config, Fetch, Handle, InputId, Output, ReplyId,
    http_exchange::{Body, ExchangeContext, ExchangeKind, HttpExchange},
    io::ExchangeId,
    transport_error::TransportError,
};
use crate::{
    Millis,
    task::Want,
    wire::{
        headers::{self, Headers},
        http::Method,
        json::{self, Json},
        jsonrpc::RpcError,
        request::{CallKind, ClientInfo, ClientRequest},
        session,
    },
};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Initialize,
    List(CallKind),
    Call(Handle),
    /// Asks for the status, or for the result where the state carries it.
    GetTask(Handle, Want),
    TaskResult(Handle),
    /// `tasks/result`, left open for a task that requires input.
    LongPoll(Handle),
    CancelTask(Handle),
    /// A page of `tasks/list`, in place of many polls.
    ListTasks(u32),
    /// Answers of a task's: the first of them, and those that were sent with it.
    Update(InputId),
    Query(ReplyId),
    /// Shows whether an outage is over, for calls that wait for that.
    Probe,
}

impl Purpose {
    /// Sent by the engine itself, not because somebody just asked for it: bounded, and held back in trouble.
    pub(super) fn is_automatic(self) -> bool {
        matches!(self, Self::GetTask(..) | Self::TaskResult(_) | Self::ListTasks(_) | Self::Probe)
    }
}

impl Client {
    /// Sends a request. Returns its id.
    pub(super) fn send(
        &mut self,
        now: Millis,
        purpose: Purpose,
        ask: ClientRequest<'_>,
        timeout_ms: Option<u64>,
    ) -> u32 {
        let request = self.next_request;
        self.next_request = request.wrapping_add(1);
        let deadline = timeout_ms.map(|ms| now.saturating_add(ms));
        let client_info = self.client_info();
        let (body, headers) = self.era.encode(ask, request, client_info);
        self.post(ExchangeKind::Request(request), body, headers, deadline);
        self.requests.push((request, purpose));
        request
    }

    /// Sends the notification that ends the handshake.
    pub(super) fn confirm(&mut self, now: Millis) {
        let deadline = now.saturating_add(self.config.request_timeout_ms);
        self.post(ExchangeKind::Initialized, session::initialized(), Headers::default(), Some(deadline));
    }

    /// Sends something that wants no answer.
    pub(super) fn notify(&mut self, body: String) {
        let deadline = self.now.saturating_add(self.config.request_timeout_ms);
        self.post(ExchangeKind::Notification, body, Headers::default(), Some(deadline));
    }

    /// Opens a stream: the standalone one, or the rest of one that was cut.
    pub(super) fn open_get(&mut self, kind: ExchangeKind, last_event_id: Option<&str>) -> ExchangeId {
        let (session_id, version) = self.session.binding();
        let headers = headers::stream_headers(session_id, version, last_event_id);
        // Only a call, and a task that waits for us, may take as long as it likes.
        let deadline = match kind {
            ExchangeKind::Resumed(request, _)
                if !matches!(self.purpose_of(request), Some(Purpose::Call(_) | Purpose::LongPoll(_))) =>
            {
                Some(self.now.saturating_add(self.config.request_timeout_ms))
            }
            _ => None,
        };
        self.fetch(kind, Method::Get, headers, None, deadline, false)
    }

    fn client_info(&self) -> ClientInfo<'_> {
        let Config { client_info, input_handlers, task_capabilities, notifications, .. } = &self.config;
        ClientInfo {
            client_info,
            input_handlers: *input_handlers,
            task_capabilities: *task_capabilities,
            wants_notifications: *notifications,
        }
    }

    /// Asks for a stream that speaks of these tasks.
    pub(super) fn listen(&mut self, task_ids: &[Box<str>]) -> ExchangeId {
        let request = self.next_request;
        self.next_request = request.wrapping_add(1);
        let client_info = self.client_info();
        let task_ids = json::array(task_ids.iter().map(AsRef::as_ref));
        let (body, headers) = self.era.encode(ClientRequest::Listen { task_ids: &task_ids }, request, client_info);
        self.post(ExchangeKind::NotificationStream, body, headers, None)
    }

    /// Ends the session on the server, by HTTP DELETE.
    pub(super) fn delete_session(&mut self) {
        let (Some(session_id), Some(version)) = self.session.binding() else { return };
        let headers = headers::bound(Some(session_id), Some(version));
        self.fetch(ExchangeKind::Notification, Method::Delete, headers, None, None, true);
    }

    pub(super) fn abort(&mut self, exchange: ExchangeId) {
        if self.take_exchange(exchange).is_some() {
            self.emit(Output::Abort(exchange));
        }
    }

    /// What a request that is not answered yet is for.
    pub(super) fn purpose_of(&self, request: u32) -> Option<Purpose> {
        let at = self.requests.binary_search_by_key(&request, |(id, _)| *id).ok()?;
        self.requests.get(at).map(|(_, purpose)| *purpose)
    }

    /// Removes a request: it is answered, or no answer is expected any more.
    pub(super) fn take_request(&mut self, request: u32) -> Option<Purpose> {
        let at = self.requests.binary_search_by_key(&request, |(id, _)| *id).ok()?;
        Some(self.requests.remove(at).1)
    }

    /// How many requests that run by themselves are under way.
    pub(super) fn automatic_in_flight(&self) -> usize {
        self.requests.iter().filter(|(_, purpose)| purpose.is_automatic()).count()
    }

    /// A request was answered.
    pub(super) fn answered(
        &mut self,
        now: Millis,
        purpose: Purpose,
        session_id: Option<String>,
        answer: Result<Json<'_>, RpcError>,
    ) {
        self.backoff.on_success(now);
        if !matches!(purpose, Purpose::Initialize | Purpose::List(_)) {
            self.losses = 0;
        }
        match purpose {
            Purpose::Initialize => self.handshake_answered(now, session_id, answer),
            Purpose::List(kind) => self.page_listed(now, kind, answer),
            Purpose::Call(handle) => self.called(now, handle, answer),
            Purpose::GetTask(handle, want) => self.got_task(now, handle, want, answer),
            Purpose::TaskResult(handle) => self.got_result(now, handle, answer),
            Purpose::LongPoll(handle) => self.long_poll_answered(now, handle, answer),
            Purpose::CancelTask(handle) => self.cancel_answered(now, handle, answer),
            Purpose::ListTasks(number) => self.list_page_received(now, number, answer),
            Purpose::Update(batch) => self.updated(now, batch, answer),
            Purpose::Query(reply) => self.query_answered(now, reply, answer),
            Purpose::Probe => {}
        }
    }

    /// A request that was sent then will not be answered.
    pub(super) fn unanswered(&mut self, now: Millis, sent_at: Millis, purpose: Purpose, cause: &TransportError) {
        // The handshake has a back-off of its own, and a long poll shows nothing that a poll would not.
        let is_counted = !matches!(purpose, Purpose::Initialize | Purpose::LongPoll(_) | Purpose::ListTasks(_));
        if is_counted && cause.is_transient() {
            self.request_failed(now, sent_at, cause, cause.outage_weight());
        }
        match purpose {
            Purpose::Initialize => self.handshake_failed(now, cause),
            Purpose::List(kind) => self.listing_failed(now, kind, cause),
            Purpose::Call(handle) => self.call_failed(now, handle, cause),
            Purpose::GetTask(handle, want) => self.poll_failed(now, handle, want, cause),
            Purpose::TaskResult(handle) => self.poll_failed(now, handle, Want::Result, cause),
            Purpose::LongPoll(handle) => self.long_poll_failed(now, handle, cause),
            Purpose::CancelTask(handle) => self.cancel_failed(now, handle, cause),
            Purpose::ListTasks(_) => self.list_poll_failed(now, sent_at, cause),
            Purpose::Update(batch) => self.update_failed(now, batch, cause),
            Purpose::Query(reply) => self.query_failed(now, reply, cause),
            // Any answer shows that the server is there.
            Purpose::Probe if !cause.is_transient() => self.backoff.on_success(now),
            Purpose::Probe => {}
        }
    }

    /// The request has to be answered by then. False: no exchange is open that could bring the answer.
    pub(super) fn set_deadline(&mut self, request: u32, at: Millis) -> bool {
        let is_its =
            |kind: ExchangeKind| matches!(kind, ExchangeKind::Request(r) | ExchangeKind::Resumed(r, _) if r == request);
        let its = self.exchanges.iter_mut().find(|exchange| is_its(exchange.context.kind));
        its.map(|exchange| exchange.deadline = Some(at)).is_some()
    }

    /// `own`: the headers that belong to this message.
    pub(super) fn post(
        &mut self,
        kind: ExchangeKind,
        body: String,
        own: Headers,
        deadline: Option<Millis>,
    ) -> ExchangeId {
        // Servers of the older transport look at neither, and browsers ask for permission to send them.
        let (session_id, version) = match self.http_sse.url() {
            None if self.era.has_sessions() => self.session.binding(),
            _ => (None, None),
        };
        let mut headers = headers::post_headers(session_id, version);
        headers.append(own);
        self.fetch(kind, Method::Post, headers, Some(body), deadline, false)
    }

    fn fetch(
        &mut self,
        kind: ExchangeKind,
        method: Method,
        headers: Headers,
        body: Option<String>,
        deadline: Option<Millis>,
        keepalive: bool,
    ) -> ExchangeId {
        let id = self.next_exchange;
        self.next_exchange = id.wrapping_add(1);
        let context = ExchangeContext { kind, epoch: self.epoch, sent_at: self.now, resumes: None };
        self.exchanges.push(HttpExchange {
            id,
            context,
            body: Body::Expected,
            session_id: None,
            deadline,
            redirects: 0,
        });
        let endpoint = self.redirect_target.as_ref().unwrap_or(&self.config.endpoint);
        let url = self.http_sse.url().unwrap_or(endpoint).clone();
        self.emit(Output::Fetch(Fetch { exchange: id, url, method, headers, body, keepalive }));
        id
    }
}
