use super::{Client, ReplyId, config::length, requests::Purpose, transport_error::TransportError};
use crate::{
    Millis,
    task::{TaskError, TaskErrorCode},
    wire::{
        DecodeError, HeaderParam,
        json::Json,
        jsonrpc::RpcError,
        request::{CallKind, ClientRequest},
        response::{Listed, TaskSupport},
    },
};
use std::sync::Arc;

/// A server that pages for ever is stopped here.
const MAX_PAGES: u32 = 1000;
/// How often a pass is begun again when the list changes under it.
const MAX_RESTARTS: u32 = 3;
/// How often one page is asked for when the server is in trouble.
const MAX_ATTEMPTS: u32 = 3;

/// One of the server's lists: fetched when somebody wants it, or when a call has to know whether it may be a task.
#[derive(Debug, Default)]
pub(super) struct Listing {
    known: Option<Vec<(String, Arc<Known>)>>,
    wanted: bool,
    replies: Vec<ReplyId>,
    run: Option<Run>,
    not_before: Millis,
    attempts: u32,
    /// How often this pass was begun again because the list changed under it.
    restarts: u32,
}

/// One pass over the pages.
#[derive(Debug, Default)]
struct Run {
    /// The tools so far, as JSON text without the brackets.
    json: String,
    tools: Vec<(String, Arc<Known>)>,
    cursor: Option<String>,
    pages: u32,
    asking: bool,
    /// The page that is on its way belongs to an earlier pass.
    stale: bool,
}

/// What counts of one tool.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) support: TaskSupport,
    /// Its structured content is wrapped.
    pub(super) wraps_result: bool,
    /// Calling it twice does no more than calling it once.
    pub(super) is_idempotent: bool,
    /// The arguments that are repeated in headers; `Err`: why it must not be called.
    pub(super) header_params: Result<Vec<HeaderParam>, DecodeError>,
}

impl Listing {
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// The server has refused to run this tool as a task, whatever the list says.
    pub(super) fn never_as_task(&mut self, name: &str) {
        for (_, known) in self.known.iter_mut().flatten().filter(|(known, _)| known == name) {
            *known = Arc::new(Known { support: TaskSupport::Forbidden, ..(**known).clone() });
        }
    }

    /// What was listed may no longer be true; what is being listed is begun again at the first page.
    pub(super) fn forget(&mut self) {
        self.known = None;
        // A server that says so at every page would be listed for ever.
        if let Some(run) = self.run.as_mut().filter(|_| self.restarts < MAX_RESTARTS) {
            self.restarts += 1;
            *run = Run { asking: run.asking, stale: run.asking, ..Run::default() };
        }
    }

    /// The length of the unfinished list, in bytes.
    pub(super) fn held_bytes(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.json.len())
    }

    /// A list is to be fetched.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// The request for a page was sent and is not answered.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn is_asking(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.asking)
    }

    pub(super) fn retry_at(&self) -> Option<Millis> {
        (self.wanted && self.attempts > 0 && self.run.as_ref().is_none_or(|r| !r.asking)).then_some(self.not_before)
    }
}

impl Client {
    pub(super) fn listing(&mut self, kind: CallKind) -> &mut Listing {
        let [tools, prompts, resources] = &mut self.listings;
        match kind {
            CallKind::Tool => tools,
            CallKind::Prompt => prompts,
            CallKind::Resource => resources,
        }
    }

    /// What is known of a tool; `None`: the tools are not listed yet. Of a tool that the list does not show nothing is known,
    /// so it may be a task only where the server decides that.
    pub(super) fn known(&self, tool: &str) -> Option<Arc<Known>> {
        let [tools, ..] = &self.listings;
        // The last of several counts.
        if let Some((_, known)) = tools.known.as_ref()?.iter().rev().find(|(name, _)| name == tool) {
            return Some(Arc::clone(known));
        }
        let support = if self.era.has_complete_state() { TaskSupport::Optional } else { TaskSupport::Forbidden };
        Some(Arc::new(Known { support, wraps_result: false, is_idempotent: false, header_params: Ok(Vec::new()) }))
    }

    pub(super) fn list(&mut self, kind: CallKind, reply: ReplyId) {
        self.listing(kind).replies.push(reply);
        self.listing(kind).want();
    }

    pub(super) fn is_listing_wanted(&self) -> bool {
        self.listings.iter().any(|listing| listing.wanted)
    }

    pub(super) fn forget_lists(&mut self) {
        for listing in &mut self.listings {
            listing.forget();
        }
    }

    /// When a page that met trouble is asked for again.
    pub(super) fn listing_time(&self) -> Option<Millis> {
        self.listings.iter().filter_map(Listing::retry_at).min()
    }

