//! The little of text and numbers that is needed. What std has does more, for any pattern and number, and every page would
//! have to load it.

/// What comes before the first of these bytes, and the rest. They must be ASCII.
pub fn cut<'a>(text: &'a str, stops: &[u8]) -> (&'a str, &'a str) {
    let at = match stops {
        [one] => find(text.as_bytes(), *one, *one),
        _ => text.bytes().position(|b| stops.contains(&b)),
    };
    let at = at.unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// Where the first of these two bytes stands. Eight bytes at once: most of what is searched is payload.
#[cfg_attr(hot, optimize(speed))]
pub fn find(bytes: &[u8], one: u8, other: u8) -> Option<usize> {
    let is = |eight: u64, byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    let at = leap(bytes, &|eight| is(eight, one) | is(eight, other));
    let rest = bytes.get(at..)?;
    rest.iter().position(|byte| *byte == one || *byte == other).map(|more| at + more)
}

/// How many bytes of a quoted text's come before the first that means something: a quote, a backslash, a control character.
/// Of the last seven bytes none is counted.
#[cfg_attr(hot, optimize(speed))]
pub fn plain(bytes: &[u8]) -> usize {
    let is = |eight: u64, byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    leap(bytes, &|eight| below(eight, 0x20) | is(eight, b'"') | is(eight, b'\\'))
}

/// In steps of eight bytes: where the first stands for which the mask has its highest bit; or where fewer are left.
#[inline(always)]
fn leap(bytes: &[u8], mask: &impl Fn(u64) -> u64) -> usize {
    let mut at = 0;
    for eight in bytes.as_chunks().0 {
        let found = mask(u64::from_le_bytes(*eight)) & (ONES << 7);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at
}

/// The highest bit of each byte that is smaller than this, right up to the first that is: behind it, carries may lie.
#[inline(always)]
fn below(eight: u64, than: u8) -> u64 {
    eight.wrapping_sub(ONES * u64::from(than)) & !eight
}

/// Whether the words stand somewhere in the text.
pub fn says(text: &str, words: &str) -> bool {
    text.as_bytes().windows(words.len()).any(|part| part == words.as_bytes())
}

/// The number that these digits are, and nothing but digits; above `u64::MAX` it saturates.
pub fn number(digits: &[u8]) -> Option<u64> {
    let add = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        // Where it saturates: a multiplication that looks for that would be one of 128 bits.
        Some(if number > u64::MAX / 10 { u64::MAX } else { (number * 10).saturating_add(digit) })
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
    use super::{cut, decimal, find, number, plain, says, signed_decimal};

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

    #[test]
    fn bytes_are_found_wherever_they_stand() {
        for len in 0..40 {
            for at in 0..=len {
                // Neighbours that a carry could mistake, and bytes beyond ASCII.
                for around in [b'x', b'\n' + 1, b'#', 0x80, 0xff, b']'] {
                    let mut bytes = vec![around; len];
                    assert_eq!(find(&bytes, b'\n', b'\r'), None);
                    assert_eq!(plain(&bytes), if around < 0x20 { 0 } else { len / 8 * 8 });
                    for special in [b'\n', b'\r', 0, 0x1f, b'"', b'\\'] {
                        let Some(byte) = bytes.get_mut(at) else { continue };
                        *byte = special;
                        let is_end = matches!(special, b'\n' | b'\r');
                        assert_eq!(find(&bytes, b'\n', b'\r'), is_end.then_some(at), "{bytes:?}");
                        if around >= 0x20 {
                            assert_eq!(plain(&bytes), at.min(len / 8 * 8), "{bytes:?}");
                        }
                    }
                }
            }
        }
    }
}
