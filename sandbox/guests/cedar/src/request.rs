//! Events: a request and its entities, in Cedar's own JSON forms.

use cedar_policy::{Context, Entities, EntityUid, Request, Schema};
use proofhouse_guest::{Code, EvaluateError};
use serde_json::{Map, Value};

/// The event is no request.
const BAD_EVENT: Code = Code::new(1);

/// Reads `{"principal", "action", "resource", "context", "entities"}`; the last two may be absent.
pub(crate) fn read(
    event: &[u8],
    schema: Option<&Schema>,
) -> Result<(Request, Entities), EvaluateError> {
    let mut members: Map<String, Value> = serde_json::from_slice(event).map_err(bad)?;
    let mut entity = |name: &str| {
        let value = members.remove(name).ok_or_else(|| bad(format!("no `{name}`")))?;
        uid(value).map_err(|why| bad(format!("`{name}`: {why}")))
    };
    let (principal, action, resource) =
        (entity("principal")?, entity("action")?, entity("resource")?);
    let context = match members.remove("context") {
        Some(json) => {
            let shape = schema.map(|schema| (schema, &action));
            Context::from_json_value(json, shape).map_err(bad)?
        }
        None => Context::empty(),
    };
    let entities = match members.remove("entities") {
        Some(json) => Entities::from_json_value(json, schema).map_err(bad)?,
        None => Entities::empty(),
    };
    if let Some(name) = members.keys().next() {
        return Err(bad(format!("unknown member `{name}`")));
    }
    let request = Request::new(principal, action, resource, context, schema).map_err(bad)?;
    Ok((request, entities))
}

/// An entity, as text (`User::"ann"`) or in the JSON form (`{"type": "User", "id": "ann"}`).
fn uid(value: Value) -> Result<EntityUid, String> {
    match value {
        Value::String(text) => text.parse().map_err(|error| format!("{error}")),
        value => EntityUid::from_json(value).map_err(|error| error.to_string()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn bad(why: impl ToString) -> EvaluateError {
    EvaluateError::new(BAD_EVENT, format!("event: {}", why.to_string()))
}
