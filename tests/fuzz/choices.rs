//! Bytes as choices.

/// The bytes that are left; zero when there are none.
pub(crate) struct Choices<'d>(pub(crate) &'d [u8]);

impl<'d> Choices<'d> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).copied()
    }

    pub(crate) fn bytes(&mut self) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(self.0.len().min(usize::from(self.byte())).min(self.0.len()));
        self.0 = rest;
        taken
    }
}
