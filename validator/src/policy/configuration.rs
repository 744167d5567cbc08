//! An interpreter's configuration: TOML in the policy, JSON for the interpreter.

use serde_json::{Number, Value};

/// The JSON of a TOML value, or what in it JSON does not have.
pub(super) fn json(value: toml::Value) -> Result<Value, &'static str> {
    use toml::Value as Toml;
    Ok(match value {
        Toml::String(text) => Value::String(text),
        Toml::Integer(number) => number.into(),
        Toml::Boolean(value) => Value::Bool(value),
        Toml::Float(number) => Number::from_f64(number)
            .map(Value::Number)
            .ok_or("its configuration has a number that JSON does not have")?,
        Toml::Datetime(_) => return Err("its configuration has a date; write it as a string"),
        Toml::Array(list) => list.into_iter().map(json).collect::<Result<_, _>>()?,
        Toml::Table(table) => {
            let members = table.into_iter().map(|(name, value)| Ok((name, json(value)?)));
            members.collect::<Result<_, _>>()?
        }
    })
}
