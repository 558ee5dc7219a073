//! Owns what a failed request means for the others: evidence of an outage, and calls that wait for its end.

use super::{Client, backoff, requests::Purpose, transport_error::TransportError};
use crate::{Millis, wire::request::ClientRequest};

impl Client {
    /// A request that was sent then has failed, and may succeed later. `weight`: how much it says of the whole server.
    pub(super) fn request_failed(&mut self, now: Millis, sent_at: Millis, cause: &TransportError, weight: u32) {
        let was_failing = self.backoff.is_failing();
        self.backoff.on_failure(now, sent_at, weight, cause.retry_after_ms());
        if !was_failing && self.backoff.is_failing() {
            let what =
                cause.to_task_error(self.place(), "; requests that may be repeated are sent again after growing waits");
            self.warn("retrying", what.message);
        }
        // The calls that wait for the end of the outage do not wait forever.
        let timeout_ms = self.config.request_timeout_ms;
        if self.backoff.is_suspected() && self.backoff.failing_for(now) >= timeout_ms {
            let doing = format!("no request was answered for {} s; {}", timeout_ms / 1000, self.place());
            self.fail_calls(now, false, &cause.to_task_error(&doing, ""));
        }
    }

    /// Sends a request that shows whether an outage is over, if calls wait for that and no poll will show it.
    pub(super) fn probe_if_wanted(&mut self, now: Millis) {
        if self.probe_time().is_some_and(|at| at <= now) {
            self.send(now, Purpose::Probe, ClientRequest::Ping, Some(self.config.request_timeout_ms));
        }
    }

    /// When to find out whether an outage is over for which calls wait.
    pub(super) fn probe_time(&self) -> Option<Millis> {
        let is_wanted = !self.calls.is_empty() && self.session.is_ready() && self.automatic_in_flight() == 0;
        self.backoff.next_try().filter(|_| is_wanted)
    }
}

impl TransportError {
    /// How much it says of the whole server. A refusal says little: the server is there.
    pub(super) fn outage_weight(&self) -> u32 {
        match self {
            Self::Http(head, _) if !head.is_gateway_failure() => backoff::SOFT_FAILURE,
            _ => backoff::HARD_FAILURE,
        }
    }
}
