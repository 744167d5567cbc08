//! Text to [`EventsFile`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::compact::compact;
use super::error::{EventsError, EventsFault, JsonKind};
use super::fields::{FieldValue, FieldValues};
use super::json::Node;
use super::{Event, EventsFile, Payload};
use crate::excerpt::excerpt;
use crate::limits::{
    MAX_EVENT_BYTES, MAX_EVENT_ID_CHARS, MAX_EVENTS, MAX_EVENTS_FILE_BYTES, MAX_EVENTS_TOTAL_BYTES,
};
use crate::position::Position;

/// What the `schema` member of an events file says.
pub(super) const SCHEMA: &str = "proofhouse.events/1";

/// The members that carry a payload, in the order in which [`event`] takes them apart.
const PAYLOADS: [&str; 4] = ["fields", "text", "base64", "json"];

impl EventsFile {
    /// Reads an events file. The first fault ends the reading.
    pub fn parse(bytes: &[u8]) -> Result<Self, EventsError> {
        let document = text(bytes)?;
        let root = Node::parse(document)?;
        let [schema, events] = members(root, ["schema", "events"])?;
        let schema = schema.ok_or_else(|| missing(root, "schema"))?;
        let found = schema.string()?;
        if found != SCHEMA {
            return Err(schema.fault(EventsFault::Schema { found: excerpt(&found) }));
        }
        let list = events.ok_or_else(|| missing(root, "events"))?;
        let nodes = list.elements()?;
        if nodes.len() > MAX_EVENTS {
            return Err(list.fault(EventsFault::EventCount));
        }
        let mut file = Self::default();
        let mut limits = Limits::default();
        for node in nodes {
            file.events.push(event(node, &mut limits)?);
        }
        Ok(file)
    }
}

/// What is judged over all events of a file.
#[derive(Default)]
struct Limits<'a> {
    ids: HashMap<String, Node<'a>>,
    total_bytes: usize,
}

impl<'a> Limits<'a> {
    fn check_id(&mut self, id: &str, node: Node<'a>) -> Result<(), EventsError> {
        let found = id.chars().count();
        if !(1..=MAX_EVENT_ID_CHARS).contains(&found) {
            return Err(node.fault(EventsFault::IdLength { found }));
        }
        match self.ids.entry(id.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(node);
                Ok(())
            }
            Entry::Occupied(entry) => {
                let (id, first) = (excerpt(id), entry.get().position());
                Err(node.fault(EventsFault::DuplicateId { id, first }))
            }
        }
    }

    fn check_length(&mut self, event: &Event, node: Node<'_>) -> Result<(), EventsError> {
        let found = event.bytes().len();
        if found > MAX_EVENT_BYTES {
            return Err(node.fault(EventsFault::EventLength { found }));
        }
        self.total_bytes = self.total_bytes.saturating_add(found);
        if self.total_bytes > MAX_EVENTS_TOTAL_BYTES {
            return Err(node.fault(EventsFault::TotalLength { found: self.total_bytes }));
        }
        Ok(())
    }
}

fn text(bytes: &[u8]) -> Result<&str, EventsError> {
    if bytes.len() > MAX_EVENTS_FILE_BYTES {
        let fault = EventsFault::FileLength { found: bytes.len() };
        return Err(EventsError::new(Position { line: 1, column: 1 }, fault));
    }
    str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).and_then(|valid| str::from_utf8(valid).ok());
        let position = Position::of(valid.unwrap_or_default(), error.valid_up_to());
        EventsError::new(position, EventsFault::NotUtf8)
    })
}

fn event<'a>(node: Node<'a>, limits: &mut Limits<'a>) -> Result<Event, EventsError> {
    let [id, fields, text, bytes, json] =
        members(node, ["id", "fields", "text", "base64", "json"])?;
    let place = id.ok_or_else(|| missing(node, "id"))?;
    let id = place.string()?;
    limits.check_id(&id, place)?;

    let payload = match [fields, text, bytes, json] {
        [Some(value), None, None, None] => Payload::Fields(field_values(value)?),
        [None, Some(value), None, None] => Payload::Bytes(value.string()?.into_bytes()),
        [None, None, Some(value), None] => Payload::Bytes(base64(value)?),
        [None, None, None, Some(value)] => Payload::Bytes(compact(value.text())),
        other => return Err(not_one_payload(node, other)),
    };
    let event = Event { id, payload };
    limits.check_length(&event, node)?;
    Ok(event)
}

fn not_one_payload<'a>(node: Node<'a>, payloads: [Option<Node<'a>>; 4]) -> EventsError {
    let mut present = PAYLOADS.into_iter().zip(payloads).filter(|(_, value)| value.is_some());
    match (present.next(), present.next()) {
        (Some((first, _)), Some((second, _))) => {
            node.fault(EventsFault::SecondPayload { first, second })
        }
        _ => node.fault(EventsFault::NoPayload),
    }
}

fn field_values(list: Node<'_>) -> Result<FieldValues, EventsError> {
    let values = list.elements()?.into_iter().map(field_value).collect::<Result<_, _>>()?;
    FieldValues::new(values).map_err(|limit| list.fault(EventsFault::Fields(limit)))
}

fn field_value(node: Node<'_>) -> Result<FieldValue, EventsError> {
    match node.kind() {
        JsonKind::Null => Ok(FieldValue::Absent),
        JsonKind::Number => node.integer().map(FieldValue::Integer),
        JsonKind::String => Ok(FieldValue::Bytes(node.string()?.into_bytes())),
        JsonKind::Object => {
            let [bytes] = members(node, ["base64"])?;
            base64(bytes.ok_or_else(|| missing(node, "base64"))?).map(FieldValue::Bytes)
        }
        found @ (JsonKind::Boolean | JsonKind::Array) => {
            Err(node.fault(EventsFault::FieldKind { found }))
        }
    }
}

fn base64(node: Node<'_>) -> Result<Vec<u8>, EventsError> {
    let text = node.string()?;
    STANDARD.decode(text).map_err(|error| node.fault(EventsFault::Base64(error)))
}

/// The members of an object by name. Others, and second ones, are refused.
fn members<'a, const N: usize>(
    node: Node<'a>,
    names: [&'static str; N],
) -> Result<[Option<Node<'a>>; N], EventsError> {
    let mut found = [None; N];
    for (place, value) in node.members()? {
        let name = place.string()?;
        let mut known = names.into_iter().zip(&mut found);
        let Some((name, slot)) = known.find(|(known, _)| *known == name) else {
            return Err(place.fault(EventsFault::UnknownMember { name: excerpt(&name) }));
        };
        if slot.replace(value).is_some() {
            return Err(place.fault(EventsFault::DuplicateMember { name }));
        }
    }
    Ok(found)
}

fn missing(node: Node<'_>, name: &'static str) -> EventsError {
    node.fault(EventsFault::MissingMember { name })
}
