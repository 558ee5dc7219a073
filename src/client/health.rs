use crate::Millis;

const FIRST_WAIT_MS: u64 = 500;
const LONGEST_WAIT_MS: u64 = 30_000;
/// A server that wants to be left alone for longer is asked again after this all the same.
pub(super) const LONGEST_RETRY_AFTER_MS: u64 = 3_600_000;
/// One good answer does not forgive a flapping server: only a while without trouble does.
const FORGIVEN_AFTER_MS: u64 = 10_000;
/// What was refused comes back at this distance from each other: a server that was too busy for all at once still is.
const TURN_MS: u64 = 200;

/// How the server has been lately. While it is in trouble, what runs by itself waits, and then one request goes ahead
/// to see whether the others may follow.
#[derive(Debug)]
pub(super) struct Health {
    failures: u32,
    last_failure: Millis,
    last_answer: Millis,
    /// When to try again: nothing that runs by itself is sent before.
    closed_until: Option<Millis>,
    last_turn: Millis,
    random: u64,
}

impl Health {
    pub(super) fn new(seed: u64) -> Self {
        // Xorshift stands still at zero.
        Self { failures: 0, last_failure: 0, last_answer: 0, closed_until: None, last_turn: 0, random: seed | 1 }
    }

    /// Something answered.
    pub(super) fn good(&mut self, now: Millis) {
        self.closed_until = None;
        self.last_answer = now;
        if now.saturating_sub(self.last_failure) >= FORGIVEN_AFTER_MS {
            self.failures = 0;
        }
    }

    /// Trouble that may pass. Returns when to try again. Requests that fail together count once.
    pub(super) fn bad(&mut self, now: Millis, retry_after_ms: Option<u64>) -> Millis {
        let retry_after_ms = retry_after_ms.map(|ms| ms.min(LONGEST_RETRY_AFTER_MS));
        if let Some(until) = self.closed_until.filter(|&until| until > now) {
            let later = retry_after_ms.map_or(until, |ms| until.max(now.saturating_add(ms)));
            self.closed_until = Some(later);
            return later;
        }
        self.last_failure = now;
        self.failures = self.failures.saturating_add(1);
        let wait = (FIRST_WAIT_MS << (self.failures - 1).min(10)).min(LONGEST_WAIT_MS);
        // Between half and all of it, so that many clients do not come back in step.
        let wait = wait / 2 + self.below(wait / 2 + 1);
        let until = now.saturating_add(wait.max(retry_after_ms.unwrap_or(0)));
        self.closed_until = Some(until);
        until
    }

    /// When one that was refused may be sent again, after those that were refused before it.
    pub(super) fn turn(&mut self, now: Millis) -> Millis {
        let next = self.last_turn.saturating_add(TURN_MS);
        self.last_turn = self.closed_until.unwrap_or(now).max(next);
        self.last_turn
    }

    /// Whether this trouble stands alone: something was answered since the last. The next one does not.
    pub(super) fn is_alone(&mut self, now: Millis) -> bool {
        let alone = self.closed_until.is_none() && self.last_answer > self.last_failure;
        self.last_failure = now;
        alone
    }

    /// The network came back: try now.
    pub(super) fn try_now(&mut self, now: Millis) {
        if self.closed_until.is_some() {
            self.closed_until = Some(now);
        }
    }

    /// How many requests that run by themselves may be under way now, of at most `most`.
    pub(super) fn room(&self, now: Millis, most: usize) -> usize {
        match self.closed_until {
            None => most,
            Some(until) if until <= now => 1,
            Some(_) => 0,
        }
    }

    /// Whether anything has been answered since then.
    pub(super) fn answered_since(&self, then: Millis) -> bool {
        self.last_answer >= then
    }

    /// When the next try may be, while there is trouble.
    pub(super) fn closed_until(&self) -> Option<Millis> {
        self.closed_until
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_cap_with_jitter() {
        let mut health = Health::new(3);
        let mut now = 0;
        for n in 0..20 {
            let full = (FIRST_WAIT_MS << n.min(10)).min(LONGEST_WAIT_MS);
            let wait = health.bad(now, None) - now;
            assert!((full / 2..=full).contains(&wait), "{n}: {wait}");
            now += wait;
        }
    }

    #[test]
    fn failures_of_one_moment_count_once_and_retry_after_counts() {
        let mut health = Health::new(3);
        let until = health.bad(0, None);
        assert_eq!(health.bad(1, None), until);
        assert_eq!(health.failures, 1);
        assert_eq!(health.bad(2, Some(9000)), 9002);
        assert_eq!((health.room(9001, 4), health.room(9002, 4)), (0, 1));
    }

    #[test]
    fn what_was_refused_together_comes_back_one_after_another() {
        let mut health = Health::new(3);
        let until = health.bad(0, Some(9000));
        assert_eq!([0, 1, 1].map(|now| health.turn(now)), [until, until + TURN_MS, until + 2 * TURN_MS]);
        health.good(until);
        assert_eq!(health.turn(60_000), 60_000, "those turns are long past");
    }

    #[test]
    fn forgiven_only_after_a_while_of_health() {
        let mut health = Health::new(3);
        for now in [0, 1000, 3000] {
            health.bad(now, None);
        }
        health.good(4000);
        assert_eq!((health.room(4000, 4), health.failures), (4, 3));
        health.good(3000 + FORGIVEN_AFTER_MS);
        assert_eq!(health.failures, 0);
    }
}
