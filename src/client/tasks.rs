use super::{
    Client, Handle, Output, ReplyId,
    agenda::Agenda,
    entry::{Cancel, Creation, Entry},
    table::Table,
};
use crate::{
    Millis,
    task::{Failure, Lifecycle, Outcome, Seen, Task},
    wire::{
        answer::Payload,
        snapshot::{Snapshot, Status},
    },
};

/// All tasks of one client, and who is due.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    entries: Table<Handle, Box<Entry>>,
    /// By what is left of an id when it is hashed: a row is eight bytes, and is found without looking at the ids.
    by_id: Table<(u32, Handle), ()>,
    agenda: Agenda,
    watched: usize,
    /// Other tasks are watched than when this was last asked.
    has_watch_changed: bool,
    pub(super) creating: usize,
    /// Tasks that want input, or for whose input a request is held.
    inputs: Vec<Handle>,
    /// Calls that are sent and not answered.
    calls: usize,
    /// Counts the announcements of [`Entry::announced`].
    announcements: u64,
    /// Notifications that came before the answer that names their task, oldest first.
    pub(super) early: Vec<Snapshot>,
}

impl Tasks {
    pub(super) fn get(&self, handle: Handle) -> Option<&Entry> {
        self.entries.get(&handle).map(Box::as_ref)
    }

    /// The server's name for a task, once there is one.
    #[inline(never)]
    pub(super) fn id_of(&self, handle: Handle) -> Option<&str> {
        self.get(handle)?.task.task_id()
    }

