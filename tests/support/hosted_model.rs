//! A store as simple as can be: a list of tasks, gone through from the beginning each time.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that goes wrong shall stop")]

use super::block_on::{Turns, block_on};
use super::hosting::{BEGIN, Host};
use mcp_tasks::receiver::{Limits, StoreError, TaskStore, TaskUpdate, UnixMillis};
use mcp_tasks::wire::input::InputAnswer;
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use mcp_tasks::wire::timestamp::iso8601;
use proptest::prelude::*;

/// Few, so that they meet.
const IDS: [&str; 4] = ["a", "b", "c", "d"];

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Create(&'static str, Option<u64>),
    Update(&'static str, Option<Status>, Option<&'static str>),
    /// A result of so many bytes.
    Store(&'static str, usize),
    Delete(&'static str),
    Wait(&'static str),
    Pass(u64),
    /// The clock is put back.
    Back(u64),
}

/// What a step gave: the status, or the name of what it refused with.
type Gave = Result<Option<Status>, &'static str>;
/// One who waits; which of the model's waits that is, is told by the order.
type Wait<'a> = Option<Turns<'a, Result<Snapshot, StoreError>>>;

impl Step {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let id = || prop::sample::select(IDS.to_vec());
        let status = prop::option::of(prop::sample::select(Status::ALL.to_vec()));
        let ttl = prop::option::of(prop::sample::select(vec![0, 1, 500, 1000, 5000, 9000, u64::MAX]));
        let words = prop::option::of(prop::sample::select(vec!["x", "y"]));
        prop_oneof![
            4 => (id(), ttl).prop_map(|(id, ttl)| Self::Create(id, ttl)),
            6 => (id(), status, words).prop_map(|(id, status, words)| Self::Update(id, status, words)),
            3 => (id(), 2..40_usize).prop_map(|(id, bytes)| Self::Store(id, bytes)),
            1 => id().prop_map(Self::Delete),
            3 => id().prop_map(Self::Wait),
            2 => (0..2000_u64).prop_map(Self::Pass),
            1 => (0..2000_u64).prop_map(Self::Back),
        ]
    }

    pub(crate) fn run<'a>(&self, host: &'a Host, waits: &mut Vec<Wait<'a>>) -> Gave {
        match *self {
            Self::Create(id, ttl) => host.create(id, ttl).map(|task| Some(task.status)).map_err(name),
            Self::Update(id, status, words) => {
                let update = TaskUpdate { status, status_message: words.map(Into::into) };
                block_on(host.store.update_task(id, update)).map(|task| Some(task.status)).map_err(name)
            }
            Self::Store(id, bytes) => host.keep(id, &result(bytes)).map(|()| None).map_err(name),
            Self::Delete(id) => Ok(block_on(host.store.delete_task(id)).unwrap().then_some(Status::Working)),
            Self::Wait(id) => {
                if let Some(status) = host.status(id) {
                    waits.push(Some(Turns::begin(host.store.wait_for_update(id, status))));
                }
                Ok(None)
            }
            Self::Pass(ms) => {
                host.pass(ms);
                Ok(None)
            }
            Self::Back(ms) => {
                host.now.set(host.now.get() - ms);
                Ok(None)
            }
        }
    }
}

fn name(error: StoreError) -> &'static str {
    match error {
        StoreError::UnknownTask { .. } => "unknown",
        StoreError::UnusableId { .. } => "unusable",
        StoreError::Terminal { status, .. } => status.as_str(),
        StoreError::TooManyTasks { .. } => "too many",
        StoreError::TooLarge { .. } => "too large",
        other => panic!("{other}"),
    }
}

fn result(bytes: usize) -> String {
    ["{", &" ".repeat(bytes - 2), "}"].concat()
}

#[derive(Debug)]
struct Known {
    serial: usize,
    task: Snapshot,
    result: Option<usize>,
    expires_at: Option<UnixMillis>,
}

pub(crate) struct Model {
    limits: Limits,
    clock: UnixMillis,
    latest: UnixMillis,
    tasks: Vec<Known>,
    serials: usize,
    /// Which task each one waits for, and with what it is to end, once it is.
    waits: Vec<(usize, Option<Option<Status>>)>,
}

