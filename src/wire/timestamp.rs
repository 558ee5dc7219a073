//! ISO 8601 timestamps, as far as they are needed to tell which of two observations is older.

/// Microseconds since 1970, or `None` where the text is no full date and time. Accepts `Z`, `±hh:mm`, `±hhmm` and no
/// zone (taken as UTC), and any number of fraction digits.
pub fn micros(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if !(1..=12).contains(&month) || day > 31 || hour > 24 || minute > 59 || second > 60 || year > 9999 {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - offset(zone)?;
    Some(seconds * 1_000_000 + fraction_micros(fraction)?)
}

fn number(digits: &str) -> Option<i64> {
    let plain = !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn fraction_micros(digits: &str) -> Option<i64> {
    let six: String = digits.chars().chain("000000".chars()).take(6).collect();
    number(&six)
}

fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.bytes().next() {
        None | Some(b'Z' | b'z') => return Some(0),
        Some(b'-') => -1,
        _ => 1,
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes)? };
    Some(sign * (number(hours)? * 60 + minutes) * 60)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that a leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::micros;

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
    fn what_is_no_timestamp_is_none() {
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
}
