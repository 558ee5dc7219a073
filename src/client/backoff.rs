//! Owns the waits after failed requests: how long one request waits, and the gate that holds all polls back in an outage.

use crate::Millis;

const FIRST_WAIT_MS: u64 = 500;
const MAX_WAIT_MS: u64 = 30_000;
/// A longer `Retry-After` is shortened to this, so that a mistaken one does not end the polling of a task.
const MAX_RETRY_AFTER_MS: u64 = 3_600_000;
/// One good handshake does not forgive a server whose sessions break again and again: only this long without a failure does.
const HANDSHAKES_FORGIVEN_MS: u64 = 10_000;
/// Refused calls are sent again at this distance from each other: a server that was too busy for all at once still is.
const CALL_SPACING_MS: u64 = 200;
/// Evidence of an outage: a failed connection, and a refusal by a server that is there.
pub(super) const HARD_FAILURE: u32 = 3;
pub(super) const SOFT_FAILURE: u32 = 1;
/// A failed list of tasks stands for many polls.
pub(super) const FAILED_LIST: u32 = 6;
/// From this much evidence on an outage is suspected: calls wait, and polls are sent one at a time.
const SUSPECTED: u32 = 3;
/// From this much evidence on there is an outage: only one request is sent after each wait, to find out whether it is over.
const CERTAIN: u32 = 6;

/// How the server has responded lately.
#[derive(Debug)]
pub(super) struct Backoff {
    /// Evidence of an outage since the last success.
    evidence: u32,
    /// When the first failure since the last success happened.
    failing_since: Option<Millis>,
    /// How many waits there were since the last success.
    waits: u32,
    last_success: Millis,
    /// When the wait after the last failure is over.
    next_try: Option<Millis>,
    failed_handshakes: u32,
    last_failed_handshake: Millis,
    next_handshake: Millis,
    /// When the next refused call may be sent again.
    next_call: Millis,
    random: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            evidence: 0,
            failing_since: None,
            waits: 0,
            last_success: 0,
            next_try: None,
            failed_handshakes: 0,
            last_failed_handshake: 0,
            next_handshake: 0,
            next_call: 0,
            // Xorshift stands still at zero.
            random: seed | 1,
        }
    }

    /// A request was answered: there is no outage.
    pub(super) fn on_success(&mut self, now: Millis) {
        (self.evidence, self.failing_since, self.waits, self.next_try) = (0, None, 0, None);
        self.last_success = now;
        if now.saturating_sub(self.last_failed_handshake) >= HANDSHAKES_FORGIVEN_MS {
            self.failed_handshakes = 0;
        }
    }

    /// A request that was sent then has failed. It is no evidence of an outage if another request was answered meanwhile.
    pub(super) fn on_failure(&mut self, now: Millis, sent_at: Millis, weight: u32, retry_after_ms: Option<u64>) {
        if self.last_success > sent_at {
            return;
        }
        let retry_at = retry_after_ms.map_or(now, |ms| after(now, ms));
        // Requests that were in flight together when an outage began count once.
        if let Some(next_try) = self.gate().filter(|&at| at > now) {
            self.next_try = Some(next_try.max(retry_at));
            return;
        }
        self.failing_since.get_or_insert(now);
        self.evidence = self.evidence.saturating_add(weight);
        let is_waiting = self.next_try.is_some_and(|at| at > now);
        // A failure within a wait does not make it longer, unless it makes the outage certain.
        if self.gate().is_some() || !is_waiting {
            self.waits = self.waits.saturating_add(1);
            let wait = self.wait(self.waits);
            self.next_try = Some(now.saturating_add(wait).max(retry_at));
        }
    }

    /// When a request that has failed this many times in a row is sent again: as `Retry-After` says, else after a growing wait.
    pub(super) fn retry_at(&mut self, now: Millis, failures: u32, retry_after_ms: Option<u64>) -> Millis {
        match retry_after_ms {
            Some(ms @ 1..) => after(now, ms),
            _ => now.saturating_add(self.wait(failures)),
        }
    }

    /// The handshake has failed. Returns when it is tried again.
    pub(super) fn on_failed_handshake(&mut self, now: Millis, retry_after_ms: Option<u64>) -> Millis {
        let retry_at = retry_after_ms.map_or(now, |ms| after(now, ms));
        if self.next_handshake <= now {
            self.failed_handshakes = self.failed_handshakes.saturating_add(1);
            self.last_failed_handshake = now;
            self.next_handshake = now.saturating_add(self.wait(self.failed_handshakes));
        }
        self.next_handshake = self.next_handshake.max(retry_at);
        self.next_handshake
    }

    /// The network is back: nothing waits any longer.
    pub(super) fn try_now(&mut self, now: Millis) {
        if self.next_try.is_some() {
            self.next_try = Some(now);
        }
    }

    /// How many polls may be in flight now, of at most `most`.
    pub(super) fn room(&self, now: Millis, most: usize) -> usize {
        match self.gate() {
            Some(until) if until > now => 0,
            _ if self.is_suspected() => most.min(1),
            _ => most,
        }
    }

    /// An outage is suspected: no call is sent before a request was answered.
    pub(super) fn is_suspected(&self) -> bool {
        self.evidence >= SUSPECTED
    }

    /// Until when polls are held back, in an outage.
    pub(super) fn gate(&self) -> Option<Millis> {
        self.next_try.filter(|_| self.evidence >= CERTAIN)
    }

    /// When a request may find out whether a suspected outage is over.
    pub(super) fn next_try(&self) -> Option<Millis> {
        self.next_try.filter(|_| self.is_suspected())
    }

    /// For how long every request has failed.
    pub(super) fn failing_for(&self, now: Millis) -> Millis {
        self.failing_since.map_or(0, |since| now.saturating_sub(since))
    }

    /// Whether a request has failed since the last success.
    pub(super) fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    /// Whether anything has been answered since then.
    pub(super) fn answered_since(&self, then: Millis) -> bool {
        self.last_success >= then
    }

    /// When the next refused call may be sent again.
    pub(super) fn next_call(&self) -> Millis {
        self.next_call
    }

    /// A refused call is sent again.
    pub(super) fn call_sent_again(&mut self, now: Millis) {
        self.next_call = now.saturating_add(CALL_SPACING_MS);
    }

    /// The wait after this many failures in a row: between half and all of it, so that many clients do not come back in step.
    fn wait(&mut self, failures: u32) -> u64 {
        let wait = (FIRST_WAIT_MS << failures.saturating_sub(1).min(10)).min(MAX_WAIT_MS);
        wait / 2 + self.below(wait / 2 + 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit.max(1)
    }
}