    pub(super) fn list_if_wanted(&mut self, now: Millis, kind: CallKind) {
        let is_ready = self.session.is_ready();
        let listing = self.listing(kind);
        if !listing.wanted || listing.not_before > now || !is_ready {
            return;
        }
        let run = listing.run.get_or_insert_default();
        if run.asking {
            return;
        }
        run.asking = true;
        let cursor = run.cursor.clone();
        let timeout = Some(self.config.request_timeout_ms);
        self.send(now, Purpose::List(kind), ClientRequest::List { kind, cursor: cursor.as_deref() }, timeout);
    }

    pub(super) fn page_listed(&mut self, now: Millis, kind: CallKind, answer: Result<Json<'_>, RpcError>) {
        let max_header_params = length(self.config.limits.header_params);
        let page = match answer.map(|json| self.era.read_page(kind, json, max_header_params)) {
            Ok(Ok(page)) => page,
            Ok(Err(problem)) => return self.listing_failed(now, kind, &TransportError::Protocol(problem)),
            // A server without the list has no tool that may be a task; calls go ahead plainly.
            Err(error) => {
                self.listing(kind).known = Some(Vec::new());
                return self.fail_listing(kind, &TaskError::rpc(TaskErrorCode::Rpc, doing(kind), error));
            }
        };
        let listing = self.listing(kind);
        let Some(run) = &mut listing.run else { return };
        run.asking = false;
        if std::mem::take(&mut run.stale) {
            return;
        }
        let mut left_out = Vec::new();
        for item in page.items {
            let Listed { json, name, task_support: support, wraps_result, is_idempotent, header_params } = item;
            // What must not be called is not shown (2026-07-28, Streamable HTTP: "Custom Headers from Tool Parameters").
            if let Err(problem) = &header_params {
                let name = name.as_deref().unwrap_or_default();
                left_out.push(format!("left a tool out of the list: {name}: {}", problem.as_str()));
            } else {
                if !run.json.is_empty() {
                    run.json.push(',');
                }
                run.json.push_str(json.get());
            }
            if let Some(name) = name {
                run.tools.push((name, Arc::new(Known { support, wraps_result, is_idempotent, header_params })));
            }
        }
        run.pages += 1;
        listing.attempts = 0;
        for message in left_out {
            self.warn("bad-tool", message);
        }
        let listing = self.listing(kind);
        let Some(run) = &mut listing.run else { return };
        match page.next_cursor {
            None => self.listing_done(kind),
            Some(cursor) if run.cursor.as_deref() == Some(&cursor) || run.pages == MAX_PAGES => {
                let problem = DecodeError::new("pages without end, the next at", &cursor);
                self.listing_failed(now, kind, &TransportError::Protocol(problem));
            }
            Some(cursor) => run.cursor = Some(cursor),
        }
    }

    fn listing_done(&mut self, kind: CallKind) {
        let listing = self.listing(kind);
        let Some(run) = listing.run.take() else { return };
        listing.wanted = false;
        listing.restarts = 0;
        listing.known = Some(run.tools);
        let json = format!("[{}]", run.json);
        let replies = std::mem::take(&mut listing.replies);
        self.reply_all(replies, &Ok(json));
    }

    pub(super) fn listing_failed(&mut self, now: Millis, kind: CallKind, cause: &TransportError) {
        let listing = self.listing(kind);
        listing.attempts += 1;
        let attempts = listing.attempts;
        if cause.is_transient() && attempts < MAX_ATTEMPTS {
            let again = self.backoff.retry_at(now, attempts, cause.retry_after_ms());
            return self.relist(kind, again);
        }
        let failure = cause.to_task_error(doing(kind), "");
        if kind == CallKind::Tool {
            // They wait to know whether they may be tasks.
            self.fail_calls(now, true, &failure);
        }
        self.fail_listing(kind, &failure);
    }

    /// Asks for the same page again, not before that time.
    pub(super) fn relist(&mut self, kind: CallKind, not_before: Millis) {
        let listing = self.listing(kind);
        listing.not_before = not_before;
        if let Some(run) = &mut listing.run {
            (run.asking, run.stale) = (false, false);
        }
    }

    pub(super) fn fail_listing(&mut self, kind: CallKind, failure: &TaskError) {
        let listing = self.listing(kind);
        *listing = Listing {
            known: listing.known.take(),
            replies: std::mem::take(&mut listing.replies),
            ..Listing::default()
        };
        let replies = std::mem::take(&mut listing.replies);
        self.reply_all(replies, &Err(failure.clone().into()));
    }
}

fn doing(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Tool => "listing the tools",
        CallKind::Prompt => "listing the prompts",
        CallKind::Resource => "listing the resources",
    }
}