    /// What the server said of it last.
    #[inline(never)]
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
        self.entries.keys(&|entry| fits(entry))
    }

    /// Whether more than one task that runs is watched.
    pub(super) fn has_neighbours(&self) -> bool {
        self.watched > 1
    }

    /// Somebody watches a task that runs.
    pub(super) fn is_any_watched(&self) -> bool {
        self.watched > 0
    }

    /// Whether other tasks are watched than when this was last asked.
    pub(super) fn take_watch_change(&mut self) -> bool {
        std::mem::take(&mut self.has_watch_changed)
    }

    /// The ids of the newest tasks that run and are watched, so many at most.
    pub(super) fn watched_ids(&self, most: usize) -> Vec<Box<str>> {
        let watched = self.entries.iter().rev().filter(|(_, entry)| entry.watched);
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
        self.creating > 0
    }

    /// Somebody watches a task that runs, or one that is about to be named.
    pub(super) fn is_listened_to(&self) -> bool {
        self.watched > 0 || self.creating > 0
    }

    /// The number of the next announcement.
    fn announcement(&mut self) -> u64 {
        self.announcements += 1;
        self.announcements
    }

    /// The tasks that want input, or for whose input a request is held.
    pub(super) fn inputs(&self) -> Vec<Handle> {
        self.inputs.clone()
    }

    /// Calls that are sent and not answered.
    pub(super) fn calls_in_flight(&self) -> usize {
        self.calls
    }

    /// When who is asked after.
    pub(super) fn agenda(&self) -> &Agenda {
        &self.agenda
    }

    /// Brings the agenda up to date: see [`Agenda::settle`].
    pub(super) fn settle_agenda(&mut self) {
        self.agenda.settle(&mut self.entries);
    }

    pub(super) fn insert(&mut self, handle: Handle, task: Task, creation: Creation) {
        self.entries.insert(handle, Box::new(Entry::new(task, creation)));
        self.update(handle, |_| {});
    }

    /// Changes one task and brings the tables that depend on it up to date. Inlined: it has dozens of callers, and what they
    /// share is in `follow`.
    #[inline(always)]
    pub(super) fn update<R>(&mut self, handle: Handle, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        let result = change(self.get_mut(handle)?);
        self.follow(handle);
        Some(result)
    }

    #[inline(never)]
    fn get_mut(&mut self, handle: Handle) -> Option<&mut Entry> {
        self.entries.get_mut(&handle).map(Box::as_mut)
    }

    #[inline(never)]
    fn follow(&mut self, handle: Handle) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            self.agenda.follow(handle, entry);
        }
        self.follow_rest(handle);
    }

    /// Like [`Self::update`], but when it is asked after next is looked at later: of hundreds that come at once, each would move
    /// thousands of rows.
    #[inline(always)]
    pub(super) fn push<R>(&mut self, handle: Handle, change: impl FnOnce(&mut Entry) -> R) -> Option<R> {
        let result = change(self.get_mut(handle)?);
        self.agenda.follow_later(handle);
        self.follow_rest(handle);
        Some(result)
    }

    #[inline(never)]
    fn follow_rest(&mut self, handle: Handle) {
        let Some(entry) = self.entries.get_mut(&handle) else { return };
        // Before it is named and after it has ended, nothing can be heard of it.
        let running = matches!(entry.task.lifecycle(), Lifecycle::Named(_) | Lifecycle::Live(_));
        let watched = entry.task.is_watched() && running;
        if watched != entry.watched {
            self.has_watch_changed = true;
            if watched {
                self.watched += 1
            } else {
                self.watched = self.watched.saturating_sub(1)
            }
            entry.watched = watched;
        }
        let creating = matches!(entry.creation, Creation::Sent { as_task: true, .. });
        if creating != entry.creating {
            if creating {
                self.creating += 1
            } else {
                self.creating = self.creating.saturating_sub(1)
            }
            entry.creating = creating;
        }
        let sent = matches!(entry.creation, Creation::Sent { .. });
        if sent != entry.sent {
            self.calls = if sent { self.calls + 1 } else { self.calls.saturating_sub(1) };
            entry.sent = sent;
        }
        let input = entry.rare.hold.open.is_some() || entry.is_input_required();
        if !entry.is_input_required()
            && let Some(extras) = entry.rare.known()
        {
            extras.hold.is_refused = false;
        }
        if input != entry.input {
            self.inputs.retain(|&h| h != handle);
            if input {
                self.inputs.push(handle);
            }
            entry.input = input;
        }
        if entry.named.is_none()
            && let Some(id) = entry.task.task_id()
        {
            let hash = hash(id);
            self.by_id.insert((hash, handle), ());
            entry.named = Some(hash);
        }
    }

    pub(super) fn remove(&mut self, handle: Handle) -> Option<Box<Entry>> {
        let entry = self.entries.remove(&handle)?;
        self.agenda.remove(handle, &entry);
        self.watched = self.watched.saturating_sub(usize::from(entry.watched));
        self.has_watch_changed |= entry.watched;
        self.creating = self.creating.saturating_sub(usize::from(entry.creating));
        self.calls = self.calls.saturating_sub(usize::from(entry.sent));
        self.inputs.retain(|&h| h != handle);
        if let Some(hash) = entry.named {
            self.by_id.remove(&(hash, handle));
        }
        Some(entry)
    }

    /// The handles of the task with this id.
    pub(super) fn by_id(&self, task_id: &str) -> Vec<Handle> {
        self.named(task_id).collect()
    }

    /// The same, one by one.
    #[inline(always)]
    pub(super) fn named(&self, task_id: &str) -> impl Iterator<Item = Handle> {
        let wanted = hash(task_id);
        let from = self.by_id.first_from(|(hash, _)| *hash < wanted);
        let same = from.iter().take_while(move |((hash, _), ())| *hash == wanted).map(|((_, handle), ())| *handle);
        same.filter(move |handle| self.id_of(*handle) == Some(task_id))
    }
}

