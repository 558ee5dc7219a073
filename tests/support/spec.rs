//! The tables of src/task/SPEC.md, and what they make of a task: so that a test can hold the code to them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

use crate::task_events::{Event, RETRY_MS, Says};
use mcp_tasks::Millis;
use mcp_tasks::task::{DueReason, Want};
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const SPEC: &str = include_str!("../../src/task/SPEC.md");
pub(crate) const DEFAULT_INTERVAL_MS: u64 = 1000;
/// What stands in a cell where nothing can come.
const NOT_AT_ALL: &str = "–";

/// One table: its rows by key, the cells by the head of their column, each with whether it was ever looked up.
pub(crate) struct Table(BTreeMap<String, BTreeMap<String, (String, Cell<bool>)>>);

impl Table {
    /// The table whose first line begins with these heads.
    pub(crate) fn with_heads(heads: &str) -> Self {
        let mut table = BTreeMap::new();
        let heads_of = rows(heads)[0].clone();
        for row in &rows(heads)[1..] {
            assert_eq!(row.len(), heads_of.len(), "a cell too many or too few: {row:?}");
            for key in keys(&row[0]) {
                let cells = heads_of.iter().zip(row).skip(1);
                let cells = cells.map(|(head, cell)| (head.clone(), (cell.replace('`', ""), Cell::new(false))));
                assert!(table.insert(key.clone(), cells.collect()).is_none(), "{key} is there twice");
            }
        }
        Self(table)
    }

    /// The cell in the first of these rows that there is.
    pub(crate) fn look(&self, keys: &[&str], head: &str) -> Option<&str> {
        let row = keys.iter().find_map(|key| self.0.get(*key))?;
        let (cell, used) = row.get(head).unwrap_or_else(|| panic!("SPEC.md has no column {head} with {keys:?}"));
        used.set(true);
        Some(cell)
    }

    /// The same where there must be such a row.
    pub(crate) fn cell(&self, keys: &[&str], head: &str) -> &str {
        self.look(keys, head).unwrap_or_else(|| panic!("SPEC.md has no row for {keys:?}"))
    }

    /// The cells that say something and were never looked up.
    pub(crate) fn unused(&self) -> Vec<(&str, &str)> {
        let cells = self.0.iter().flat_map(|(key, row)| row.iter().map(move |(head, cell)| (key, head, cell)));
        let unused = cells.filter(|(_, _, (cell, used))| cell != NOT_AT_ALL && !used.get());
        unused.map(|(key, head, _)| (key.as_str(), head.as_str())).collect()
    }
}

/// The lines of the table with these heads, the line of dashes left out.
pub(crate) fn rows(heads: &str) -> Vec<Vec<String>> {
    let lines = SPEC.lines().skip_while(|line| !line.starts_with(heads)).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let rows: Vec<Vec<String>> = lines.filter(|line| !line.starts_with("|--")).map(cells).collect();
    assert!(rows.len() > 1, "SPEC.md has no table that begins with {heads}");
    rows
}

/// "`a`, `b`" are two rows in one; "`a`: words, words" is one.
pub(crate) fn keys(cell: &str) -> Vec<String> {
    let plain = cell.replace('`', "");
    if plain.contains(':') { vec![plain] } else { plain.split(", ").map(Into::into).collect() }
}

pub(crate) struct Spec {
    pub(crate) lifecycle: Table,
    pub(crate) watchers: Table,
    pub(crate) attention: Table,
    pub(crate) plan: Table,
    pub(crate) schedule: Table,
    pub(crate) when: Vec<Vec<String>>,
    pub(crate) when_used: RefCell<BTreeSet<usize>>,
}

