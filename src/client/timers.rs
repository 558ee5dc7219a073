use super::{
    Client, Output, PauseReason, WakeReason,
    entry::Creation,
    http_exchange::{Body, ExchangeKind},
    polling::MAX_AUTOMATIC,
    requests::Purpose,
    session::Session,
    transport_error::TransportError,
};
use crate::{Millis, task::Want};

impl Client {
    /// When to hand in [`Input::Timeout`](super::Input::Timeout), and what for; `None` while there is nothing to wait
    /// for. Ask again after every input.
    pub fn poll_timeout(&self) -> Option<(Millis, WakeReason)> {
        // One line each; every line says when to …
        let timers = [
            // When to try the handshake again.
            (self.connect_time(), WakeReason::Connect),
            // When to stop holding calls back for a stream that does not answer.
            (self.calls_ready_time(), WakeReason::ReleaseCalls),
            // When to open the stream again.
            (self.reopen_time(), WakeReason::OpenStream),
            // When to close a stream nobody listens to.
            (self.stream.close_at().or(self.http_sse.close_at()), WakeReason::CloseStream),
            // When to ask after a task; not while there is no room, which an answer will make.
            (self.ask_time(), WakeReason::Poll),
            // When to send again what met a server in trouble.
            (self.retry_time(), WakeReason::Retry),
            // When to let another task's request wait in place of one that is silent.
            (self.long_poll_time(), WakeReason::Rotate),
            // When to give up on a request that is not answered.
            (self.exchanges.iter().filter_map(|e| e.deadline).min(), WakeReason::RequestTimeout),
            // When to give up on a request that was taken, but is not answered.
            (self.http_sse.first_deadline().map(|(at, _)| at), WakeReason::RequestTimeout),
        ];
        // What was due at the last input was done then, or waits for something else than time.
        timers
            .into_iter()
            .filter_map(|(at, why)| Some((at?, why)))
            .filter(|(at, _)| *at > self.now)
            .min_by_key(|(at, _)| *at)
    }

    /// Ends the exchanges whose deadline has passed.
    pub(super) fn give_up_unanswered(&mut self, now: Millis) {
        let late = self.exchanges.iter().filter(|e| e.deadline.is_some_and(|at| at <= now));
        for id in late.map(|e| e.id).collect::<Vec<_>>() {
            let Ok(at) = self.exchanges.binary_search_by_key(&id, |exchange| exchange.id) else { continue };
            let Some(exchange) = self.exchanges.get(at) else { continue };
            let context = exchange.context.clone();
            match exchange.body {
                Body::Ignored => self.abort(id),
                Body::Refusal(..) => {
                    self.emit(Output::Abort(id));
                    self.end(now, id);
                }
                Body::Events(..) if self.is_answered(context.kind) => {
                    self.leaves_streams_open = true;
                    self.abort(id);
                }
                _ => {
                    self.abort(id);
                    self.exchange_failed(now, id, &context, &TransportError::Late(self.config.request_timeout_ms));
                }
            }
        }
    }

    fn is_answered(&self, kind: ExchangeKind) -> bool {
        match kind {
            ExchangeKind::Request(request) | ExchangeKind::Resumed(request, _) => self.purpose_of(request).is_none(),
            _ => false,
        }
    }

    /// Holding still altogether, not just asking rarely.
    pub(super) fn is_stopped(&self) -> bool {
        self.paused.iter().any(|reason| *reason != PauseReason::Hidden)
    }

    pub(super) fn pause(&mut self, now: Millis, reason: PauseReason) {
        if self.paused.contains(&reason) {
            return;
        }
        self.paused.push(reason);
        self.hide_tasks(now);
    }

    pub(super) fn resume(&mut self, now: Millis, reason: PauseReason) {
        let before = self.paused.len();
        self.paused.retain(|r| *r != reason);
        self.hide_tasks(now);
        if self.paused.len() < before && !self.is_stopped() {
            self.backoff.try_now(now);
            for handle in self.tasks.handles() {
                self.with_task(now, handle, |task, now| task.retry_now(now));
            }
            self.reopen_stream(now);
            if let Session::Waiting { until } = &mut self.session {
                *until = now;
            }
        }
    }

    fn hide_tasks(&mut self, now: Millis) {
        let hidden = self.is_hidden();
        for handle in self.tasks.handles() {
            self.with_task(now, handle, |task, now| task.hide(now, hidden));
        }
    }

    /// A request found its session lost: it was not looked at, so it is sent again in the next one.
    pub(super) fn resend(&mut self, now: Millis, purpose: Purpose, cause: &TransportError) {
        match purpose {
            Purpose::GetTask(handle, want) => self.with_task(now, handle, |task, now| task.unanswered(now, want)),
            Purpose::TaskResult(handle) => self.with_task(now, handle, |task, now| task.unanswered(now, Want::Result)),
            Purpose::Call(handle) => {
                let taken = self.tasks.update(handle, |e| std::mem::replace(&mut e.creation, Creation::Over));
                if let Some(Creation::Sent { call, attempts, .. }) = taken {
                    self.call_again(handle, call, attempts, now);
                }
            }
            Purpose::Update(batch) => self.update_again(batch),
            Purpose::LongPoll(handle) => self.long_poll_failed(now, handle, cause),
            Purpose::List(kind) => self.relist(kind, now),
            Purpose::CancelTask(handle) => {
                self.cancel_again(handle, 0, now);
            }
            Purpose::ListTasks(_) => self.list_polling.drop_pass(),
            Purpose::Query(reply) => self.query_again(reply),
            Purpose::Probe => {}
            Purpose::Initialize => self.handshake_failed(now, cause),
        }
    }

    pub(super) fn connect_time(&self) -> Option<Millis> {
        match self.session {
            Session::Waiting { until } if self.is_asked() || !self.is_stopped() => Some(until),
            _ => None,
        }
    }

    pub(super) fn calls_ready_time(&self) -> Option<Millis> {
        if self.calls.is_empty() { None } else { self.stream.hold_until() }
    }

    fn reopen_time(&self) -> Option<Millis> {
        if !self.is_listened_to() || self.is_stopped() || !self.session.is_ready() {
            None
        } else {
            self.stream.reopen_at()
        }
    }

    pub(super) fn ask_time(&self) -> Option<Millis> {
        let at = self.poll_time().filter(|_| self.session.is_ready())?;
        let room = self.backoff.room(at, MAX_AUTOMATIC) > self.automatic_in_flight();
        room.then_some(at)
    }

    fn retry_time(&self) -> Option<Millis> {
        if !self.session.is_ready() {
            return None;
        }
        let calls = self.calls.iter().filter_map(|&handle| match self.tasks.get(handle)?.creation {
            Creation::Waiting { not_before, attempts: 1.., .. } => Some(not_before.max(self.backoff.next_call())),
            _ => None,
        });
        let cancels = self.cancels.iter().filter_map(|&handle| self.cancel_time(handle));
        let others =
            [self.listing_time(), self.query_time(), self.resume_time(), self.answer_time(), self.probe_time()];
        // What has passed waits for something else than time, and must not hide what is to come.
        calls.chain(cancels).chain(others.into_iter().flatten()).filter(|at| *at > self.now).min()
    }
}
