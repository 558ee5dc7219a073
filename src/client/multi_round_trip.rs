//! Input requests within responses: in the response to a call, which is then sent again, and in the state of a task.

use super::{
    Call, Client, Handle, InputId,
    config::length,
    entry::Creation,
    input_request::{OpenInputRequest, ResponseRoute},
    requests::Purpose,
    transport_error::TransportError,
};
use crate::{
    Millis,
    task::{TaskError, TaskErrorCode},
    wire::{
        DecodeError,
        input::{InputAnswer, InputKind, answer_set},
        json::Json,
        jsonrpc::RpcError,
        request::{ClientRequest, RoundTrip},
        response::InputRequest,
    },
};

/// How often a server may answer one call with input requests.
const MAX_ROUND_TRIPS: u32 = 64;
/// How many methods a message names that the client has no handler for.
const MAX_METHODS_NAMED: usize = 5;

impl Client {
    /// The server answered a call with input requests: it is sent again with the responses (2026-07-28, Multi Round-Trip Requests).
    pub(super) fn call_asks(
        &mut self,
        now: Millis,
        handle: Handle,
        call: Box<Call>,
        asked: Vec<InputRequest<'_>>,
        state: Option<Json<'_>>,
    ) {
        let round_trip = RoundTrip { responses: None, state: state.map(|state| state.get().into()) };
        let round_trips = self.tasks.update(handle, |entry| {
            entry.round_trip = Some(Box::new(round_trip));
            entry.round_trips += 1;
            entry.round_trips
        });
        let doing = format!("{}{}", call.kind.doing(), call.name);
        if round_trips.is_none_or(|round_trips| round_trips > MAX_ROUND_TRIPS) {
            let problem = DecodeError::new("questions without end in answer to the same call", "").within(&doing);
            let failure =
                TaskError::new(TaskErrorCode::Protocol, format!("{}; it was not sent again", problem.as_str()));
            return self.fail(now, handle, failure);
        }
        if asked.is_empty() {
            // The server only expects its `requestState` back, some time later.
            let later = now.saturating_add(self.config.poll_interval_ms);
            return self.call_again(handle, call, 1, later);
        }
        if let Err(problem) = self.check_input_requests(&asked, self.input_requests.len()) {
            let message = format!("{doing}: the server sent {}; it was not sent again", problem.as_str());
            return self.fail(now, handle, TaskError::new(TaskErrorCode::Protocol, message));
        }
        if let Some(method) = asked.iter().find_map(|asked| self.unserved(asked)) {
            let message =
                format!("{doing}: the server asks for {method}, which nobody here answers; it was not sent again");
            return self.fail(now, handle, TaskError::new(TaskErrorCode::Unsupported, message));
        }
        self.tasks.update(handle, |entry| entry.creation = Creation::AwaitingInput { call });
        for InputRequest { key, kind, params } in asked {
            if let Ok(kind) = kind {
                let input = self.new_input_id();
                self.input_requests.push(OpenInputRequest::of_answer(
                    input,
                    ResponseRoute::Call,
                    &key,
                    kind,
                    params,
                    Some(handle),
                    None,
                ));
            }
        }
    }

    /// Sends a call again when all of its input requests have a response.
    pub(super) fn complete_round_trip(&mut self, now: Millis, handle: Handle) {
        let is_its =
            |request: &OpenInputRequest| request.handle == Some(handle) && matches!(request.route, ResponseRoute::Call);
        let its = self.input_requests_where(&is_its);
        let answers =
            self.input_requests.iter().filter(|request| is_its(request)).filter_map(OpenInputRequest::response);
        let responses = answer_set(answers);
        let Some(responses) = responses.filter(|(_, count)| *count == its.len()).map(|(json, _)| json) else { return };
        for input in its {
            self.input_request_over(now, input, Ok("null".into()));
        }
        let taken = self.tasks.update(handle, |entry| {
            if let Some(round_trip) = &mut entry.round_trip {
                round_trip.responses = Some(responses);
            }
            std::mem::replace(&mut entry.creation, Creation::Over)
        });
        if let Some(Creation::AwaitingInput { call }) = taken {
            self.call_again(handle, call, 0, now);
        }
    }