impl Spec {
    pub(crate) fn read() -> Self {
        Self {
            lifecycle: Table::with_heads("| event | Unnamed"),
            watchers: Table::with_heads("| event | status watchers"),
            attention: Table::with_heads("| event | Idle"),
            plan: Table::with_heads("| watched for"),
            schedule: Table::with_heads("| event | heard"),
            when: rows("| for | if")[1..].to_vec(),
            when_used: RefCell::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Idle,
    Due(Millis, Want, DueReason),
    Asking(Want),
}

/// A task as the tables say it is.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) lifecycle: String,
    pub(crate) known: Option<Snapshot>,
    pub(crate) doing: Doing,
    pub(crate) watchers: [i32; 2],
    heard: Option<Millis>,
    interval: u64,
    bad_answers: u32,
    not_before: Millis,
    early: Option<Millis>,
    hurry: bool,
    streamed: bool,
    awaits_input: bool,
    hidden: bool,
}

impl Expected {
    pub(crate) fn new(lifecycle: &str) -> Self {
        Self {
            lifecycle: lifecycle.into(),
            known: None,
            doing: Doing::Idle,
            watchers: [0, 0],
            heard: None,
            interval: DEFAULT_INTERVAL_MS,
            bad_answers: 0,
            not_before: 0,
            early: None,
            hurry: false,
            streamed: false,
            awaits_input: false,
            hidden: false,
        }
    }

    /// What the event makes of it, and what the method gives back; `None` when that does not happen.
    pub(crate) fn after(&self, event: Event, now: Millis, spec: &Spec) -> Option<(Self, Option<String>)> {
        if matches!((event, self.doing), (Event::Asking(asked), Doing::Due(_, due, _)) if asked != due) {
            return None;
        }
        let keys = keys_of(event);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut next = self.clone();

        let said = spec.lifecycle.cell(&[&lifecycle_row(event, self.known.as_ref())], &self.lifecycle);
        let doing = match self.doing {
            Doing::Idle => "Idle".to_owned(),
            Doing::Due(..) => "Due".to_owned(),
            Doing::Asking(want) => format!("Asking({want:?})"),
        };
        let done = spec.attention.cell(&keys, &doing);
        if [said, done].contains(&NOT_AT_ALL) {
            return None;
        }
        let (state, seen) = said.split_once(", ").unwrap_or((said, ""));
        if state != "." {
            next.lifecycle = state.into();
        }
        if let (Event::Observe(says), "Changed" | "Repeated") = (event, seen) {
            next.known = Some(merged(says, self.known.as_ref()));
        }

        for (count, head) in next.watchers.iter_mut().zip(["status watchers", "result watchers"]) {
            match spec.watchers.look(&keys[..1], head) {
                None | Some(".") => {}
                Some("0") => *count = 0,
                Some(change) => *count = (*count + change.parse::<i32>().unwrap()).max(0),
            }
        }
        let heard_as = schedule_row(event, &self.lifecycle, seen);
        next.remember(event, now, &[&[heard_as.as_str()], keys.as_slice()].concat(), &spec.schedule);

        next.doing = match done {
            "." => self.doing,
            "Idle" => Doing::Idle,
            "Asking(Status)" => Doing::Asking(Want::Status),
            "Asking(Result)" => Doing::Asking(Want::Result),
            "plan" => next.plan(now, spec),
            "overtake" => Some(next.plan(now, spec))
                .filter(|plan| matches!(plan, Doing::Due(_, Want::Result, _)))
                .unwrap_or(self.doing),
            word => panic!("what is `{word}`?"),
        };
        let gives = match event {
            Event::Observe(_) => Some(seen.to_owned()),
            Event::BadAnswer(_) => Some(next.bad_answers.to_string()),
            _ => None,
        };
        Some((next, gives))
    }

