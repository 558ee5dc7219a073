use super::{
    Client, Handle, InputId, Output, ReplyId,
    config::length,
    http_exchange::ExchangeKind,
    input_request::{Answer, OpenInputRequest, ResponseRoute},
    requests::Purpose,
    transport_error::TransportError,
};
use crate::{
    Millis,
    task::{TaskError, TaskErrorCode},
    wire::{
        headers::Headers,
        input::InputAnswer,
        json::{self, Json},
        jsonrpc,
        receiver_messages::{self, ReceiverRequest},
        session,
        snapshot::Status,
    },
};

/// Number of newest keys that are remembered.
const MAX_KEYS: usize = 1000;
/// How often a response is sent while the server fails. The server ignores a second response to the same id.
const MAX_ATTEMPTS: u32 = 5;

impl Client {
    /// A request of the server. `own` is the client's request on whose stream it arrived.
    pub(super) fn input_requested(
        &mut self,
        now: Millis,
        own: Option<u32>,
        of: Option<Handle>,
        (id, method, params): (Json<'_>, &str, Option<Json<'_>>),
    ) {
        // Without a session the server accepts no response (2026-07-28, Streamable HTTP).
        if !self.era.has_sessions() {
            return;
        }
        let received =
            match session::read_input(self.config.input_handlers, self.config.task_capabilities, id, method, params) {
                Ok(received) => received,
                Err(answer) => return self.queue_response(answer),
            };
        let (max_open, max_length) = (self.config.limits.input_requests, self.config.limits.id_length);
        if id.get().len() > length(max_length) {
            let message = format!("ignored a request of the server whose id is longer than maxIdLength ({max_length})");
            return self.warn("bad-message", message);
        }
        // A resumed stream may repeat a request.
        if self.input_requests.iter().any(|request| request.has_id(id.get())) {
            return;
        }
        if self.input_requests.len() >= length(max_open) {
            let message =
                format!("this client has {max_open} requests of the server open already; this one was refused");
            return self.queue_response(jsonrpc::error_response(id, -32603, &message));
        }
        let bytes = params.map_or(0, |params| params.get().len());
        if !self.has_room_for_input(bytes) {
            let limit = self.config.limits.held_bytes;
            let message = format!(
                "open requests hold a quarter of this client's memory ({limit} bytes) already; this one was refused"
            );
            return self.queue_response(jsonrpc::error_response(id, -32603, &message));
        }
        let open = OpenInputRequest {
            input: self.new_input_id(),
            route: ResponseRoute::Response {
                id: id.get().into(),
                task_id: received.task_id.as_deref().map(Into::into),
            },
            key: String::new(),
            kind: received.kind,
            message: received.message.as_deref().map(Into::into),
            bytes,
            params: params.map_or("{}", Json::get).into(),
            own,
            handle: of,
            owner: None,
            is_emitted: false,
            answer: None,
        };
        match received.receiver_request {
            Some(request) => self.receiver_requested(open, request),
            None => {
                self.input_requests.push(open);
                self.assign_input_requests(now);
            }
        }
    }

    /// A request for hosted tasks is emitted at once, because the call within which it arrived may wait for the response. The call or
    /// task does not wait for input: the hosted task provides the result, and the server polls it.
    fn receiver_requested(&mut self, open: OpenInputRequest, request: ReceiverRequest) {
        let handle = self.asking_request(&open);
        let params = open.params.clone();
        let input = open.input;
        self.input_requests.push(OpenInputRequest { is_emitted: true, params: String::new(), ..open });
        self.emit(Output::ReceiverRequested { input, handle, request, params });
    }

    /// A task that the client hosts has changed.
    pub(super) fn notify_task_status(&mut self, task: &str) {
        if self.era.has_sessions() && self.session.is_ready() {
            self.notify(receiver_messages::changed(task));
        }
    }

