//! A task under random events at random times, against the past that src/task/SPEC.md makes of them: tests/fuzz/task.rs.
#![cfg(not(target_arch = "wasm32"))]

use mcp_tasks::Millis;
use mcp_tasks::task::{Interest, Want};
use mcp_tasks::wire::snapshot::Status;
use proptest::prelude::*;

#[path = "fuzz/task.rs"]
mod task;
#[path = "fuzz/task_events.rs"]
mod task_events;
use task_events::{Event, Says};

fn interval() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..20_000_u64,
        1 => prop::sample::select(vec![49, 50, 51, 3749, 3750, 3751, 3_600_000, 3_600_001, u64::MAX]),
    ]
}

fn says() -> impl Strategy<Value = Says> {
    let words = prop::option::of(prop::sample::select(vec!["a", "b"]));
    let ttl = prop::option::weighted(0.2, 1..3_u64);
    // An end in a few, so that tasks live for a while.
    let status = prop_oneof![3 => Just(Status::Working), 2 => prop::sample::select(Status::ALL.to_vec())];
    let times = prop::option::weighted(0.8, 0..6_u8);
    (status, words, times, ttl, prop::option::weighted(0.3, interval()), any::<bool>()).prop_map(
        |(status, message, at, ttl_ms, interval_ms, pushed)| Says { status, message, at, ttl_ms, interval_ms, pushed },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let interest = prop::sample::select(vec![Interest::Status, Interest::Result]);
    let want = prop::sample::select(vec![Want::Status, Want::Result]);
    prop_oneof![
        6 => says().prop_map(Event::Observe),
        4 => interest.clone().prop_map(Event::Watch),
        2 => interest.prop_map(Event::Unwatch),
        4 => want.clone().prop_map(Event::Asking),
        2 => want.clone().prop_map(Event::Answered),
        1 => want.clone().prop_map(Event::Unanswered),
        2 => want.clone().prop_map(Event::PollFailed),
        2 => want.prop_map(Event::BadAnswer),
        1 => prop::sample::select(vec![
            Event::Named, Event::Interrupt, Event::PollNow, Event::StreamTaken, Event::StreamLost,
            Event::RetryNow, Event::PollEarly
        ]),
        1 => any::<bool>().prop_map(Event::Hide),
        1 => any::<bool>().prop_map(Event::AwaitInput),
    ]
}

/// Each event a while after the one before.
fn life() -> impl Strategy<Value = Vec<(Millis, Event)>> {
    let pause = prop_oneof![2 => Just(0), 4 => 0..2000_u64, 1 => 0..10_000_000_u64];
    let settled = prop::option::weighted(0.2, 0..60_usize);
    let begins = prop_oneof![9 => Just(0), 1 => Just(Millis::MAX - 1_000_000)];
    (begins, prop::collection::vec((pause, event()), 1..60), settled).prop_map(|(begins, steps, settled)| {
        let mut now: Millis = begins;
        let mut events = Vec::new();
        for (at, (pause, event)) in steps.into_iter().enumerate() {
            now = now.saturating_add(pause);
            if settled == Some(at) {
                events.push((now, Event::Settle));
            }
            events.push((now, event));
        }
        events
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_task_is_what_its_past_makes_of_it(default_ms in interval(), attached in any::<bool>(), events in life()) {
        task::run(default_ms, attached, &events);
    }
}
