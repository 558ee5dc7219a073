use super::{Client, Handle, entry::Cancel, poll_queue::Priority, requests::Purpose, transport_error::TransportError};
use crate::{
    Millis,
    task::{Seen, TaskError, TaskErrorCode, Want},
    wire::{
        DecodeError, error_codes,
        json::Json,
        jsonrpc::RpcError,
        request::ClientRequest,
        response::{State, read_payload},
        snapshot::{Snapshot, Status},
    },
};

/// Of the six sockets a browser gives to an origin, this many at most are used for what runs by itself.
pub(super) const MAX_AUTOMATIC: usize = 4;
/// After so much nonsense in a row, whoever waits is told; the task is asked after further if somebody still watches.
const MAX_BAD_ANSWERS: u32 = 8;
/// Up to this interval of the server's the first poll is early enough.
const MAX_FIRST_WAIT_MS: u64 = 1000;
/// A task that should be gone is asked after for so long before it is given up: the network may be what is gone.
const OVERDUE_MS: u64 = 60_000;

impl Client {
    /// Asks after every task that is due, as far as there is room.
    pub(super) fn ask_due(&mut self, now: Millis) {
        if self.poll_time().is_none_or(|at| at > now) {
            return;
        }
        let in_trouble = self.backoff.gate().is_some();
        if in_trouble {
            self.list_polling.drop_pass();
        }
        let mut room = self.backoff.room(now, MAX_AUTOMATIC).saturating_sub(self.automatic_in_flight());
        let urgent = [Priority::Requested, Priority::Result];
        let urgent = urgent.into_iter().flat_map(|priority| self.tasks.poll_queue().until(priority, now));
        // Counts no further than there is room: thousands may be due.
        if !in_trouble && urgent.take(room).count() < room && self.poll_list(now) {
            room -= 1;
        }
        let routine = self.next_polls().is_some_and(|next| next.at <= now);
        while room > 0
            && let Some(handle) = self.next_to_poll(now, in_trouble, routine)
        {
            self.ask(now, handle);
            room -= 1;
        }
    }

    /// The next task to poll, by priority. While the server is failing, the longest-waiting task instead: otherwise one bad
    /// task could be retried forever ahead of the rest. `routine`: routine polls may be sent now.
    fn next_to_poll(&self, now: Millis, is_failing: bool, routine: bool) -> Option<Handle> {
        let mut next: Option<(Millis, Handle)> = None;
        for priority in Priority::ALL {
            if let Some((at, handle)) = self.tasks.poll_queue().first(priority)
                && at <= now
                && (routine || priority != Priority::Routine)
                && next.is_none_or(|(earliest, _)| is_failing && at < earliest)
            {
                next = Some((at, handle));
            }
        }
        next.map(|(_, handle)| handle)
    }

    fn ask(&mut self, now: Millis, handle: Handle) {
        let asked = self.tasks.update(handle, |entry| {
            let want = entry.task.want();
            entry.task.asking(want);
            Some((want, entry.task.task_id()?.to_owned()))
        });
        let Some(Some((want, task_id))) = asked else { return };
        if want == Want::Result && self.limit_long_poll(now, handle) {
            return;
        }
        let (purpose, ask) = match want {
            Want::Result if !self.era.has_complete_state() => {
                (Purpose::TaskResult(handle), ClientRequest::TaskResult { task_id: &task_id })
            }
            _ => (Purpose::GetTask(handle, want), ClientRequest::GetTask { task_id: &task_id }),
        };
        self.send(now, purpose, ask, Some(self.config.request_timeout_ms));
    }

    /// Plans the early poll of a task that was just created. A stream that was open before tells everything of it.
    pub(super) fn poll_early(&mut self, now: Millis, handle: Handle, task_id: &str) {
        let is_covered = if self.era.has_sessions() { self.stream.is_open() } else { self.stream_speaks_of(task_id) };
        let interval_ms = self.tasks.snapshot_of(handle).and_then(|snapshot| snapshot.poll_interval_ms);
        if self.config.early_poll && !is_covered && interval_ms.is_some_and(|ms| ms > MAX_FIRST_WAIT_MS) {
            self.with_task(now, handle, |task, now| task.poll_early(now));
        }
    }

