use super::{
    Call, Client, Handle, Output, TaskMode,
    entry::{Cancel, Creation, Entry},
    requests::Purpose,
    session::Session,
    transport_error::TransportError,
};
use crate::{
    Millis,
    task::{Interest, Task, TaskError, TaskErrorCode},
    wire::{
        error_codes,
        json::Json,
        jsonrpc::RpcError,
        request::{CallKind, CallParams, ClientRequest, TaskOption},
        response::{CallResponse, TaskSupport},
        session,
        snapshot::{Snapshot, short_id},
    },
};
use std::borrow::Cow;

/// How often a call that was refused before anything was done with it is sent again.
const MAX_ATTEMPTS: u32 = 5;

/// Whether a call can be sent now, and how.
enum SendDecision {
    Wait,
    Send(Option<TaskOption>),
    /// It cannot be sent at all, for this reason.
    Refuse(Cow<'static, str>),
}

impl Client {
    pub(super) fn call(&mut self, handle: Handle, call: Call) {
        let mut task = Task::new(self.config.poll_interval_ms);
        task.hide(self.now, self.is_hidden());
        self.watch_if_all(&mut task);
        self.tasks.insert(handle, task, Creation::Waiting { call: Box::new(call), attempts: 0, not_before: 0 });
        self.calls.push(handle);
    }

    pub(super) fn attach(&mut self, handle: Handle, task_id: String) {
        let checked = self.check_id(&task_id);
        let mut task = Task::known_by_id(task_id, self.config.poll_interval_ms);
        task.hide(self.now, self.is_hidden());
        self.watch_if_all(&mut task);
        self.tasks.insert(handle, task, Creation::Over);
        if let Err(problem) = checked {
            let message = format!("attaching to a task with {}; nothing was sent", problem.as_str());
            self.fail(self.now, handle, TaskError::new(TaskErrorCode::Protocol, message));
        }
    }

    fn watch_if_all(&self, task: &mut Task) {
        if self.config.watch_all {
            task.watch(self.now, Interest::Status);
        }
    }

    /// The caller gave up. What was not sent is never sent; what may become a task is cancelled when it is named;
    /// a plain call is told off, which a task-augmented one must not be (2025-11-25, Cancellation).
    pub(super) fn abandon(&mut self, handle: Handle) {
        let Some(entry) = self.tasks.get(handle) else { return };
        match &entry.creation {
            Creation::Waiting { .. } | Creation::AwaitingInput { .. } => {
                self.calls.retain(|&h| h != handle);
                self.drop_task(handle, None);
            }
            &Creation::Sent { as_task, request, .. } if !as_task || !self.era.has_sessions() => {
                self.drop_request(request);
                // Without a session the broken connection says it all (2026-07-28, Cancellation).
                if self.era.has_sessions() {
                    self.notify(session::request_cancelled(request));
                }
                self.drop_task(handle, None);
            }
            Creation::Sent { .. } => {
                self.tasks.update(handle, |entry| {
                    entry.abandoned = true;
                    entry.forgotten = true;
                    if !matches!(entry.cancel, Cancel::Wanted { .. }) {
                        entry.cancel = Cancel::Wanted { replies: Vec::new(), attempts: 0, not_before: 0 };
                    }
                });
            }
            Creation::Over => {}
        }
    }

    /// There is nothing more to be done about a call or its task.
    pub(super) fn drop_task(&mut self, handle: Handle, task_id: Option<&str>) {
        if let Some(entry) = self.tasks.remove(handle) {
            self.dismiss(entry);
            self.withdraw_of(handle, task_id);
            self.forget_keys(task_id);
        }
    }

    /// Sends the calls that nothing holds back any more, in the order they were made.
    pub(super) fn send_ready_calls(&mut self, now: Millis) {
        for handle in std::mem::take(&mut self.calls) {
            match self.send_decision(now, handle) {
                Some(SendDecision::Wait) => self.calls.push(handle),
                Some(SendDecision::Send(task)) => self.send_call(now, handle, task),
                Some(SendDecision::Refuse(why)) => self.refuse_call(now, handle, &why),
                None => {}
            }
        }
    }

