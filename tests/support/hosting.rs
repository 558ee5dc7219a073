//! A store in memory whose clock the test turns.
#![allow(dead_code, reason = "each test file uses a part")]

use super::block_on::block_on;
use mcp_tasks::receiver::{InMemoryTaskStore, Limits, StoreError, TaskStore, TaskUpdate, UnixMillis};
use mcp_tasks::wire::input::InputAnswer;
use mcp_tasks::wire::request::TaskOption;
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use std::{cell::Cell, rc::Rc};

/// 2026-11-21T01:55:06.733Z
pub(crate) const BEGIN: UnixMillis = 1_795_226_106_733;

pub(crate) struct Host {
    pub(crate) now: Rc<Cell<UnixMillis>>,
    pub(crate) store: Rc<InMemoryTaskStore>,
}

impl Host {
    pub(crate) fn new(limits: Limits) -> Self {
        let now = Rc::new(Cell::new(BEGIN));
        let clock = now.clone();
        Self { now, store: Rc::new(InMemoryTaskStore::with_limits(move || clock.get(), limits)) }
    }

    /// With one task that is kept without a limit.
    pub(crate) fn with_task(id: &str) -> Self {
        let host = Self::new(Limits::default());
        host.create(id, None).unwrap();
        host
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.now.set(self.now.get() + ms);
    }

    pub(crate) fn create(&self, id: &str, ttl_ms: Option<u64>) -> Result<Snapshot, StoreError> {
        block_on(self.store.create_task(id.into(), TaskOption { ttl_ms }))
    }

    pub(crate) fn get(&self, id: &str) -> Option<Snapshot> {
        block_on(self.store.get_task(id)).unwrap()
    }

    pub(crate) fn status(&self, id: &str) -> Option<Status> {
        self.get(id).map(|task| task.status)
    }

    pub(crate) fn set(&self, id: &str, status: Status) -> Result<Snapshot, StoreError> {
        block_on(self.store.update_task(id, TaskUpdate { status: Some(status), status_message: None }))
    }

    pub(crate) fn keep(&self, id: &str, json: &str) -> Result<(), StoreError> {
        block_on(self.store.store_result(id, InputAnswer::Result(json.into())))
    }

    pub(crate) fn result(&self, id: &str) -> Option<InputAnswer> {
        block_on(self.store.get_result(id)).unwrap()
    }

    /// The ids of all tasks, page by page.
    pub(crate) fn listed(&self) -> Vec<String> {
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = block_on(self.store.list_tasks(cursor.as_deref())).unwrap();
            ids.extend(page.tasks.into_iter().map(|task| task.task_id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return ids;
            }
        }
    }
}
