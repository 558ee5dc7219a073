//! The stream for notifications: when it is opened, closed and opened again.

use super::{
    Client, Output, http_exchange::ExchangeKind, io::ExchangeId, resume::is_header, transport_error::TransportError,
};
use crate::{Millis, wire::event_stream::EventStream};
use std::borrow::Cow;

/// How long calls are held back for a stream that does not answer: some servers send the head with the first event.
const HOLD_CALLS_MS: u64 = 500;
/// A stream is kept a little longer than it is needed: the next call may follow at once.
const LINGER_MS: u64 = 1000;
/// A stream that ends sooner than this without a message is short-lived.
const SHORT_LIVED_MS: u64 = 5000;
/// After this many short-lived streams in a row no further one is opened: tasks are polled.
const MAX_SHORT_LIVED: u32 = 3;
const REOPEN_MS: u64 = 1000;
/// A server that wants to be asked at once gets a breath all the same: it would be a hot loop.
const MIN_REOPEN_MS: u64 = 250;
/// A server that asks for a longer wait than this is asked by polls in the meantime, and tried again then.
const MAX_REOPEN_MS: u64 = 300_000;
/// A stream is asked to speak of so many tasks at most; the others are polled.
const MAX_NAMED: usize = 256;

/// The stream for notifications and requests of the server: an HTTP GET, or `subscriptions/listen`.
#[derive(Debug, Default)]
pub(super) struct NotificationStream {
    state: State,
    short_lived_count: u32,
    last_death: Millis,
    last_event_id: Option<String>,
    retry_ms: Option<u64>,
    /// When to close a stream that nobody listens to.
    close_at: Option<Millis>,
    /// The tasks that were named when it was opened, where that is how it is told what to speak of.
    named: Vec<Box<str>>,
    /// Those of them that the server has said it will speak of.
    accepted: Vec<Box<str>>,
    /// It has said no more than that.
    has_only_accepted: bool,
    /// The one that is about to replace it, with the tasks that were named.
    next: Option<(ExchangeId, Vec<Box<str>>)>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Waiting(Millis),
    Opening(ExchangeId, Millis),
    Open {
        exchange: ExchangeId,
        since: Millis,
        spoke: bool,
    },
    /// The server offers none, or none that lives.
    GivenUp,
}

impl NotificationStream {
    /// The last event it told, in whichever connection.
    pub(super) fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// Until when calls wait for it.
    pub(super) fn hold_until(&self) -> Option<Millis> {
        match self.state {
            State::Opening(_, since) => Some(since.saturating_add(HOLD_CALLS_MS)),
            _ => None,
        }
    }

    /// It takes a socket.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Opening(..) | State::Open { .. })
    }

    /// Notifications can arrive on it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    pub(super) fn reopen_at(&self) -> Option<Millis> {
        match self.state {
            State::Waiting(at) => Some(at),
            _ => None,
        }
    }

    pub(super) fn close_at(&self) -> Option<Millis> {
        self.close_at
    }
}

impl Client {
    /// Opens the stream when somebody watches, closes it a little after the last has stopped.
    pub(super) fn update_stream(&mut self, now: Millis) {
        if !self.is_listened_to() && self.calls.is_empty() {
            let live = matches!(self.stream.state, State::Opening(..) | State::Open { .. });
            match self.stream.close_at {
                Some(at) if at <= now => self.close_stream(now),
                None if live => self.stream.close_at = Some(now.saturating_add(LINGER_MS)),
                _ => {}
            }
            return;
        }
        self.stream.close_at = None;
        if self.is_listened_to() {
            self.open_stream(now);
        }
    }

