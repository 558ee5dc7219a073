use super::{Client, Handle, entry::Refresher};
use crate::{
    Millis,
    task::{Interest, Lifecycle, TaskError},
};

impl Client {
    /// Queries the status of a task now. The caller gets its reply when the status is known.
    pub(super) fn refresh(&mut self, now: Millis, handle: Handle, refresher: Refresher) {
        let reply = refresher.reply();
        let asked = self.tasks.update(handle, |entry| {
            if matches!(entry.task.lifecycle(), Lifecycle::Ended(_) | Lifecycle::Settled(_)) {
                return false;
            }
            entry.refreshers.push(refresher);
            entry.task.watch(now, Interest::Status);
            entry.task.poll_now(now);
            true
        });
        // The status of a task that has ended, or that is not known here any more, does not change.
        if asked != Some(true) {
            self.reply_if(reply, Ok("null".into()));
        }
    }

    /// The status of a task has arrived: replies to the callers that wait for it.
    pub(super) fn refreshed(&mut self, now: Millis, handle: Handle, terminal: bool) {
        for refresher in self.take_refreshers(now, handle) {
            match refresher {
                Refresher::CancelRefused(reply, failure) if !terminal => self.reply(reply, Err(failure)),
                other => self.reply_if(other.reply(), Ok("null".into())),
            }
        }
    }

    /// The status will not arrive: replies the same to all, but an acknowledged cancellation remains one.
    pub(super) fn answer_refreshers(&mut self, now: Millis, handle: Handle, answer: &Result<String, Box<TaskError>>) {
        for refresher in self.take_refreshers(now, handle) {
            let is_acknowledged = matches!(refresher, Refresher::Cancelled(_));
            let answer = if is_acknowledged { Ok("null".into()) } else { answer.clone() };
            self.reply_if(refresher.reply(), answer);
        }
    }

    /// Who asked for a task's state and watched for it; they no longer do.
    fn take_refreshers(&mut self, now: Millis, handle: Handle) -> Vec<Refresher> {
        let taken = self.tasks.update(handle, |entry| {
            let refreshers = std::mem::take(&mut entry.refreshers);
            for _ in &refreshers {
                entry.task.unwatch(now, Interest::Status);
            }
            refreshers
        });
        taken.unwrap_or_default()
    }
}
