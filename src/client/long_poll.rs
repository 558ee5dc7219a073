use super::{Client, Handle, entry::Entry, requests::Purpose, transport_error::TransportError};
use crate::{
    Millis,
    task::{Lifecycle, Want},
    wire::{
        json::Json,
        jsonrpc::RpcError,
        request::ClientRequest,
        response::{Payload, read_payload},
        snapshot::Status,
    },
};

/// A browser gives an origin six HTTP/1.1 sockets, over all tabs (deviation 42): so many requests at most may last, so that
/// one is left for what is short, an answer to the server above all.
const MAX_LASTING: usize = 5;
/// Of them, so many at most wait for the input requests of tasks.
const MAX_LONG_POLLS: usize = 4;
/// A request that has waited so long in silence makes room for another task's.
const ROTATE_MS: Millis = 5000;
/// The long poll of a task that has ended is answered at once, or not at all (deviation 29).
const LAST_WORD_MS: Millis = 5000;

/// A `tasks/result` that is left open. Some servers tell a task's input requests on its stream and nowhere else
/// (deviations 22, 40); so it is opened when a task wants input, and only then.
#[derive(Debug)]
pub(super) struct OpenLongPoll {
    request: u32,
    since: Millis,
}

/// The long poll of a task: the open one, and when the next one may be opened.
#[derive(Debug, Default)]
pub(super) struct LongPoll {
    pub(super) open: Option<OpenLongPoll>,
    /// When the last one was ended.
    ended_at: Millis,
    /// Not before this is another opened: the last one broke.
    after: Millis,
    /// The server does not let such a request wait while this status lasts.
    pub(super) is_refused: bool,
}

impl Client {
    /// Opens, ends and rotates long polls.
    pub(super) fn update_long_polls(&mut self, now: Millis) {
        if self.era.has_complete_state() {
            return;
        }
        for handle in self.tasks.awaiting_input() {
            let idle = |entry: &Entry| entry.long_poll.open.is_some() && !entry.task.is_watched();
            if self.tasks.get(handle).is_some_and(idle) {
                self.end_long_poll(now, handle);
            }
        }
        let room = self.long_poll_room();
        while self.open_long_polls() > room
            && let Some(handle) = self.next_to_end(Millis::MAX)
        {
            self.end_long_poll(now, handle);
        }
        if self.is_stopped() || self.backoff.gate().is_some_and(|until| until > now) {
            return;
        }
        while let Some((_, handle)) = self.next_long_poll().filter(|(after, _)| *after <= now) {
            if self.open_long_polls() >= room {
                // Who has just had its turn may only have what nobody needs.
                let may_displace = self.tasks.get(handle).is_some_and(|entry| entry.long_poll.next_turn() <= now);
                let Some(other) = self.next_to_end(if may_displace { now } else { 0 }) else { return };
                self.end_long_poll(now, other);
            }
            if self.open_long_polls() >= room {
                return;
            }
            self.open_long_poll(now, handle);
        }
    }

    /// Whether one more call may be sent now.
    pub(super) fn has_room_for_call(&self) -> bool {
        // The older transport ends the request of a call at once.
        self.multiplexed
            || self.http_sse.url().is_some()
            || self.tasks.calls_in_flight() + usize::from(self.stream.is_live()) < MAX_LASTING
    }

    /// When a long poll makes room for one that waits, or one that failed may be sent again.
    pub(super) fn long_poll_time(&self) -> Option<Millis> {
        let (after, first) = self.next_long_poll()?;
        let first = self.tasks.get(first).map(|entry| after.max(entry.long_poll.next_turn()));
        let open = self
            .tasks
            .awaiting_input()
            .into_iter()
            .filter_map(|handle| self.tasks.get(handle)?.long_poll.open.as_ref());
        let turns = open.map(|open| open.since.saturating_add(ROTATE_MS));
        turns.chain(first).filter(|at| *at > self.now).min()
    }

