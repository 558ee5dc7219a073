use super::{
    Limits, StoreError, TaskPage, TaskUpdate, UnixMillis, create_task_state, is_terminal, update_task_state,
    wait::Waiters,
};
use crate::wire::{
    input::InputAnswer,
    json::{self, Json},
    request::TaskOption,
    snapshot::{Snapshot, Status},
    text,
};
use std::{collections::BTreeMap, task::Waker};

/// What an [`super::InMemoryTaskStore`] holds.
#[derive(Debug, Default)]
pub(super) struct StoredTasks {
    /// By number, in the order of creation. A number is never given twice.
    tasks: BTreeMap<u64, Entry>,
    numbers: BTreeMap<String, u64>,
    next: u64,
    /// All results together, in bytes.
    bytes: usize,
    /// Who is to be woken when this is no longer borrowed.
    pub(super) wakes: Vec<Waker>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) task: Snapshot,
    result: Option<InputAnswer>,
    /// When it is forgotten; `None`: never.
    expires_at: Option<UnixMillis>,
    /// How often those who wait have been woken.
    pub(super) turns: u64,
    pub(super) waiters: Waiters,
}

impl StoredTasks {
    /// Forgets what has outlived its time. There is no timer: it happens whenever somebody asks for anything.
    pub(super) fn expire(&mut self, now: UnixMillis) {
        let over = |entry: &Entry| entry.expires_at.is_some_and(|at| at <= now);
        let over: Vec<u64> = self.tasks.iter().filter(|(_, entry)| over(entry)).map(|(number, _)| *number).collect();
        over.into_iter().for_each(|number| self.forget(number));
    }

    pub(super) fn create(
        &mut self,
        task_id: String,
        option: TaskOption,
        limits: &Limits,
        now: UnixMillis,
    ) -> Result<Snapshot, StoreError> {
        if task_id.is_empty() || self.numbers.contains_key(&task_id) {
            return Err(StoreError::UnusableId { task_id });
        }
        if self.tasks.len() >= limits.tasks {
            return Err(StoreError::TooManyTasks { most: limits.tasks });
        }
        let ttl_ms = match (option.ttl_ms, limits.longest_ttl_ms) {
            (Some(asked), Some(longest)) => Some(asked.min(longest)),
            (asked, longest) => asked.or(longest),
        };
        let task = create_task_state(task_id.clone(), TaskOption { ttl_ms }, now);
        let expires_at = task.ttl_ms.map(|ms| now.saturating_add(ms));
        let entry = Entry { task: task.clone(), result: None, expires_at, turns: 0, waiters: Waiters::default() };
        self.next += 1;
        self.numbers.insert(task_id, self.next);
        self.tasks.insert(self.next, entry);
        Ok(task)
    }

    pub(super) fn update(&mut self, id: &str, update: TaskUpdate, now: UnixMillis) -> Result<Snapshot, StoreError> {
        let entry = self.entry(id)?;
        let task = update_task_state(&entry.task, update, now)?;
        let is_news = task.status != entry.task.status;
        entry.task = task.clone();
        if is_terminal(task.status) {
            // Who is told of the end shall find the result: the time to live begins anew.
            entry.expires_at = task.ttl_ms.map(|ms| now.saturating_add(ms));
        }
        if task.status == Status::Cancelled {
            // The work may have been about to complete; that comes too late.
            let dropped = entry.result.take();
            self.bytes = self.bytes.saturating_sub(size(dropped.as_ref()));
        }
        if is_news {
            self.notify(id);
        }
        Ok(task)
    }

    pub(super) fn store(&mut self, id: &str, result: InputAnswer, most: usize) -> Result<(), StoreError> {
        let held = self.bytes;
        let entry = self.entry(id)?;
        if is_terminal(entry.task.status) {
            return Err(StoreError::Terminal { task_id: id.into(), status: entry.task.status });
        }
        if matches!(&result, InputAnswer::Result(json) if !is_object(json)) {
            return Err(StoreError::NotAnObject { task_id: id.into() });
        }
        let others = held.saturating_sub(size(entry.result.as_ref()));
        let (bytes, room) = (size(Some(&result)), most.saturating_sub(others));
        if bytes > room {
            return Err(StoreError::TooLarge { bytes, room });
        }
        entry.result = Some(result);
        self.bytes = others + bytes;
        Ok(())
    }

    pub(super) fn result(&self, id: &str) -> Option<InputAnswer> {
        self.number(id).and_then(|number| self.tasks.get(&number)?.result.clone())
    }

    pub(super) fn list(&self, cursor: Option<&str>, page_size: usize) -> Result<TaskPage, StoreError> {
        let after = match cursor {
            None => 0,
            Some(cursor) => {
                self.read_cursor(cursor).ok_or_else(|| StoreError::InvalidCursor { cursor: cursor.into() })?
            }
        };
        let mut rest = self.tasks.range(after.saturating_add(1)..);
        let page: Vec<(&u64, &Entry)> = rest.by_ref().take(page_size.max(1)).collect();
        let last = page.last().filter(|_| rest.next().is_some()).map(|(number, _)| number.to_string());
        Ok(TaskPage { tasks: page.into_iter().map(|(_, entry)| entry.task.clone()).collect(), next_cursor: last })
    }

    /// A cursor is the number of the last task told. That task may have gone since; the ones after it are still there.
    fn read_cursor(&self, cursor: &str) -> Option<u64> {
        let number = text::number(cursor)?;
        ((1..=self.next).contains(&number) && number.to_string() == cursor).then_some(number)
    }

    pub(super) fn delete(&mut self, id: &str) -> bool {
        let number = self.number(id);
        number.into_iter().for_each(|number| self.forget(number));
        number.is_some()
    }

    pub(super) fn clear(&mut self) {
        let all: Vec<u64> = self.tasks.keys().copied().collect();
        all.into_iter().for_each(|number| self.forget(number));
    }

    pub(super) fn notify(&mut self, id: &str) {
        if let Ok(entry) = self.entry(id) {
            entry.turns += 1;
            let woken = entry.waiters.take();
            self.wakes.extend(woken);
        }
    }

    pub(super) fn all(&self) -> Vec<Snapshot> {
        self.tasks.values().map(|entry| entry.task.clone()).collect()
    }

    pub(super) fn number(&self, id: &str) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    pub(super) fn by_number(&mut self, number: u64) -> Option<&mut Entry> {
        self.tasks.get_mut(&number)
    }

    fn entry(&mut self, id: &str) -> Result<&mut Entry, StoreError> {
        let unknown = || StoreError::UnknownTask { task_id: id.into() };
        self.numbers.get(id).and_then(|number| self.tasks.get_mut(number)).ok_or_else(unknown)
    }

    fn forget(&mut self, number: u64) {
        if let Some(mut entry) = self.tasks.remove(&number) {
            self.numbers.remove(&entry.task.task_id);
            self.bytes = self.bytes.saturating_sub(size(entry.result.as_ref()));
            self.wakes.extend(entry.waiters.take());
        }
    }
}

fn size(result: Option<&InputAnswer>) -> usize {
    match result {
        None => 0,
        Some(InputAnswer::Result(json)) => json.len(),
        Some(InputAnswer::Error { message, .. }) => message.len(),
    }
}

fn is_object(json: &str) -> bool {
    Json::check(json).is_ok_and(|json| json::fields(json, &[]).is_some())
}