    /// The server said where a task stands.
    pub(super) fn got_task(&mut self, now: Millis, handle: Handle, want: Want, answer: Result<Json<'_>, RpcError>) {
        let Some(task_id) = self.tasks.id_of(handle).map(ToOwned::to_owned) else { return };
        match answer.map(|json| self.era.read_state_of(&task_id, json)) {
            Ok(Ok(state))
                if want == Want::Result && state.outcome.is_none() && state.snapshot.status != Status::Failed =>
            {
                let problem =
                    DecodeError::new("a task that has ended, without its result", state.snapshot.status.as_str());
                self.poll_failed(now, handle, want, &TransportError::Protocol(problem));
            }
            Ok(Ok(state)) => {
                // From now on the stream will tell; before it was there, something may have been missed.
                let is_spoken_of = self.stream_speaks_of(&task_id);
                self.tasks.update(handle, |entry| {
                    entry.task.answered(want);
                    entry.overdue = None;
                    if is_spoken_of {
                        entry.task.stream_taken(now);
                    }
                });
                self.described(now, handle, &state, false);
            }
            Ok(Err(problem)) => self.poll_failed(now, handle, want, &TransportError::Protocol(problem)),
            Err(error) if error_codes::is_unknown_task(&error) => self.unknown(now, handle, &task_id, error),
            Err(error) => self.poll_refused(now, handle, want, error),
        }
    }

    /// The server described a task, and may have told all there is to know of it.
    pub(super) fn described(&mut self, now: Millis, handle: Handle, state: &State<'_>, pushed: bool) {
        let State { snapshot, asked, outcome } = state;
        let Snapshot { task_id, status_message, .. } = snapshot;
        let seen = self.observe(now, handle, snapshot.clone(), pushed);
        if let Some(asked) = asked.as_ref().filter(|_| seen.is_some_and(|seen| seen != Seen::Stale)) {
            self.task_asks(now, task_id, asked);
        }
        if !self.tasks.has_ended(handle) {
            return;
        }
        match outcome {
            Some(Ok(payload)) => self.settle_with_payload(now, handle, *payload),
            Some(Err(error)) => {
                let mut failure = TaskError::failed(task_id, Some(&error.message));
                failure.rpc = Some(error.clone());
                self.fail(now, handle, failure);
            }
            // It has no more to say of its failure.
            None if snapshot.status == Status::Failed && self.era.has_complete_state() && !pushed => {
                self.fail(now, handle, TaskError::failed(task_id, status_message.as_deref()));
            }
            None => {}
        }
    }

    /// The server said what a task resulted in.
    pub(super) fn got_result(&mut self, now: Millis, handle: Handle, answer: Result<Json<'_>, RpcError>) {
        let Some(snapshot) = self.tasks.snapshot_of(handle).cloned() else { return };
        let failed = snapshot.status == Status::Failed;
        let words = snapshot.status_message.as_deref();
        match answer.map(read_payload) {
            // Nothing but metadata: some servers have no more to say about a failure.
            Ok(Ok(payload)) if failed && payload.is_empty => {
                self.fail(now, handle, TaskError::failed(&snapshot.task_id, words));
            }
            Ok(Ok(payload)) => self.settle_with_payload(now, handle, payload),
            Ok(Err(problem)) => self.poll_failed(now, handle, Want::Result, &TransportError::Protocol(problem)),
            // The server has lost it meanwhile; what it said of the failure is known.
            Err(error) if failed && words.is_some() && error_codes::is_unknown_task(&error) => {
                self.fail(now, handle, TaskError::failed(&snapshot.task_id, words));
            }
            // The error is what the request would have been answered with.
            Err(error) if failed => {
                let mut failure = TaskError::failed(&snapshot.task_id, Some(&error.message));
                failure.rpc = Some(error);
                self.fail(now, handle, failure);
            }
            Err(error) if error_codes::is_unknown_task(&error) => self.unknown(now, handle, &snapshot.task_id, error),
            Err(error) => self.poll_refused(now, handle, Want::Result, error),
        }
    }

    /// A question about a task got no answer, or one that makes no sense.
    pub(super) fn poll_failed(&mut self, now: Millis, handle: Handle, want: Want, cause: &TransportError) {
        if cause.is_transient() {
            if self.is_overdue(now, handle) {
                let task = self.name_of(handle);
                let message =
                    format!("the server keeps {task} no longer than it said, and has not been heard of since");
                return self.fail(now, handle, TaskError::new(TaskErrorCode::TaskExpired, message));
            }
            let retry_after_ms = cause.retry_after_ms();
            let failures = self.tasks.get(handle).map_or(0, |entry| entry.task.failed_polls());
            // In an outage the gate says when the next poll is sent, and which one is chance.
            let is_its_own = self.backoff.gate().is_none() || retry_after_ms.is_some();
            let retry_at = if is_its_own { self.backoff.retry_at(now, failures + 1, retry_after_ms) } else { now };
            return self.with_task(now, handle, |task, now| task.poll_failed(now, want, retry_at));
        }
        if matches!(cause, TransportError::TooLong(_)) && (want == Want::Result || self.era.has_complete_state()) {
            return self.result_too_long(now, handle, cause);
        }
        let failure = cause.to_task_error(&format!("asking after {}", self.name_of(handle)), "; the task goes on");
        self.bad_answer(now, handle, want, failure, cause.is_unauthorized());
    }