    /// The result of a task that has ended is wanted, and is being waited for already: it has a little while.
    pub(super) fn limit_long_poll(&mut self, now: Millis, handle: Handle) -> bool {
        let open = self.tasks.get(handle).and_then(|entry| entry.long_poll.open.as_ref()).map(|open| open.request);
        let Some(request) = open else { return false };
        if self.set_deadline(request, now.saturating_add(LAST_WORD_MS)) {
            return true;
        }
        // Its stream was cut: asking anew is faster than to take that up.
        if let Some(Some(open)) = self.tasks.update(handle, |entry| entry.long_poll.open.take()) {
            self.abort_long_poll(&open);
        }
        false
    }

    /// A long poll was answered: the task has ended, or the server does not let it wait (deviation 17).
    pub(super) fn long_poll_answered(&mut self, now: Millis, handle: Handle, answer: Result<Json<'_>, RpcError>) {
        let result = match answer.map(read_payload) {
            Ok(Ok(payload)) if !payload.is_empty => Some(payload.json.get().into()),
            _ => None,
        };
        self.tasks.update(handle, |entry| {
            entry.long_poll.open = None;
            entry.long_poll.is_refused = true;
            entry.early_result = result;
            // How it has ended is told by its status.
            entry.task.unanswered(now, Want::Result);
        });
        self.settle_early(now, handle);
    }

    /// The result is known already, and the task has ended.
    pub(super) fn settle_early(&mut self, now: Millis, handle: Handle) {
        // Looked at whenever a task is told of: nearly always there is none.
        let is_known = |entry: &Entry| entry.early_result.is_some();
        if !self.tasks.get(handle).is_some_and(is_known) || !self.tasks.has_ended(handle) {
            return;
        }
        let taken = self.tasks.update(handle, |entry| entry.early_result.take());
        if let Some(Some(result)) = taken
            && let Some(payload) = read_early(&result)
        {
            self.settle_with_payload(now, handle, payload);
        }
    }

    /// The result is known already, and the server has forgotten the task: how it has ended is told by the result.
    pub(super) fn end_early(&mut self, now: Millis, handle: Handle) -> bool {
        let Some(entry) = self.tasks.get(handle) else { return false };
        let Some(payload) = entry.early_result.as_deref().and_then(read_early) else { return false };
        let Some(mut snapshot) = entry.task.lifecycle().snapshot().cloned() else { return false };
        snapshot.status = if payload.is_error { Status::Failed } else { Status::Completed };
        snapshot.status_message = None;
        self.observe(now, handle, snapshot, false);
        true
    }

    /// A long poll failed.
    pub(super) fn long_poll_failed(&mut self, now: Millis, handle: Handle, cause: &TransportError) {
        if matches!(cause, TransportError::TooLong(_)) && self.tasks.has_ended(handle) {
            return self.poll_failed(now, handle, Want::Result, cause);
        }
        self.take_long_poll(now, handle);
        self.tasks.update(handle, |entry| {
            entry.long_poll.is_refused = !cause.is_transient();
            entry.long_poll.after = now.saturating_add(ROTATE_MS);
        });
    }

    /// Takes the long poll of a task, which is not answered. The result of a task that has ended was to come on it, so it
    /// is asked for again.
    fn take_long_poll(&mut self, now: Millis, handle: Handle) -> Option<OpenLongPoll> {
        let closed = self.tasks.update(handle, |entry| {
            if matches!(entry.task.lifecycle(), Lifecycle::Ended(_)) {
                entry.task.unanswered(now, Want::Result);
            }
            entry.long_poll.open.take()
        });
        closed.flatten()
    }

    /// Ends the long poll of a task that goes on.
    pub(super) fn end_long_poll(&mut self, now: Millis, handle: Handle) {
        self.tasks.update(handle, |entry| entry.long_poll.ended_at = now);
        if let Some(open) = self.take_long_poll(now, handle) {
            self.abort_long_poll(&open);
        }
    }

