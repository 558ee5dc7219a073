//! Tasks at a server that says anything in any order: stale, twice, about strangers, late, not at all. Whatever it says,
//! what is told of each task makes sense; and once it answers as it should, whoever waits is told the end.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod support;

use mcp_tasks::client::{Handle, Input, Output, PauseReason};
use mcp_tasks::task::{Interest, Outcome};
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use support::{End, FakeServer, Reply, Sent, Sim, Tool, iso};

/// The last is made by a call, those before are known by their ids.
const WATCHED: [&str; 8] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "called"];
const CALLED: usize = WATCHED.len() - 1;
const UNWATCHED: &str = "nobodys";
const STRANGER: &str = "strangers";

/// What the server says of a task.
#[derive(Debug, Clone)]
struct State {
    status: Status,
    message: Option<&'static str>,
    /// `lastUpdatedAt`, in seconds.
    at: Option<u64>,
}

/// How it answers a question about one.
#[derive(Debug, Clone)]
enum Answer {
    State(State),
    /// With the state of another.
    Stranger(State),
    Error(i64),
    Nonsense,
    Unavailable,
    Never,
}

/// What its list is like, also once it answers as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// As true as its other answers.
    Fair,
    /// There is nothing in it (deviation 33).
    Empty,
    /// Every task is as it was in the beginning.
    Old,
    /// Every second task is missing, and it ends in a cursor that leads nowhere.
    Broken,
}

#[derive(Debug, Clone)]
enum Step {
    Push(&'static str, State),
    Wait(u64),
    Watch(usize, Interest),
    Unwatch(usize, Interest),
    Refresh(usize),
    Cancel(usize),
    CutStream,
    Pause(PauseReason),
    Resume(PauseReason),
}

fn state() -> impl Strategy<Value = State> {
    let status = prop_oneof![5 => Just(Status::Working), 2 => prop::sample::select(Status::ALL.to_vec())];
    let words = prop::option::of(prop::sample::select(vec!["a", "b"]));
    (status, words, prop::option::weighted(0.9, 0..9_u64)).prop_map(|(status, message, at)| State {
        status,
        message,
        at,
    })
}

fn answer() -> impl Strategy<Value = (u64, Answer)> {
    let answer = prop_oneof![
        12 => state().prop_map(Answer::State),
        2 => state().prop_map(Answer::Stranger),
        2 => Just(Answer::Error(-32603)),
        1 => Just(Answer::Error(-32602)),
        2 => Just(Answer::Nonsense),
        1 => Just(Answer::Unavailable),
        1 => Just(Answer::Never),
    ];
    (prop_oneof![3 => Just(0), 1 => 0..3000_u64], answer)
}

fn step() -> impl Strategy<Value = Step> {
    let interest = prop::sample::select(vec![Interest::Status, Interest::Result]);
    let why = prop::sample::select(vec![PauseReason::Hidden, PauseReason::Offline, PauseReason::Frozen]);
    let about = prop::sample::select([&WATCHED[..], &[UNWATCHED, STRANGER]].concat());
    let one = 0..WATCHED.len();
    prop_oneof![
        8 => (about, state()).prop_map(|(id, state)| Step::Push(id, state)),
        6 => prop_oneof![0..2000_u64, 0..60_000_u64].prop_map(Step::Wait),
        4 => (one.clone(), interest.clone()).prop_map(|(n, interest)| Step::Watch(n, interest)),
        2 => (one.clone(), interest).prop_map(|(n, interest)| Step::Unwatch(n, interest)),
        1 => one.clone().prop_map(Step::Refresh),
        1 => one.prop_map(Step::Cancel),
        1 => Just(Step::CutStream),
        1 => why.clone().prop_map(Step::Pause),
        2 => why.prop_map(Step::Resume),
    ]
}

fn described(id: &str, state: &State) -> Value {
    let mut task = json!({ "taskId": id, "status": state.status.as_str(), "ttl": null, "createdAt": iso(0) });
    if let Some(message) = state.message {
        task["statusMessage"] = json!(message);
    }
    if let Some(at) = state.at {
        task["lastUpdatedAt"] = json!(iso(at * 1000));
    }
    task
}

/// What the server does next, and what it has said.
struct Mood {
    answers: Vec<(u64, Answer)>,
    asked: usize,
    list: List,
    /// Whose end it has told: there may be questions about the result from then on.
    ended: BTreeSet<String>,
    /// Questions about a result that there is not yet.
    held: Vec<Sent>,
    well: bool,
}

impl Mood {
    fn say(&mut self, id: &str, state: &State) -> Value {
        if state.status.is_terminal() {
            self.ended.insert(id.into());
        }
        described(id, state)
    }

