//! Sizes and durations as people write them.

use std::str::FromStr;
use std::time::Duration;

/// The largest integer that reports hold, so that every JSON reader has it exactly.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// A number of bytes: `64KiB`, `256MiB`, `1GiB`, or plain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

/// A wall time: `500ms`, `30s`, `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// What is wrong with a size or a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// No number in front.
    #[error("expected a whole number and a unit")]
    Number,
    /// A unit of another kind.
    #[error("the unit must be one of {0}")]
    Unit(&'static str),
    /// Zero, or over [`MAX_INTEGER`].
    #[error("out of range")]
    Range,
}

fn parse(text: &str, units: &[(&str, u64)], known: &'static str) -> Result<u64, UnitError> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| UnitError::Number)?;
    let unit = unit.trim();
    let factor = units.iter().find(|(name, _)| *name == unit).ok_or(UnitError::Unit(known))?.1;
    let value = number.checked_mul(factor).ok_or(UnitError::Range)?;
    if (1..=MAX_INTEGER).contains(&value) { Ok(value) } else { Err(UnitError::Range) }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let units = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
        parse(text, &units, "B, KiB, MiB, GiB").map(Self)
    }
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
        parse(text, &units, "ms, s, m").map(|ms| Self(Duration::from_millis(ms)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_exact_and_must_be_known() {
        assert_eq!("64KiB".parse(), Ok(Size(65_536)));
        assert_eq!("1 GiB".parse(), Ok(Size(1 << 30)));
        assert_eq!("12".parse(), Ok(Size(12)));
        assert_eq!("64KB".parse::<Size>(), Err(UnitError::Unit("B, KiB, MiB, GiB")));
        assert_eq!("0MiB".parse::<Size>(), Err(UnitError::Range));
        assert_eq!("99999999999GiB".parse::<Size>(), Err(UnitError::Range));
        assert_eq!("9007199254740991".parse(), Ok(Size(MAX_INTEGER)));
        assert_eq!("9007199254740992".parse::<Size>(), Err(UnitError::Range));
        assert_eq!("MiB".parse::<Size>(), Err(UnitError::Number));
        assert_eq!("1500ms".parse(), Ok(Span(Duration::from_millis(1_500))));
        assert_eq!("2".parse::<Span>(), Err(UnitError::Unit("ms, s, m")));
        assert_eq!("-1s".parse::<Span>(), Err(UnitError::Number));
    }
}
