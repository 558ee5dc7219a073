use super::{
    Client, Handle, Output, ReplyId,
    early_notifications::EarlyNotifications,
    entry::{Announcement, Cancel, Creation, Entry, Refresher},
    poll_queue::PollQueue,
    task_index::TaskIndex,
};
use crate::{
    Millis,
    task::{Lifecycle, Outcome, Seen, Task, TaskError},
    wire::{
        response::Payload,
        snapshot::{Snapshot, Status},
    },
};
use std::{collections::BTreeMap, rc::Rc};

/// All tasks of one client.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// Boxed, because the nodes of the map are little more than half full.
    entries: BTreeMap<Handle, Box<Entry>>,
    index: TaskIndex,
    /// Counts the announcements of [`Entry::announced`].
    announcements: u64,
    pub(super) early: EarlyNotifications,
}

impl Tasks {
    pub(super) fn get(&self, handle: Handle) -> Option<&Entry> {
        self.entries.get(&handle).map(Box::as_ref)
    }

    /// The server's name for a task, once there is one.
    pub(super) fn id_of(&self, handle: Handle) -> Option<&str> {
        self.get(handle)?.task.task_id()
    }

    /// What the server said of it last.
    pub(super) fn snapshot_of(&self, handle: Handle) -> Option<&Snapshot> {
        self.get(handle)?.task.lifecycle().snapshot()
    }

    /// Its end is known, and its result is not.
    pub(super) fn has_ended(&self, handle: Handle) -> bool {
        self.get(handle).is_some_and(|entry| matches!(entry.task.lifecycle(), Lifecycle::Ended(_)))
    }

    pub(super) fn handles(&self) -> Vec<Handle> {
        self.handles_where(&|_| true)
    }

    pub(super) fn handles_where(&self, fits: &dyn Fn(&Entry) -> bool) -> Vec<Handle> {
        self.entries.iter().filter(|(_, entry)| fits(entry)).map(|(handle, _)| *handle).collect()
    }

    /// Somebody watches a task that runs.
    pub(super) fn is_any_watched(&self) -> bool {
        self.index.watched > 0
    }

    /// Whether other tasks are watched than when this was last asked.
    pub(super) fn take_watch_change(&mut self) -> bool {
        std::mem::take(&mut self.index.has_watch_changed)
    }

    /// The ids of the newest tasks that run and are watched, so many at most.
    pub(super) fn watched_ids(&self, most: usize) -> Vec<Box<str>> {
        let watched = self.entries.iter().rev().filter(|(_, entry)| entry.indexed.watched);
        let mut ids: Vec<Box<str>> = Vec::new();
        for id in watched.filter_map(|(_, entry)| entry.task.task_id()).take(most) {
            if !ids.iter().any(|known| **known == *id) {
                ids.push(id.into());
            }
        }
        ids
    }

    /// A task may be about to be named.
    pub(super) fn is_creating(&self) -> bool {
        self.index.creating > 0
    }

    /// Somebody watches a task that runs, or one that is about to be named.
    pub(super) fn is_listened_to(&self) -> bool {
        self.index.watched > 0 || self.index.creating > 0
    }

    /// The number of the next announcement.
    fn announcement(&mut self) -> u64 {
        self.announcements += 1;
        self.announcements
    }

    /// The tasks that want input, or for whose input a request is held.
    pub(super) fn awaiting_input(&self) -> Vec<Handle> {
        self.index.awaiting_input.clone()
    }

    /// Calls that are sent and not answered.
    pub(super) fn calls_in_flight(&self) -> usize {
        self.index.calls
    }

    pub(super) fn poll_queue(&self) -> &PollQueue {
        &self.index.poll_queue
    }

    pub(super) fn insert(&mut self, handle: Handle, task: Task, creation: Creation) {
        self.entries.insert(handle, Box::new(Entry::new(task, creation)));
        self.update(handle, |_| {});
    }

    /// Changes one task and the index with it.
    pub(super) fn update<R>(&mut self, handle: Handle, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        let entry = self.entries.get_mut(&handle)?;
        let result = change(entry);
        self.index.update(handle, entry);
        Some(result)
    }

    pub(super) fn remove(&mut self, handle: Handle) -> Option<Box<Entry>> {
        let entry = self.entries.remove(&handle)?;
        self.index.remove(handle, &entry);
        Some(entry)
    }

    /// The length of the statuses of all tasks, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.index.held_bytes
    }

    /// The handles of the task with this id.
    pub(super) fn by_id(&self, task_id: &str) -> impl Iterator<Item = Handle> {
        self.index.candidates(task_id).filter(move |handle| self.id_of(*handle) == Some(task_id))
    }
}

impl Client {
    /// Changes one task, if there is one under this number.
    pub(super) fn with_task(&mut self, now: Millis, handle: Handle, change: impl FnOnce(&mut Task, Millis)) {
        self.tasks.update(handle, |entry| change(&mut entry.task, now));
    }

