//! Every event in every state that a task can come into, held against the tables of src/task/SPEC.md.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

use mcp_tasks::Millis;
use mcp_tasks::task::{Interest, Lifecycle, Task, Want};
use mcp_tasks::wire::snapshot::Status;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::{fs, path::Path};

#[path = "support/spec.rs"]
mod spec;
#[path = "fuzz/task_events.rs"]
mod task_events;
use spec::{DEFAULT_INTERVAL_MS, Doing, Expected, SPEC, Spec, is_terminal, keys, method, rows};
use task_events::{Event, Gave, Says, TASK_ID};

const STEP_MS: Millis = 10;

/// Every event there is, and every observation that makes a difference.
fn events() -> Vec<Event> {
    let mut all = vec![
        Event::Named,
        Event::Interrupt,
        Event::PollNow,
        Event::StreamTaken,
        Event::StreamLost,
        Event::RetryNow,
        Event::PollEarly,
        Event::Settle,
    ];
    all.extend([true, false].map(Event::Hide));
    all.extend([true, false].map(Event::AwaitInput));
    all.extend([Interest::Status, Interest::Result].map(Event::Watch));
    all.extend([Interest::Status, Interest::Result].map(Event::Unwatch));
    for want in [Want::Status, Want::Result] {
        all.extend([
            Event::Asking(want),
            Event::Answered(want),
            Event::Unanswered(want),
            Event::BadAnswer(want),
            Event::PollFailed(want),
        ]);
    }
    for status in Status::ALL {
        for (message, interval_ms) in [("a", None), ("b", Some(700))] {
            // The words of an end are told as any others are.
            if message == "a" && is_terminal(status) {
                continue;
            }
            for at in [None, Some(1), Some(2)] {
                let message = Some(message);
                let says = Says { status, message, at, ttl_ms: None, interval_ms, pushed: false };
                all.extend([Event::Observe(says), Event::Observe(Says { pushed: true, ..says })]);
            }
        }
    }
    all
}

/// A state that is added must be given a name, a column of the tables.
fn name(lifecycle: &Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Unnamed => "Unnamed",
        Lifecycle::Named(_) => "Named",
        Lifecycle::Live(_) => "Live",
        Lifecycle::Ended(_) => "Ended",
        Lifecycle::Settled(_) => "Settled",
    }
}

/// How a task came about, for a message.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug")]
struct Story<'s> {
    root: &'s str,
    way: &'s [Event],
    event: Event,
}

fn check(task: &Task, expected: &Expected, story: &Story<'_>) {
    assert_eq!(name(task.lifecycle()), expected.lifecycle, "{story:?}");
    assert_eq!(task.lifecycle().snapshot(), expected.known.as_ref(), "{story:?}");
    let due = match expected.doing {
        Doing::Due(at, _, why) => Some((at, why)),
        Doing::Idle | Doing::Asking(_) => None,
    };
    assert_eq!(task.due(), due, "{story:?}");
    assert_eq!(task.is_watched(), expected.watchers != [0, 0], "{story:?}");
    let want = if expected.lifecycle == "Ended" { Want::Result } else { Want::Status };
    assert_eq!(task.want(), want, "{story:?}");

    match task.lifecycle() {
        Lifecycle::Live(s) => assert!(!is_terminal(s.status), "{story:?}"),
        Lifecycle::Ended(s) => assert!(is_terminal(s.status), "{story:?}"),
        Lifecycle::Unnamed | Lifecycle::Named(_) | Lifecycle::Settled(_) => {}
    }
    assert!(due.is_none() || (task.is_watched() && task.task_id() == Some(TASK_ID)), "{story:?}");
}

/// From each state the tables lead to, on the shortest way there, every event.
#[test]
fn every_event_does_in_every_state_what_the_tables_say() {
    let spec = Spec::read();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut queue = VecDeque::new();
    for root in ["Unnamed", "Named"] {
        queue.push_back((root, Vec::new(), Expected::new(root)));
    }
    let events = events();
    while let Some((root, way, before)) = queue.pop_front() {
        for &event in &events {
            let now = STEP_MS * (way.len() as Millis + 1);
            let Some((expected, gives)) = before.after(event, now, &spec) else { continue };
            let mut task = match root {
                "Unnamed" => Task::new(DEFAULT_INTERVAL_MS),
                _ => Task::known_by_id(TASK_ID.into(), DEFAULT_INTERVAL_MS),
            };
            for (at, event) in (1..).zip(&way) {
                Event::apply(*event, &mut task, STEP_MS * at);
            }
            let gave = match event.apply(&mut task, now) {
                Gave::Nothing => None,
                Gave::Seen(seen) => Some(format!("{seen:?}")),
                Gave::Times(times) => Some(times.to_string()),
            };
            let story = Story { root, way: &way, event };
            assert_eq!(gave, gives, "{story:?}");
            check(&task, &expected, &story);
            // Once more of anything makes no new state.
            if expected.watchers.iter().all(|count| *count < 2) && known.insert(expected.kind()) {
                queue.push_back((root, [way.as_slice(), &[event]].concat(), expected));
            }
        }
    }
    assert!(known.len() > 1000, "only {} states were found", known.len());
    for table in [&spec.lifecycle, &spec.watchers, &spec.attention, &spec.plan, &spec.schedule] {
        assert!(table.unused().is_empty(), "nothing leads to {:?}", table.unused());
    }
    assert_eq!(spec.when_used.borrow().len(), spec.when.len(), "a line of when to ask never applies");
}

#[test]
fn a_name_does_not_undo_an_end() {
    let mut task = Task::known_by_id(TASK_ID.into(), DEFAULT_INTERVAL_MS);
    let status = Status::Completed;
    Event::Observe(Says { status, message: None, at: None, ttl_ms: None, interval_ms: None, pushed: false })
        .apply(&mut task, 1);
    Event::Named.apply(&mut task, 2);
    assert_eq!((task.lifecycle().ended(), task.want()), (Some(status), Want::Result));
}

#[test]
fn every_method_that_changes_a_task_is_an_event() {
    let source = include_str!("../src/task/mod.rs");
    let methods: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub fn ")?.split_once("(&mut self").map(|(name, _)| name))
        .collect();
    let tried: BTreeSet<&str> = events().into_iter().map(method).collect();
    assert_eq!(methods, tried, "src/task/mod.rs, and the events of tests/fuzz/task_events.rs");
    let listed: BTreeSet<String> = rows("| event | Unnamed")[1..]
        .iter()
        .flat_map(|row| keys(&row[0]))
        .map(|key| key.split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(methods, listed.iter().map(String::as_str).collect(), "src/task/mod.rs, and SPEC.md");
}

#[test]
fn every_test_that_an_invariant_names_exists() {
    let (_, invariants) = SPEC.split_once("## Invariants").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let sources: BTreeMap<String, String> = files
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().into(), fs::read_to_string(&path).unwrap()))
        .collect();
    let numbered = invariants.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count();
    assert_eq!(numbered, invariants.matches("*Enforcement*:").count());
    let named =
        invariants.split('`').skip(1).step_by(2).filter(|word| word.contains('_') && !word.contains(['/', ':']));
    for word in named {
        let is_there = sources.contains_key(word) || sources.values().any(|text| text.contains(&format!("fn {word}(")));
        assert!(is_there, "SPEC.md names {word}, which is neither a file nor a test");
    }
}
