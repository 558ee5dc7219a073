use std::cell::Cell;

/// A map that is a sorted vector. Most of the engine's tables hold a few rows, and the large ones grow at the end; so this
/// is as quick as a tree and a fraction of its code, which every page has to load.
#[derive(Debug)]
pub(super) struct Table<K, V>(Vec<(K, V)>, Cell<usize>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Vec::new(), Cell::new(0))
    }
}

impl<K: Ord, V> Table<K, V> {
    /// Where the key is, or where it would be.
    pub(super) fn place(&self, key: &K) -> Result<usize, usize> {
        // What is looked at is looked at again.
        if self.0.get(self.1.get()).is_some_and(|(last, _)| last == key) {
            return Ok(self.1.get());
        }
        // Numbers are given out in order: what is added is added at the end.
        match self.0.last() {
            Some((last, _)) if last < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(k, _)| k.cmp(key)).inspect(|at| self.1.set(*at)),
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.place(key).ok().and_then(|at| self.0.get_mut(at)).map(|(_, value)| value)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(at) => {
                if let Some(row) = self.0.get_mut(at) {
                    row.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|at| self.0.remove(at).1)
    }

    /// The rows behind those for which `is_before` holds.
    pub(super) fn first_from(&self, is_before: impl Fn(&K) -> bool) -> &[(K, V)] {
        let at = self.0.partition_point(|(key, _)| is_before(key));
        self.0.get(at..).unwrap_or_default()
    }

    /// The rows behind those that are before, as far as they are in.
    #[inline(never)]
    pub(super) fn between(&self, is_before: &dyn Fn(&K) -> bool, is_in: &dyn Fn(&K) -> bool) -> &[(K, V)] {
        let from = self.first_from(is_before);
        from.get(..from.partition_point(|(key, _)| is_in(key))).unwrap_or_default()
    }

    /// The keys of the rows whose values fit.
    #[inline(never)]
    pub(super) fn keys(&self, fits: &dyn Fn(&V) -> bool) -> Vec<K>
    where
        K: Copy,
    {
        let mut keys = Vec::new();
        for (key, value) in &self.0 {
            if fits(value) {
                keys.push(*key);
            }
        }
        keys
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, (K, V)> {
        self.0.iter_mut()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }
}

impl<K: Ord + Copy> Table<K, ()> {
    /// Takes these rows out, and moves each of the others once at most.
    pub(super) fn remove_all(&mut self, keys: &[K]) {
        let mut gone = vec![false; self.0.len()];
        for key in keys {
            if let Some(mark) = self.place(key).ok().and_then(|at| gone.get_mut(at)) {
                *mark = true;
            }
        }
        let mut marks = gone.into_iter();
        self.0.retain(|_| marks.next() == Some(false));
    }

    /// Puts a row elsewhere: only what lies between is moved, once.
    pub(super) fn replace(&mut self, old: &K, new: K) {
        let (Ok(from), Err(to)) = (self.place(old), self.place(&new)) else { return };
        let to = if to > from { to - 1 } else { to };
        if from < to {
            self.0.copy_within(from + 1..=to, from);
        } else {
            self.0.copy_within(to..from, to + 1);
        }
        if let Some(row) = self.0.get_mut(to) {
            row.0 = new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn rows_are_taken_out_together() {
        let mut table = Table::default();
        (0..20).for_each(|row| table.insert(row, ()));
        table.remove_all(&[19, 3, 30, 4, 0, 3]);
        let wanted: Vec<i32> = (0..20).filter(|row| ![19, 3, 4, 0].contains(row)).collect();
        assert_eq!(table.keys(&|()| true), wanted);
    }

    #[test]
    fn a_row_is_put_elsewhere_and_the_order_holds() {
        let rows = [10, 20, 30, 40, 50];
        for old in rows {
            for new in [5, 15, 25, 35, 45, 55] {
                let mut table = Table::default();
                rows.into_iter().for_each(|row| table.insert(row, ()));
                table.replace(&old, new);
                let mut wanted: Vec<i32> = rows.into_iter().filter(|row| *row != old).chain([new]).collect();
                wanted.sort_unstable();
                assert_eq!(table.keys(&|()| true), wanted, "{old} to {new}");
            }
        }
    }
}