    /// The result of a task is longer than this client accepts. Asked for again it would be no shorter.
    fn result_too_long(&mut self, now: Millis, handle: Handle, cause: &TransportError) {
        let task = self.name_of(handle);
        let failure = match self.tasks.snapshot_of(handle).filter(|_| self.tasks.has_ended(handle)) {
            Some(snapshot) => {
                let status = snapshot.status.as_str();
                let consequence = format!("; the task has ended on the server ({status}), its result was not accepted");
                cause.to_task_error(&format!("getting the result of {task}"), &consequence)
            }
            // The state carries the result, and nothing else in it is of such a length.
            None => {
                let consequence = "; the state carries the result of a task that has ended, which was not accepted";
                cause.to_task_error(&format!("getting the state of {task}"), consequence)
            }
        };
        self.fail(now, handle, failure);
    }

    /// A task that the server should have dropped by now, and that has been asked after in vain for a while since: the
    /// server may be gone for good (extension for tasks, "TTL and Cleanup"). Where clocks and wishes of another era say
    /// how long a task is kept, servers do not hold to it (deviation 5).
    fn is_overdue(&mut self, now: Millis, handle: Handle) -> bool {
        let has_complete_state = self.era.has_complete_state();
        let overdue = self.tasks.update(handle, |entry| {
            let ttl_ms = entry.task.lifecycle().snapshot().and_then(|s| s.ttl_ms).filter(|_| has_complete_state)?;
            let dropped_at = entry.task.heard_at()?.saturating_add(ttl_ms);
            (dropped_at <= now).then(|| *entry.overdue.get_or_insert(now))
        });
        overdue.flatten().is_some_and(|since| now.saturating_sub(since) > OVERDUE_MS)
    }

    fn poll_refused(&mut self, now: Millis, handle: Handle, want: Want, error: RpcError) {
        let doing = format!("asking after {}", self.name_of(handle));
        // A server without the method will not have it the next time (deviation 35).
        let hopeless = error_codes::is_task_refused(&error);
        self.bad_answer(now, handle, want, TaskError::rpc(TaskErrorCode::Rpc, &doing, error), hopeless);
    }

    /// Asked again after a growing while; whoever waits is told at once when waiting will not help, else in the end.
    fn bad_answer(&mut self, now: Millis, handle: Handle, want: Want, failure: Box<TaskError>, hopeless: bool) {
        let times = self.tasks.update(handle, |entry| entry.task.bad_answer(now, want));
        let Some(times) = times else { return };
        if hopeless || times.is_multiple_of(MAX_BAD_ANSWERS) {
            self.interrupt(now, handle, failure);
        } else if times == 1 {
            self.warn("bad-answer", format!("{}; asked again", failure.message));
        }
    }

    /// The server does not know the task.
    fn unknown(&mut self, now: Millis, handle: Handle, task_id: &str, error: RpcError) {
        if self.end_early(now, handle) {
            return;
        }
        let cancelled = self.tasks.get(handle).is_some_and(|e| matches!(e.cancel, Cancel::Acknowledged));
        let failure = if cancelled {
            // Servers need not keep what was cancelled.
            TaskError::cancelled(task_id, None)
        } else {
            TaskError::expired(task_id, error)
        };
        let answer = if cancelled { Ok("null".into()) } else { Err(failure.clone()) };
        self.answer_refreshers(now, handle, &answer);
        self.fail(now, handle, failure);
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.paused.contains(&super::PauseReason::Hidden)
    }

    /// When the first task is to be asked after, all hindrances but the lack of room considered.
    pub(super) fn poll_time(&self) -> Option<Millis> {
        if self.is_stopped() {
            return None;
        }
        let mut first = self.next_polls().map(|next| next.at);
        if self.list_polling.wants_page() {
            first = Some(0);
        }
        for priority in Priority::ALL {
            if let Some((at, _)) = self.tasks.poll_queue().first(priority)
                && priority != Priority::Routine
                && first.is_none_or(|first| at < first)
            {
                first = Some(at);
            }
        }
        Some(first?.max(self.backoff.gate().unwrap_or(0)))
    }
}