    fn list(&mut self, sent: &Sent) -> Reply {
        let begun = State { status: Status::Working, message: None, at: Some(0) };
        let end = State { status: Status::Completed, message: None, at: Some(9) };
        let mut tasks = vec![described(STRANGER, &begun)];
        let mut after = 0;
        for (n, id) in WATCHED.iter().enumerate() {
            let (late, answer) = self.answers[(self.asked + n) % self.answers.len()].clone();
            after = if self.well { 0 } else { late };
            match (self.list, answer) {
                (List::Old, _) => tasks.push(described(id, &begun)),
                (List::Empty, _) => {}
                (List::Broken, _) if n % 2 == 1 => {}
                _ if self.well => tasks.push(self.say(id, &end)),
                (_, Answer::State(state)) => tasks.push(self.say(id, &state)),
                (_, Answer::Stranger(state)) => tasks.push(described(STRANGER, &state)),
                (_, Answer::Nonsense) => tasks.push(json!({ "taskId": id, "status": "odd" })),
                (_, Answer::Error(code)) => return Reply::error(sent, code, "no").after(after),
                (_, Answer::Unavailable) => return Reply::status(503).after(after),
                (_, Answer::Never) => return Reply::never(),
            }
        }
        self.asked += 1;
        match (self.list, sent.param("cursor").as_str()) {
            (List::Broken, Some(_)) => Reply::error(sent, -32602, "Invalid cursor").after(after),
            (List::Broken, None) => {
                Reply::result(sent, &json!({ "tasks": tasks, "nextCursor": "nowhere" })).after(after)
            }
            _ => Reply::result(sent, &json!({ "tasks": tasks })).after(after),
        }
    }

    fn answer(&mut self, sent: &Sent) -> Option<Reply> {
        if sent.is("tasks/list") {
            return Some(self.list(sent));
        }
        let id = sent.param("taskId").as_str().unwrap_or(WATCHED[CALLED]).to_owned();
        let (late, answer) = self.answers[self.asked % self.answers.len()].clone();
        match sent.method.as_str() {
            "tools/call" => {
                let begins = self.say(&id, &State { status: Status::Working, message: None, at: Some(0) });
                return Some(Reply::result(sent, &json!({ "task": begins })).after(late));
            }
            "tasks/get" | "tasks/result" => {}
            _ => return None,
        }
        self.asked += 1;
        let about_result = sent.is("tasks/result");
        let early = about_result && !self.ended.contains(&id);
        let end = State { status: Status::Completed, message: None, at: Some(9) };
        let reply = match answer {
            // Before there is a result, the question is left open, or not even that.
            Answer::Error(code) if early && !self.well => Reply::error(sent, code, "no result yet"),
            Answer::Unavailable if early && !self.well => Reply::status(503),
            Answer::Nonsense if early && !self.well => Reply::events(&[]),
            Answer::Stranger(_) if early && !self.well => Reply::events(&[]).ending(End::Cut("network error")),
            _ if early => {
                self.held.push(sent.clone());
                return Some(Reply::never());
            }
            _ if about_result && self.well => Reply::result(sent, &json!({ "content": [] })),
            _ if self.well => Reply::result(sent, &self.say(&id, &end)),
            Answer::State(State { message, .. }) if about_result => {
                Reply::result(sent, &json!({ "content": [], "isError": message.is_some() }))
            }
            Answer::State(state) => Reply::result(sent, &self.say(&id, &state)),
            Answer::Stranger(_) | Answer::Nonsense if about_result => Reply::result(sent, &json!(7)),
            Answer::Stranger(state) => Reply::result(sent, &described(STRANGER, &state)),
            Answer::Nonsense => Reply::result(sent, &json!({ "taskId": id, "status": "odd" })),
            Answer::Error(code) => Reply::error(sent, code, "no"),
            Answer::Unavailable => Reply::status(503),
            Answer::Never => Reply::never(),
        };
        Some(reply.after(if self.well { 0 } else { late }))
    }
}

struct World {
    sim: Sim,
    mood: Rc<RefCell<Mood>>,
    handles: Vec<Handle>,
    /// How many wait for the result of each, as far as they were not told.
    waiting: BTreeMap<Handle, usize>,
    heard: usize,
    questions: u32,
}

impl World {
    fn new(answers: Vec<(u64, Answer)>, list: List) -> Self {
        let mood = Mood { answers, asked: 0, list, ended: BTreeSet::new(), held: Vec::new(), well: false };
        let mood = Rc::new(RefCell::new(mood));
        let mut server = FakeServer::default().listing(100);
        server.offers_stream = true;
        server.tools = vec![Tool::new("render", 0)];
        let shared = Rc::clone(&mood);
        server.rules.push(Box::new(move |sent| shared.borrow_mut().answer(sent)));
        let mut sim = Sim::new(server);
        let mut handles: Vec<Handle> = WATCHED[..CALLED].iter().map(|id| sim.attach(id)).collect();
        handles.push(sim.call("render"));
        sim.attach(UNWATCHED);
        Self { sim, mood, handles, waiting: BTreeMap::new(), heard: 0, questions: 0 }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Push(id, state) => {
                let params = self.mood.borrow_mut().say(id, &state);
                self.sim.push(&json!({ "method": "notifications/tasks/status", "params": params }));
            }
            Step::Wait(ms) => self.sim.advance(ms),
            Step::Watch(n, interest) => self.watch(self.handles[n], interest),
            Step::Unwatch(n, interest) => {
                let handle = self.handles[n];
                if interest == Interest::Result {
                    let Some(count) = self.waiting.get_mut(&handle).filter(|count| **count > 0) else { return };
                    *count -= 1;
                }
                self.sim.input(Input::Unwatch { handle, interest });
            }
            Step::Refresh(n) => {
                self.questions += 1;
                self.sim.input(Input::Refresh { handle: self.handles[n], reply: self.questions });
            }
            Step::Cancel(n) => {
                self.questions += 1;
                self.sim.cancel(self.handles[n], self.questions);
            }
            Step::CutStream => self.sim.cut_stream(End::Cut("network error")),
            Step::Pause(why) => self.sim.input(Input::Pause(why)),
            Step::Resume(why) => self.sim.input(Input::Resume(why)),
        }
        self.settle_down();
    }