    /// What the server says of its own accord matters to somebody: to who watches a task, or to who answers what a call
    /// asks, which need not come on the call's own stream (2025-11-25, Tasks: "Input Required Status").
    pub(super) fn is_listened_to(&self) -> bool {
        if !self.era.has_sessions() {
            return self.tasks.is_any_watched();
        }
        // What becomes of a task of ours the server may ask at any time, on no stream but this one.
        if self.config.task_capabilities.any() {
            return true;
        }
        let answers = self.config.input_handlers.contains(&true);
        self.tasks.is_listened_to() || (answers && self.tasks.calls_in_flight() > 0)
    }

    /// Whether a call that becomes a task may be sent now: servers without memory drop what they notify before the
    /// stream is there, so it is opened first.
    pub(super) fn stream_is_ready(&mut self, now: Millis) -> bool {
        // A stream that speaks of tasks that are named cannot be opened before.
        if !self.era.has_sessions() {
            return true;
        }
        self.open_stream(now);
        self.stream.hold_until().is_none_or(|until| until <= now)
    }

    fn open_stream(&mut self, now: Millis) {
        let may = match self.stream.state {
            State::Closed => true,
            State::Waiting(at) => at <= now,
            _ => false,
        };
        if !self.era.has_sessions() {
            return self.open_listen(now, may);
        }
        // The older transport has one stream for everything.
        if may && self.config.stream && !self.is_stopped() && self.http_sse.url().is_none() {
            let last_event_id = self.stream.last_event_id.clone().filter(|id| is_header(id));
            let exchange = self.open_get(ExchangeKind::NotificationStream, last_event_id.as_deref());
            self.stream.state = State::Opening(exchange, now);
        }
    }

    /// Opens a stream that speaks of the tasks that are watched, or one that speaks of more of them: the old one is closed
    /// when that is there (2026-07-28, Subscriptions).
    fn open_listen(&mut self, now: Millis, may: bool) {
        let is_open = matches!(self.stream.state, State::Open { .. }) && self.stream.next.is_none();
        if !(may || is_open) || !self.config.stream || self.is_stopped() {
            return;
        }
        // This is looked at in every turn, and hardly ever is anything new.
        if is_open && !self.tasks.take_watch_change() {
            return;
        }
        let wanted = self.tasks.watched_ids(MAX_NAMED);
        let is_new = wanted.iter().any(|id| !self.stream.named.contains(id));
        if wanted.is_empty() || (is_open && !is_new) {
            return;
        }
        let exchange = self.listen(&wanted);
        if is_open {
            self.stream.next = Some((exchange, wanted));
        } else {
            self.stream.state = State::Opening(exchange, now);
            self.stream.named = wanted;
        }
    }