    fn send_decision(&mut self, now: Millis, handle: Handle) -> Option<SendDecision> {
        let Creation::Waiting { call, not_before, attempts } = &self.tasks.get(handle)?.creation else { return None };
        let Session::Ready(ready) = &self.session else { return Some(SendDecision::Wait) };
        let is_early = *not_before > now || (*attempts > 0 && self.backoff.next_call() > now);
        // A call that is sent into an outage is lost: it may have been executed, so it is not sent again.
        if is_early || self.backoff.is_suspected() || !self.has_room_for_call() {
            return Some(SendDecision::Wait);
        }
        let [tools, prompts, resources] = ready.capabilities.task_calls;
        let (offered, support) = match call.kind {
            // A tool may have to be a task: its list is known before it is called (2025-11-25, Tasks: "Tool-Level
            // Negotiation"), on servers without tasks too: released ones list task tools and serve none (deviation 9).
            CallKind::Tool if !ready.capabilities.tools => (false, TaskSupport::Forbidden),
            CallKind::Tool => match self.known(&call.name) {
                None => {
                    self.listing(CallKind::Tool).want();
                    self.list_if_wanted(now, CallKind::Tool);
                    return Some(SendDecision::Wait);
                }
                Some(known) => match &known.header_params {
                    Err(problem) => return Some(SendDecision::Refuse(problem.as_str().to_owned().into())),
                    Ok(_) => (tools, known.support),
                },
            },
            // Nothing says which of them may be tasks: asking tells.
            CallKind::Prompt => (prompts, TaskSupport::Optional),
            CallKind::Resource => (resources, TaskSupport::Optional),
        };
        Some(match (support, offered, call.mode) {
            (TaskSupport::Required, false, _) => {
                SendDecision::Refuse("it has to be a task, and the server serves none".into())
            }
            (TaskSupport::Required, true, TaskMode::Never) => {
                SendDecision::Refuse("it has to be a task, and the call forbids that".into())
            }
            (TaskSupport::Forbidden, ..) | (_, false, _) | (_, _, TaskMode::Never) => {
                let asks = self.config.input_handlers.contains(&true);
                if !asks || self.stream_is_ready(now) { SendDecision::Send(None) } else { SendDecision::Wait }
            }
            (_, true, TaskMode::WhatIsOffered(option)) if self.stream_is_ready(now) => SendDecision::Send(Some(option)),
            _ => SendDecision::Wait,
        })
    }

    fn refuse_call(&mut self, now: Millis, handle: Handle, why: &str) {
        let Some(doing) = self.doing_call(handle) else { return };
        self.tasks.update(handle, |entry| entry.creation = Creation::Over);
        let failure = TaskError::new(TaskErrorCode::Unsupported, format!("{doing}: {why}; it was not sent"));
        self.fail(now, handle, failure);
    }

    fn send_call(&mut self, now: Millis, handle: Handle, task: Option<TaskOption>) {
        let taken = self.tasks.update(handle, |entry| std::mem::replace(&mut entry.creation, Creation::Over));
        let Some(Creation::Waiting { call, attempts, .. }) = taken else { return };
        if attempts > 0 {
            self.backoff.call_sent_again(now);
        }
        let progress_token = self.progress_base.wrapping_add(handle);
        let known = self.known(&call.name).filter(|_| call.kind == CallKind::Tool);
        let is_wrapped = known.as_ref().is_some_and(|known| known.wraps_result);
        // What only reads can be read again.
        let is_idempotent = known.as_ref().map_or(call.kind != CallKind::Tool, |known| known.is_idempotent);
        let header_params = known.as_ref().and_then(|known| known.header_params.as_deref().ok()).unwrap_or_default();
        let round_trip = self.tasks.get(handle).and_then(|entry| entry.round_trip.clone());
        let Call { kind, name, arguments, .. } = &*call;
        let ask = ClientRequest::Call(CallParams {
            kind: *kind,
            name,
            arguments,
            task,
            progress_token,
            round_trip: round_trip.as_deref(),
            header_params,
        });
        let request = self.send(now, Purpose::Call(handle), ask, None);
        let sent = Creation::Sent { call, attempts, request, as_task: task.is_some(), is_idempotent };
        self.tasks.update(handle, |entry| (entry.creation, entry.is_wrapped) = (sent, is_wrapped));
    }

