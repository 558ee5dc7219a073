use super::{
    Client, Handle, backoff, poll_queue::Priority, requests::Purpose, session::Session, transport_error::TransportError,
};
use crate::{
    Millis,
    task::Seen,
    wire::{json::Json, jsonrpc::RpcError, request::ClientRequest, response::TaskPage},
};

/// Polls that are due within this fraction of the interval are sent together, so that a page, and a radio, wake up once.
const COALESCE_DIVISOR: u64 = 32;
/// The list is asked for where it costs no more than this part of the polls that it takes the place of. Pages come one after
/// another and polls four at once, so it is not slower either.
const MIN_SAVINGS: u32 = 4;
/// This many tasks of a page cost as much as the request for the page.
const TASKS_PER_REQUEST_COST: u32 = 64;
/// A list in many pages is not begun again before this has passed for each of them: five requests a second are enough, …
const MIN_PAGE_INTERVAL_MS: u64 = 200;
/// … but not much later than it would be.
const MAX_PAGE_INTERVALS: u64 = 4;
/// What a list costs is found out again after this.
const COST_KNOWN_MS: u64 = 300_000;
/// After a list that was wrong, or failed, individual polls are sent for this long; twice as long after the next one, and so on, …
const LIST_BACKOFF_MS: u64 = 60_000;
/// … doubled at most this many times.
const MAX_DOUBLINGS: u32 = 6;
/// One task of this many that are looked for in the list, or of all if they are fewer, is polled all the same.
const SPOT_CHECK_ONE_IN: u32 = 128;
/// A page that is not there by now keeps the polls waiting that it should take the place of.
const PAGE_TIMEOUT_MS: u64 = 5000;

/// Polling by `tasks/list` in place of one `tasks/get` per task (2025-11-25, Tasks: "Listing Tasks"). Servers need not
/// list anything (deviation 33), nor what is true: whoever is not found is asked after by itself, and a list that
/// contradicts what was heard before is left alone for a while.
#[derive(Debug, Default)]
pub(super) struct ListPolling {
    pass: Option<ListPoll>,
    /// How many there were.
    passes: u32,
    next_at: Millis,
    /// What the last pass has cost, in parts of a request; and until when that is believed.
    cost: u32,
    cost_until: Millis,
    backed_off_until: Millis,
    strikes: u32,
    /// The task that was heard of last to have ended, and when: a list that has it alive is an old one.
    ended: Option<(String, Millis)>,
}

/// Polls that are sent together.
#[derive(Debug)]
pub(super) struct Polls {
    /// When: a little later than the first is due, if others are due until then.
    pub(super) at: Millis,
    /// As a list, not one by one.
    is_list: bool,
    /// How often the first may be asked after.
    interval_ms: u64,
}

/// One pass over the pages.
#[derive(Debug, Default)]
struct ListPoll {
    began: Millis,
    /// How often those that are due may be asked after.
    interval_ms: u64,
    /// How many polls it takes the place of.
    worth: u32,
    found: u32,
    /// What it has cost so far, in parts of a request.
    cost: u32,
    cursor: Option<String>,
    /// Since when a page is on its way.
    asked_at: Option<Millis>,
}

impl ListPolling {
    /// A page is to be asked for.
    pub(super) fn wants_page(&self) -> bool {
        self.pass.as_ref().is_some_and(|pass| pass.asked_at.is_none())
    }

    /// The cursor belongs to a session that is lost; or nobody waits for the rest.
    pub(super) fn drop_pass(&mut self) {
        self.pass = None;
    }

    pub(super) fn note_end(&mut self, now: Millis, task_id: &str) {
        self.ended = Some((task_id.to_owned(), now));
    }

    fn back_off(&mut self, now: Millis) {
        self.pass = None;
        self.backed_off_until = now.saturating_add(LIST_BACKOFF_MS << self.strikes.min(MAX_DOUBLINGS));
        self.strikes = self.strikes.saturating_add(1);
    }

    fn finish(&mut self, now: Millis, pass: &ListPoll, cost: u32) {
        self.cost = cost;
        self.cost_until = now.saturating_add(COST_KNOWN_MS);
        let page_interval = u64::from(cost / TASKS_PER_REQUEST_COST) * MIN_PAGE_INTERVAL_MS;
        self.next_at = pass.began.saturating_add(page_interval.min(MAX_PAGE_INTERVALS * pass.interval_ms));
    }
}

impl Client {
    /// The polls that are sent next. `None`: there are none, or a list is under way in place of them.
    pub(super) fn next_polls(&self) -> Option<Polls> {
        let ListPolling { pass, next_at, cost, cost_until, backed_off_until, .. } = &self.list_polling;
        let queue = self.tasks.poll_queue();
        let (due, handle) = queue.first(Priority::Routine).filter(|_| pass.is_none())?;
        let interval_ms = self.tasks.get(handle)?.task.interval_ms();
        let last = queue.until(Priority::Routine, due.saturating_add(interval_ms / COALESCE_DIVISOR)).next_back()?.0;
        let cost = if self.now < *cost_until { *cost / TASKS_PER_REQUEST_COST } else { 1 };
        let is_offered = matches!(&self.session, Session::Ready(ready) if ready.capabilities.task_list);
        // This runs after every input, so tasks are counted only where the count decides, and no further than necessary.
        let is_open = last <= self.now || last < *next_at;
        let is_list = is_open && is_offered && *backed_off_until <= self.now && {
            // A task that the list shows now is not due again before its interval has passed.
            let until = due.max(self.now).saturating_add(interval_ms - 1);
            queue.has_until(Priority::Routine, until, (MIN_SAVINGS * cost) as usize)
        };
        let at = if is_list { last.max(*next_at) } else { last };
        Some(Polls { at, is_list, interval_ms })
    }

