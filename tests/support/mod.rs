//! A deterministic world for the engine: a virtual clock, a network that is a queue, and (if wanted) a [`FakeServer`].
#![allow(dead_code, unused_imports, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that goes wrong shall stop")]

mod http_sse_server;
mod input_server;
mod outputs;
mod reply;
mod sent;
mod server;
mod stateless;

pub(crate) use http_sse_server::Old;
pub(crate) use input_server::{about, note, question};
pub(crate) use reply::{End, Reply};
pub(crate) use sent::Sent;
pub(crate) use server::{Ends, FakeServer, Style, Tool, iso};
pub(crate) use stateless::{forms, greeted, greeted_with, task};

use mcp_tasks::Millis;
use mcp_tasks::client::{Call, Client, Config, Era, ExchangeId, Handle, Input, Output, ReplyId, TaskMode};
use mcp_tasks::task::{Interest, Outcome, TaskError, TaskErrorCode};
use mcp_tasks::wire::http::Method;
use mcp_tasks::wire::snapshot::{Snapshot, Status};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// More turns than this in one [`Sim::advance`] are a loop.
const MOST_TURNS: usize = 200_000;
/// More turns than this at one instant are a hot loop.
const MOST_TURNS_AT_ONCE: usize = 5000;

/// What the network is about to bring.
#[derive(Debug)]
enum Delivery {
    Begin(ExchangeId, Reply),
    Chunk(ExchangeId, Vec<u8>),
    End(ExchangeId, End),
    /// A message of the server's own accord, on the standalone stream if one is open then.
    Push(Value),
}

/// One engine, its clock, and everything it has ever said.
pub(crate) struct Sim {
    pub(crate) client: Client,
    pub(crate) now: Millis,
    pub(crate) server: FakeServer,
    /// Every request, in order, with the time it was made.
    pub(crate) sent: Vec<Sent>,
    /// Everything told, in order, with the time; requests and aborts excluded.
    pub(crate) outputs: Vec<(Millis, Output)>,
    pub(crate) aborted: Vec<(Millis, ExchangeId)>,
    /// The most requests at once that may last, after any turn.
    pub(crate) most_lasting: usize,
    open: BTreeMap<ExchangeId, Sent>,
    queue: BTreeMap<(Millis, u64), Delivery>,
    next_delivery: u64,
    next_handle: Handle,
    turns: u32,
    settled: BTreeSet<Handle>,
    /// No server: what is sent waits for the test to answer it.
    by_hand: bool,
}

impl Sim {
    /// An engine whose requests the test answers itself.
    pub(crate) fn by_hand() -> Self {
        Self { by_hand: true, ..Self::new(FakeServer::default()) }
    }

    /// The same, with other settings.
    pub(crate) fn by_hand_with(change: impl FnOnce(&mut Config)) -> Self {
        Self { by_hand: true, ..Self::with_config(FakeServer::default(), change) }
    }

    /// An engine and a server that answers it.
    pub(crate) fn new(server: FakeServer) -> Self {
        Self::with_config(server, |_| {})
    }

    pub(crate) fn with_config(server: FakeServer, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("https://example.org/mcp?key=secret");
        // What most tests are about; `tests/eras.rs` is about which it is.
        config.era = Some(Era::Handshake);
        change(&mut config);
        Self {
            client: Client::new(config, 7),
            now: 0,
            server,
            sent: Vec::new(),
            outputs: Vec::new(),
            aborted: Vec::new(),
            most_lasting: 0,
            open: BTreeMap::new(),
            queue: BTreeMap::new(),
            next_delivery: 0,
            next_handle: 1,
            turns: 0,
            settled: BTreeSet::new(),
            by_hand: false,
        }
    }