/// FNV-1a: whoever chooses ids that collide makes only the finding of his own tasks slow.
fn hash(id: &str) -> u32 {
    id.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Client {
    /// Changes one task, if there is one under this number.
    #[inline(always)]
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
        let asks = !self.era.tells_all() && self.awaits_answer(handle);
        let terminal = snapshot.status.is_terminal();
        let number = self.tasks.announcement();
        let seen = self.tasks.push(handle, |entry| {
            // Some servers never say so, or take it back at once (deviations 10, 12): what counts is that they wait for us.
            if asks && snapshot.status == Status::Working {
                snapshot.status = Status::InputRequired;
                snapshot.status_message = entry.task.lifecycle().snapshot().and_then(|s| s.status_message.clone());
            }
            if pushed && !asks && snapshot.status == Status::InputRequired {
                entry.rare.announced = Some((number, snapshot.status_message.clone()));
            }
            entry.task.observe(now, snapshot, pushed)
        });
        if seen == Some(Seen::Changed) {
            if terminal {
                self.roll_call.note_end(now, self.tasks.id_of(handle));
            }
            self.changed(now, handle);
        }
        // A push may have been on its way when a cancellation was refused: whether it finds the task alive, asking tells.
        let is_refused = |entry: &Entry| entry.rare.refreshers.iter().any(|(_, refused)| refused.is_some());
        let is_news = seen != Some(Seen::Stale) && (terminal || !self.tasks.get(handle).is_some_and(is_refused));
        if !pushed || is_news {
            self.refreshed(now, handle, terminal);
        }
        seen
    }

    /// The state of a task is another than it was.
    fn changed(&mut self, now: Millis, handle: Handle) {
        let shared = self.tasks.get(handle).and_then(|entry| entry.task.lifecycle().shared());
        let Some(snapshot) = shared.cloned() else { return };
        let cancelled = (snapshot.status == Status::Cancelled)
            .then(|| Failure::cancelled(&snapshot.task_id, snapshot.status_message.as_deref()));
        self.put(Output::Changed { handle, snapshot });
        self.withdraw_if_ended(handle);
        // A cancelled task has no result that could be fetched.
        if let Some(failure) = cancelled {
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
        self.put(Output::Settled { handle, outcome, is_wrapped, is_unseen });
        self.drop_task(handle, task_id.as_deref());
    }

    #[inline(never)]
    pub(super) fn fail(&mut self, now: Millis, handle: Handle, failure: Box<Failure>) {
        self.settle(now, handle, Outcome::Failure(failure));
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
    pub(super) fn interrupt(&mut self, now: Millis, handle: Handle, failure: Box<Failure>) {
        self.with_task(now, handle, |task, now| task.interrupt(now));
        self.answer_refreshers(now, handle, &Err(failure.clone()));
        self.put(Output::Interrupted { handle, failure });
    }

    /// Answers what still waits on a task that is settled or gone: whatever was asked for is moot.
    pub(super) fn dismiss(&mut self, mut entry: Box<Entry>) {
        self.answer_waiting(&mut entry, &Ok("null".into()));
    }

    /// Answers whoever waits for something about a task that is dropped here.
    pub(super) fn answer_waiting(&mut self, entry: &mut Entry, answer: &Result<String, Box<Failure>>) {
        let extras = entry.rare.take();
        if let Some(held) = extras.hold.open {
            let goes_on = !matches!(entry.task.lifecycle(), Lifecycle::Ended(_) | Lifecycle::Settled(_));
            self.end_hold(&held, goes_on);
        }
        let mut replies: Vec<ReplyId> = extras.refreshers.into_iter().map(|(reply, _)| reply).collect();
        if let Cancel::Wanted { replies: more, .. } | Cancel::Asked { replies: more, .. } = &mut entry.cancel {
            replies.append(more);
        }
        self.reply_all(replies, answer);
    }

    /// The same answer to each of them.
    pub(super) fn reply_all(&mut self, replies: Vec<ReplyId>, answer: &Result<String, Box<Failure>>) {
        for reply in replies {
            self.reply(reply, answer.clone());
        }
    }

    /// The answer where there is nothing to say.
    #[inline(never)]
    pub(super) fn done(&mut self, reply: ReplyId) {
        self.reply(reply, Ok("null".into()));
    }

    pub(super) fn reply(&mut self, reply: ReplyId, answer: Result<String, Box<Failure>>) {
        self.put(Output::Replied { reply, answer });
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