    fn remember(&mut self, event: Event, now: Millis, keys: &[&str], schedule: &Table) {
        let flag = |before: bool, cell: &str| match cell {
            "yes" => true,
            "no" => false,
            "." => before,
            word => panic!("what is `{word}`?"),
        };
        if schedule.cell(keys, "heard") == "now" {
            self.heard = Some(now);
        }
        if let ("as told", Event::Observe(says)) = (schedule.cell(keys, "interval"), event) {
            self.interval = says.interval_ms.map_or(self.interval, |ms| ms.clamp(50, 3_600_000));
        }
        self.bad_answers = match schedule.cell(keys, "bad answers") {
            "." => self.bad_answers,
            "0" => 0,
            "+1" => self.bad_answers + 1,
            word => panic!("what is `{word}`?"),
        };
        self.not_before = match schedule.cell(keys, "not before") {
            "." => self.not_before,
            "none" => 0,
            "as told" => now + RETRY_MS,
            word => panic!("what is `{word}`?"),
        };
        self.early = match schedule.cell(keys, "early") {
            "." => self.early,
            "none" => None,
            "now" => Some(now),
            word => panic!("what is `{word}`?"),
        };
        self.hurry = flag(self.hurry, schedule.cell(keys, "hurry"));
        self.streamed = flag(self.streamed, schedule.cell(keys, "streamed"));
        self.awaits_input = flag(self.awaits_input, schedule.cell(keys, "awaits input"));
        self.hidden = flag(self.hidden, schedule.cell(keys, "hidden"));
    }

    fn plan(&self, now: Millis, spec: &Spec) -> Doing {
        let row = match self.watchers {
            [0, 0] => "nothing",
            [_, 0] => "status",
            _ => "result",
        };
        let want = match spec.plan.cell(&[row], &self.lifecycle) {
            NOT_AT_ALL => return Doing::Idle,
            "Status" => Want::Status,
            "Result" => Want::Result,
            word => panic!("what is `{word}`?"),
        };
        let applies = |row: &Vec<String>| {
            row[0] == format!("{want:?}")
                && match row[1].as_str() {
                    "hurry" => self.hurry,
                    "never heard" => self.heard.is_none(),
                    "bad answers" => self.bad_answers > 0,
                    "streamed or awaits input" => self.streamed || self.awaits_input,
                    "hidden" => self.hidden,
                    "early" => self.early.is_some(),
                    "else" => true,
                    word => panic!("what is `{word}`?"),
                }
        };
        let line = spec.when.iter().position(applies).unwrap();
        spec.when_used.borrow_mut().insert(line);
        let row = &spec.when[line];
        let heard = self.heard.unwrap_or(0);
        let at = match row[2].as_str() {
            "now" => now,
            "heard + retry" => heard + (self.interval << self.bad_answers.min(10)).min(30_000).max(self.interval),
            "heard + max(15 s, 4 x interval)" => heard + (4 * self.interval).max(15_000),
            "heard + max(15 s, interval)" => heard + self.interval.max(15_000),
            "early + 250 ms" => self.early.unwrap() + 250,
            "heard + interval" => heard + self.interval,
            word => panic!("what is `{word}`?"),
        };
        Doing::Due(at.max(self.not_before), want, reason(&row[3]))
    }

