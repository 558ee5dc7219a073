//! Owns the responses that the engine gives itself to requests of the server: to a `ping`, and to what the client does not serve.
//! Their number is bounded, so that a server cannot make the client send without end.

use super::{Client, config::length, http_exchange::ExchangeKind};
use crate::wire::headers::Headers;
use std::collections::VecDeque;

/// Responses that wait to be sent, oldest first.
#[derive(Debug, Default)]
pub(super) struct Responses {
    queue: VecDeque<String>,
    /// The warning about discarded responses is emitted once per client.
    has_warned: bool,
}

impl Client {
    /// Sends a response as soon as few enough are in flight.
    pub(super) fn queue_response(&mut self, body: String) {
        let limit = self.config.limits.queued_responses;
        if self.responses.queue.len() < length(limit) {
            self.responses.queue.push_back(body);
        } else if !std::mem::replace(&mut self.responses.has_warned, true) {
            let message = format!(
                "{}: the server sends requests faster than it takes responses; while maxQueuedResponses ({limit}) wait, \
                 further requests are not answered",
                self.place()
            );
            self.warn("responses-discarded", message);
        }
    }

    /// Sends queued responses, as far as there is room.
    pub(super) fn send_responses(&mut self) {
        while self.response_room() > 0
            && let Some(body) = self.responses.queue.pop_front()
        {
            let deadline = self.now.saturating_add(self.config.request_timeout_ms);
            self.post(ExchangeKind::Response, body, Headers::default(), Some(deadline));
        }
    }

    /// How many more responses may be sent now.
    pub(super) fn response_room(&self) -> usize {
        let in_flight = self
            .exchanges
            .iter()
            .filter(|e| matches!(e.context.kind, ExchangeKind::Response | ExchangeKind::InputResponse(_)));
        length(self.config.limits.responses_in_flight).saturating_sub(in_flight.count())
    }

    /// The session that the requests were sent in is lost.
    pub(super) fn discard_responses(&mut self) {
        self.responses.queue.clear();
    }
}
