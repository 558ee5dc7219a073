use super::{
    Client,
    http_exchange::{self, ExchangeContext, ExchangeKind},
    requests::Purpose,
    transport_error::TransportError,
};
use crate::{Millis, wire::event_stream::EventStream};

/// How long to wait before a cut stream is taken up again, where the server does not say.
const RESUME_MS: u64 = 1000;
/// A server that wants it taken up at once gets a breath all the same.
const MIN_RESUME_MS: u64 = 50;
const MAX_RESUME_MS: u64 = 300_000;
/// A stream that brings nothing new so often in a row has lost the answer.
const MAX_ATTEMPTS: u32 = 8;
/// So often the server's `retry` is followed before the waits grow: a short one must not end the resumption within a second.
const FOLLOWED_RETRIES: u32 = 8;

/// A request whose stream ended before its answer. The stream had ids, so the server may tell the rest to whoever asks
/// with the last one (specification 2025-11-25, Transports: "Resumability and Redelivery").
#[derive(Debug)]
pub(super) struct Resume {
    request: u32,
    cut: Cut,
    at: Millis,
    attempts: u32,
}

impl Resume {
    /// The request whose answer the stream is to bring.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn request(&self) -> u32 {
        self.request
    }
}

/// Where and why a stream ended.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    /// The event to go on after.
    pub(super) after: String,
    why: String,
    /// The server's `retry` in milliseconds, which counts for the streams that follow, too.
    retry_ms: Option<u64>,
}

impl Cut {
    fn followed_retries(&self) -> u32 {
        if self.retry_ms.is_some() { FOLLOWED_RETRIES } else { 0 }
    }

    fn most_attempts(&self) -> u32 {
        MAX_ATTEMPTS + self.followed_retries()
    }

    /// How long to wait after so many attempts that brought nothing new.
    fn wait_ms(&self, attempts: u32) -> u64 {
        let growing =
            attempts.checked_sub(self.followed_retries()).map_or(0, |more| RESUME_MS << more.min(MAX_ATTEMPTS));
        self.retry_ms.unwrap_or(0).max(growing).clamp(MIN_RESUME_MS, MAX_RESUME_MS)
    }
}

impl Client {
    /// Whether the rest of this exchange can be had: then it is asked for later.
    pub(super) fn resume_later(
        &mut self,
        now: Millis,
        context: &ExchangeContext,
        stream: &EventStream,
        why: &str,
    ) -> bool {
        if !self.era.has_sessions() {
            return false;
        }
        let is_new = stream.last_event_id() != context.resumes.as_ref().map(|cut| cut.after.as_str());
        let (request, attempts) = match context.kind {
            ExchangeKind::Request(request) => (request, 0),
            // Something new came: the server is telling, only in pieces.
            ExchangeKind::Resumed(request, _) if is_new => (request, 0),
            ExchangeKind::Resumed(request, attempts) => (request, attempts + 1),
            _ => return false,
        };
        let Some(after) = stream.last_event_id().filter(|id| is_header(id)) else { return false };
        let known_retry_ms = context.resumes.as_ref().and_then(|cut| cut.retry_ms);
        let cut = Cut { after: after.into(), why: why.into(), retry_ms: stream.retry_ms().or(known_retry_ms) };
        if !self.is_resumable(request) || attempts >= cut.most_attempts() {
            return false;
        }
        let at = now.saturating_add(cut.wait_ms(attempts));
        self.resumes.push(Resume { request, cut, at, attempts });
        true
    }

    /// Taking a stream up found the server in trouble, or refusing: later, or as if it had been cut just now.
    pub(super) fn not_resumed(
        &mut self,
        now: Millis,
        request: u32,
        attempts: u32,
        context: &ExchangeContext,
        cause: &TransportError,
    ) {
        let Some(cut) = context.resumes.clone() else { return };
        let attempts = attempts + 1;
        if cause.is_transient() && attempts < cut.most_attempts() && self.is_resumable(request) {
            self.backoff.on_failure(now, context.sent_at, cause.outage_weight(), cause.retry_after_ms());
            let at = self.backoff.retry_at(now, attempts, cause.retry_after_ms());
            return self.resumes.push(Resume { request, cut, at, attempts });
        }
        let Some(purpose) = self.take_request(request) else { return };
        let doing = format!("{}; taking the stream up again", cut.why);
        let why = cause.to_task_error(&doing, "").message;
        self.unanswered(now, context.sent_at, purpose, &TransportError::Network(why));
    }

    fn is_resumable(&self, request: u32) -> bool {
        match self.purpose_of(request) {
            // Without a session there is nothing to take up.
            None | Some(Purpose::Initialize) => false,
            // What has ended can be asked for anew.
            Some(Purpose::LongPoll(handle)) => self.tasks.get(handle).is_some() && !self.tasks.has_ended(handle),
            Some(_) => true,
        }
    }

    /// Takes up the streams whose time has come.
    pub(super) fn send_ready_resumes(&mut self, now: Millis) {
        let (due, later): (Vec<Resume>, Vec<Resume>) = self.resumes.drain(..).partition(|r| r.at <= now);
        self.resumes = later;
        for resume in due {
            let kind = ExchangeKind::Resumed(resume.request, resume.attempts);
            let exchange = self.open_get(kind, Some(&resume.cut.after));
            if let Some(exchange) = http_exchange::find(&mut self.exchanges, exchange) {
                exchange.context.resumes = Some(resume.cut);
            }
        }
    }

    /// When to take up the next one.
    pub(super) fn resume_time(&self) -> Option<Millis> {
        self.resumes.iter().map(|r| r.at).min()
    }

    /// Nobody wants the answer any more.
    pub(super) fn drop_request(&mut self, request: u32) {
        self.take_request(request);
        self.resumes.retain(|r| r.request != request);
        let is_its =
            |kind: ExchangeKind| matches!(kind, ExchangeKind::Request(r) | ExchangeKind::Resumed(r, _) if r == request);
        let its = self.exchanges.iter().filter(|exchange| is_its(exchange.context.kind));
        for id in its.map(|exchange| exchange.id).collect::<Vec<_>>() {
            self.abort(id);
        }
    }

    /// The session is lost, and with it what it would have told.
    pub(super) fn fail_resumes(&mut self, now: Millis) {
        for resume in std::mem::take(&mut self.resumes) {
            if let Some(purpose) = self.take_request(resume.request) {
                let why = format!("{}, and then the session was lost", resume.cut.why);
                self.unanswered(now, now, purpose, &TransportError::Network(why));
            }
        }
    }
}

/// An id may be any text, a header may not.
pub(super) fn is_header(id: &str) -> bool {
    id.bytes().all(|b| (b' '..=b'~').contains(&b))
}