    /// Closes the stream of a long poll. No `notifications/cancelled` is sent: one that crosses the answer ends the session
    /// of servers on the official Python SDK (1.30).
    pub(super) fn abort_long_poll(&mut self, open: &OpenLongPoll) {
        if self.purpose_of(open.request).is_some() {
            self.drop_request(open.request);
        }
    }

    /// The session is lost, and with it what its requests wait for.
    pub(super) fn end_long_polls(&mut self, now: Millis) {
        for handle in self.tasks.awaiting_input() {
            if let Some(open) = self.take_long_poll(now, handle) {
                self.abort_long_poll(&open);
            }
        }
    }

    fn open_long_poll(&mut self, now: Millis, handle: Handle) {
        let Some(task_id) = self.tasks.id_of(handle).map(ToOwned::to_owned) else { return };
        let request = self.send(now, Purpose::LongPoll(handle), ClientRequest::TaskResult { task_id: &task_id }, None);
        self.tasks.update(handle, |entry| entry.long_poll.open = Some(OpenLongPoll { request, since: now }));
    }

    fn long_poll_room(&self) -> usize {
        if self.multiplexed {
            return usize::MAX;
        }
        let others = self.tasks.calls_in_flight() + usize::from(self.stream.is_live());
        MAX_LASTING.saturating_sub(others).min(MAX_LONG_POLLS)
    }

    fn open_long_polls(&self) -> usize {
        let open = |handle: &Handle| self.tasks.get(*handle).is_some_and(|e| e.long_poll.open.is_some());
        self.tasks.awaiting_input().iter().filter(|h| open(h)).count()
    }

    /// Whose question cannot come in yet: who has waited longest, and not before when.
    fn next_long_poll(&self) -> Option<(Millis, Handle)> {
        if self.era.has_complete_state() {
            return None;
        }
        let waiting = self.tasks.awaiting_input().into_iter().filter_map(|handle| {
            let entry = self.tasks.get(handle)?;
            // One for the task, whichever of its handles that is (deviation 29).
            let is_free = || self.tasks.by_id(entry.task.task_id().unwrap_or("")).all(|h| self.is_free(h));
            let waits = entry.is_input_required() && entry.task.is_watched();
            (waits && is_free() && !self.has_input_request(handle)).then_some((
                entry.long_poll.after,
                entry.long_poll.ended_at,
                handle,
            ))
        });
        waiting.min().map(|(after, _, handle)| (after, handle))
    }

    /// No long poll is open for this handle, and none was refused.
    fn is_free(&self, handle: Handle) -> bool {
        self.tasks.get(handle).is_none_or(|entry| entry.long_poll.open.is_none() && !entry.long_poll.is_refused)
    }

    /// Who makes room: first whose question has come in already, or who wants nothing now; then who has waited longest, if
    /// that was long enough by then.
    fn next_to_end(&self, now: Millis) -> Option<Handle> {
        let open = self.tasks.awaiting_input().into_iter().filter_map(|handle| {
            let entry = self.tasks.get(handle)?;
            let needed = entry.is_input_required() && !self.has_input_request(handle);
            Some((needed, entry.long_poll.open.as_ref()?.since, handle))
        });
        let (needed, since, handle) = open.min()?;
        (!needed || since.saturating_add(ROTATE_MS) <= now).then_some(handle)
    }
}

impl LongPoll {
    /// When it may take another's place.
    fn next_turn(&self) -> Millis {
        if self.ended_at == 0 { 0 } else { self.ended_at.saturating_add(ROTATE_MS) }
    }
}

fn read_early(result: &str) -> Option<Payload<'_>> {
    read_payload(Json::check(result).ok()?).ok()
}

impl Entry {
    /// The server waits for input.
    pub(super) fn is_input_required(&self) -> bool {
        matches!(self.task.lifecycle(), Lifecycle::Live(s) if s.status == Status::InputRequired)
    }
}
