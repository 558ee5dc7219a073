//! Numbers in text.

/// The number that these digits are; `None` if there is anything but digits. Above `u64::MAX` it saturates.
pub fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_digits_are_a_number() {
        for n in [0, 7, 10, 4096, u64::MAX] {
            assert_eq!(number(&n.to_string()), Some(n));
        }
        assert_eq!(number("99999999999999999999"), Some(u64::MAX));
        for none in ["", "-1", "+1", "1.5", "1e3", " 1", "x"] {
            assert_eq!(number(none), None, "{none}");
        }
    }
}
