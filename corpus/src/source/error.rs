//! Why text is not the source of a channel file, and where.

use std::ops::Range;

use crate::channel::CriterionRule;
use crate::limits::{MAX_INSTANCES, MAX_SOURCE_BYTES, MAX_SOURCE_CRITERIA};
use crate::position::Position;

/// The first rule that a source breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {fault}")]
pub struct SourceError {
    position: Position,
    span: Range<usize>,
    fault: SourceFault,
}

impl SourceError {
    pub(super) fn new(text: &str, span: Range<usize>, fault: SourceFault) -> Self {
        Self { position: Position::of(text, span.start), span, fault }
    }

    /// Where the key or value at fault begins.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The key or value at fault, as a range of bytes of the source.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong there.
    pub fn fault(&self) -> &SourceFault {
        &self.fault
    }
}

/// A rule of the source form. Names out of the source are cut where they are long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// The source is too long.
    #[error("the source has {found} bytes, over the limit of {MAX_SOURCE_BYTES}")]
    SourceLength {
        /// Its length in bytes.
        found: usize,
    },
    /// The source is not TOML.
    #[error("not TOML: {reason}")]
    Syntax {
        /// What the parser said.
        reason: String,
    },
    /// A key that does not belong there.
    #[error("unknown key {key:?}")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key that has to be there.
    #[error("key {key:?} is missing")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A value of the wrong kind.
    #[error("{what} is {expected}, not {found}")]
    Kind {
        /// What the value is for.
        what: &'static str,
        /// The kinds that it can have.
        expected: &'static str,
        /// The kind that it has, in TOML's words.
        found: &'static str,
    },
    /// A number that is too small or too large.
    #[error("{what} is {low} to {high}, not {found}")]
    Number {
        /// What the number is for.
        what: &'static str,
        /// Smallest number allowed.
        low: i64,
        /// Largest number allowed.
        high: i64,
        /// The number, in decimal as far as 64 bits hold it.
        found: String,
    },
    /// An input that the template type does not declare.
    #[error("there is no input {input:?}: the inputs are 1 to {input_count}")]
    UnknownInput {
        /// The input.
        input: String,
        /// How many inputs the template type declares.
        input_count: u32,
    },
    /// Two instances with one id.
    #[error("instance id {id} is already used at {first}")]
    DuplicateInstance {
        /// The id.
        id: u32,
        /// Where it is used first.
        first: Position,
    },
    /// Too many instances.
    #[error("{found} instances are over the limit of {MAX_INSTANCES}")]
    InstanceCount {
        /// How many there are.
        found: usize,
    },
    /// Too many criteria, wildcards included.
    #[error("instances × inputs is {found}, over the limit of {MAX_SOURCE_CRITERIA}")]
    CriteriaCount {
        /// How many there are.
        found: usize,
    },
    /// A criterion that asks for nothing, or for several things.
    #[error("a criterion has one of equals, prefix, contains and range, not {found} of them")]
    CriterionKeys {
        /// How many it has.
        found: usize,
    },
    /// A range that is not two numbers.
    #[error("a range has a lowest and a highest value, not {found} values")]
    RangeLength {
        /// How many values it has.
        found: usize,
    },
    /// A hexadecimal string of half a byte.
    #[error("{digits} hexadecimal digits are not whole bytes")]
    HexLength {
        /// Number of digits.
        digits: usize,
    },
    /// A character that is no hexadecimal digit.
    #[error("{found:?} is no hexadecimal digit")]
    HexDigit {
        /// The character.
        found: char,
    },
    /// A criterion that no file may hold.
    #[error(transparent)]
    Rule(CriterionRule),
}
