use super::{CallKind, read, read_any};
use crate::wire::{
    Problem,
    json::{self, Json},
    object::Object,
    snapshot::{Snapshot, Status},
};
use std::borrow::Cow;

/// What a server answered to a tool call.
#[derive(Debug)]
pub enum Called<'a> {
    /// It made a task.
    Task(Snapshot),
    /// It made a task and did not describe it (FastMCP 2.14, deviation 1) or did so badly: the id is what counts, the rest
    /// can be asked for.
    Named {
        /// The task's id.
        task_id: String,
        /// What was wrong with the rest.
        problem: Option<Problem>,
    },
    /// It answered at once.
    Plain(Payload<'a>),
}

/// A tool's result as text, with the one thing that the engine must know of it.
#[derive(Debug, Clone, Copy)]
pub struct Payload<'a> {
    /// The whole result.
    pub json: Json<'a>,
    /// The tool says that it failed.
    pub is_error: bool,
    /// There is no result in it: nothing but metadata.
    pub is_empty: bool,
    /// Its structured content is wrapped in an object, as the only member `result` (FastMCP, deviation 21).
    pub is_wrapped: bool,
}

/// Reads the answer to [`super::Ask::Call`].
pub fn read_called(result: Json<'_>) -> Result<Called<'_>, Problem> {
    let [task, meta] = read(result, "the answer to the tool call", ["task", "_meta"])?;
    let Some(task) = task else {
        let [old] = read_any(meta, ["modelcontextprotocol.io/task"]);
        let [at_once] = read_any(old, ["returned_immediately"]);
        return match old.and_then(read_task_id) {
            Some(task_id) if !json::truth(at_once) => Ok(Called::Named { task_id, problem: None }),
            _ => read_payload(result).map(Called::Plain),
        };
    };
    match read_snapshot(task) {
        Ok(snapshot) => Ok(Called::Task(snapshot)),
        Err(problem) => match read_task_id(task) {
            Some(task_id) => Ok(Called::Named { task_id, problem: Some(problem) }),
            None => Err(problem),
        },
    }
}

/// Reads the answer to [`super::Ask::TaskResult`].
pub fn read_payload(json: Json<'_>) -> Result<Payload<'_>, Problem> {
    let names = ["_meta", "isError", "content", "structuredContent", "messages", "contents"];
    let [meta, fields @ ..] = read(json, "the result", names)?;
    let [is_error, ..] = fields;
    let [fastmcp] = read_any(meta, ["fastmcp"]);
    let [wrapped] = read_any(fastmcp, ["wrap_result"]);
    Ok(Payload {
        json,
        is_error: json::truth(is_error),
        is_empty: fields.iter().all(Option::is_none),
        is_wrapped: json::truth(wrapped),
    })
}

/// Reads a task: the answer to [`super::Ask::GetTask`] or [`super::Ask::CancelTask`], or the parameters of a status notification.
pub fn read_snapshot(json: Json<'_>) -> Result<Snapshot, Problem> {
    let names = ["taskId", "status", "statusMessage", "createdAt", "lastUpdatedAt", "ttl", "pollInterval"];
    let [task_id, status, status_message, created_at, last_updated_at, ttl, poll_interval] =
        read(json, "a task", names)?;
    let own = |raw| json::text(raw).map(Cow::into_owned);
    let task_id = own(task_id).filter(|id| !id.is_empty());
    let task_id = task_id.ok_or_else(|| Problem::new("a task without a task id", json.get()))?;
    let word = json::text(status).ok_or_else(|| Problem::new("a task without a status", json.get()))?;
    let status = Status::parse(&word).ok_or_else(|| Problem::new("a task with an unknown status", &word))?;
    Ok(Snapshot {
        task_id,
        status,
        status_message: own(status_message),
        created_at: own(created_at),
        last_updated_at: own(last_updated_at),
        ttl_ms: json::whole(ttl),
        poll_interval_ms: json::whole(poll_interval),
    })
}

/// Reads the answer to [`super::Ask::ListTasks`] into neutral words, as JSON text; a task that makes no sense is left out.
pub fn read_tasks(result: Json<'_>) -> Result<String, Problem> {
    let [tasks, next_cursor] = read(result, "the list of tasks", ["tasks", "nextCursor"])?;
    let tasks = tasks.and_then(json::elements);
    let tasks = tasks.ok_or_else(|| Problem::new("the list of tasks has no tasks", result.get()))?;
    let mut known = String::from("[");
    for task in tasks {
        let Ok(snapshot) = read_snapshot(task) else { continue };
        if known.len() > 1 {
            known.push(',');
        }
        known.push_str(&snapshot.to_json());
    }
    known.push(']');
    let list = Object::new().raw("tasks", &known);
    let next_cursor = json::text(next_cursor).filter(|c| !c.is_empty());
    Ok(next_cursor.iter().fold(list, |list, cursor| list.text("nextCursor", cursor)).end())
}

fn read_task_id(json: Json<'_>) -> Option<String> {
    let [task_id] = read_any(Some(json), ["taskId"]);
    json::text(task_id).filter(|id| !id.is_empty()).map(Cow::into_owned)
}

/// Whether a tool may run as a task (specification 2025-11-25, "Tool-Level Negotiation").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskSupport {
    /// Only as a task.
    Required,
    /// Either way.
    Optional,
    /// Only plainly; so is a tool that says nothing.
    #[default]
    Forbidden,
}

/// One page of the tools, prompts or resources.
#[derive(Debug)]
pub struct Page<'a> {
    /// Each as the server wrote it.
    pub items: Vec<Listed<'a>>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// One item of a page.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The whole item.
    pub json: Json<'a>,
    /// Its name; an item without one cannot be called.
    pub name: Option<String>,
    /// Whether it may be a task.
    pub task_support: TaskSupport,
    /// Its structured content is wrapped in an object, as the only member `result` (FastMCP, deviation 21).
    pub wraps_result: bool,
}

/// Reads the answer to [`super::Ask::List`].
pub fn read_page(kind: CallKind, result: Json<'_>) -> Result<Page<'_>, Problem> {
    let [items, next_cursor] = read(result, "a list", [kind.words().1, "nextCursor"])?;
    let items = items.and_then(json::elements);
    let items = items.ok_or_else(|| Problem::new("a list without what it lists", result.get()))?;
    Ok(Page {
        items: items.into_iter().map(read_item).collect(),
        next_cursor: json::text(next_cursor).filter(|c| !c.is_empty()).map(Cow::into_owned),
    })
}

fn read_item(json: Json<'_>) -> Listed<'_> {
    let [name, execution, schema] = read_any(Some(json), ["name", "execution", "outputSchema"]);
    let [wraps_result] = read_any(schema, ["x-fastmcp-wrap-result"]);
    let [task_support] = read_any(execution, ["taskSupport"]);
    Listed {
        json,
        name: json::text(name).map(Cow::into_owned),
        task_support: match json::text(task_support).as_deref() {
            Some("required") => TaskSupport::Required,
            Some("optional") => TaskSupport::Optional,
            _ => TaskSupport::Forbidden,
        },
        wraps_result: json::truth(wraps_result),
    }
}
