//! Checks the liveness invariant of `src/task/SPEC.md` after each input of a test or fuzz run. Not compiled for wasm32.

use super::{
    CallKind, Client, Handle,
    entry::{Cancel, Creation, Entry},
    http_exchange::{Body, ExchangeKind},
    http_sse::HttpSse,
    input_request::{OpenInputRequest, ResponseRoute},
    requests::Purpose,
    session::Session,
};
use crate::{
    Millis,
    task::{Lifecycle, Want},
};
use std::collections::BTreeSet;

/// The requests whose answer can still arrive: by an exchange, a stream to be resumed, or the HTTP+SSE stream.
struct InFlight {
    lists: [bool; CallKind::ALL.len()],
    calls: BTreeSet<Handle>,
    statuses: BTreeSet<Handle>,
    results: BTreeSet<Handle>,
    long_polls: BTreeSet<Handle>,
    cancels: BTreeSet<Handle>,
    updates: BTreeSet<u32>,
    queries: BTreeSet<u32>,
    answers: BTreeSet<u32>,
    handshake: bool,
}

impl Client {
    /// Checks that every pending operation has a request in flight, a timer or a pause reason. Call it when all outputs are drained.
    /// Takes time in proportion to the number of tasks and requests.
    pub fn check_liveness(&self) -> Result<(), String> {
        let in_flight = self.in_flight()?;
        if matches!(self.session, Session::Closed) {
            return Ok(());
        }
        self.check_session(&in_flight)?;
        self.check_polls()?;
        let waiting: BTreeSet<Handle> = self.calls.iter().copied().collect();
        let cancels: BTreeSet<Handle> = self.cancels.iter().copied().collect();
        let asking: BTreeSet<Handle> = self.input_requests.iter().filter_map(|request| request.handle).collect();
        for handle in self.tasks.handles() {
            let Some(entry) = self.tasks.get(handle) else { continue };
            let creation = match &entry.creation {
                Creation::Waiting { not_before, attempts, .. } if waiting.contains(&handle) => {
                    self.check_waiting_call(*not_before, *attempts)
                }
                Creation::Waiting { .. } => Err("the call is not queued".into()),
                Creation::Sent { .. } => expect(in_flight.calls.contains(&handle), "the call is not in flight"),
                Creation::AwaitingInput { .. } => {
                    expect(asking.contains(&handle), "no input request of the call is open")
                }
                Creation::Over => Ok(()),
            };
            let cancel = match &entry.cancel {
                Cancel::Wanted { .. } if matches!(entry.creation, Creation::Over) => {
                    expect(cancels.contains(&handle), "its cancellation is not queued")
                }
                Cancel::Requested { .. } => {
                    expect(in_flight.cancels.contains(&handle), "its cancellation is not in flight")
                }
                _ => Ok(()),
            };
            let attention = check_attention(entry, handle, &in_flight);
            creation.and(cancel).and(attention).map_err(|why| format!("handle {handle}: {why}: {entry:?}"))?;
        }
        self.check_lists(&in_flight)?;
        self.check_queries(&in_flight)?;
        self.input_requests.iter().try_for_each(|request| self.check_answer(request, &in_flight))
    }

    /// Every request that is not answered, by its purpose. Fails if the answer to one of them cannot arrive.
    fn in_flight(&self) -> Result<InFlight, String> {
        let mut found = InFlight {
            lists: [false; CallKind::ALL.len()],
            calls: BTreeSet::new(),
            statuses: BTreeSet::new(),
            results: BTreeSet::new(),
            long_polls: BTreeSet::new(),
            cancels: BTreeSet::new(),
            updates: BTreeSet::new(),
            queries: BTreeSet::new(),
            answers: BTreeSet::new(),
            handshake: matches!(self.http_sse, HttpSse::Opening(..)),
        };
        let mut carried: BTreeSet<u32> = self.resumes.iter().map(super::resume::Resume::request).collect();
        for exchange in &self.exchanges {
            match exchange.context.kind {
                ExchangeKind::Request(request) | ExchangeKind::Resumed(request, _) => {
                    // The answer to a request that the HTTP+SSE server has accepted arrives on the stream.
                    let is_read = !matches!(exchange.body, Body::Ignored) || self.http_sse.url().is_some();
                    carried.extend(is_read.then_some(request));
                    let is_automatic = self.purpose_of(request).is_some_and(Purpose::is_automatic);
                    expect(!is_automatic || exchange.deadline.is_some(), "a poll has no deadline")?;
                }
                ExchangeKind::InputResponse(input) => {
                    found.answers.insert(input);
                }
                ExchangeKind::Initialized => found.handshake = true,
                ExchangeKind::Notification
                | ExchangeKind::Response
                | ExchangeKind::NotificationStream
                | ExchangeKind::HttpSse => {}
            }
        }
        for (request, purpose) in &self.requests {
            if !carried.contains(request) && self.http_sse.url().is_none() {
                return Err(format!("request {request} is not answered and not in flight: {purpose:?}"));
            }
            match *purpose {
                Purpose::Initialize => found.handshake = true,
                Purpose::List(kind) => {
                    if let Some(list) = found.lists.get_mut(kind as usize) {
                        *list = true;
                    }
                }
                Purpose::Call(handle) => {
                    found.calls.insert(handle);
                }
                Purpose::GetTask(handle, Want::Status) => {
                    found.statuses.insert(handle);
                }
                Purpose::GetTask(handle, Want::Result) | Purpose::TaskResult(handle) => {
                    found.results.insert(handle);
                }
                Purpose::LongPoll(handle) => {
                    found.long_polls.insert(handle);
                }
                Purpose::CancelTask(handle) => {
                    found.cancels.insert(handle);
                }
                Purpose::ListTasks(_) | Purpose::Probe => {}
                Purpose::Update(batch) => {
                    found.updates.insert(batch);
                }
                Purpose::Query(reply) => {
                    found.queries.insert(reply);
                }
            }
        }
        Ok(found)
    }