    /// The server answered a call.
    pub(super) fn called(&mut self, now: Millis, handle: Handle, answer: Result<Json<'_>, RpcError>) {
        let Some(doing) = self.doing_call(handle) else { return };
        let over = self.tasks.update(handle, |entry| std::mem::replace(&mut entry.creation, Creation::Over));
        let may_be_task = matches!(over, Some(Creation::Sent { as_task: true, .. }));
        let called = match answer.map(|json| self.era.read_call_response(json, may_be_task)) {
            Ok(Ok(called)) => called,
            Ok(Err(problem)) => {
                let message = problem.within(&doing).into_text();
                return self.fail(now, handle, TaskError::new(TaskErrorCode::Protocol, message));
            }
            Err(error) => {
                if let Some(Creation::Sent { call, attempts, as_task, .. }) = over {
                    // A prompt or a resource that may not be a task: nothing was done, so it is called plainly.
                    if as_task && call.kind != CallKind::Tool && error_codes::is_task_refused(&error) {
                        let call = Box::new(Call { mode: TaskMode::Never, ..*call });
                        return self.call_again(handle, call, attempts, now);
                    }
                    // Nothing was done; the list of tools says what the headers should have said.
                    if attempts == 0 && self.era.is_mismatch(&error) {
                        self.listing(CallKind::Tool).forget();
                        return self.call_again(handle, call, 1, now);
                    }
                }
                let failure = match self.era.missing(&error) {
                    Some(why) => {
                        let message = format!("{doing}: {why}; it was not executed");
                        let failure = TaskError::new(TaskErrorCode::Unsupported, message);
                        Box::new(TaskError { rpc: Some(error), ..*failure })
                    }
                    None => TaskError::rpc(TaskErrorCode::Rpc, &doing, error),
                };
                return self.fail(now, handle, failure);
            }
        };
        if let CallResponse::Task(Snapshot { task_id, .. }) | CallResponse::Named { task_id, .. } = &called
            && let Err(problem) = self.check_id(task_id)
        {
            let message = format!("{doing}: the server created a task with {}; it is not observed", problem.as_str());
            return self.fail(now, handle, TaskError::new(TaskErrorCode::Protocol, message));
        }
        match called {
            CallResponse::InputRequired(asked, state) => {
                if let Some(Creation::Sent { call, .. }) = over {
                    self.call_asks(now, handle, call, asked, state);
                }
            }
            CallResponse::Plain(payload) if may_be_task && error_codes::is_task_refused_by_result(&payload) => {
                if let Some(Creation::Sent { call, attempts, .. }) = over {
                    // Nothing was done, so the tool is called plainly, from now on.
                    self.listing(CallKind::Tool).never_as_task(&call.name);
                    let call = Box::new(Call { mode: TaskMode::Never, ..*call });
                    self.call_again(handle, call, attempts, now);
                }
            }
            CallResponse::Plain(payload) => {
                self.emit(Output::Created { handle, task_id: None });
                self.settle_with_payload(now, handle, payload);
            }
            CallResponse::Task(snapshot) => {
                let task_id = snapshot.task_id.clone();
                self.emit(Output::Created { handle, task_id: Some(task_id.clone()) });
                self.observe(now, handle, snapshot, false);
                self.named(now, handle, &task_id);
                self.poll_early(now, handle, &task_id);
            }
            CallResponse::Named { task_id, problem } => {
                if let Some(problem) = problem {
                    self.warn("bad-task", problem.within(&doing).into_text());
                }
                self.emit(Output::Created { handle, task_id: Some(task_id.clone()) });
                self.tasks.update(handle, |entry| {
                    entry.task.named(now, task_id.clone());
                    if !entry.refreshers.is_empty() {
                        entry.task.poll_now(now);
                    }
                });
                self.named(now, handle, &task_id);
            }
        }
    }

