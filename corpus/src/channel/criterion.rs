//! What one criterion asks of one input, and the rules that it keeps in every form it is written
//! in.

use std::borrow::Cow;
use std::fmt;

/// What an instance asks of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Criterion<'a> {
    /// Anything, or nothing: the input may be absent.
    #[default]
    Wildcard,
    /// Bytes equal to the string.
    Equals(Cow<'a, [u8]>),
    /// Bytes that begin with the string.
    Prefix(Cow<'a, [u8]>),
    /// Bytes in which the string occurs.
    Contains(Cow<'a, [u8]>),
    /// An integer from `low` to `high`, both included.
    IntegerRange {
        /// Lowest integer that matches.
        low: i64,
        /// Highest integer that matches, not below `low`.
        high: i64,
    },
}

/// The criteria that must not be empty strings: they would be wildcards in disguise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringKind {
    /// [`Criterion::Prefix`].
    Prefix,
    /// [`Criterion::Contains`].
    Contains,
}

impl fmt::Display for StringKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Prefix => "prefix",
            Self::Contains => "contains",
        })
    }
}

/// A rule that a criterion breaks, however it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CriterionRule {
    /// The string is empty.
    #[error("the string of a {kind} criterion must not be empty")]
    EmptyString {
        /// Which criterion it is.
        kind: StringKind,
    },
    /// No integer is in the range.
    #[error("the range from {low} to {high} is empty")]
    EmptyRange {
        /// Lowest integer.
        low: i64,
        /// Highest integer, below `low`.
        high: i64,
    },
}

impl Criterion<'_> {
    /// Refuses a criterion that no file may hold.
    pub(crate) fn check(&self) -> Result<(), CriterionRule> {
        match self {
            Self::Prefix(string) if string.is_empty() => {
                Err(CriterionRule::EmptyString { kind: StringKind::Prefix })
            }
            Self::Contains(string) if string.is_empty() => {
                Err(CriterionRule::EmptyString { kind: StringKind::Contains })
            }
            &Self::IntegerRange { low, high } if low > high => {
                Err(CriterionRule::EmptyRange { low, high })
            }
            Self::Wildcard
            | Self::Equals(_)
            | Self::Prefix(_)
            | Self::Contains(_)
            | Self::IntegerRange { .. } => Ok(()),
        }
    }
}