    /// Answers what was held back for a result that there is now; then everything must be in order.
    fn settle_down(&mut self) {
        self.sim.flush();
        let mut mood = self.mood.borrow_mut();
        let held = std::mem::take(&mut mood.held);
        let (over, held) =
            held.into_iter().partition(|s| mood.ended.contains(s.param("taskId").as_str().unwrap_or("")));
        mood.held = held;
        drop(mood);
        for sent in Vec::<Sent>::from_iter(over) {
            self.sim.answer(sent.exchange, Reply::result(&sent, &json!({ "content": [] })));
        }
        self.sim.flush();
        self.listen();
        self.check_pending();
    }

    fn watch(&mut self, handle: Handle, interest: Interest) {
        // What was told once is not told again.
        if interest == Interest::Result && self.sim.outcome(handle).is_none() {
            *self.waiting.entry(handle).or_default() += 1;
        }
        self.sim.input(Input::Watch { handle, interest });
    }

    /// Who was told that waiting is over no longer waits.
    fn listen(&mut self) {
        for (_, output) in &self.sim.outputs[self.heard..] {
            if let Output::Interrupted { handle, .. } | Output::Settled { handle, .. } = output {
                self.waiting.remove(handle);
            }
        }
        self.heard = self.sim.outputs.len();
    }

    /// At most one request per want is on its way.
    fn check_pending(&self) {
        let mut pending = BTreeSet::new();
        for sent in self.sim.pending() {
            if let Some(id) = sent.param("taskId").as_str() {
                assert!(pending.insert((sent.method.clone(), id.to_owned())), "{} twice about {id}", sent.method);
            }
        }
    }

    /// The server behaves from now on: whoever waits then is told the end.
    fn finish(&mut self) {
        self.mood.borrow_mut().well = true;
        for why in [PauseReason::Hidden, PauseReason::Offline, PauseReason::Frozen] {
            self.sim.input(Input::Resume(why));
        }
        for handle in self.handles.clone() {
            if self.sim.outcome(handle).is_none() {
                self.watch(handle, Interest::Result);
            }
        }
        for _ in 0..60 {
            self.sim.advance(60_000);
            self.settle_down();
        }
        assert!(self.waiting.values().all(|count| *count == 0), "they still wait: {:?}", self.waiting);
        for reply in 1..=self.questions {
            assert!(self.sim.reply(reply).is_some(), "question {reply} hangs");
        }
        assert_eq!(self.sim.server.violations, [""; 0]);
    }

    fn check_told(&self) {
        for (&handle, id) in self.handles.iter().zip(WATCHED) {
            let snapshots = self.sim.snapshots(handle);
            for pair in snapshots.windows(2) {
                let visible = |s: &Snapshot| (s.status, s.status_message.clone(), s.ttl_ms, s.poll_interval_ms);
                assert_ne!(visible(pair[0]), visible(pair[1]), "{id}: no news");
                assert!(!pair[0].status.is_terminal(), "{id}: {:?} after an end", pair[1]);
                let stale = pair[1].last_updated_at < pair[0].last_updated_at;
                assert!(!stale || pair[1].status.is_terminal(), "{id}: {:?} after {:?}", pair[1], pair[0]);
            }
            assert!(snapshots.iter().all(|s| s.task_id == id), "{id} is told of another");
            if let Some(Outcome::Result(_) | Outcome::ToolError(_)) = self.sim.outcome(handle) {
                let ended = snapshots.last().is_some_and(|s| s.status.is_terminal());
                assert!(ended, "{id} has a result and no end");
            }
            if let Some(settled) = self.sim.settled_at(handle) {
                let mut later = self.sim.sent.iter().filter(|s| s.param("taskId") == id && s.at > settled);
                assert!(later.next().is_none(), "{id} is asked after, though settled");
            }
        }
        assert!(self.sim.sent.iter().all(|s| s.param("taskId") != UNWATCHED), "nobody watches, and somebody asks");
        assert!(self.sim.sent.iter().all(|s| s.param("taskId") != STRANGER), "a stranger is asked after");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outputs_are_consistent_and_final_whatever_a_server_sends(
        answers in prop::collection::vec(answer(), 1..12),
        list in prop::sample::select(vec![List::Fair, List::Empty, List::Old, List::Broken]),
        steps in prop::collection::vec(step(), 1..50),
    ) {
        let mut world = World::new(answers, list);
        for step in steps {
            world.step(step);
        }
        world.finish();
        world.check_told();
    }
}