    /// A task has its name: what came too early is replayed, what waited for the name goes ahead.
    fn named(&mut self, now: Millis, handle: Handle, task_id: &str) {
        for early in self.tasks.take_early(task_id) {
            self.observe(now, handle, early, true);
        }
        let Some(entry) = self.tasks.get(handle) else { return };
        if matches!(entry.cancel, Cancel::Wanted { .. }) {
            self.cancels.push(handle);
        } else if entry.forgotten {
            self.forget(handle);
        }
    }

    /// A call got no answer.
    pub(super) fn call_failed(&mut self, now: Millis, handle: Handle, cause: &TransportError) {
        let Some(doing) = self.doing_call(handle) else { return };
        let taken = self.tasks.update(handle, |entry| std::mem::replace(&mut entry.creation, Creation::Over));
        let Some(Creation::Sent { call, attempts, is_idempotent, .. }) = taken else { return };
        // Sending a call twice may do its work twice: only where the server said that it did nothing, or that it does not
        // matter. An answer that is lost without a session cannot be had in another way (2026-07-28, Key Changes).
        let is_lost = !self.era.has_sessions() && cause.is_transient() && is_idempotent;
        if (cause.is_unprocessed() || is_lost) && attempts + 1 < MAX_ATTEMPTS {
            let not_before = self.backoff.retry_at(now, attempts + 1, cause.retry_after_ms());
            return self.call_again(handle, call, attempts + 1, not_before);
        }
        let consequence = if cause.is_unprocessed() {
            "; it was not executed"
        } else if cause.is_refusal() {
            "; it was not sent again"
        } else {
            "; the server may have executed it all the same, so it was not sent again"
        };
        self.fail(now, handle, cause.to_task_error(&doing, consequence));
    }

    /// A call with which nothing was done waits again.
    pub(super) fn call_again(&mut self, handle: Handle, call: Box<Call>, attempts: u32, not_before: Millis) {
        let waiting = Creation::Waiting { call, attempts, not_before };
        self.tasks.update(handle, |entry| entry.creation = waiting);
        self.calls.push(handle);
    }

    /// No session, no call: who waits is told so. `tools`: only tools wait in vain.
    pub(super) fn fail_calls(&mut self, now: Millis, tools: bool, failure: &TaskError) {
        for handle in std::mem::take(&mut self.calls) {
            let Some(doing) = self.doing_call(handle) else { continue };
            let is_tool = |call: &Call| call.kind == CallKind::Tool;
            if tools && !self.tasks.get(handle).and_then(Entry::waiting_call).is_some_and(is_tool) {
                self.calls.push(handle);
                continue;
            }
            self.tasks.update(handle, |entry| entry.creation = Creation::Over);
            let mut failure = failure.clone();
            failure.message = format!("{doing} was not sent: {}", failure.message);
            self.fail(now, handle, failure.into());
        }
    }

    pub(super) fn doing_call(&self, handle: Handle) -> Option<String> {
        match &self.tasks.get(handle)?.creation {
            Creation::Waiting { call, .. } | Creation::Sent { call, .. } | Creation::AwaitingInput { call } => {
                Some(format!("{}{}", call.kind.doing(), call.name))
            }
            Creation::Over => None,
        }
    }

    /// The words for a task in a message.
    pub(super) fn name_of(&self, handle: Handle) -> String {
        let id = self.tasks.id_of(handle).unwrap_or("");
        format!("task {}", short_id(id))
    }
}

impl Entry {
    /// The call, as long as it is not sent.
    fn waiting_call(&self) -> Option<&Call> {
        match &self.creation {
            Creation::Waiting { call, .. } => Some(call),
            _ => None,
        }
    }
}