    /// A request that an earlier engine of this session received. The server still waits for the response and does not repeat it.
    pub(super) fn restore_input_request(&mut self, now: Millis, handle: Handle, message: &str) {
        for message in jsonrpc::messages(message.as_bytes(), 1).unwrap_or_default() {
            if let jsonrpc::Message::Request { id, method, params } = message
                && self.session.is_ready()
                && self.tasks.get(handle).is_some()
            {
                self.input_requested(now, None, Some(handle), (id, &method, params));
            }
        }
    }

    pub(super) fn new_input_id(&mut self) -> InputId {
        let input = self.next_input;
        self.next_input = input.wrapping_add(1);
        input
    }

    /// The ids of the requests that a predicate accepts, so that these can be changed or removed afterwards.
    pub(super) fn input_requests_where(&self, accepts: &dyn Fn(&OpenInputRequest) -> bool) -> Vec<InputId> {
        self.input_requests.iter().filter(|request| accepts(request)).map(|request| request.input).collect()
    }

    /// Assigns new requests to their calls and tasks. A request that arrives before the response that names its task waits for it.
    pub(super) fn assign_input_requests(&mut self, now: Millis) {
        for input in self.input_requests_where(&|request| !request.is_emitted) {
            let Some(request) = self.input_requests.iter().find(|request| request.input == input) else { continue };
            let (is_request, given) = (matches!(request.route, ResponseRoute::Response { .. }), request.handle);
            let handle = given.or_else(|| if is_request { self.owner_of(request) } else { None });
            if is_request && handle.is_none() && self.is_about_to_name() {
                continue;
            }
            let task_id = handle.and_then(|handle| self.tasks.id_of(handle));
            let owner: Option<Box<str>> = task_id.map(Into::into);
            let handles: Vec<Handle> =
                owner.as_deref().map_or_else(|| handle.into_iter().collect(), |id| self.tasks.by_id(id).collect());
            let new_key = is_request.then(|| self.new_key(input));
            let Some(request) = self.input_requests.iter_mut().find(|request| request.input == input) else { continue };
            request.key = new_key.unwrap_or_else(|| std::mem::take(&mut request.key));
            let key = request.key.clone();
            (request.handle, request.owner, request.is_emitted) = (handle, owner, true);
            let params = std::mem::take(&mut request.params);
            let kind = request.kind;
            let id = match &request.route {
                ResponseRoute::Response { id, .. } => Some(id.clone()),
                _ => None,
            };
            for handle in handles.into_iter().filter(|_| is_request) {
                self.awaits_input(now, handle);
            }
            self.emit(Output::InputRequested { input, handle, kind, key, params, id });
        }
    }

    /// The id of the request, by which the application distinguishes requests. A second request with an earlier id, as released
    /// servers send it, gets a key of its own.
    fn new_key(&mut self, input: InputId) -> String {
        let id = match self.input_requests.iter().find(|request| request.input == input).map(|request| &request.route) {
            Some(ResponseRoute::Response { id, .. }) => Json::check(id).unwrap_or(Json::NULL),
            _ => Json::NULL,
        };
        let mut key = json::text(Some(id)).unwrap_or_else(|| id.get().into()).into_owned();
        if self.keys.contains(&key) {
            key = format!("{key}#{input}");
        }
        if self.keys.len() == MAX_KEYS {
            self.keys.remove(0);
        }
        self.keys.push(key.clone());
        key
    }

    /// The call or task that a request is about. FastMCP 3 does not name it (deviation 23): it sends the task's status with the
    /// message of the request, and then the request.
    fn owner_of(&self, request: &OpenInputRequest) -> Option<Handle> {
        if let ResponseRoute::Response { task_id: Some(task_id), .. } = &request.route {
            return self.tasks.by_id(task_id).next();
        }
        let own = self.asking_request(request);
        if own.is_some() {
            return own;
        }
        let announced: Vec<(u64, Handle, bool)> = self
            .tasks
            .handles()
            .into_iter()
            .filter_map(|handle| {
                let announced = self.tasks.get(handle)?.announced.as_ref()?;
                Some((announced.order, handle, announced.message.as_deref() == request.message.as_deref()))
            })
            .collect();
        let first = announced.iter().min_by_key(|(order, _, fits)| (!fits, *order));
        // The task with this message may be about to be named.
        first.filter(|(_, _, fits)| *fits || !self.is_about_to_name()).map(|(_, handle, _)| *handle)
    }

