//! Why text is not an events file, and where.

use std::fmt;

use super::fields::FieldsLimit;
use crate::limits::{
    MAX_EVENT_BYTES, MAX_EVENT_ID_CHARS, MAX_EVENTS, MAX_EVENTS_FILE_BYTES, MAX_EVENTS_TOTAL_BYTES,
};
use crate::position::Position;

/// The first rule that an events file breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {fault}")]
pub struct EventsError {
    position: Position,
    fault: EventsFault,
}

impl EventsError {
    pub(super) fn new(position: Position, fault: EventsFault) -> Self {
        Self { position, fault }
    }

    /// Where the value at fault begins.
    pub fn position(&self) -> Position {
        self.position
    }

    /// What is wrong there.
    pub fn fault(&self) -> &EventsFault {
        &self.fault
    }
}

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// A rule of events files. Names out of the file are cut where they are long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventsFault {
    /// The file is too long.
    #[error("the file has {found} bytes, over the limit of {MAX_EVENTS_FILE_BYTES}")]
    FileLength {
        /// Its length in bytes.
        found: usize,
    },
    /// The file is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The file is not JSON.
    #[error("not JSON: {reason}")]
    Syntax {
        /// What the parser said.
        reason: String,
    },
    /// A value of the wrong kind.
    #[error("expected {expected}, found {found}")]
    Kind {
        /// What belongs there.
        expected: JsonKind,
        /// What is there.
        found: JsonKind,
    },
    /// A field's value of a kind that no field has.
    #[error("a field is null, a string, an integer or {{\"base64\": \"...\"}}, not {found}")]
    FieldKind {
        /// What is there.
        found: JsonKind,
    },
    /// A string that no text encodes: half of a surrogate pair.
    #[error("the string holds half of a surrogate pair")]
    HalfSurrogate,
    /// A member that the format does not have.
    #[error("unknown member {name:?}")]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// A member for the second time.
    #[error("member {name:?} is there twice")]
    DuplicateMember {
        /// Its name.
        name: &'static str,
    },
    /// A member that has to be there.
    #[error("member {name:?} is missing")]
    MissingMember {
        /// Its name.
        name: &'static str,
    },
    /// Another schema.
    #[error("schema {found:?} is not {:?}", super::file::SCHEMA)]
    Schema {
        /// The schema that the file names.
        found: String,
    },
    /// Too many events.
    #[error("there are over {MAX_EVENTS} events")]
    EventCount,
    /// An id that is empty or too long.
    #[error("an id has 1 to {MAX_EVENT_ID_CHARS} characters, not {found}")]
    IdLength {
        /// Its length in characters.
        found: usize,
    },
    /// An id for the second time.
    #[error("event id {id:?} is already used at {first}")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where it is used first.
        first: Position,
    },
    /// An event without payload.
    #[error("an event needs one of \"fields\", \"text\", \"base64\" and \"json\"")]
    NoPayload,
    /// An event with two payloads.
    #[error("an event has one payload, not {first:?} and {second:?}")]
    SecondPayload {
        /// The first payload's member.
        first: &'static str,
        /// The second payload's member.
        second: &'static str,
    },
    /// A number that is no signed 64-bit integer, or not written as one.
    #[error("{text} is not an integer of 64 bits")]
    Integer {
        /// The number.
        text: String,
    },
    /// A string that is not base64.
    #[error("not base64: {0}")]
    Base64(base64::DecodeError),
    /// Too many fields, or one that is too long.
    #[error(transparent)]
    Fields(FieldsLimit),
    /// An event is too long.
    #[error("the event has {found} bytes, over the limit of {MAX_EVENT_BYTES}")]
    EventLength {
        /// Its length in bytes, as the interpreter would receive it.
        found: usize,
    },
    /// All events together are too long.
    #[error("the events up to here have {found} bytes, over the limit of {MAX_EVENTS_TOTAL_BYTES}")]
    TotalLength {
        /// Their length in bytes, as the interpreter would receive them.
        found: usize,
    },
}