    /// The server said of which tasks the stream will speak.
    pub(super) fn stream_accepted(&mut self, now: Millis, task_ids: &[Cow<'_, str>]) {
        let is_accepted = |id: &str| task_ids.iter().any(|accepted| accepted == id);
        self.stream.accepted = self.stream.named.iter().filter(|id| is_accepted(id)).cloned().collect();
        self.stream.has_only_accepted = true;
        // The one before may have spoken of more.
        for handle in self.tasks.handles() {
            let task_id = self.tasks.get(handle).and_then(|entry| entry.task.task_id());
            if !task_id.is_some_and(|id| self.stream_speaks_of(id)) {
                self.with_task(now, handle, |task, now| task.stream_lost(now));
            }
        }
    }

    /// Whether the stream will tell what becomes of a task.
    pub(super) fn stream_speaks_of(&self, task_id: &str) -> bool {
        self.stream.accepted.iter().any(|id| **id == *task_id)
    }

    pub(super) fn close_stream(&mut self, now: Millis) {
        if let Some((exchange, _)) = self.stream.next.take() {
            self.abort(exchange);
        }
        let state = std::mem::take(&mut self.stream.state);
        self.stream.close_at = None;
        match state {
            State::Opening(exchange, _) | State::Open { exchange, .. } => self.abort(exchange),
            // What the server does not offer, it will not offer to a later watcher either.
            State::GivenUp if self.session.is_ready() => self.stream.state = state,
            _ => {}
        }
        if !self.session.is_ready() {
            self.stream = NotificationStream::default();
        }
        self.stream_silent(now);
    }

    pub(super) fn stream_opened(&mut self, now: Millis, exchange: ExchangeId) {
        if let Some((_, named)) = self.stream.next.take_if(|(next, _)| *next == exchange) {
            self.stream.named = named;
            if let State::Open { exchange: old, .. } = self.stream.state {
                self.abort(old);
            }
        }
        self.stream.state = State::Open { exchange, since: now, spoke: false };
    }

    /// A message came: this stream is worth having.
    pub(super) fn stream_spoke(&mut self, stream: &EventStream) {
        if std::mem::take(&mut self.stream.has_only_accepted) {
            return;
        }
        if let State::Open { spoke, .. } = &mut self.stream.state {
            *spoke = true;
            self.stream.short_lived_count = 0;
        }
        self.stream.last_event_id = stream.last_event_id().map(ToOwned::to_owned);
    }

    /// Keeps what is needed to go on where the stream ended.
    pub(super) fn stream_resumable(&mut self, kind: ExchangeKind, stream: &EventStream) {
        if kind == ExchangeKind::NotificationStream {
            self.stream.retry_ms = stream.retry_ms().or(self.stream.retry_ms);
        }
    }

    pub(super) fn stream_ended(&mut self, now: Millis, id: ExchangeId, cause: &TransportError) {
        // The old one goes on; the tasks that it does not speak of are polled.
        if let Some((_, named)) = self.stream.next.take_if(|(next, _)| *next == id) {
            self.stream.named = named;
            return;
        }
        let is_short_lived = match self.stream.state {
            State::Opening(exchange, _) if exchange == id => true,
            State::Open { exchange, since, spoke } if exchange == id => {
                !spoke && now < since.saturating_add(SHORT_LIVED_MS)
            }
            _ => return,
        };
        self.stream_silent(now);
        self.stream.state = State::GivenUp;
        if let TransportError::Http(head, _) = cause
            && !cause.is_transient()
        {
            // 405 is how a server says that it has no such stream; other refusals are worth a word.
            if !matches!(head.status, 404 | 405) {
                self.stream_given_up(cause);
            }
            return;
        }
        // A server that answers nothing at all is down; that says nothing about its streams.
        let is_up = self.backoff.answered_since(self.stream.last_death);
        self.stream.short_lived_count += u32::from(is_short_lived && is_up);
        self.stream.last_death = now;
        if self.stream.short_lived_count >= MAX_SHORT_LIVED
            || matches!(cause, TransportError::Protocol(_) | TransportError::TooLong(_) | TransportError::Elsewhere(_))
        {
            return self.stream_given_up(cause);
        }
        let wait = self.stream.retry_ms.unwrap_or(REOPEN_MS << self.stream.short_lived_count);
        let wait = wait.max(cause.retry_after_ms().unwrap_or(0)).clamp(MIN_REOPEN_MS, MAX_REOPEN_MS);
        let until = now.saturating_add(wait);
        self.stream.state = State::Waiting(until.max(self.backoff.gate().unwrap_or(0)));
    }

    /// The network is back: do not wait any longer.
    pub(super) fn reopen_stream(&mut self, now: Millis) {
        if let State::Waiting(_) = self.stream.state {
            self.stream.state = State::Waiting(now);
        }
    }

    fn stream_given_up(&mut self, cause: &TransportError) {
        let why = cause.to_task_error("the notification stream", "").message;
        let remedy = "; tasks are polled instead. A proxy that buffers, or a missing CORS permission, looks like this";
        self.emit(Output::Warning { code: "stream-failed", message: format!("{why}{remedy}") });
    }

    /// No stream speaks for any task now: polls go back to the server's interval.
    fn stream_silent(&mut self, now: Millis) {
        self.stream.accepted.clear();
        for handle in self.tasks.handles() {
            self.with_task(now, handle, |task, now| task.stream_lost(now));
        }
    }
}
