//! The little of text and numbers that is needed. What std has does more, for any pattern and number, and every page would
//! have to load it.

/// What comes before the first of these bytes, and the rest. They must be ASCII.
pub fn cut<'a>(text: &'a str, stops: &[u8]) -> (&'a str, &'a str) {
    let at = text.bytes().position(|b| stops.contains(&b)).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Whether the words stand somewhere in the text.
pub fn says(text: &str, words: &str) -> bool {
    text.as_bytes().windows(words.len()).any(|part| part == words.as_bytes())
}

/// The number that these digits are, and nothing but digits; above `u64::MAX` it saturates.
pub fn number(digits: &[u8]) -> Option<u64> {
    let add = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}

/// A number in words.
pub fn decimal(number: u64) -> String {
    let mut digits = if number < 10 { String::new() } else { decimal(number / 10) };
    digits.push(char::from(b'0' + (number % 10) as u8));
    digits
}

/// A signed number in words.
pub fn signed_decimal(number: i64) -> String {
    [if number < 0 { "-" } else { "" }, &decimal(number.unsigned_abs())].concat()
}

#[cfg(test)]
mod tests {
    use super::{cut, decimal, number, says, signed_decimal};

    #[test]
    fn numbers_there_and_back() {
        for n in [0, 7, 10, 4096, u64::MAX] {
            assert_eq!(decimal(n), n.to_string());
            assert_eq!(number(n.to_string().as_bytes()), Some(n));
        }
        for n in [0, -1, -32601, i64::MIN, i64::MAX] {
            assert_eq!(signed_decimal(n), n.to_string());
        }
        assert_eq!(number(b"99999999999999999999"), Some(u64::MAX));
        for none in ["", "-1", "+1", "1.5", "1e3", " 1", "x"] {
            assert_eq!(number(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn texts_are_cut_and_searched() {
        assert_eq!(cut("é;b,c", b",;"), ("é", ";b,c"));
        assert_eq!(cut("abc", b";"), ("abc", ""));
        assert!(says("in terminal state", "terminal") && says("terminal", "terminal"));
        assert!(!says("term", "terminal") && !says("", "terminal"));
    }
}