    /// One turn: an input, and everything that comes of it, which is checked and recorded.
    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.client.handle_input(self.now, input);
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Fetch(fetch) => {
                    let sent = Sent::new(self.now, fetch);
                    let before = self.open.insert(sent.exchange, sent.clone());
                    assert!(before.is_none(), "exchange {} is used twice", sent.exchange);
                    if !self.by_hand {
                        self.serve(&sent);
                    }
                    self.sent.push(sent);
                }
                Output::Abort(exchange) => {
                    assert!(self.open.remove(&exchange).is_some(), "exchange {exchange} was aborted, but is not open");
                    self.aborted.push((self.now, exchange));
                    self.server.closed(exchange);
                }
                other => {
                    self.check_order(&other);
                    self.outputs.push((self.now, other));
                }
            }
        }
        self.most_lasting = self.most_lasting.max(self.lasting());
        if let Some((at, why)) = self.client.poll_timeout() {
            assert!(at > self.now, "a timeout for {why:?} at {at}, which is not after {}", self.now);
        }
        self.turns += 1;
        // It looks at every task: among thousands of them it looks after every so many inputs.
        let every = if self.next_handle <= 200 { 1 } else { self.next_handle / 10 };
        if self.turns.is_multiple_of(every) {
            self.client.check_liveness().unwrap();
        }
    }

    /// Settled is the last word about a handle, and is said once.
    fn check_order(&mut self, output: &Output) {
        match output {
            Output::Settled { handle, .. } => {
                assert!(self.settled.insert(*handle), "handle {handle} was settled twice: {output:?}");
            }
            Output::Changed { handle, .. } | Output::Created { handle, .. } => {
                assert!(!self.settled.contains(handle), "handle {handle} was settled, and then: {output:?}");
            }
            _ => {}
        }
    }

    fn serve(&mut self, sent: &Sent) {
        let replies = self.server.serve(sent);
        for push in self.server.take_pushes() {
            self.deliver(push.0, Delivery::Push(push.1));
        }
        if let Some((delay, reply)) = replies {
            let jitter = u64::from(sent.exchange.wrapping_mul(0x9e37_79b1) >> 8) % (self.server.jitter + 1);
            self.deliver(self.now + delay + jitter, Delivery::Begin(sent.exchange, reply));
        }
    }

    fn deliver(&mut self, at: Millis, what: Delivery) {
        self.next_delivery += 1;
        self.queue.insert((at, self.next_delivery), what);
    }

    /// Lets time pass: what the network brings, and every timeout the engine asks for.
    pub(crate) fn advance(&mut self, ms: Millis) {
        let target = self.now + ms;
        let (mut instant, mut turns_at_once) = (self.now, 0);
        for _ in 0..MOST_TURNS {
            let delivery = self.queue.keys().next().map(|(at, _)| *at);
            let timeout = self.client.poll_timeout();
            let Some(next) = delivery.into_iter().chain(timeout.map(|(at, _)| at)).min().filter(|&at| at <= target)
            else {
                self.now = target;
                return;
            };
            if next > instant {
                (instant, turns_at_once) = (next, 0);
            }
            turns_at_once += 1;
            assert!(turns_at_once < MOST_TURNS_AT_ONCE, "a hot loop at {instant}: {timeout:?}, {:?}", self.sent.last());
            self.now = next.max(self.now);
            if delivery == Some(next) {
                self.bring_next();
            } else {
                self.input(Input::Timeout);
            }
        }
        panic!("no end after {MOST_TURNS} turns, at {}", self.now);
    }

    /// What the network brings at this instant.
    pub(crate) fn flush(&mut self) {
        self.advance(0);
    }

    fn bring_next(&mut self) {
        let Some((_, delivery)) = self.queue.pop_first() else { return };
        match delivery {
            Delivery::Push(message) => self.push(&message),
            Delivery::Begin(exchange, reply) => self.answer(exchange, reply),
            Delivery::Chunk(exchange, bytes) => self.chunk(exchange, &bytes),
            Delivery::End(exchange, end) => self.end(exchange, end),
        }
    }

    /// Answers one request, now. With pauses between the chunks if the reply has some.
    pub(crate) fn answer(&mut self, exchange: ExchangeId, reply: Reply) {
        if let Some(head) = reply.head
            && self.open.contains_key(&exchange)
        {
            self.server.opened(exchange, &head);
            self.input(Input::Head { exchange, head });
        }
        if reply.pause_ms == 0 {
            for chunk in &reply.chunks {
                self.chunk(exchange, chunk);
            }
            return self.end(exchange, reply.end);
        }
        let mut at = self.now;
        for chunk in reply.chunks {
            at += reply.pause_ms;
            self.deliver(at, Delivery::Chunk(exchange, chunk));
        }
        self.deliver(at, Delivery::End(exchange, reply.end));
    }

    /// Bytes of a response.
    pub(crate) fn chunk(&mut self, exchange: ExchangeId, bytes: &[u8]) {
        if self.open.contains_key(&exchange) {
            self.input(Input::Chunk { exchange, bytes });
        }
    }

    /// How a response ends.
    pub(crate) fn end(&mut self, exchange: ExchangeId, end: End) {
        if end == End::Open || self.open.remove(&exchange).is_none() {
            return;
        }
        self.server.closed(exchange);
        match end {
            End::Whole => self.input(Input::End { exchange }),
            End::Cut(why) => self.input(Input::Failed { exchange, why }),
            End::Open => {}
        }
    }

    /// The server says something of its own accord; lost where no stream is open.
    pub(crate) fn push(&mut self, message: &Value) {
        self.push_text(&message.to_string());
    }

    pub(crate) fn push_text(&mut self, data: &str) {
        if let Some(exchange) = self.server.stream {
            self.chunk(exchange, format!("data: {data}\n\n").as_bytes());
        }
    }

    /// The standalone stream ends.
    pub(crate) fn cut_stream(&mut self, end: End) {
        if let Some(exchange) = self.server.stream {
            self.end(exchange, end);
        }
    }

    // What an application does.

    pub(crate) fn call(&mut self, tool: &str) -> Handle {
        self.call_as(tool, TaskMode::WhatIsOffered(Default::default()))
    }

    pub(crate) fn call_as(&mut self, tool: &str, mode: TaskMode) -> Handle {
        let handle = self.new_handle();
        self.input(Input::Call { handle, call: Call { mode, ..Call::tool(tool, "{}").unwrap() } });
        handle
    }

    /// Calls and waits for the result, as `await` does.
    pub(crate) fn await_call(&mut self, tool: &str) -> Handle {
        let handle = self.call(tool);
        self.watch(handle);
        handle
    }

    pub(crate) fn attach(&mut self, task_id: &str) -> Handle {
        let handle = self.new_handle();
        self.input(Input::Attach { handle, task_id: task_id.into() });
        handle
    }

    /// A task that exists at the server, known here by its id alone, and awaited.
    pub(crate) fn await_known(&mut self, task_id: &str) -> Handle {
        let handle = self.attach(task_id);
        self.watch(handle);
        handle
    }

    pub(crate) fn watch(&mut self, handle: Handle) {
        self.input(Input::Watch { handle, interest: Interest::Result });
    }

    pub(crate) fn watch_status(&mut self, handle: Handle) {
        self.input(Input::Watch { handle, interest: Interest::Status });
    }

    pub(crate) fn unwatch(&mut self, handle: Handle) {
        self.input(Input::Unwatch { handle, interest: Interest::Result });
    }

    pub(crate) fn cancel(&mut self, handle: Handle, reply: ReplyId) {
        self.input(Input::Cancel { handle, reply });
    }

    fn new_handle(&mut self) -> Handle {
        self.next_handle += 1;
        self.next_handle - 1
    }
}

/// Fails the test unless the failure has this code and all of these words.
pub(crate) fn assert_says(failure: &TaskError, code: TaskErrorCode, words: &[&str]) {
    assert_eq!(failure.code, code, "{failure:?}");
    for word in words {
        assert!(failure.message.contains(word), "`{word}` is not in `{}`", failure.message);
    }
    assert!(!failure.message.contains("secret"), "the endpoint's query is in `{}`", failure.message);
}

/// How many of these times fall into the busiest window of this length.
pub(crate) fn busiest(times: &[Millis], window_ms: Millis) -> usize {
    times
        .iter()
        .map(|from| times.iter().filter(|at| (*from..from + window_ms).contains(*at)).count())
        .max()
        .unwrap_or(0)
}