/// When a wait that the server has asked for is over.
fn after(now: Millis, retry_after_ms: u64) -> Millis {
    now.saturating_add(retry_after_ms.min(MAX_RETRY_AFTER_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_cap_with_jitter() {
        let mut backoff = Backoff::new(3);
        for n in 1..20 {
            let full = (FIRST_WAIT_MS << (n - 1).min(10)).min(MAX_WAIT_MS);
            let wait = backoff.retry_at(0, n, None);
            assert!((full / 2..=full).contains(&wait), "{n}: {wait}");
        }
    }

    #[test]
    fn retry_after_is_kept_as_it_is_up_to_an_hour() {
        let mut backoff = Backoff::new(3);
        assert_eq!([1, 9000, u64::MAX].map(|ms| backoff.retry_at(5, 9, Some(ms))), [6, 9005, 3_600_005]);
        assert!(backoff.retry_at(5, 1, Some(0)) > 5, "no wait at all would be a hot loop");
    }

    #[test]
    fn two_failed_connections_without_a_success_between_them_are_an_outage() {
        let mut backoff = Backoff::new(3);
        backoff.on_failure(10, 0, HARD_FAILURE, None);
        assert_eq!((backoff.gate(), backoff.room(10, 4), backoff.is_suspected()), (None, 1, true));
        backoff.on_success(20);
        assert_eq!((backoff.room(20, 4), backoff.is_suspected()), (4, false));
        backoff.on_failure(30, 25, HARD_FAILURE, None);
        backoff.on_failure(40, 25, HARD_FAILURE, None);
        let until = backoff.gate().unwrap();
        assert!((540..=1040).contains(&until), "{until}");
        assert_eq!((backoff.room(until - 1, 4), backoff.room(until, 4)), (0, 1));
        backoff.on_failure(41, 25, HARD_FAILURE, None);
        assert_eq!(backoff.gate(), Some(until), "it was in flight when the outage began");
        backoff.on_success(50);
        assert_eq!((backoff.gate(), backoff.room(50, 4)), (None, 4));
    }

    #[test]
    fn failure_of_a_request_that_others_have_overtaken_is_no_evidence() {
        let mut backoff = Backoff::new(3);
        backoff.on_success(20);
        for sent_at in [0, 10, 19] {
            backoff.on_failure(300, sent_at, HARD_FAILURE, None);
        }
        assert_eq!(backoff.room(300, 4), 4);
    }

    #[test]
    fn refusals_are_an_outage_after_six_in_a_row() {
        let mut backoff = Backoff::new(3);
        for n in 1..6 {
            backoff.on_failure(n, 0, SOFT_FAILURE, Some(1000));
            assert_eq!((backoff.gate(), backoff.is_suspected()), (None, n >= 3));
        }
        backoff.on_failure(6, 0, SOFT_FAILURE, Some(60_000));
        assert_eq!(backoff.gate(), Some(60_006));
    }

    #[test]
    fn failed_handshakes_are_forgiven_only_after_a_while() {
        let mut backoff = Backoff::new(3);
        let mut now = 0;
        for _ in 0..3 {
            now = backoff.on_failed_handshake(now, None);
            assert_eq!(backoff.on_failed_handshake(now - 1, None), now, "of one moment: counted once");
        }
        backoff.on_success(now);
        assert_eq!(backoff.failed_handshakes, 3);
        backoff.on_success(now + HANDSHAKES_FORGIVEN_MS);
        assert_eq!(backoff.failed_handshakes, 0);
    }
}
