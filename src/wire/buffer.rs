//! Buffers for messages that arrive in pieces.

/// Appends bytes. The capacity doubles as usual, but does not exceed `limit` before the length does: a message near the limit would
/// otherwise reserve twice its size.
pub fn append(buffer: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    let needed = buffer.len().saturating_add(bytes.len());
    if needed > buffer.capacity() {
        let doubled = buffer.capacity().saturating_mul(2).min(limit);
        buffer.reserve_exact(doubled.max(needed) - buffer.len());
    }
    buffer.extend_from_slice(bytes);
}

/// The memory of one piece of a body.
const PIECE_BYTES: usize = 64 * 1024;

/// A body in pieces. Many large bodies that grow at the same time are neither copied nor leave holes in memory.
#[derive(Debug, Default)]
pub struct Pieces {
    pieces: Vec<Vec<u8>>,
    len: usize,
    /// The capacity of all pieces.
    held_bytes: usize,
}

impl Pieces {
    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The memory of all pieces, in bytes.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Appends bytes.
    pub fn append(&mut self, mut bytes: &[u8]) {
        self.len = self.len.saturating_add(bytes.len());
        if let Some(last) = self.pieces.last_mut() {
            let (fitting, rest) = bytes.split_at(bytes.len().min(last.capacity() - last.len()));
            last.extend_from_slice(fitting);
            bytes = rest;
        }
        if !bytes.is_empty() {
            // Most bodies are one piece of their own length.
            let capacity = if self.pieces.is_empty() { bytes.len() } else { bytes.len().max(PIECE_BYTES) };
            let mut piece = Vec::with_capacity(capacity);
            piece.extend_from_slice(bytes);
            self.held_bytes = self.held_bytes.saturating_add(piece.capacity());
            self.pieces.push(piece);
        }
    }

    /// The whole body.
    pub fn join(mut self) -> Vec<u8> {
        if self.pieces.len() > 1 { self.pieces.concat() } else { self.pieces.pop().unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE_BYTES, Pieces, append};

    #[test]
    fn pieces_join_to_what_was_appended_and_hold_little_more() {
        for step in [1, 7, 1000, PIECE_BYTES, PIECE_BYTES + 1] {
            let all: Vec<u8> = (0..300_000_usize).map(|n| n as u8).collect();
            let mut pieces = Pieces::default();
            for bytes in all.chunks(step) {
                pieces.append(bytes);
            }
            assert_eq!(pieces.len(), all.len());
            assert!(pieces.held_bytes() <= all.len() + 2 * PIECE_BYTES, "{step}: {}", pieces.held_bytes());
            assert_eq!(pieces.join(), all, "{step}");
        }
        assert!(Pieces::default().is_empty() && Pieces::default().join().is_empty());
    }

    #[test]
    fn capacity_doubles_up_to_the_limit() {
        let mut buffer = Vec::new();
        let mut capacities = Vec::new();
        for _ in 0..10 {
            append(&mut buffer, &[7; 100], 1000);
            capacities.push(buffer.capacity());
        }
        capacities.dedup();
        assert_eq!(capacities, [100, 200, 400, 800, 1000]);
        append(&mut buffer, &[7; 100], 1000);
        assert_eq!((buffer.len(), buffer.capacity()), (1100, 1100));
    }
}