    /// The call or task on whose stream the request arrived.
    fn asking_request(&self, request: &OpenInputRequest) -> Option<Handle> {
        match request.own.and_then(|id| self.purpose_of(id)) {
            Some(Purpose::Call(handle) | Purpose::TaskResult(handle) | Purpose::LongPoll(handle)) => Some(handle),
            _ => None,
        }
    }

    fn is_about_to_name(&self) -> bool {
        self.tasks.is_creating() || !self.calls.is_empty()
    }

    /// A task waits for a response of the client, also if its status does not say so.
    fn awaits_input(&mut self, now: Millis, handle: Handle) {
        self.tasks.update(handle, |entry| {
            entry.announced = None;
            entry.task.await_input(now, true);
        });
        let live = self.tasks.snapshot_of(handle);
        if let Some(mut snapshot) = live.filter(|s| s.status == Status::Working).cloned() {
            snapshot.status = Status::InputRequired;
            self.observe(now, handle, snapshot, false);
        }
    }

    /// Whether a request about this task is open.
    pub(super) fn has_input_request(&self, handle: Handle) -> bool {
        self.input_requests.iter().any(|request| self.is_about(request, handle))
    }

    /// Whether a request about this task is open and has no response.
    pub(super) fn awaits_answer(&self, handle: Handle) -> bool {
        self.input_requests.iter().any(|request| request.answer.is_none() && self.is_about(request, handle))
    }

    fn is_about(&self, request: &OpenInputRequest, handle: Handle) -> bool {
        let task_id = || self.tasks.id_of(handle);
        request.handle == Some(handle) || (request.owner.is_some() && request.owner.as_deref() == task_id())
    }

    /// The application responds to a request.
    pub(super) fn respond(&mut self, now: Millis, input: InputId, answer: &InputAnswer, reply: ReplyId) {
        let request = self
            .input_requests
            .iter_mut()
            .find(|request| request.input == input)
            .filter(|request| request.answer.is_none());
        let Some(request) = request else {
            let message = "the server no longer waits for this answer; it was not sent";
            return self.reply(reply, Err(TaskError::new(TaskErrorCode::Unsupported, message.into())));
        };
        let of_call = match &request.route {
            ResponseRoute::Response { id, task_id } => {
                let body = session::answer(id, answer, task_id.as_deref());
                request.answer = Some(Answer::new(body, Some(reply)));
                return;
            }
            ResponseRoute::Call => request.handle,
            ResponseRoute::Update => None,
        };
        let kind = request.kind;
        if !self.take_answer(now, input, answer) {
            return self.reply_ok(reply);
        }
        let body = self.era.answer_input(kind, answer).unwrap_or_default().to_owned();
        let Some(request) = self.input_requests.iter_mut().find(|request| request.input == input) else { return };
        // It is sent together with the responses to the others, which may take long, so the caller gets its reply now.
        request.answer = Some(Answer::new(body, Some(reply).filter(|_| of_call.is_none())));
        if let Some(handle) = of_call {
            self.emit(Output::InputOver { input });
            self.reply_ok(reply);
            self.complete_round_trip(now, handle);
        }
    }

    /// Sends the responses that wait.
    pub(super) fn send_ready_answers(&mut self, now: Millis) {
        let mut ready = Vec::new();
        let room = self.response_room();
        for request in &mut self.input_requests {
            if ready.len() == room {
                break;
            }
            if matches!(request.route, ResponseRoute::Response { .. }) && request.is_ready(now) {
                request.sent_in(request.input);
                ready.extend(request.response().map(|(_, body)| (request.input, body.to_owned())));
            }
        }
        for (input, body) in ready {
            let deadline = now.saturating_add(self.config.request_timeout_ms);
            self.post(ExchangeKind::InputResponse(input), body, Headers::default(), Some(deadline));
        }
        self.send_ready_updates(now);
    }

