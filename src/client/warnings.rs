//! The limit of the warnings that an application receives, so that a server cannot flood its log.

/// How many warnings of one kind are emitted.
const MAX_WARNINGS: u32 = 100;

/// Counts the warnings of each kind.
#[derive(Debug, Default)]
pub(crate) struct WarningLimit {
    counts: Vec<(&'static str, u32)>,
}

impl WarningLimit {
    /// The message to emit for a warning: its own, then once that further ones are discarded, then none.
    pub(crate) fn admit(&mut self, code: &'static str, message: String) -> Option<String> {
        let at = self.counts.iter().position(|(known, _)| *known == code).unwrap_or_else(|| {
            self.counts.push((code, 0));
            self.counts.len() - 1
        });
        let (_, count) = self.counts.get_mut(at)?;
        *count = count.saturating_add(1);
        match *count {
            ..=MAX_WARNINGS => Some(message),
            count if count == MAX_WARNINGS + 1 => Some(format!(
                "{MAX_WARNINGS} warnings \"{code}\" were emitted; further ones of this client are discarded"
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_of_one_kind_are_limited() {
        let mut limit = WarningLimit::default();
        let admitted: Vec<String> = (0..300).filter_map(|n| limit.admit("a", format!("warning {n}"))).collect();
        assert_eq!(admitted.len(), 101);
        assert_eq!(admitted.get(99).map(String::as_str), Some("warning 99"));
        assert!(admitted.last().is_some_and(|last| last.contains("further ones")), "{admitted:?}");
        assert_eq!(limit.admit("b", "of another kind".into()).as_deref(), Some("of another kind"));
    }
}