    fn check_session(&self, in_flight: &InFlight) -> Result<(), String> {
        let may_connect = self.is_asked() || !self.is_stopped();
        match &self.session {
            Session::Idle if self.wants_session() => expect(!may_connect, "a session is needed and not opened"),
            Session::Waiting { .. } if may_connect && self.wants_session() => {
                expect(self.has_timer(self.connect_time()), "the handshake is not tried again")
            }
            Session::Connecting | Session::Confirming(_) => {
                expect(in_flight.handshake, "no request of the handshake is in flight")
            }
            _ => Ok(()),
        }
    }

    /// Whether the tasks that are due, now or later, will be polled: a timer is set, or an answer will make room.
    fn check_polls(&self) -> Result<(), String> {
        let is_quiet = self.tasks.poll_queue().is_empty() || !self.session.is_ready() || self.is_stopped();
        let is_planned = self.has_timer(self.ask_time()) || self.automatic_in_flight() > 0;
        expect(is_quiet || is_planned, "tasks are due and no poll is planned")?;
        let is_resumed = self.session.is_ready() && self.has_timer(self.resume_time());
        expect(self.resumes.is_empty() || is_resumed, "a stream is to be resumed and no time is set for it")
    }

    fn check_waiting_call(&self, not_before: Millis, attempts: u32) -> Result<(), String> {
        if !self.session.is_ready() {
            return Ok(());
        }
        let waits_for_time = not_before.max(self.backoff.next_call()) > self.now && attempts > 0;
        let waits_for_list = self.listings.first().is_some_and(super::listing::Listing::is_wanted);
        let waits_for_answer = self.automatic_in_flight() > 0 || self.has_timer(self.probe_time());
        let waits_for_stream = self.has_timer(self.calls_ready_time());
        expect(
            waits_for_time
                || (self.backoff.is_suspected() && waits_for_answer)
                || waits_for_list
                || waits_for_stream
                || !self.has_room_for_call(),
            "the call is not sent, and nothing holds it back",
        )
    }

    fn check_lists(&self, in_flight: &InFlight) -> Result<(), String> {
        for (listing, is_in_flight) in self.listings.iter().zip(in_flight.lists) {
            let waits = !self.session.is_ready() || self.has_timer(listing.retry_at());
            let is_asked_for = if listing.is_asking() { is_in_flight } else { waits };
            expect(!listing.is_wanted() || is_asked_for, "a list is wanted and not asked for")?;
        }
        Ok(())
    }

    fn check_queries(&self, in_flight: &InFlight) -> Result<(), String> {
        for query in &self.queries {
            let is_asked_for = match query.asking() {
                Some(reply) => in_flight.queries.contains(&reply),
                None => !self.session.is_ready() || self.has_timer(self.query_time()),
            };
            expect(is_asked_for, "a query is not asked")?;
        }
        let waits = |handle: &Handle| !self.session.is_ready() || self.has_timer(self.cancel_time(*handle));
        expect(self.cancels.iter().all(waits), "a cancellation is not sent")
    }

    /// Whether the application's answer to an input request is on its way. One without an answer waits for the application.
    fn check_answer(&self, request: &OpenInputRequest, in_flight: &InFlight) -> Result<(), String> {
        let Some(answer) = &request.answer else { return Ok(()) };
        let is_on_its_way = match request.route {
            ResponseRoute::Call => true,
            _ if !answer.sent => !self.session.is_ready() || answer.not_before > self.now || self.response_room() == 0,
            ResponseRoute::Response { .. } => in_flight.answers.contains(&request.input),
            ResponseRoute::Update => answer.is_in(&in_flight.updates),
        };
        expect(is_on_its_way, "the answer to an input request is not sent")
    }

    fn has_timer(&self, at: Option<Millis>) -> bool {
        at.is_some_and(|at| at > self.now)
    }
}

/// Whether the state of a task that is watched will be asked for, or is being asked for.
fn check_attention(entry: &Entry, handle: Handle, in_flight: &InFlight) -> Result<(), String> {
    let task = &entry.task;
    let asks_for_result = || {
        let is_held = entry.long_poll.open.is_some() && in_flight.long_polls.contains(&handle);
        is_held || in_flight.results.contains(&handle)
    };
    let is_asked_for = || task.due().is_some() || in_flight.statuses.contains(&handle);
    let is_live = match task.lifecycle() {
        Lifecycle::Unnamed => !matches!(entry.creation, Creation::Over),
        Lifecycle::Named(_) | Lifecycle::Live(_) => is_asked_for(),
        Lifecycle::Ended(_) => !task.awaits_result() || is_asked_for() || asks_for_result(),
        Lifecycle::Settled(_) => true,
    };
    expect(is_live || !task.is_watched(), "it is watched and not asked for")?;
    expect(entry.long_poll.open.is_none() || in_flight.long_polls.contains(&handle), "its long poll is not in flight")
}

fn expect(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
