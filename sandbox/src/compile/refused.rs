//! Why a module is refused, between the compile child, which says it by its exit code, and its parent.

use crate::instrument::Refusal;
use crate::outcome::Unusable;

/// The reasons. The words that go with one are on the child's stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is not valid.
    Invalid,
    /// It could not be metered and checked in full.
    NotInstrumentable,
}

impl Why {
    const ALL: [Self; 2] = [Self::Invalid, Self::NotInstrumentable];

    /// Why the rewriter refuses a module.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Invalid { .. } => Self::Invalid,
            _ => Self::NotInstrumentable,
        }
    }

    /// The words that go with it. What is not valid is said by the reason itself.
    pub(super) fn words(refusal: &Refusal) -> String {
        match refusal {
            Refusal::Invalid { offset, reason } => format!("{reason} (at offset {offset:#x})"),
            other => other.to_string(),
        }
    }

    /// As a reason that a report gives, in those words.
    pub(super) fn unusable(self, problem: String) -> Unusable {
        match self {
            Self::Invalid => Unusable::Invalid { problem },
            Self::NotInstrumentable => Unusable::NotInstrumentable { problem },
        }
    }

    /// The way back.
    pub(super) fn and_words(reason: Unusable) -> Option<(Self, String)> {
        match reason {
            Unusable::Invalid { problem } => Some((Self::Invalid, problem)),
            Unusable::NotInstrumentable { problem } => Some((Self::NotInstrumentable, problem)),
            _ => None,
        }
    }

    /// How the child ends.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Invalid => 10,
            Self::NotInstrumentable => 11,
        }
    }

    /// What a child meant that ended so.
    pub(super) fn of_exit_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|why| i32::from(why.exit_code()) == code)
    }
}
