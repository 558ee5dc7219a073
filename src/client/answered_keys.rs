//! The input requests of tasks that are answered and must not be answered again (2026-07-28: a key is unique within a task).

/// How many keys are remembered of one task.
const MAX_KEYS: usize = 1000;

/// The answered keys of each task, both in order. A `BTreeMap` of sets was measured at 3 KB of gzip more.
#[derive(Debug, Default)]
pub(super) struct AnsweredKeys {
    tasks: Vec<(Box<str>, Vec<Box<str>>)>,
}

impl AnsweredKeys {
    fn place(&self, task_id: &str) -> Result<usize, usize> {
        self.tasks.binary_search_by(|(known, _)| (**known).cmp(task_id))
    }

    fn of_task(&self, task_id: &str) -> &[Box<str>] {
        let task = self.place(task_id).ok().and_then(|at| self.tasks.get(at));
        task.map(|(_, keys)| keys.as_slice()).unwrap_or_default()
    }

    pub(super) fn contains(&self, task_id: &str, key: &str) -> bool {
        self.of_task(task_id).binary_search_by(|known| (**known).cmp(key)).is_ok()
    }

    /// Whether the task has used the maximum number of keys: no further one is remembered.
    pub(super) fn is_full(&self, task_id: &str) -> bool {
        self.of_task(task_id).len() >= MAX_KEYS
    }

    pub(super) fn insert(&mut self, task_id: &str, key: &str) {
        let at = self.place(task_id).unwrap_or_else(|at| {
            self.tasks.insert(at, (task_id.into(), Vec::new()));
            at
        });
        let Some((_, keys)) = self.tasks.get_mut(at) else { return };
        if let Err(at) = keys.binary_search_by(|known| (**known).cmp(key)) {
            keys.insert(at, key.into());
        }
    }

    pub(super) fn forget(&mut self, task_id: &str) {
        if let Ok(at) = self.place(task_id) {
            self.tasks.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_remembered_per_task() {
        let mut keys = AnsweredKeys::default();
        for n in (0..1000).rev() {
            keys.insert("b", &n.to_string());
            keys.insert("b", &n.to_string());
        }
        keys.insert("a", "x");
        assert!(keys.contains("a", "x") && keys.contains("b", "0") && keys.contains("b", "999"));
        assert!(!keys.contains("a", "0") && !keys.contains("b", "x") && !keys.contains("c", "x"));
        assert_eq!(["a", "b", "c"].map(|task| keys.is_full(task)), [false, true, false]);
        keys.forget("b");
        assert!(!keys.contains("b", "0") && keys.contains("a", "x"));
    }
}
