use super::{Client, ReplyId, requests::Purpose, table::Table, trouble::Trouble};
use crate::{
    Millis,
    task::{Failure, FailureCode},
    wire::{
        Problem,
        json::Json,
        jsonrpc::RpcError,
        v2025::{self, Ask, TaskSupport},
    },
};

/// A server that pages for ever is stopped here.
const MOST_PAGES: u32 = 1000;
/// How often a pass is begun again when the list changes under it.
const MOST_RESTARTS: u32 = 3;
/// How often one page is asked for when the server is in trouble.
const MOST_ATTEMPTS: u32 = 3;

/// The list of the server's tools: fetched when somebody wants it, or when a call has to know whether it may be a task.
#[derive(Debug, Default)]
pub(super) struct Listing {
    known: Option<Table<String, TaskSupport>>,
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
    tools: Table<String, TaskSupport>,
    cursor: Option<String>,
    pages: u32,
    asking: bool,
    /// The page that is on its way belongs to an earlier pass.
    stale: bool,
}

/// What is known of one tool.
pub(super) enum Support {
    NotListed,
    Listed(TaskSupport),
}

impl Listing {
    /// Whether the tool may be a task. A tool that the list does not show says nothing, so it may not.
    pub(super) fn support(&self, name: &str) -> Support {
        match &self.known {
            None => Support::NotListed,
            Some(tools) => Support::Listed(tools.get(&name.to_owned()).copied().unwrap_or_default()),
        }
    }

    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// What was listed may no longer be true; what is being listed is begun again at the first page.
    pub(super) fn forget(&mut self) {
        self.known = None;
        // A server that says so at every page would be listed for ever.
        if let Some(run) = self.run.as_mut().filter(|_| self.restarts < MOST_RESTARTS) {
            self.restarts += 1;
            *run = Run { asking: run.asking, stale: run.asking, ..Run::default() };
        }
    }

    /// When a page that met trouble is asked for again.
    pub(super) fn retry_at(&self) -> Option<Millis> {
        (self.wanted && self.attempts > 0 && self.run.as_ref().is_none_or(|r| !r.asking)).then_some(self.not_before)
    }
}

impl Client {
    pub(super) fn list_tools(&mut self, reply: ReplyId) {
        self.listing.replies.push(reply);
        self.listing.want();
    }

    pub(super) fn list_if_wanted(&mut self, now: Millis) {
        let listing = &mut self.listing;
        if !listing.wanted || listing.not_before > now || !self.session.is_ready() {
            return;
        }
        let run = listing.run.get_or_insert_default();
        if run.asking {
            return;
        }
        run.asking = true;
        let cursor = run.cursor.clone();
        let timeout = Some(self.config.request_timeout_ms);
        self.send(now, Purpose::ListTools, Ask::ListTools { cursor: cursor.as_deref() }, timeout);
    }

    pub(super) fn tools_listed(&mut self, now: Millis, answer: Result<Json<'_>, RpcError>) {
        let page = match answer.map(v2025::read_tools) {
            Ok(Ok(page)) => page,
            Ok(Err(problem)) => return self.listing_failed(now, &Trouble::Protocol(problem)),
            // A server without tools/list has no tool that may be a task; calls go ahead plainly.
            Err(error) => {
                self.listing.known = Some(Table::default());
                return self.fail_listing(&Failure::rpc(FailureCode::Rpc, "listing the tools", error));
            }
        };
        let Some(run) = &mut self.listing.run else { return };
        run.asking = false;
        if std::mem::take(&mut run.stale) {
            return;
        }
        for tool in page.tools {
            if !run.json.is_empty() {
                run.json.push(',');
            }
            run.json.push_str(tool.json.get());
            if let Some(name) = tool.name {
                run.tools.insert(name, tool.task_support);
            }
        }
        run.pages += 1;
        self.listing.attempts = 0;
        match page.next_cursor {
            None => self.listing_done(),
            Some(cursor) if run.cursor.as_deref() == Some(&cursor) || run.pages == MOST_PAGES => {
                let problem = Problem::new("pages without end, the next at", &cursor);
                self.listing_failed(now, &Trouble::Protocol(problem));
            }
            Some(cursor) => run.cursor = Some(cursor),
        }
    }

    fn listing_done(&mut self) {
        let Some(run) = self.listing.run.take() else { return };
        self.listing.wanted = false;
        self.listing.restarts = 0;
        self.listing.known = Some(run.tools);
        let json = ["[", &run.json, "]"].concat();
        for reply in std::mem::take(&mut self.listing.replies) {
            self.reply(reply, Ok(json.clone()));
        }
    }

    pub(super) fn listing_failed(&mut self, now: Millis, trouble: &Trouble) {
        self.listing.attempts += 1;
        if trouble.is_transient() && self.listing.attempts < MOST_ATTEMPTS {
            self.relist(self.health.closed_until().unwrap_or(now));
            return;
        }
        let failure = trouble.failure("listing the tools", "");
        self.fail_calls(now, &failure);
        self.fail_listing(&failure);
    }

    /// Asks for the same page again, not before that time.
    pub(super) fn relist(&mut self, not_before: Millis) {
        self.listing.not_before = not_before;
        if let Some(run) = &mut self.listing.run {
            (run.asking, run.stale) = (false, false);
        }
    }

    pub(super) fn fail_listing(&mut self, failure: &Failure) {
        self.listing.wanted = false;
        self.listing.run = None;
        self.listing.restarts = 0;
        self.listing.attempts = 0;
        self.listing.not_before = 0;
        for reply in std::mem::take(&mut self.listing.replies) {
            self.reply(reply, Err(failure.clone().into()));
        }
    }
}
