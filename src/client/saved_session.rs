//! Encodes a session as text, and decodes it, so that a later engine can resume the session.

use super::session::Ready;
use crate::wire::{Era, response::ServerCapabilities, text};

impl Ready {
    /// The session as text for a later engine; `None` where the server keeps none.
    pub(super) fn to_text(&self) -> Option<String> {
        let ServerCapabilities {
            protocol_version,
            tools,
            task_calls: [tool, prompt, resource],
            task_cancel,
            task_list,
        } = &self.capabilities;
        let offered = [*tools, *tool, *prompt, *resource, *task_cancel, *task_list];
        let bits = offered.iter().rev().fold(0, |bits, yes| bits << 1 | u64::from(*yes));
        Some(format!("{bits} {protocol_version} {}", self.session_id.as_deref()?))
    }

    /// What [`Self::to_text`] gave. Anything else is no session: then a handshake is made.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (bits, rest) = text.split_once(' ')?;
        let (protocol_version, session_id) = rest.split_once(' ')?;
        if session_id.is_empty()
            || !super::resume::is_header(session_id)
            || !Era::WITH_SESSIONS.speaks(protocol_version)
        {
            return None;
        }
        let bits = text::number(bits)?;
        let has = |bit: u64| bits & bit != 0;
        let capabilities = ServerCapabilities {
            protocol_version: protocol_version.into(),
            tools: has(1),
            task_calls: [has(2), has(4), has(8)],
            task_cancel: has(16),
            task_list: has(32),
        };
        Some(Self { session_id: Some(session_id.into()), capabilities })
    }
}
