use super::{Client, Handle, requests::Purpose, tasks::Cancel, trouble::Trouble};
use crate::{
    Millis,
    task::{Failure, FailureCode, Outcome, Want},
    wire::{
        Problem,
        json::Json,
        jsonrpc::RpcError,
        snapshot::Status,
        v2025::{self, Ask},
    },
};

/// Of the six sockets a browser gives to an origin, this many at most are used for what runs by itself.
pub(super) const MOST_AUTOMATIC: usize = 4;
/// After so much nonsense in a row, whoever waits is told; the task is asked after further if somebody still watches.
const MOST_BAD_ANSWERS: u32 = 8;

impl Client {
    /// Asks after every task that is due, as far as there is room.
    pub(super) fn ask_due(&mut self, now: Millis) {
        if self.poll_time().is_none_or(|at| at > now) {
            return;
        }
        let mut room = self.health.room(now, MOST_AUTOMATIC).saturating_sub(self.automatic_in_flight());
        while room > 0
            && let Some((at, handle)) = self.tasks.first_due()
            && at <= now
        {
            self.ask(now, handle);
            room -= 1;
        }
    }

    fn ask(&mut self, now: Millis, handle: Handle) {
        let asked = self.tasks.update(handle, |entry| {
            let want = entry.task.want();
            entry.task.asking(want);
            Some((want, entry.task.task_id()?.to_owned()))
        });
        let Some(Some((want, task_id))) = asked else { return };
        if want == Want::Result && self.hurry_hold(now, handle) {
            return;
        }
        let (purpose, ask) = match want {
            Want::Status => (Purpose::GetTask(handle), Ask::GetTask { task_id: &task_id }),
            Want::Result => (Purpose::TaskResult(handle), Ask::TaskResult { task_id: &task_id }),
        };
        self.send(now, purpose, ask, Some(self.config.request_timeout_ms));
    }

    /// The server said where a task stands.
    pub(super) fn got_task(&mut self, now: Millis, handle: Handle, answer: Result<Json<'_>, RpcError>) {
        let Some(task_id) = self.tasks.get(handle).and_then(|e| e.task.task_id()).map(ToOwned::to_owned) else {
            return;
        };
        match answer.map(v2025::read_snapshot) {
            Ok(Ok(snapshot)) if snapshot.task_id == task_id => {
                self.tasks.update(handle, |entry| entry.task.answered(Want::Status));
                self.observe(now, handle, snapshot, false);
            }
            Ok(Ok(snapshot)) => {
                let problem = Problem::new("another task's state", &crate::wire::snapshot::short_id(&snapshot.task_id));
                self.poll_failed(now, handle, Want::Status, &Trouble::Protocol(problem));
            }
            Ok(Err(problem)) => self.poll_failed(now, handle, Want::Status, &Trouble::Protocol(problem)),
            Err(error) if v2025::is_unknown_task(&error) => self.unknown(now, handle, &task_id, error),
            Err(error) => self.poll_refused(now, handle, Want::Status, error),
        }
    }

    /// The server said what a task resulted in.
    pub(super) fn got_result(&mut self, now: Millis, handle: Handle, answer: Result<Json<'_>, RpcError>) {
        let Some(snapshot) = self.tasks.get(handle).and_then(|e| e.task.lifecycle().snapshot()).cloned() else {
            return;
        };
        let failed = snapshot.status == Status::Failed;
        let words = snapshot.status_message.as_deref();
        match answer.map(v2025::read_payload) {
            // Nothing but metadata: some servers have no more to say about a failure.
            Ok(Ok(payload)) if failed && payload.is_empty => {
                self.settle(now, handle, Outcome::Failure(Failure::failed(&snapshot.task_id, words)));
            }
            Ok(Ok(payload)) => self.settle_with_payload(now, handle, payload),
            Ok(Err(problem)) => self.poll_failed(now, handle, Want::Result, &Trouble::Protocol(problem)),
            // The server has lost it meanwhile; what it said of the failure is known.
            Err(error) if failed && words.is_some() && v2025::is_unknown_task(&error) => {
                self.settle(now, handle, Outcome::Failure(Failure::failed(&snapshot.task_id, words)));
            }
            // The error is what the request would have been answered with.
            Err(error) if failed => {
                let mut failure = Failure::failed(&snapshot.task_id, Some(&error.message));
                failure.rpc = Some(error);
                self.settle(now, handle, Outcome::Failure(failure));
            }
            Err(error) if v2025::is_unknown_task(&error) => self.unknown(now, handle, &snapshot.task_id, error),
            Err(error) => self.poll_refused(now, handle, Want::Result, error),
        }
    }

    /// A question about a task got no answer, or one that makes no sense.
    pub(super) fn poll_failed(&mut self, now: Millis, handle: Handle, want: Want, trouble: &Trouble) {
        if trouble.is_transient() {
            // One poisoned task must not slow the others: it alone is asked after more and more slowly.
            let mine = trouble.may_be_particular() && self.tasks.has_neighbours() && self.health.is_alone(now);
            if !mine {
                self.trouble(now, trouble);
            }
            self.with_task(now, handle, |task, now| {
                if mine {
                    task.bad_answer(now, want);
                } else {
                    task.unanswered(now, want);
                }
            });
            return;
        }
        let failure = trouble.failure(&["asking after ", &self.name_of(handle)].concat(), "; the task goes on");
        self.bad_answer(now, handle, want, failure, trouble.is_unauthorized());
    }

    fn poll_refused(&mut self, now: Millis, handle: Handle, want: Want, error: RpcError) {
        let doing = ["asking after ", &self.name_of(handle)].concat();
        self.bad_answer(now, handle, want, Failure::rpc(FailureCode::Rpc, &doing, error), false);
    }

    /// Asked again after a growing while; whoever waits is told at once when waiting will not help, else in the end.
    fn bad_answer(&mut self, now: Millis, handle: Handle, want: Want, failure: Box<Failure>, hopeless: bool) {
        let times = self.tasks.update(handle, |entry| entry.task.bad_answer(now, want));
        let Some(times) = times else { return };
        if hopeless || times.is_multiple_of(MOST_BAD_ANSWERS) {
            self.interrupt(now, handle, failure);
        } else if times == 1 {
            self.warn("bad-answer", [&failure.message, "; asked again"].concat());
        }
    }

    /// The server does not know the task.
    fn unknown(&mut self, now: Millis, handle: Handle, task_id: &str, error: RpcError) {
        if self.end_early(now, handle) {
            return;
        }
        let cancelled = self.tasks.get(handle).is_some_and(|e| matches!(e.cancel, Cancel::Acknowledged));
        let failure = if cancelled {
            // Servers need not keep what was cancelled.
            Failure::cancelled(task_id, None)
        } else {
            Failure::expired(task_id, error)
        };
        for (reply, _) in self.take_refreshers(now, handle) {
            let answer = if cancelled { Ok("null".into()) } else { Err(failure.clone()) };
            self.reply(reply, answer);
        }
        self.settle(now, handle, Outcome::Failure(failure));
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.paused.contains(&super::PauseReason::Hidden)
    }

    /// When the first task is to be asked after, all hindrances but the lack of room considered.
    pub(super) fn poll_time(&self) -> Option<Millis> {
        let (due, _) = self.tasks.first_due()?;
        if self.is_stopped() {
            return None;
        }
        Some(due.max(self.health.closed_until().unwrap_or(0)))
    }
}
