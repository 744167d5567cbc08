//! The events that content is exercised with.

use proofhouse_corpus::{Event, EventsError, EventsFile, Payload};
use std::collections::BTreeSet;

/// All events of a call, as the interpreters receive them.
#[derive(Debug, Default)]
pub struct Events {
    ids: Vec<String>,
    inputs: Vec<Vec<u8>>,
}

/// Two events have the same id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event id `{0}` is used twice")]
pub struct DuplicateId(pub String);

impl Events {
    /// Joins the events of several files, in order.
    ///
    /// # Errors
    /// If two of them have the same id: a report could not tell them apart.
    pub fn join(events: impl IntoIterator<Item = Event>) -> Result<Self, DuplicateId> {
        let mut seen = BTreeSet::new();
        let mut joined = Self::default();
        for event in events {
            if !seen.insert(event.id.clone()) {
                return Err(DuplicateId(event.id));
            }
            joined.inputs.push(event.bytes().into_owned());
            joined.ids.push(event.id);
        }
        Ok(joined)
    }

    /// Reads an events file.
    ///
    /// # Errors
    /// What is wrong with it, with its line and column.
    pub fn parse(json: &[u8]) -> Result<Vec<Event>, EventsError> {
        EventsFile::parse(json).map(|file| file.events)
    }

    /// A file's bytes as one event.
    pub fn raw(id: String, bytes: Vec<u8>) -> Event {
        Event { id, payload: Payload::Bytes(bytes) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The id of the event at that index.
    pub fn id(&self, index: usize) -> Option<&str> {
        self.ids.get(index).map(String::as_str)
    }

    /// The bytes of all of them, in order.
    pub fn inputs(&self) -> Vec<&[u8]> {
        self.inputs.iter().map(Vec::as_slice).collect()
    }
}
