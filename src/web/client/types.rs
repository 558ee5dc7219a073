//! Words that cross the boundary as strings, and the TypeScript types that the generated declarations refer to.
#![allow(missing_docs)] // wasm-bindgen adds an undocumented variant to each string enum.

use crate::{
    client::{CallKind, Era, InputKind, PauseReason},
    wire::snapshot::Status,
};
use wasm_bindgen::prelude::*;

/// The kind of request that a task answers.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTarget {
    Tool = "tool",
    Prompt = "prompt",
    Resource = "resource",
}

/// A task's status (MCP 2025-11-25, Tasks: "Task Status Lifecycle").
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusName {
    Working = "working",
    InputRequired = "input_required",
    Completed = "completed",
    Failed = "failed",
    Cancelled = "cancelled",
}

/// A protocol era, named by its first revision with tasks.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraName {
    Handshake = "2025-11-25",
    Stateless = "2026-07-28",
}

/// A kind of request that a server sends to its client.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKindName {
    Elicitation = "elicitation",
    Sampling = "sampling",
    Roots = "roots",
}

/// A reason to poll rarely (`hidden`) or not at all.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReasonName {
    Hidden = "hidden",
    Offline = "offline",
    Frozen = "frozen",
}

impl From<CallKind> for CallTarget {
    fn from(kind: CallKind) -> Self {
        match kind {
            CallKind::Tool => Self::Tool,
            CallKind::Prompt => Self::Prompt,
            CallKind::Resource => Self::Resource,
        }
    }
}

impl CallTarget {
    /// The engine's kind; `None` for a string that is none of the three.
    pub(super) fn kind(self) -> Option<CallKind> {
        match self {
            Self::Tool => Some(CallKind::Tool),
            Self::Prompt => Some(CallKind::Prompt),
            Self::Resource => Some(CallKind::Resource),
            _ => None,
        }
    }
}

impl From<Status> for StatusName {
    fn from(status: Status) -> Self {
        match status {
            Status::Working => Self::Working,
            Status::InputRequired => Self::InputRequired,
            Status::Completed => Self::Completed,
            Status::Failed => Self::Failed,
            Status::Cancelled => Self::Cancelled,
        }
    }
}

impl StatusName {
    /// The engine's status; `None` for a string that is no status.
    pub(super) fn status(self) -> Option<Status> {
        match self {
            Self::Working => Some(Status::Working),
            Self::InputRequired => Some(Status::InputRequired),
            Self::Completed => Some(Status::Completed),
            Self::Failed => Some(Status::Failed),
            Self::Cancelled => Some(Status::Cancelled),
            _ => None,
        }
    }
}

impl EraName {
    /// The engine's era; `None` for a string that names none.
    pub(super) fn era(self) -> Option<Era> {
        match self {
            Self::Handshake => Some(Era::Handshake),
            Self::Stateless => Some(Era::Stateless),
            _ => None,
        }
    }
}

impl PauseReasonName {
    /// The engine's reason; `None` for a string that is none of the three.
    pub(super) fn reason(self) -> Option<PauseReason> {
        match self {
            Self::Hidden => Some(PauseReason::Hidden),
            Self::Offline => Some(PauseReason::Offline),
            Self::Frozen => Some(PauseReason::Frozen),
            _ => None,
        }
    }
}

/// The word of [`InputKindName`] for an input request.
pub(super) fn input_kind_name(kind: InputKind) -> &'static str {
    match kind {
        InputKind::Elicitation => "elicitation",
        InputKind::Sampling => "sampling",
        InputKind::Roots => "roots",
    }
}
