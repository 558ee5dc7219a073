//! Checks against the limits of what one server may use up: see [`Limits`](super::Limits).

use super::{
    Client,
    config::length,
    http_exchange::{Body, HttpExchange, find},
    io::ExchangeId,
    transport_error::TransportError,
};
use crate::{
    Millis,
    wire::{
        DecodeError,
        response::InputRequest,
        snapshot::{Snapshot, short_id},
    },
};

impl Client {
    /// While the client holds more than it may, ends the exchange that holds the most, so that small messages always get through.
    /// Returns whether that was this exchange.
    pub(super) fn ends_over_limit(&mut self, now: Millis, id: ExchangeId) -> bool {
        let limit = self.config.limits.held_bytes;
        while self.held_bytes() > length(limit) {
            let holding = self.exchanges.iter().filter(|exchange| exchange.held_bytes() > 0);
            let largest = holding.max_by_key(|exchange| exchange.held_bytes()).map_or(id, |exchange| exchange.id);
            let what = "more data than the client holds at a time (maxHeldBytes)";
            self.end_with_problem(now, largest, DecodeError::new(what, &limit.to_string()));
            if largest == id {
                return true;
            }
        }
        false
    }

    /// A message or event is longer than allowed.
    pub(super) fn too_long(&mut self, now: Millis, id: ExchangeId) {
        self.end_exchange(now, id, &TransportError::TooLong(self.config.max_message_bytes));
    }

    /// Ends an exchange whose body is not accepted.
    pub(super) fn end_with_problem(&mut self, now: Millis, id: ExchangeId, problem: DecodeError) {
        self.end_exchange(now, id, &TransportError::Protocol(problem));
    }

    /// Aborts an exchange, for this reason.
    pub(super) fn end_exchange(&mut self, now: Millis, id: ExchangeId, cause: &TransportError) {
        let Some(context) = find(&mut self.exchanges, id).map(|e| e.context.clone()) else { return };
        self.abort(id);
        self.exchange_failed(now, id, &context, cause);
    }

    /// Whether a task id can be sent: servers accept headers of some kilobytes.
    pub(super) fn check_id(&self, task_id: &str) -> Result<(), DecodeError> {
        let limit = self.config.limits.id_length;
        if task_id.len() <= length(limit) {
            return Ok(());
        }
        Err(DecodeError::new(&format!("a task id of {} bytes, more than maxIdLength ({limit})", task_id.len()), ""))
    }

    /// Whether the client takes these input requests of one message, by their number and keys. `open` others are open already.
    pub(super) fn check_input_requests(&self, asked: &[InputRequest<'_>], open: usize) -> Result<(), DecodeError> {
        let limits = &self.config.limits;
        let count = asked.len().saturating_add(open);
        if count > length(limits.input_requests) {
            let limit = limits.input_requests;
            return Err(DecodeError::new(&format!("{count} input requests, more than maxInputRequests ({limit})"), ""));
        }
        let bytes = asked.iter().map(|asked| asked.params.get().len()).sum();
        if !self.has_room_for_input(bytes) {
            let limit = limits.held_bytes;
            let what = format!(
                "input requests of {bytes} bytes, more than a quarter of maxHeldBytes ({limit}) with those that are open"
            );
            return Err(DecodeError::new(&what, ""));
        }
        if asked.iter().any(|asked| asked.key.len() > length(limits.id_length)) {
            let limit = limits.id_length;
            return Err(DecodeError::new(
                &format!("an input request whose key is longer than maxIdLength ({limit})"),
                "",
            ));
        }
        Ok(())
    }

    /// Unfinished messages and lists, statuses of live tasks and open input requests. Early notifications have a limit of their own.
    fn held_bytes(&self) -> usize {
        let bodies = || self.exchanges.iter().map(HttpExchange::held_bytes);
        // A buffer that grows is copied, and the pages of a list are joined in the end.
        let copied = bodies().max().unwrap_or_default();
        let lists = self.listings.iter().map(|listing| 2 * listing.held_bytes());
        let stored = self.tasks.held_bytes().saturating_add(self.input_bytes());
        bodies().chain(lists).fold(stored.saturating_add(copied), usize::saturating_add)
    }

    fn input_bytes(&self) -> usize {
        self.input_requests.iter().map(|input| input.bytes).sum()
    }

    /// What statuses may hold, and input requests, each. The other half is for messages.
    fn quarter(&self) -> usize {
        length(self.config.limits.held_bytes) / 4
    }

    /// Whether the client holds further input requests of this length, in bytes. The first may be as long as a message.
    pub(super) fn has_room_for_input(&self, bytes: usize) -> bool {
        let open = self.input_bytes();
        open == 0 || open.saturating_add(bytes) <= self.quarter()
    }

    /// Discards the message of a status for which there is no room.
    pub(super) fn limit_status(&mut self, snapshot: &mut Snapshot) {
        if self.tasks.held_bytes().saturating_add(snapshot.held_bytes()) <= self.quarter() {
            return;
        }
        if let Some(message) = snapshot.status_message.take() {
            let (id, limit) = (short_id(&snapshot.task_id), self.config.limits.held_bytes);
            let length = message.len();
            self.warn(
                "status-message-discarded",
                format!("discarded a status message of {length} bytes of task {id}: statuses hold a quarter of maxHeldBytes ({limit})"),
            );
        }
    }
}

impl HttpExchange {
    fn held_bytes(&self) -> usize {
        match &self.body {
            Body::Json(text) => text.held_bytes(),
            Body::Events(stream, _) => stream.held_bytes(),
            // A refusal has a limit of its own; the others have no buffer.
            Body::Refusal(..) | Body::Expected | Body::Ignored => 0,
        }
    }
}
