//! Windows events as tools export them, in the flat form that rules are written for.

use serde_json::{Map, Value};

/// What an XML element's attributes are called in the nested form.
const ATTRIBUTES: &str = "#attributes";
/// What an XML element's text is called there, where it also has attributes.
const TEXT: &str = "#text";

/// `{"Event": {"System": {...}, "EventData": {...}}}` as one object of the names that rules use:
/// the data's own (`Image`), the system part's (`EventID`), and the attributes of the latter behind
/// an underscore (`Provider_Name`). Any other object is a record as it is.
pub fn flattened(record: Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Object(event)) = record.get("Event") else { return record };
    let mut flat = Map::new();
    if let Some(Value::Object(system)) = event.get("System") {
        for (name, value) in system {
            add_system(name, value, &mut flat);
        }
    }
    for part in ["EventData", "UserData"] {
        if let Some(Value::Object(data)) = event.get(part) {
            add_data(data, &mut flat);
        }
    }
    flat
}

fn add_system(name: &str, value: &Value, flat: &mut Map<String, Value>) {
    let Value::Object(element) = value else {
        flat.insert(name.to_owned(), value.clone());
        return;
    };
    if let Some(text) = element.get(TEXT) {
        flat.insert(name.to_owned(), text.clone());
    }
    if let Some(Value::Object(attributes)) = element.get(ATTRIBUTES) {
        for (attribute, value) in attributes {
            flat.insert(format!("{name}_{attribute}"), value.clone());
        }
    }
}

/// An element inside the data has no name in rules, only its fields have. How deep they lie is
/// limited by the JSON parser.
fn add_data(data: &Map<String, Value>, flat: &mut Map<String, Value>) {
    for (name, value) in data {
        match value {
            Value::Object(inner) if name != ATTRIBUTES => add_data(inner, flat),
            Value::Object(_) => {}
            value => {
                flat.insert(name.clone(), value.clone());
            }
        }
    }
}