impl Model {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, clock: BEGIN, latest: BEGIN, tasks: vec![], serials: 0, waits: vec![] }
    }

    pub(crate) fn step(&mut self, step: &Step) -> Gave {
        self.latest = self.latest.max(self.clock);
        let now = self.latest;
        // Expired tasks go before anything else.
        self.tasks.retain(|known| known.expires_at.is_none_or(|at| at > now));
        let gave = self.act(step, now);
        // Where time does not pass, the clock is looked at once more by what comes next.
        self.latest = self.latest.max(self.clock);
        self.tasks.retain(|known| known.expires_at.is_none_or(|at| at > self.latest));
        for (serial, end) in &mut self.waits {
            if !self.tasks.iter().any(|known| known.serial == *serial) {
                // Also for one that was woken and has not looked before the task went.
                end.get_or_insert(None);
            }
        }
        gave
    }

    fn act(&mut self, step: &Step, now: UnixMillis) -> Gave {
        let at = |id: &str| self.tasks.iter().position(|known| known.task.task_id == id);
        match *step {
            Step::Pass(ms) => self.clock += ms,
            Step::Back(ms) => self.clock -= ms,
            Step::Create(id, _) if at(id).is_some() => return Err("unusable"),
            Step::Create(..) if self.tasks.len() == self.limits.tasks => return Err("too many"),
            Step::Create(id, ttl) => {
                let ttl_ms = Some(ttl.unwrap_or(u64::MAX).min(self.limits.longest_ttl_ms.unwrap()));
                let task = Snapshot {
                    task_id: id.into(),
                    status: Status::Working,
                    status_message: None,
                    created_at: Some(iso8601(now)),
                    last_updated_at: Some(iso8601(now)),
                    ttl_ms,
                    poll_interval_ms: Some(500),
                };
                self.serials += 1;
                let expires_at = ttl_ms.map(|ms| now + ms);
                self.tasks.push(Known { serial: self.serials, task, result: None, expires_at });
                return Ok(Some(Status::Working));
            }
            Step::Wait(id) => {
                let serial = at(id).map(|at| self.tasks[at].serial);
                self.waits.extend(serial.map(|serial| (serial, None)));
            }
            Step::Delete(id) => {
                let gone = at(id).map(|at| self.tasks.remove(at));
                return Ok(gone.map(|_| Status::Working));
            }
            Step::Update(id, ..) | Step::Store(id, _) if at(id).is_none() => return Err("unknown"),
            Step::Update(id, ..) | Step::Store(id, _) if self.tasks[at(id).unwrap()].task.status.is_terminal() => {
                return Err(self.tasks[at(id).unwrap()].task.status.as_str());
            }
            Step::Update(id, status, words) => {
                let at = at(id).unwrap();
                let known = &mut self.tasks[at];
                known.task.last_updated_at = Some(iso8601(now));
                known.task.status_message = words.map(Into::into).or(known.task.status_message.take());
                let status = status.unwrap_or(known.task.status);
                if status.is_terminal() {
                    known.expires_at = known.task.ttl_ms.map(|ms| now + ms);
                }
                if status == Status::Cancelled {
                    known.result = None;
                }
                if std::mem::replace(&mut known.task.status, status) != status {
                    let waiting = self.waits.iter_mut().filter(|(serial, _)| *serial == known.serial);
                    waiting.for_each(|(_, end)| {
                        end.get_or_insert(Some(status));
                    });
                }
                return Ok(Some(status));
            }
            Step::Store(id, bytes) => {
                let at = at(id).unwrap();
                let others = self.tasks.iter().enumerate().filter(|(n, _)| *n != at).filter_map(|(_, k)| k.result);
                if others.sum::<usize>() + bytes > self.limits.result_bytes {
                    return Err("too large");
                }
                self.tasks[at].result = Some(bytes);
            }
        }
        Ok(None)
    }

    /// The store holds what the model holds.
    pub(crate) fn check(&self, host: &Host) {
        assert_eq!(host.store.get_all_tasks(), self.tasks.iter().map(|k| k.task.clone()).collect::<Vec<_>>());
        assert_eq!(host.listed(), self.tasks.iter().map(|k| k.task.task_id.clone()).collect::<Vec<_>>());
        for id in IDS {
            let known = self.tasks.iter().find(|known| known.task.task_id == id);
            assert_eq!(host.get(id), known.map(|known| known.task.clone()));
            let kept = known.and_then(|known| known.result).map(|bytes| InputAnswer::Result(result(bytes)));
            assert_eq!(host.result(id), kept);
        }
    }

    /// Who waits was woken when the status changed or the task went, and only then.
    pub(crate) fn check_waits(&self, waits: &mut [Wait<'_>]) {
        assert_eq!(waits.len(), self.waits.len());
        for (slot, (_, end)) in waits.iter_mut().zip(&self.waits) {
            let Some(wait) = slot else { continue };
            assert_eq!(wait.wakes() > 0, end.is_some(), "woken for a reason");
            if let Some(end) = end {
                assert_eq!(wait.woken().ok().map(|task| task.status), *end);
                *slot = None;
            }
        }
    }
}
