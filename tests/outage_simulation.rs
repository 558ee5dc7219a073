//! Many tasks of one client while polls fail: at random, refused with `Retry-After`, or all of them for a while. Seeded, on the
//! virtual clock. `cargo test --test outage_simulation -- --nocapture` prints the table.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that goes wrong shall stop"
)]

mod support;

use mcp_tasks::client::Handle;
use std::collections::BTreeMap;
use support::{FakeServer, Reply, Sent, Sim, Tool, iso};

/// The server's poll interval.
const INTERVAL_MS: u64 = 1000;
const LATENCY_MS: u64 = 10;
/// Each answer takes up to this much longer, so that answers overtake each other.
const JITTER_MS: u64 = 20;
/// A connection that fails takes this much longer than an answer. A refusal does not.
const FAILS_AFTER_MS: u64 = 250;
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

/// What is measured of one run.
#[derive(Debug)]
struct Run {
    /// How long after its end each task settled, in order; tasks that did not settle are missing.
    lateness: Vec<u64>,
    unsettled: usize,
    polls: usize,
    /// When each request was sent.
    times: Vec<u64>,
}

impl Run {
    fn median(&self) -> u64 {
        self.lateness.get(self.lateness.len() / 2).copied().unwrap_or(u64::MAX)
    }

    fn worst(&self) -> u64 {
        self.lateness.last().copied().unwrap_or(u64::MAX)
    }

    fn requests_between(&self, from: u64, to: u64) -> usize {
        self.times.iter().filter(|at| (from..to).contains(*at)).count()
    }
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn is_below(&mut self, percent: u64) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % 100 < percent
    }
}

fn random(seed: u64) -> Random {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..10 {
        random.is_below(0);
    }
    random
}

/// Calls this many tools that become tasks of this duration, and waits until all are settled or `most_ms` have passed.
fn run(tasks: usize, takes_ms: u64, most_ms: u64, mut fails: impl FnMut(&Sent) -> Option<Reply> + 'static) -> Run {
    let mut server = FakeServer::polled([Tool::new("render", takes_ms)]);
    (server.latency, server.jitter) = (LATENCY_MS, JITTER_MS);
    server.rules.push(Box::new(move |sent| fails(sent)));
    let mut sim = Sim::new(server);
    let handles: Vec<Handle> = (0..tasks).map(|_| sim.await_call("render")).collect();
    while sim.now < most_ms && handles.iter().any(|handle| sim.outcome(*handle).is_none()) {
        sim.advance(1000);
    }
    let times: BTreeMap<String, u64> = (0..3000).map(|at| (iso(at), at)).collect();
    let lateness = handles.iter().filter_map(|handle| {
        let created = times[sim.snapshots(*handle)[0].created_at.as_ref().unwrap()];
        Some(sim.settled_at(*handle)? - created - takes_ms)
    });
    let mut lateness: Vec<u64> = lateness.collect();
    lateness.sort_unstable();
    let polls = sim.count("tasks/get") + sim.count("tasks/result");
    let times = sim.sent.iter().map(|sent| sent.at).collect();
    Run { unsettled: tasks - lateness.len(), lateness, polls, times }
}

fn is_poll(sent: &Sent) -> bool {
    sent.is("tasks/get") || sent.is("tasks/result")
}

/// This share of the polls fails like this, at random.
fn flaky(tasks: usize, percent: u64, seed: u64, reply: &Reply) -> Run {
    let (mut random, reply) = (random(seed), reply.clone());
    run(tasks, 5000, 120_000, move |sent| (is_poll(sent) && random.is_below(percent)).then(|| reply.clone()))
}

/// Every request fails like this from 3 s on, for so long. The tasks end in the middle of that.
fn outage(tasks: usize, lasts_ms: u64, reply: &Reply) -> Run {
    let reply = reply.clone();
    let down = 3000..3000 + lasts_ms;
    run(tasks, 3000 + lasts_ms / 2, 300_000, move |sent| down.contains(&sent.at).then(|| reply.clone()))
}

fn print(what: &str, run: &Run, more: &str) {
    let (median, worst) = (run.median() as f64 / INTERVAL_MS as f64, run.worst() as f64 / INTERVAL_MS as f64);
    let (unsettled, polls) = (run.unsettled, run.polls);
    println!(
        "{what:44} median {median:6.2}  worst {worst:6.2} intervals  {polls:5} polls  {unsettled:3} unsettled{more}"
    );
}

#[test]
fn f2_failed_polls_delay_their_own_tasks_only() {
    // Tasks, failed polls in percent, most intervals that the median and the last task may settle late.
    for (tasks, percent, median, worst) in
        [(100, 0, 1, 2), (100, 2, 1, 3), (100, 5, 2, 6), (100, 20, 7, 15), (20, 0, 1, 2), (20, 5, 1, 3)]
    {
        for seed in SEEDS {
            let run = flaky(tasks, percent, seed, &Reply::refused().after(FAILS_AFTER_MS));
            print(&format!("{tasks} tasks, {percent} % of polls fail, seed {seed}"), &run, "");
            assert_eq!(run.unsettled, 0);
            assert!(run.median() < median * INTERVAL_MS, "median {} ms: {run:?}", run.median());
            assert!(run.worst() < worst * INTERVAL_MS, "worst {} ms: {run:?}", run.worst());
        }
    }
}

#[test]
fn f2_retry_after_delays_the_task_that_it_was_sent_for() {
    for seed in SEEDS {
        let busy = Reply::status(503).with_head(|head| head.retry_after = Some("1".into()));
        let run = flaky(100, 40, seed, &busy);
        print(&format!("100 tasks, 40 % 503 with Retry-After: 1, seed {seed}"), &run, "");
        assert_eq!(run.unsettled, 0);
        assert!(run.median() < 5 * INTERVAL_MS, "median {} ms: {run:?}", run.median());
        assert!(run.worst() < 15 * INTERVAL_MS, "worst {} ms: {run:?}", run.worst());
    }
}

#[test]
fn f2_outage_costs_few_requests() {
    let busy = Reply::status(503).with_head(|head| head.retry_after = Some("1".into()));
    for (what, reply, most) in [
        ("no connection", Reply::refused(), [7, 12]),
        ("503", Reply::status(503), [7, 12]),
        ("500", Reply::status(500), [8, 12]),
        ("503, Retry-After: 1", busy, [8, 13]),
    ] {
        for tasks in [1, 20, 100] {
            for seconds in [2, 20, 60] {
                let run = outage(tasks, seconds * 1000, &reply);
                let first = run.requests_between(3000, 8000.min(3000 + seconds * 1000));
                let all = run.requests_between(3000, 3000 + seconds * 1000);
                let more = format!("  {first:3} requests in 5 s, {all:3} in the outage");
                print(&format!("{tasks} tasks, outage of {seconds} s, {what}"), &run, &more);
                assert_eq!(run.unsettled, 0);
                assert!(first >= 2 && first <= most[0] && all <= most[1], "{first}, {all}: {:?}", run.times);
                // The tasks end in the middle of the outage. The last wait is at most twice the time before it, and 30 s.
                let most_late = seconds * 500 + (seconds * 2000).min(30_000) + 3 * INTERVAL_MS;
                assert!(run.worst() < most_late, "worst {} ms", run.worst());
            }
        }
    }
}
