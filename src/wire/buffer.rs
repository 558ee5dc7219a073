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

#[cfg(test)]
mod tests {
    use super::append;

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