    /// Asks for the list, or for its next page, if that is what is to be done. True: a request was sent.
    pub(super) fn poll_list(&mut self, now: Millis) -> bool {
        if let Some(Polls { interval_ms, .. }) = self.next_polls().filter(|next| next.is_list && next.at <= now) {
            self.begin_pass(now, interval_ms);
        }
        if !self.list_polling.wants_page() {
            return false;
        }
        // Some have been heard of in another way, or nobody watches them any more.
        if self.expected().is_empty() {
            self.list_polling.drop_pass();
            return false;
        }
        let Some(pass) = &mut self.list_polling.pass else { return false };
        pass.asked_at = Some(now);
        let cursor = pass.cursor.clone();
        let timeout = self.config.request_timeout_ms.min(PAGE_TIMEOUT_MS);
        let purpose = Purpose::ListTasks(self.list_polling.passes);
        self.send(now, purpose, ClientRequest::ListTasks { cursor: cursor.as_deref() }, Some(timeout));
        true
    }

    /// Who should be in the list, was not seen yet, and waits to be.
    fn expected(&self) -> Vec<Handle> {
        let pass = self.list_polling.passes;
        self.tasks.handles_where(&|entry| entry.expected_in == pass && entry.due.is_some())
    }

    fn begin_pass(&mut self, now: Millis, interval_ms: u64) {
        self.list_polling.passes = self.list_polling.passes.wrapping_add(1);
        let number = self.list_polling.passes;
        let polls = self.tasks.poll_queue().until(Priority::Routine, now.saturating_add(interval_ms));
        let handles: Vec<Handle> = polls.map(|(_, handle)| *handle).collect();
        let worth = handles.len() as u32;
        let turns = worth.clamp(1, SPOT_CHECK_ONE_IN);
        for (place, handle) in (0..).zip(handles) {
            self.tasks.update(handle, |entry| {
                // Whose turn it is, is asked after all the same.
                let is_due = entry.due.is_some_and(|due| due.at <= now);
                entry.is_alone = is_due && place % turns == number % turns;
                entry.expected_in = if entry.is_alone { 0 } else { number };
            });
        }
        self.list_polling.pass = Some(ListPoll { began: now, interval_ms, worth, ..ListPoll::default() });
    }

    /// The server sent a page of its list.
    pub(super) fn list_page_received(&mut self, now: Millis, number: u32, answer: Result<Json<'_>, RpcError>) {
        let Some(mut pass) = self.list_polling.pass.take_if(|_| number == self.list_polling.passes) else { return };
        let asked_at = pass.asked_at.take().unwrap_or(now);
        let Some(TaskPage { tasks, next_cursor }) = answer.ok().and_then(|json| self.era.read_tasks(json).ok()) else {
            return self.list_polling.back_off(now);
        };
        pass.cost += TASKS_PER_REQUEST_COST + tasks.len() as u32;
        for snapshot in tasks {
            let is_live = !snapshot.status.is_terminal();
            let has_ended = |(id, at): &(String, Millis)| *id == snapshot.task_id && *at < asked_at;
            let mut is_old = is_live && self.list_polling.ended.as_ref().is_some_and(has_ended);
            for handle in self.tasks.by_id(&snapshot.task_id).collect::<Vec<_>>() {
                let is_newer_known = self.tasks.update(handle, |entry| {
                    entry.is_alone = false;
                    pass.found += u32::from(entry.expected_in == number);
                    entry.expected_in = 0;
                    // Whoever asked since then wants to know how it is since then.
                    !entry.refreshers.is_empty() || entry.task.heard_at().is_some_and(|at| at >= asked_at)
                });
                if is_live && (is_old || is_newer_known == Some(true)) {
                    continue;
                }
                let seen = self.observe(now, handle, snapshot.clone(), false);
                is_old |= is_live && seen == Some(Seen::Stale);
            }
            if is_old {
                return self.list_polling.back_off(now);
            }
        }
        let missing = self.expected();
        match next_cursor {
            Some(cursor) if pass.cursor.as_ref() == Some(&cursor) => self.list_polling.back_off(now),
            // The others are not worth it: they are polled, as if it had cost more still.
            Some(_) if MIN_SAVINGS * (pass.cost / TASKS_PER_REQUEST_COST) > pass.worth => {
                self.list_polling.finish(now, &pass, 2 * pass.cost)
            }
            Some(cursor) if !missing.is_empty() => {
                pass.cursor = Some(cursor);
                self.list_polling.pass = Some(pass);
            }
            // Who is not in it is by no means expired.
            _ if missing.len() as u32 > pass.found => self.list_polling.back_off(now),
            _ => {
                for handle in missing {
                    self.tasks.update(handle, |entry| entry.is_alone = true);
                }
                self.list_polling.finish(now, &pass, pass.cost);
            }
        }
    }

    /// A page was not answered. What that says of the server the polls will find out; a wait that it asks for is kept.
    pub(super) fn list_poll_failed(&mut self, now: Millis, sent_at: Millis, cause: &TransportError) {
        let is_general =
            cause.is_transient() && !cause.may_be_particular() && !matches!(cause, TransportError::Late(_));
        if is_general {
            self.request_failed(now, sent_at, cause, backoff::FAILED_LIST);
            // It may be as true as ever.
            self.list_polling.strikes = self.list_polling.strikes.saturating_sub(1);
        }
        self.list_polling.back_off(now);
    }
}
