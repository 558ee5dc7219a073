use super::DueReason;
use crate::Millis;

/// A server that wants to be asked more often than this is not believed: it would be a hot loop.
const MIN_INTERVAL_MS: u64 = 50;
/// A server that wants to be asked more rarely than this is asked this often.
const MAX_INTERVAL_MS: u64 = 3_600_000;
/// While a stream speaks for the task, it is asked at least this rarely.
const SAFETY_CHECK_MS: u64 = 15_000;
/// While nobody can see the page, tasks are asked after at most this often.
const HIDDEN_INTERVAL_MS: u64 = 15_000;
/// A new task is asked after this early, once, where the server wants to be asked rarely.
const EARLY_POLL_MS: u64 = 250;
/// Nonsense is asked about again after at most this long.
const MAX_RETRY_MS: u64 = 30_000;

/// When a task is asked after: at the interval the server named last, counted from when it was last heard of.
#[derive(Debug)]
pub struct Schedule {
    interval_ms: u64,
    heard_at: Option<Millis>,
    /// A notification has arrived for this task on the stream that is open now.
    streamed: bool,
    /// The server waits for us.
    awaits_input: bool,
    bad_answers: u32,
    failed_polls: u32,
    /// No request is sent before this: the last one failed.
    not_before: Millis,
    hurry: bool,
    /// When the early poll of a new task is due.
    early_at: Option<Millis>,
    /// Nobody can see the page.
    hidden: bool,
}

impl Schedule {
    pub(super) fn new(interval_ms: u64) -> Self {
        Self {
            interval_ms: clamp(interval_ms),
            heard_at: None,
            streamed: false,
            awaits_input: false,
            bad_answers: 0,
            failed_polls: 0,
            not_before: 0,
            hurry: false,
            early_at: None,
            hidden: false,
        }
    }

    /// What the server says of its own accord (`pushed`) answers no question that waits to be asked.
    pub(super) fn heard(&mut self, now: Millis, interval_ms: Option<u64>, pushed: bool) {
        self.heard_at = Some(now);
        self.bad_answers = 0;
        self.early_at = None;
        self.streamed |= pushed;
        self.hurry &= pushed;
        if !pushed {
            self.answered();
        }
        if let Some(ms) = interval_ms {
            self.interval_ms = clamp(ms);
        }
    }

    /// The task was created now: it may end long before the interval is over.
    pub(super) fn poll_early(&mut self, now: Millis) {
        self.early_at = Some(now.saturating_add(EARLY_POLL_MS));
    }

    pub(super) fn interval_ms(&self) -> u64 {
        self.interval_ms
    }

    pub(super) fn heard_at(&self) -> Option<Millis> {
        self.heard_at
    }

    pub(super) fn stream_taken(&mut self) {
        self.streamed = true;
    }

    pub(super) fn stream_lost(&mut self) {
        self.streamed = false;
    }

    pub(super) fn await_input(&mut self, awaits: bool) {
        self.awaits_input = awaits;
    }

    pub(super) fn hide(&mut self, hidden: bool) {
        self.hidden = hidden;
    }

    pub(super) fn hurry(&mut self) {
        self.hurry = true;
    }

    pub(super) fn poll_failed(&mut self, retry_at: Millis) {
        self.hurry = true;
        self.failed_polls = self.failed_polls.saturating_add(1);
        self.not_before = retry_at;
    }

    pub(super) fn retry_now(&mut self) {
        self.not_before = 0;
    }

    pub(super) fn failed_polls(&self) -> u32 {
        self.failed_polls
    }

    fn answered(&mut self) {
        (self.failed_polls, self.not_before) = (0, 0);
    }

    pub(super) fn bad_answer(&mut self, now: Millis) -> u32 {
        self.answered();
        self.early_at = None;
        self.heard_at = Some(now);
        self.hurry = false;
        self.bad_answers = self.bad_answers.saturating_add(1);
        self.bad_answers
    }

    pub(super) fn next_poll(&self, now: Millis) -> (Millis, DueReason) {
        let (wait, why) = match self.heard_at {
            _ if self.hurry => return (now.max(self.not_before), DueReason::Now),
            None => return (now.max(self.not_before), DueReason::Now),
            _ if self.bad_answers > 0 => (self.retry_ms(), DueReason::BadAnswer),
            _ if self.streamed || self.awaits_input => {
                (SAFETY_CHECK_MS.max(4 * self.interval_ms), DueReason::SafetyCheck)
            }
            _ if self.hidden => (HIDDEN_INTERVAL_MS.max(self.interval_ms), DueReason::Hidden),
            _ if self.early_at.is_some() => {
                return (self.early_at.unwrap_or(now).max(self.not_before), DueReason::Early);
            }
            _ => (self.interval_ms, DueReason::Interval),
        };
        (self.heard_at.unwrap_or(now).saturating_add(wait).max(self.not_before), why)
    }

    pub(super) fn next_result(&self, now: Millis) -> Millis {
        let at = match self.heard_at {
            Some(at) if self.bad_answers > 0 => at.saturating_add(self.retry_ms()),
            _ => now,
        };
        at.max(self.not_before)
    }

    fn retry_ms(&self) -> u64 {
        let doubled = self.interval_ms.saturating_mul(1 << self.bad_answers.min(10));
        // Never sooner than the interval, even where that is the longer of the two.
        doubled.min(MAX_RETRY_MS).max(self.interval_ms)
    }
}

fn clamp(interval_ms: u64) -> u64 {
    interval_ms.clamp(MIN_INTERVAL_MS, MAX_INTERVAL_MS)
}
