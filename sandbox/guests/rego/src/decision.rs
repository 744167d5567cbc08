//! What the value of a rule means.

use regorus::Value;

/// Each member of a collection is a decision of its own; `true` and any other value are one;
/// `false` and undefined are none.
pub(crate) fn results(value: &Value) -> Result<Vec<String>, impl std::fmt::Display + use<>> {
    match value {
        Value::Undefined | Value::Bool(false) => Ok(Vec::new()),
        Value::Array(members) => members.iter().map(Value::to_json_str).collect(),
        Value::Set(members) => members.iter().map(Value::to_json_str).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| Ok(format!("[{},{}]", key.to_json_str()?, value.to_json_str()?)))
            .collect(),
        value => value.to_json_str().map(|json| vec![json]),
    }
}