    /// The server accepted a response.
    pub(super) fn answer_taken(&mut self, now: Millis, input: InputId) {
        self.backoff.on_success(now);
        self.input_request_over(now, input, Ok("null".into()));
    }

    /// A response was not delivered.
    pub(super) fn answer_failed(&mut self, now: Millis, input: InputId, cause: &TransportError) {
        let its = self.input_requests.iter_mut().find(|request| request.input == input);
        if let Some(answer) = its.and_then(|request| request.answer.as_mut())
            && cause.is_transient()
        {
            answer.attempts += 1;
            if answer.attempts < MAX_ATTEMPTS {
                answer.sent = false;
                answer.not_before = self.backoff.retry_at(now, answer.attempts, cause.retry_after_ms());
                return;
            }
        }
        let failure = cause.to_task_error("answering the server", "; it has not got the answer");
        self.input_request_over(now, input, Err(failure));
    }

    /// The server withdraws the request with this id.
    pub(super) fn input_withdrawn(&mut self, now: Millis, id: Json<'_>) {
        self.withdraw(now, &|request| request.has_id(id.get()));
    }

    /// The session is lost, and with it the requests of the server.
    pub(super) fn withdraw_requests(&mut self, now: Millis) {
        self.withdraw(now, &|request| matches!(request.route, ResponseRoute::Response { .. }));
    }

    /// The server no longer waits for responses to these requests.
    pub(super) fn withdraw(&mut self, now: Millis, which: &dyn Fn(&OpenInputRequest) -> bool) {
        let message = "the server no longer waits for this answer";
        self.end_input_requests(now, &TaskError::new(TaskErrorCode::Unsupported, message.into()), which);
    }

    /// No response to these requests is sent any more, for this reason.
    pub(super) fn end_input_requests(
        &mut self,
        now: Millis,
        why: &TaskError,
        which: &dyn Fn(&OpenInputRequest) -> bool,
    ) {
        for input in self.input_requests_where(which) {
            self.input_request_over(now, input, Err(why.clone().into()));
        }
    }

    /// Withdraws the requests of a call or task, except those whose response is in flight: the server reports whether it accepted it.
    pub(super) fn withdraw_of(&mut self, handle: Handle, task_id: Option<&str>) {
        self.withdraw(self.now, &|request| {
            let is_its = request.handle == Some(handle) || (task_id.is_some() && request.owner.as_deref() == task_id);
            is_its && request.answer.as_ref().is_none_or(|answer| !answer.sent)
        });
    }

    /// When a response that was not delivered is sent again.
    pub(super) fn answer_time(&self) -> Option<Millis> {
        let is_own = |request: &OpenInputRequest| !matches!(request.route, ResponseRoute::Call);
        let own = self.input_requests.iter().filter(|request| is_own(request));
        let waiting = own.filter_map(|request| request.answer.as_ref().filter(|a| !a.sent));
        waiting.map(|answer| answer.not_before).min()
    }

    pub(super) fn input_request_over(&mut self, now: Millis, input: InputId, outcome: Result<String, Box<TaskError>>) {
        let Some(at) = self.input_requests.iter().position(|request| request.input == input) else { return };
        let request = self.input_requests.remove(at);
        // The response to a request of a call waits for the others; the application has responded already.
        let is_over_emitted = matches!(request.route, ResponseRoute::Call) && request.answer.is_some();
        if request.is_emitted && !is_over_emitted {
            self.emit(Output::InputOver { input });
        }
        self.reply_if(request.answer.and_then(|answer| answer.reply), outcome);
        let others = request.owner.map_or_else(Vec::new, |id| self.tasks.by_id(&id).collect());
        for handle in request.handle.into_iter().chain(others) {
            if self.has_input_request(handle) {
                continue;
            }
            // The task continues, so its status may have changed.
            self.with_task(now, handle, |task, now| {
                task.await_input(now, false);
                task.poll_now(now);
            });
        }
    }

    pub(super) fn reply_if(&mut self, reply: Option<ReplyId>, outcome: Result<String, Box<TaskError>>) {
        if let Some(reply) = reply {
            self.reply(reply, outcome);
        }
    }
}
