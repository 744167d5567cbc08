//! Events: what content is evaluated against, and the files that hold recordings of them.
//!
//! An events file is JSON, for people and for other tools: `docs/schemas/events-1.json` describes
//! it. What an interpreter receives is bytes. For an event with field values they are the encoding
//! that `docs/channel-file.md` specifies; for any other event they are the event itself.

mod compact;
mod error;
mod fields;
mod file;
mod json;
mod values;
mod write;

use std::borrow::Cow;

pub use error::{EventsError, EventsFault, JsonKind};
pub use fields::{FieldValue, FieldValues, FieldsLimit};
pub use values::{FieldsError, FieldsFault};

/// One telemetry input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What reports call it. Unique in an events file, 1 to
    /// [`MAX_EVENT_ID_CHARS`](crate::limits::MAX_EVENT_ID_CHARS) characters.
    pub id: String,
    /// What the interpreter is given.
    pub payload: Payload,
}

/// What an event consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The inputs of a template type.
    Fields(FieldValues),
    /// Bytes that only the interpreter understands.
    Bytes(Vec<u8>),
}

/// The events of one events file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsFile {
    /// Events in file order, with unique ids.
    pub events: Vec<Event>,
}

impl Event {
    /// The bytes that an interpreter receives.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.payload {
            Payload::Fields(fields) => Cow::Owned(fields.encode()),
            Payload::Bytes(bytes) => Cow::Borrowed(bytes),
        }
    }

    /// The event as an interpreter of channel files sees it. Bytes are decoded.
    pub(crate) fn fields(&self) -> Result<Cow<'_, FieldValues>, FieldsError> {
        match &self.payload {
            Payload::Fields(fields) => Ok(Cow::Borrowed(fields)),
            Payload::Bytes(bytes) => FieldValues::decode(bytes).map(Cow::Owned),
        }
    }
}
