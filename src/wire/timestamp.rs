//! ISO 8601 timestamps: read as far as they are needed to tell which of two observations is older, and written for the
//! tasks that we host.

/// Microseconds since 1970, or `None` where the text is no full date and time. Accepts `Z`, `±hh:mm`, `±hhmm` and no
/// zone (taken as UTC), and any number of fraction digits.
pub fn micros(text: &str) -> Option<i64> {
    let mut rest = text.as_bytes();
    let year = number(&mut rest, 4)?;
    let month = number(&mut rest, 2)?;
    let day = number(&mut rest, 2)?;
    let hour = number(&mut rest, 2)?;
    let minute = number(&mut rest, 2)?;
    let second = number(&mut rest, 2)?;
    if !(1..=12).contains(&month) || day > 31 || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut micros = (((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000;
    let mut unit = 100_000;
    if let [b'.', digits @ ..] = rest {
        rest = digits;
        while let [digit @ b'0'..=b'9', more @ ..] = rest {
            micros += i64::from(digit - b'0') * unit;
            unit /= 10;
            rest = more;
        }
    }
    let sign = match rest {
        [] | [b'Z' | b'z'] => return Some(micros),
        [b'+', ..] => -60_000_000,
        [b'-', ..] => 60_000_000,
        _ => return None,
    };
    let hours = number(&mut rest, 2)?;
    let minutes = if rest.is_empty() { 0 } else { number(&mut rest, 2)? };
    Some(micros + sign * (hours * 60 + minutes))
}

/// Milliseconds since 1970 as ISO 8601 in UTC, as JavaScript's `Date.prototype.toISOString` writes them:
/// `2026-11-21T01:55:06.733Z`. What is beyond the year 9999, for which that form has no room, is its last millisecond.
pub fn iso8601(unix_ms: u64) -> String {
    const LAST: u64 = 253_402_300_799_999;
    let unix_ms = unix_ms.min(LAST);
    let (year, month, day) = civil(unix_ms / 86_400_000);
    let (hour, minute) = (unix_ms / 3_600_000 % 24, unix_ms / 60_000 % 60);
    let (second, ms) = (unix_ms / 1000 % 60, unix_ms % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Year, month and day of so many days since 1970-01-01: [`days`], backwards.
fn civil(days: u64) -> (u64, u64, u64) {
    // Since 0000-03-01, in eras of 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next_year, month, day)
}

/// So many digits, and one separator before them if there is one.
fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    if let [b'-' | b':' | b'T' | b't' | b' ' | b'+', more @ ..] = rest {
        *rest = more;
    }
    let (these, more) = rest.split_at_checked(digits)?;
    *rest = more;
    let add = |n: i64, byte: &u8| byte.is_ascii_digit().then(|| n * 10 + i64::from(byte - b'0'));
    these.iter().try_fold(0, add)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that a leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::{iso8601, micros};

    #[test]
    fn the_forms_that_servers_send() {
        assert_eq!(micros("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(micros("2000-02-29T12:00:00.5Z"), Some(951_825_600_500_000));
        let same = micros("2026-11-21T01:55:06.733Z");
        assert!(same.is_some());
        for text in [
            "2026-11-21T01:55:06.733000+00:00",
            "2026-11-21T02:55:06.7330+01:00",
            "2026-11-20 20:55:06.733-0500",
            "2026-11-21T01:55:06.733",
        ] {
            assert_eq!(micros(text), same, "{text}");
        }
    }

    #[test]
    fn invalid_timestamp_is_none() {
        for text in [
            "",
            "now",
            "2026-11-21",
            "2026-13-01T00:00:00Z",
            "2026-11-21T1e9:00:00Z",
            "T::",
            "2026-11-21T00:00:00+x",
            "99999999999-01-01T00:00:00Z",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn written_timestamp_equals_that_of_javascript() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_795_226_106_733, "2026-11-21T01:55:06.733Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(iso8601(ms), text);
        }
    }

    #[test]
    fn written_timestamp_is_read_back() {
        // A prime step of about eleven days, over four hundred years.
        for ms in (0..12_622_780_800_000).step_by(999_999_937) {
            assert_eq!(micros(&iso8601(ms)), i64::try_from(ms * 1000).ok(), "{ms}");
        }
    }
}