    /// The open input requests of a task. Each key is emitted and answered once; requests that are no longer listed are withdrawn.
    pub(super) fn task_asks(&mut self, now: Millis, task_id: &str, asked: &[InputRequest<'_>]) {
        let handles: Vec<Handle> = self.tasks.by_id(task_id).collect();
        if let Err(problem) = self.check_input_requests(asked, 0) {
            let words = format!("comes with {}; none of them was shown", problem.as_str());
            return self.interrupt_all(now, &handles, TaskErrorCode::Protocol, &words);
        }
        self.withdraw(now, &|request| {
            let is_its = request.owner.as_deref() == Some(task_id) && matches!(request.route, ResponseRoute::Update);
            is_its && request.answer.is_none() && !asked.iter().any(|asked| asked.key == request.key)
        });
        let max_open = length(self.config.limits.input_requests);
        let mut unanswerable: Vec<String> = Vec::new();
        for asked in asked {
            let is_open = |q: &OpenInputRequest| q.owner.as_deref() == Some(task_id) && q.key == asked.key;
            let is_known = self.answered_keys.contains(task_id, &asked.key) || self.input_requests.iter().any(is_open);
            if is_known || self.input_requests.len() >= max_open {
                continue;
            }
            let is_endless = self.answered_keys.is_full(task_id);
            let hopeless = match self.unserved(asked) {
                _ if is_endless => Some("more and more input".into()),
                unserved => unserved,
            };
            match (hopeless, &asked.kind) {
                (None, Ok(kind)) => {
                    let (route, owner) = (ResponseRoute::Update, Some(task_id.into()));
                    let handle = handles.first().copied();
                    let input = self.new_input_id();
                    let request =
                        OpenInputRequest::of_answer(input, route, &asked.key, *kind, asked.params, handle, owner);
                    self.input_requests.push(request);
                }
                (why, _) => {
                    if !is_endless {
                        self.answered_keys.insert(task_id, &asked.key);
                    }
                    unanswerable.extend(why.filter(|why| !unanswerable.contains(why)));
                }
            }
        }
        if !unanswerable.is_empty() {
            unanswerable.truncate(MAX_METHODS_NAMED);
            let words = format!("requests {}, for which the client has no handler", unanswerable.join(", "));
            self.cannot_answer(now, &handles, &words);
        }
    }

    /// Rejects the promises of a task that waits for a response that the application cannot give.
    fn cannot_answer(&mut self, now: Millis, handles: &[Handle], why: &str) {
        self.interrupt_all(now, handles, TaskErrorCode::Unsupported, why);
    }

    fn interrupt_all(&mut self, now: Millis, handles: &[Handle], code: TaskErrorCode, why: &str) {
        for &handle in handles {
            let message =
                format!("{} {why}; the task continues on the server and waits for the answer", self.name_of(handle));
            self.interrupt(now, handle, TaskError::new(code, message));
        }
    }

    /// The method of a request that the client has no handler for.
    fn unserved(&self, asked: &InputRequest<'_>) -> Option<String> {
        match &asked.kind {
            Ok(kind) if self.config.input_handlers.get(*kind as usize) == Some(&true) => None,
            Ok(kind) => Some(kind.method().into()),
            Err(method) => Some(method.clone().into_owned()),
        }
    }

    /// The application responds to a request that arrived within a response. `false`: this era has no such response.
    pub(super) fn take_answer(&mut self, now: Millis, input: InputId, answer: &InputAnswer) -> bool {
        let Some(request) = self.input_requests.iter().find(|request| request.input == input) else { return false };
        let (handle, kind): (Option<Handle>, InputKind) = (request.handle, request.kind);
        let Err(why) = self.era.answer_input(kind, answer) else { return true };
        let words = format!("asks for {}, which was not answered: {why}", kind.method());
        match (&request.route, handle) {
            (ResponseRoute::Call, Some(handle)) => {
                let doing = self.doing_call(handle).unwrap_or_default();
                let message = format!("{doing}: the server {words}; it was not sent again");
                self.fail(now, handle, TaskError::new(TaskErrorCode::Unsupported, message));
            }
            _ => {
                let handles = request.owner.as_deref().map_or_else(Vec::new, |id| self.tasks.by_id(id).collect());
                self.cannot_answer(now, &handles, &words);
            }
        }
        false
    }

    /// Sends the responses of tasks that wait, one update for each task.
    pub(super) fn send_ready_updates(&mut self, now: Millis) {
        loop {
            let waits =
                |request: &OpenInputRequest| matches!(request.route, ResponseRoute::Update) && request.is_ready(now);
            let Some(first) = self.input_requests.iter().find(|request| waits(request)) else { return };
            let (batch, owner) = (first.input, first.owner.clone());
            let its = self.input_requests.iter().filter(|request| waits(request) && request.owner == owner);
            let set = answer_set(its.filter_map(OpenInputRequest::response));
            for request in &mut self.input_requests {
                if request.owner == owner && request.is_ready(now) {
                    request.sent_in(batch);
                }
            }
            let (Some(task_id), Some((responses, _))) = (owner, set) else { return };
            let ask = ClientRequest::UpdateTask { task_id: &task_id, responses: &responses };
            self.send(now, Purpose::Update(batch), ask, Some(self.config.request_timeout_ms));
        }
    }

    /// The server reports whether it accepted responses.
    pub(super) fn updated(&mut self, now: Millis, batch: InputId, answer: Result<Json<'_>, RpcError>) {
        let doing = "answering the server";
        let refused = match answer.map(|json| self.era.complete(json)) {
            Ok(Ok(_)) => None,
            Ok(Err(problem)) => Some(TransportError::Protocol(problem).to_task_error(doing, "")),
            Err(error) => Some(TaskError::rpc(TaskErrorCode::Rpc, doing, error)),
        };
        for input in self.batch(batch) {
            let Some(request) = self.input_requests.iter_mut().find(|request| request.input == input) else { continue };
            let Some(refused) = refused.clone() else {
                if let Some(owner) = request.owner.clone() {
                    let key = std::mem::take(&mut request.key);
                    self.answered_keys.insert(&owner, &key);
                }
                self.input_request_over(now, input, Ok("null".into()));
                continue;
            };
            // Another response may be given as long as the task lists the request.
            let (reply, owner) = (request.reopen(), request.owner.clone());
            self.reply_if(reply, Err(refused));
            for handle in owner.map_or_else(Vec::new, |id| self.tasks.by_id(&id).collect()) {
                self.with_task(now, handle, |task, now| task.poll_now(now));
            }
        }
    }

    /// An update got no response. The server ignores a second response to the same key.
    pub(super) fn update_failed(&mut self, now: Millis, batch: InputId, cause: &TransportError) {
        for input in self.batch(batch) {
            self.answer_failed(now, input, cause);
        }
    }

    /// An update met a lost session: it is sent again.
    pub(super) fn update_again(&mut self, batch: InputId) {
        for input in self.batch(batch) {
            if let Some(request) = self.input_requests.iter_mut().find(|request| request.input == input) {
                request.unsent();
            }
        }
    }

    fn batch(&self, batch: InputId) -> Vec<InputId> {
        self.input_requests_where(&|request| request.is_of_batch(batch))
    }

    /// Forgets the keys of a task that the client no longer observes.
    pub(super) fn forget_keys(&mut self, task_id: Option<&str>) {
        if let Some(task_id) = task_id.filter(|id| self.tasks.by_id(id).next().is_none()) {
            self.answered_keys.forget(task_id);
        }
    }
}
