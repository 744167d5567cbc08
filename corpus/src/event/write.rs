//! [`EventsFile`] to text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fields::FieldValue;
use super::file::SCHEMA;
use super::{Event, EventsFile, Payload};

impl EventsFile {
    /// The file as JSON, indented. Bytes that are UTF-8 become text, others base64.
    pub fn to_json(&self) -> String {
        let events: Vec<Value> = self.events.iter().map(event).collect();
        format!("{:#}\n", json!({ "schema": SCHEMA, "events": events }))
    }
}

fn event(Event { id, payload }: &Event) -> Value {
    match payload {
        Payload::Fields(fields) => {
            let fields: Vec<Value> = fields.iter().map(field).collect();
            json!({ "id": id, "fields": fields })
        }
        Payload::Bytes(bytes) => match str::from_utf8(bytes) {
            Ok(text) => json!({ "id": id, "text": text }),
            Err(_) => json!({ "id": id, "base64": STANDARD.encode(bytes) }),
        },
    }
}

fn field(value: &FieldValue) -> Value {
    match value {
        FieldValue::Absent => Value::Null,
        FieldValue::Integer(integer) => json!(integer),
        FieldValue::Bytes(bytes) => match str::from_utf8(bytes) {
            Ok(text) => json!(text),
            Err(_) => json!({ "base64": STANDARD.encode(bytes) }),
        },
    }
}
