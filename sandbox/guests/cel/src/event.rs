//! Events: JSON as values of CEL.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value;
use serde_json::Value as Json;

/// A JSON value as CEL's. A number without fraction and exponent is an `int` where it fits, so that
/// it can be added to the integers of an expression. How deep it nests is limited by the JSON parser.
pub(crate) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(boolean) => Value::Bool(boolean),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::Int(integer),
            (None, Some(integer)) => Value::UInt(integer),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Arc::new(text)),
        Json::Array(items) => Value::List(Arc::new(items.into_iter().map(value).collect())),
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, member)| (name, value(member)));
            Value::from(members.collect::<HashMap<String, Value>>())
        }
    }
}