    /// What makes two of them the same state: times, and how often, make no new one.
    pub(crate) fn kind(&self) -> String {
        let Self { lifecycle, watchers, hurry, streamed, awaits_input, hidden, .. } = self;
        let at = self.known.as_ref().and_then(|s| s.last_updated_at.as_deref());
        let status = self.known.as_ref().map(|s| s.status);
        let known = match (lifecycle.as_str(), status) {
            ("Live", _) => (status, self.known.as_ref().and_then(|s| s.status_message.as_deref()), at),
            // One of the ends with every time is enough.
            (_, Some(Status::Completed)) => (status, None, at),
            _ => (status, None, None),
        };
        if lifecycle == "Settled" {
            return format!("Settled {known:?} {watchers:?}");
        }
        let doing = match self.doing {
            Doing::Due(..) => "due".to_owned(),
            other => format!("{other:?}"),
        };
        let flags = (
            self.heard.is_some(),
            self.bad_answers > 0,
            self.not_before > 0,
            self.early.is_some() && !(*hurry || *streamed || *awaits_input || *hidden),
            hurry,
            streamed,
            *awaits_input && !streamed,
            hidden,
        );
        format!("{lifecycle} {known:?} {doing} {watchers:?} {flags:?}")
    }
}

/// A reason's name, as long as there are these.
fn reason(name: &str) -> DueReason {
    let all = [
        DueReason::Early,
        DueReason::Interval,
        DueReason::Hidden,
        DueReason::SafetyCheck,
        DueReason::BadAnswer,
        DueReason::Now,
        DueReason::Result,
    ];
    all.into_iter().find(|why| format!("{why:?}") == name).unwrap_or_else(|| panic!("what is `{name}`?"))
}

/// From the most particular row to the most general.
fn keys_of(event: Event) -> Vec<String> {
    let particular = match event {
        Event::Watch(interest) | Event::Unwatch(interest) => format!("{}({interest:?})", method(event)),
        Event::Asking(want)
        | Event::Answered(want)
        | Event::Unanswered(want)
        | Event::BadAnswer(want)
        | Event::PollFailed(want) => {
            format!("{}({want:?})", method(event))
        }
        Event::Hide(yes) | Event::AwaitInput(yes) => format!("{}({yes})", method(event)),
        Event::Observe(_)
        | Event::Named
        | Event::Interrupt
        | Event::PollNow
        | Event::StreamTaken
        | Event::StreamLost
        | Event::RetryNow
        | Event::PollEarly
        | Event::Settle => method(event).into(),
    };
    vec![particular, method(event).into(), "every other".into()]
}

pub(crate) fn method(event: Event) -> &'static str {
    match event {
        Event::Named => "named",
        Event::Observe(_) => "observe",
        Event::Watch(_) => "watch",
        Event::Unwatch(_) => "unwatch",
        Event::Interrupt => "interrupt",
        Event::PollNow => "poll_now",
        Event::Hide(_) => "hide",
        Event::AwaitInput(_) => "await_input",
        Event::StreamTaken => "stream_taken",
        Event::StreamLost => "stream_lost",
        Event::Asking(_) => "asking",
        Event::Answered(_) => "answered",
        Event::Unanswered(_) => "unanswered",
        Event::PollFailed(_) => "poll_failed",
        Event::RetryNow => "retry_now",
        Event::PollEarly => "poll_early",
        Event::BadAnswer(_) => "bad_answer",
        Event::Settle => "settle",
    }
}

/// A status that is added must find its place here.
pub(crate) fn is_terminal(status: Status) -> bool {
    match status {
        Status::Working | Status::InputRequired => false,
        Status::Completed | Status::Failed | Status::Cancelled => true,
    }
}

/// What the event was to a task in this state.
fn schedule_row(event: Event, lifecycle: &str, seen: &str) -> String {
    let said = match event {
        Event::Observe(says) if says.pushed => "observe: pushed",
        Event::Observe(_) => "observe: answered",
        Event::Named if lifecycle == "Unnamed" => "named: for the first time",
        _ => return String::new(),
    };
    match (lifecycle, seen) {
        ("Ended" | "Settled", _) => "observe: after the end".into(),
        (_, "Stale") => format!("{said}, stale"),
        _ => said.into(),
    }
}

fn lifecycle_row(event: Event, known: Option<&Snapshot>) -> String {
    let Event::Observe(says) = event else { return method(event).into() };
    let new = merged(says, known);
    let older = |known: &Snapshot| {
        says.at.is_some() && known.last_updated_at.is_some() && new.last_updated_at < known.last_updated_at
    };
    let visible = |s: &Snapshot| (s.status, s.status_message.clone(), s.ttl_ms, s.poll_interval_ms);
    let kind = match known {
        _ if is_terminal(says.status) => "terminal, of any age",
        Some(known) if older(known) => "live, older",
        Some(known) if visible(known) == visible(&new) => "live, alike",
        _ => "live, different",
    };
    format!("observe: {kind}")
}

fn merged(says: Says, known: Option<&Snapshot>) -> Snapshot {
    let new = says.snapshot();
    Snapshot {
        poll_interval_ms: new.poll_interval_ms.or(known.and_then(|k| k.poll_interval_ms)),
        created_at: known.and_then(|k| k.created_at.clone()).or(new.created_at),
        last_updated_at: new.last_updated_at.or(known.and_then(|k| k.last_updated_at.clone())),
        ..new
    }
}
