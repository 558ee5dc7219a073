//! Checks against the limits of what one server may use up: see [`Limits`](super::Limits).

use super::{
    Client,
    config::length,
    exchanges::{Body, Exchange, find},
    io::ExchangeId,
    trouble::Trouble,
};
use crate::{
    Millis,
    wire::{Problem, answer::Asked},
};

impl Client {
    /// Ends an exchange that brings more than the client may hold. Returns whether it did.
    pub(super) fn ends_over_limit(&mut self, now: Millis, id: ExchangeId, arriving: usize) -> bool {
        let limit = self.config.limits.held_bytes;
        if self.held_bytes().saturating_add(arriving) <= length(limit) {
            return false;
        }
        self.end_with_problem(
            now,
            id,
            Problem::new("more data than the client holds at a time (maxHeldBytes)", &limit.to_string()),
        );
        true
    }

    /// A message or event is longer than allowed.
    pub(super) fn too_long(&mut self, now: Millis, id: ExchangeId) {
        self.end_exchange(now, id, &Trouble::TooLong(self.config.max_message_bytes));
    }

    /// Ends an exchange whose body is not accepted.
    pub(super) fn end_with_problem(&mut self, now: Millis, id: ExchangeId, problem: Problem) {
        self.end_exchange(now, id, &Trouble::Protocol(problem));
    }

    /// Aborts an exchange, for this reason.
    pub(super) fn end_exchange(&mut self, now: Millis, id: ExchangeId, trouble: &Trouble) {
        let Some(origin) = find(&mut self.exchanges, id).map(|e| e.origin.clone()) else { return };
        self.abort(id);
        self.broke(now, id, &origin, trouble);
    }

    /// Whether a task id can be sent: servers accept headers of some kilobytes.
    pub(super) fn check_id(&self, task_id: &str) -> Result<(), Problem> {
        let limit = self.config.limits.id_length;
        if task_id.len() <= length(limit) {
            return Ok(());
        }
        Err(Problem::new(&format!("a task id of {} bytes, more than maxIdLength ({limit})", task_id.len()), ""))
    }

    /// Whether the client takes these input requests of one message, by their number and keys. `open` others are open already.
    pub(super) fn check_input_requests(&self, asked: &[Asked<'_>], open: usize) -> Result<(), Problem> {
        let limits = &self.config.limits;
        let count = asked.len().saturating_add(open);
        if count > length(limits.input_requests) {
            let limit = limits.input_requests;
            return Err(Problem::new(&format!("{count} input requests, more than maxInputRequests ({limit})"), ""));
        }
        if asked.iter().any(|asked| asked.key.len() > length(limits.id_length)) {
            let limit = limits.id_length;
            return Err(Problem::new(&format!("an input request whose key is longer than maxIdLength ({limit})"), ""));
        }
        Ok(())
    }

    /// Unfinished messages and lists, statuses of live tasks and open input requests. Early notifications have a limit of their own.
    fn held_bytes(&self) -> usize {
        let bodies = self.exchanges.iter().map(Exchange::held_bytes);
        // Twice, because the pages of a list are joined in the end.
        let lists = self.listings.iter().map(|listing| 2 * listing.held_bytes());
        // Twice, because the handles show them and the handlers get them.
        let inputs = self.inputs.iter().map(|input| 2 * input.bytes);
        bodies.chain(lists).chain(inputs).fold(self.tasks.held_bytes(), usize::saturating_add)
    }
}

impl Exchange {
    fn held_bytes(&self) -> usize {
        match &self.body {
            Body::Json(text) => text.capacity(),
            Body::Events(stream, _) => stream.held_bytes(),
            // Bounded by itself.
            Body::Refusal(..) | Body::Expected | Body::Ignored => 0,
        }
    }
}
