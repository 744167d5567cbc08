//! A JSON document in which every value knows its place.
//!
//! The document is checked to be JSON once; then it is only taken apart, one level at a time, and
//! never turned into a tree. So a hostile file costs memory in proportion to its length, deep
//! nesting costs no stack, numbers keep their spelling, duplicate members are seen, and every error
//! has a position.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{EventsError, EventsFault, JsonKind};
use crate::excerpt::excerpt;
use crate::limits::MAX_EVENTS;
use crate::position::Position;

/// Members of an object that are kept: more than any object here has, so that the first one too
/// many is unknown or a duplicate, and the object is refused.
const MAX_MEMBERS: usize = 16;

/// One more than the longest array here has, so that a longer one is seen to be too long.
const MAX_ELEMENTS: usize = MAX_EVENTS.saturating_add(1);

/// A value in a document that is JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    document: &'a str,
    /// A part of `document`: the value without white space around it.
    text: &'a str,
}

impl<'a> Node<'a> {
    /// The whole document, if it is JSON.
    pub(super) fn parse(document: &'a str) -> Result<Self, EventsError> {
        let value: &RawValue =
            serde_json::from_str(document).map_err(|error| syntax(document, &error))?;
        Ok(Self { document, text: value.get() })
    }

    pub(super) fn text(self) -> &'a str {
        self.text
    }

    pub(super) fn position(self) -> Position {
        let offset = self.text.as_ptr().addr().saturating_sub(self.document.as_ptr().addr());
        Position::of(self.document, offset)
    }

    pub(super) fn fault(self, fault: EventsFault) -> EventsError {
        EventsError::new(self.position(), fault)
    }

    pub(super) fn kind(self) -> JsonKind {
        match self.text.as_bytes().first() {
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            Some(b'"') => JsonKind::String,
            Some(b't' | b'f') => JsonKind::Boolean,
            Some(b'n') => JsonKind::Null,
            _ => JsonKind::Number,
        }
    }

    /// The members of an object in file order, as pairs of a string and a value.
    pub(super) fn members(self) -> Result<Vec<(Self, Self)>, EventsError> {
        let Members(members) = self.part(JsonKind::Object)?;
        Ok(members.into_iter().map(|(name, value)| (self.child(name), self.child(value))).collect())
    }

    /// The elements of an array; of a very long one, more than any limit allows.
    pub(super) fn elements(self) -> Result<Vec<Self>, EventsError> {
        let Elements(elements) = self.part(JsonKind::Array)?;
        Ok(elements.into_iter().map(|element| self.child(element)).collect())
    }

    /// The text of a string.
    pub(super) fn string(self) -> Result<String, EventsError> {
        self.expect(JsonKind::String)?;
        // The syntax was checked with the document; what is left is what UTF-8 cannot hold.
        serde_json::from_str(self.text).map_err(|_| self.fault(EventsFault::HalfSurrogate))
    }

    /// The value of a number.
    pub(super) fn integer(self) -> Result<i64, EventsError> {
        self.expect(JsonKind::Number)?;
        let fault = |_| self.fault(EventsFault::Integer { text: excerpt(self.text) });
        self.text.parse().map_err(fault)
    }

    fn expect(self, expected: JsonKind) -> Result<(), EventsError> {
        let found = self.kind();
        if found == expected {
            Ok(())
        } else {
            Err(self.fault(EventsFault::Kind { expected, found }))
        }
    }

    fn part<T: Deserialize<'a>>(self, kind: JsonKind) -> Result<T, EventsError> {
        self.expect(kind)?;
        // The document is JSON and this is the kind that was asked for: there is nothing left to
        // refuse.
        let fault = |error: serde_json::Error| EventsFault::Syntax { reason: error.to_string() };
        serde_json::from_str(self.text).map_err(|error| self.fault(fault(error)))
    }

    fn child(self, value: &'a RawValue) -> Self {
        Self { document: self.document, text: value.get() }
    }
}

fn syntax(document: &str, error: &serde_json::Error) -> EventsError {
    let (line, column) = (error.line(), error.column());
    // The parser counts bytes, and says its position in its text too; once is enough.
    let start = document.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let position = Position::of(document, column.saturating_sub(1).saturating_add(start));
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    EventsError::new(position, EventsFault::Syntax { reason })
}

struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);
struct Elements<'a>(Vec<&'a RawValue>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

impl<'a> Deserialize<'a> for Elements<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

/// Collects members up to the limit and reads past the others.
struct MembersVisitor;

/// Collects elements up to the limit and reads past the others.
struct ElementsVisitor;

impl<'a> Visitor<'a> for MembersVisitor {
    type Value = Members<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while members.len() < MAX_MEMBERS {
            match access.next_entry()? {
                Some(member) => members.push(member),
                None => return Ok(Members(members)),
            }
        }
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Members(members))
    }
}

impl<'a> Visitor<'a> for ElementsVisitor {
    type Value = Elements<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while elements.len() < MAX_ELEMENTS {
            match access.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(Elements(elements)),
            }
        }
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Elements(elements))
    }
}