    /// The server described a task.
    pub(super) fn observe(
        &mut self,
        now: Millis,
        handle: Handle,
        mut snapshot: Snapshot,
        pushed: bool,
    ) -> Option<Seen> {
        self.limit_status(&mut snapshot);
        let asks = !self.era.has_complete_state() && self.awaits_answer(handle);
        let terminal = snapshot.status.is_terminal();
        let order = self.tasks.announcement();
        let observed = self.tasks.update(handle, |entry| {
            // Some servers never report the status, or revert it at once (deviations 10, 12): an open input request counts.
            if asks && snapshot.status == Status::Working {
                snapshot.status = Status::InputRequired;
                snapshot.status_message = entry.task.lifecycle().snapshot().and_then(|s| s.status_message.clone());
            }
            if pushed && !asks && snapshot.status == Status::InputRequired {
                let message = snapshot.status_message.clone();
                entry.announced = Some(Box::new(Announcement { order, message }));
            }
            let seen = entry.task.observe(now, snapshot, pushed);
            let changed = entry.task.lifecycle().shared().filter(|_| seen == Seen::Changed).cloned();
            // A notification may have been sent before a cancellation was refused, so it does not show that the task is alive.
            let is_refused = entry.refreshers.iter().any(|refresher| matches!(refresher, Refresher::CancelRefused(..)));
            let is_fresh = !pushed || (seen != Seen::Stale && (terminal || !is_refused));
            (seen, changed, is_fresh && !entry.refreshers.is_empty())
        });
        let (seen, changed, answers_refresh) = observed?;
        if let Some(snapshot) = changed {
            self.changed(now, handle, snapshot);
        }
        if answers_refresh {
            self.refreshed(now, handle, terminal);
        }
        Some(seen)
    }

    /// Emits a changed status, and acts on a terminal one.
    fn changed(&mut self, now: Millis, handle: Handle, snapshot: Rc<Snapshot>) {
        self.emit(Output::Changed { handle, snapshot: Rc::clone(&snapshot) });
        if !snapshot.status.is_terminal() {
            return;
        }
        self.list_polling.note_end(now, &snapshot.task_id);
        // An ended task needs no input, whether its result is awaited or not.
        self.withdraw_of(handle, Some(&snapshot.task_id));
        // A cancelled task has no result that could be fetched.
        if snapshot.status == Status::Cancelled {
            let failure = TaskError::cancelled(&snapshot.task_id, snapshot.status_message.as_deref());
            return self.fail(now, handle, failure);
        }
        self.settle_early(now, handle);
    }

    /// The outcome of a task is known: told once, then the task is dropped.
    pub(super) fn settle(&mut self, now: Millis, handle: Handle, outcome: Outcome) {
        // What was named and never described is settled without its name.
        let task_id = self.tasks.id_of(handle).map(ToOwned::to_owned);
        let is_unseen = self.tasks.update(handle, |entry| {
            let is_unseen = !entry.task.is_watched() && !entry.abandoned && entry.task.task_id().is_none();
            entry.task.settle(now);
            is_unseen
        });
        let Some(is_unseen) = is_unseen else { return };
        let is_wrapped = self.tasks.get(handle).is_some_and(|entry| entry.is_wrapped);
        self.emit(Output::Settled { handle, outcome, is_wrapped, is_unseen });
        self.drop_task(handle, task_id.as_deref());
    }

    pub(super) fn fail(&mut self, now: Millis, handle: Handle, failure: Box<TaskError>) {
        self.settle(now, handle, Outcome::Error(failure));
    }

    /// The outcome as the original request's result tells it.
    pub(super) fn settle_with_payload(&mut self, now: Millis, handle: Handle, payload: Payload<'_>) {
        let json = payload.json.get().to_owned();
        if payload.is_wrapped {
            self.tasks.update(handle, |entry| entry.is_wrapped = true);
        }
        let outcome = if payload.is_error { Outcome::ToolError(json) } else { Outcome::Result(json) };
        self.settle(now, handle, outcome);
    }

    /// Ends the waiting for a task's result; the task goes on.
    pub(super) fn interrupt(&mut self, now: Millis, handle: Handle, failure: Box<TaskError>) {
        self.with_task(now, handle, |task, now| task.interrupt(now));
        self.answer_refreshers(now, handle, &Err(failure.clone()));
        self.emit(Output::Interrupted { handle, failure });
    }

    /// Answers what still waits on a task that is settled or gone: whatever was asked for is moot.
    pub(super) fn dismiss(&mut self, mut entry: Box<Entry>) {
        self.answer_waiting(&mut entry, &Ok("null".into()));
    }

    /// Answers whoever waits for something about a task that is dropped here.
    pub(super) fn answer_waiting(&mut self, entry: &mut Entry, answer: &Result<String, Box<TaskError>>) {
        if let Some(open) = entry.long_poll.open.take() {
            self.abort_long_poll(&open);
        }
        let mut replies: Vec<ReplyId> =
            std::mem::take(&mut entry.refreshers).iter().filter_map(Refresher::reply).collect();
        if let Cancel::Wanted { replies: more, .. } | Cancel::Requested { replies: more, .. } = &mut entry.cancel {
            replies.append(more);
        }
        self.reply_all(replies, answer);
    }

    /// The same answer to each of them.
    pub(super) fn reply_all(&mut self, replies: Vec<ReplyId>, answer: &Result<String, Box<TaskError>>) {
        for reply in replies {
            self.reply(reply, answer.clone());
        }
    }

    /// The answer where there is nothing to say.
    pub(super) fn reply_ok(&mut self, reply: ReplyId) {
        self.reply(reply, Ok("null".into()));
    }

    pub(super) fn reply(&mut self, reply: ReplyId, answer: Result<String, Box<TaskError>>) {
        self.emit(Output::Replied { reply, answer });
    }

    /// Nobody holds the number any more.
    pub(super) fn forget(&mut self, handle: Handle) {
        let over = self.tasks.update(handle, |entry| {
            entry.forgotten = true;
            matches!(entry.creation, Creation::Over) && matches!(entry.cancel, Cancel::No | Cancel::Acknowledged)
        });
        if over == Some(true)
            && let Some(entry) = self.tasks.remove(handle)
        {
            let task_id = entry.task.task_id().map(ToOwned::to_owned);
            self.dismiss(entry);
            self.forget_keys(task_id.as_deref());
        }
    }
}
