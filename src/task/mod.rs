//! One requested task's life. Two machines side by side, never one product: *what the server said* ([`Lifecycle`])
//! and *our attention* ([`Attention`]). Neither knows other tasks, writes requests or does I/O.

mod attention;
mod error;
mod lifecycle;
mod schedule;

pub use attention::{Attention, DueReason, Interest, Want};
pub use error::{Outcome, TaskError, TaskErrorCode};
pub use lifecycle::{Lifecycle, Seen};
pub use schedule::Schedule;

use crate::{Millis, wire::snapshot::Snapshot};

/// One task as its handle sees it.
#[derive(Debug)]
pub struct Task {
    lifecycle: Lifecycle,
    attention: Attention,
    schedule: Schedule,
}

impl Task {
    /// A task the server has yet to name.
    pub fn new(default_interval_ms: u64) -> Self {
        Self {
            lifecycle: Lifecycle::Unnamed,
            attention: Attention::default(),
            schedule: Schedule::new(default_interval_ms),
        }
    }

    /// A task that is only known by its id, from an earlier page: asked after as soon as somebody watches.
    pub fn known_by_id(task_id: String, default_interval_ms: u64) -> Self {
        Self { lifecycle: Lifecycle::Named(task_id), ..Self::new(default_interval_ms) }
    }

    /// What the server said.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// The server's name for it, once there is one.
    pub fn task_id(&self) -> Option<&str> {
        self.lifecycle.task_id()
    }

    /// The server named the task without saying more that could be read. A name takes back nothing of what is known.
    pub fn named(&mut self, now: Millis, task_id: String) {
        if matches!(self.lifecycle, Lifecycle::Unnamed) {
            self.lifecycle = Lifecycle::Named(task_id);
            self.schedule.heard(now, None, false);
        }
        self.replan(now);
    }

    /// The server described the task, in an answer or (`pushed`) of its own accord.
    pub fn observe(&mut self, now: Millis, snapshot: Snapshot, pushed: bool) -> Seen {
        let interval_ms = snapshot.poll_interval_ms;
        let seen = self.lifecycle.observe(snapshot);
        if seen != Seen::Stale {
            self.schedule.heard(now, interval_ms, pushed);
        } else if !pushed && matches!(self.lifecycle, Lifecycle::Live(_)) {
            // Of no use, but an answer: asked again at once, the server would say it again.
            self.schedule.heard(now, None, false);
        }
        self.replan(now);
        seen
    }

    /// Somebody begins to watch.
    pub fn watch(&mut self, now: Millis, interest: Interest) {
        self.attention.watch(interest);
        self.replan(now);
    }

    /// Somebody stops watching.
    pub fn unwatch(&mut self, now: Millis, interest: Interest) {
        self.attention.unwatch(interest);
        self.replan(now);
    }

    /// Ask at the next chance, whatever the interval: the user did something, or the page came back.
    pub fn poll_now(&mut self, now: Millis) {
        self.schedule.hurry();
        self.replan(now);
    }

    /// The task was created now, and the server's interval is long: ask once before that has passed.
    pub fn poll_early(&mut self, now: Millis) {
        self.schedule.poll_early(now);
        self.replan(now);
    }

    /// Nobody can see the page (any more, or again): ask rarely.
    pub fn hide(&mut self, now: Millis, hidden: bool) {
        self.schedule.hide(hidden);
        self.replan(now);
    }

    /// The stream that spoke for this task is gone: back to the server's interval.
    pub fn stream_lost(&mut self, now: Millis) {
        self.schedule.stream_lost();
        self.replan(now);
    }

    /// The server waits for input of ours (any more): nothing happens to the task before it has that, so it is asked after
    /// rarely.
    pub fn await_input(&mut self, now: Millis, awaits: bool) {
        self.schedule.await_input(awaits);
        self.replan(now);
    }

    /// How often the server wants to be asked, in milliseconds, or how often it is asked where it has not said.
    pub fn interval_ms(&self) -> u64 {
        self.schedule.interval_ms()
    }

    /// When it was last heard of.
    pub fn heard_at(&self) -> Option<Millis> {
        self.schedule.heard_at()
    }

    /// The stream that is open now will tell of this task.
    pub fn stream_taken(&mut self, now: Millis) {
        self.schedule.stream_taken();
        self.replan(now);
    }

    /// The request for it was sent.
    pub fn asking(&mut self, want: Want) {
        self.attention.asking(want);
    }

    /// The request for it ended without a usable answer through nobody's fault: ask again when there is a chance.
    pub fn unanswered(&mut self, now: Millis, want: Want) {
        self.schedule.hurry();
        self.attention.answered(want);
        self.replan(now);
    }

    /// The request for it failed. It is not sent again before this time.
    pub fn poll_failed(&mut self, now: Millis, want: Want, retry_at: Millis) {
        self.schedule.poll_failed(retry_at);
        self.attention.answered(want);
        self.replan(now);
    }

    /// The network is back: a request that failed is sent again without further delay.
    pub fn retry_now(&mut self, now: Millis) {
        self.schedule.retry_now();
        self.replan(now);
    }

    /// How many requests for it have failed in a row.
    pub fn failed_polls(&self) -> u32 {
        self.schedule.failed_polls()
    }

    /// The server answered nonsense. Returns how often it has done so in a row.
    pub fn bad_answer(&mut self, now: Millis, want: Want) -> u32 {
        let times = self.schedule.bad_answer(now);
        self.attention.answered(want);
        self.replan(now);
        times
    }

    /// A request for it was answered; the answer is about to be told with [`Self::observe`] or [`Self::settle`].
    pub fn answered(&mut self, want: Want) {
        self.attention.answered(want);
    }

    /// Everything is known: nothing will be asked again.
    pub fn settle(&mut self, now: Millis) {
        self.lifecycle.settle();
        self.replan(now);
    }

    /// Ends the waiting of all who watch; the task goes on, and who watches next begins anew.
    pub fn interrupt(&mut self, now: Millis) {
        self.attention.interrupt();
        self.replan(now);
    }

    /// Whether somebody watches, and would thus see what happens to it.
    pub fn is_watched(&self) -> bool {
        self.attention.is_watched()
    }

    /// Whether the result is awaited.
    pub fn awaits_result(&self) -> bool {
        self.attention.awaits_result()
    }

    /// When to ask next, and why; `None` when there is nothing to ask or a request is on its way.
    pub fn due(&self) -> Option<(Millis, DueReason)> {
        self.attention.due()
    }

    /// What a request that is due would be for.
    pub fn want(&self) -> Want {
        if matches!(self.lifecycle, Lifecycle::Ended(_)) { Want::Result } else { Want::Status }
    }

    fn replan(&mut self, now: Millis) {
        let plan = match &self.lifecycle {
            Lifecycle::Unnamed | Lifecycle::Settled(_) => None,
            Lifecycle::Named(_) | Lifecycle::Live(_) => {
                self.attention.is_watched().then(|| self.schedule.next_poll(now))
            }
            Lifecycle::Ended(_) => {
                self.attention.awaits_result().then(|| (self.schedule.next_result(now), DueReason::Result))
            }
        };
        self.attention.plan(plan);
    }
}
