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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    fn parsed(events: &str) -> Vec<Event> {
        let json = format!("{{\"schema\": \"proofhouse.events/1\", \"events\": [{events}]}}");
        Events::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn events_of_several_files_stay_in_order() {
        let first = parsed(r#"{"id": "b", "text": "one"}, {"id": "a", "fields": [null, 7]}"#);
        let second = Events::raw("dir/c".into(), vec![0, 255]);
        let events = Events::join(first.into_iter().chain([second])).unwrap();
        assert_eq!((events.len(), events.is_empty()), (3, false));
        let ids = [0, 1, 2, 3].map(|index| events.id(index));
        assert_eq!(ids, [Some("b"), Some("a"), Some("dir/c"), None]);
        // Two fields: one absent, one an integer; the encoding of docs/channel-file.md.
        let fields = [2, 0, 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(events.inputs(), [b"one".as_slice(), &fields, &[0, 255]]);
    }

    #[test]
    fn two_files_may_not_have_the_same_id() {
        let events = [parsed(r#"{"id": "a", "text": ""}"#), parsed(r#"{"id": "a", "text": "x"}"#)];
        let error = Events::join(events.into_iter().flatten()).unwrap_err();
        assert_eq!(error, DuplicateId("a".into()));
    }

    #[test]
    fn no_events_are_none() {
        let events = Events::join([]).unwrap();
        assert!(events.is_empty() && events.inputs().is_empty() && events.id(0).is_none());
    }

    #[test]
    fn an_error_says_where() {
        let json = b"{\"schema\": \"proofhouse.events/1\",\n \"events\": [{}]}";
        let error = Events::parse(json).unwrap_err();
        let position = error.position();
        assert_eq!((position.line, position.column), (2, 13), "{error}");
    }
}
