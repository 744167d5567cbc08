//! What a policy may set: the external variables that rules use.

use std::collections::BTreeMap;

use boreal::compiler::ExternalValue;
use proofhouse_guest::{Code, Reject};
use serde_json::{Map, Value};

/// The configuration is not what this guest takes.
const BAD_CONFIGURATION: Code = Code::new(1);

/// The one setting.
const EXTERNALS: &str = "externals";

/// Variables that public rule collections take for granted, as text that is empty unless the policy
/// says otherwise.
const CUSTOMARY: [&str; 5] = ["filename", "filepath", "extension", "filetype", "owner"];

/// 2^63, the first number beyond YARA's integers. From here on JSON no longer tells an integer from a
/// float, so neither is taken.
const BEYOND_INTEGERS: f64 = 9_223_372_036_854_775_808.0;

/// The external variables, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    externals: BTreeMap<String, ExternalValue>,
}

/// Why a configuration is rejected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// It is not a JSON object.
    #[error("not a JSON object: {0}")]
    Json(#[from] serde_json::Error),
    /// Nobody would read this setting.
    #[error("unknown setting `{name}`, expected `{EXTERNALS}`")]
    UnknownSetting {
        /// As written.
        name: String,
    },
    /// The variables are not an object.
    #[error("`{EXTERNALS}` is not an object of names and values")]
    Externals,
    /// No rule could name this variable.
    #[error("external variable `{name}`: not an identifier of YARA")]
    Name {
        /// As written.
        name: String,
    },
    /// YARA has no variables of this type.
    #[error("external variable `{name}`: neither text, number nor boolean")]
    Type {
        /// As written.
        name: String,
    },
    /// YARA's integers have 64 bits and a sign.
    #[error("external variable `{name}`: beyond the range of a signed 64-bit integer")]
    Range {
        /// As written.
        name: String,
    },
}

impl Configuration {
    /// Reads `{"externals": {NAME: VALUE, ...}}`. The variables add to the customary ones or replace
    /// them.
    pub fn from_json(json: &str) -> Result<Self, ConfigurationError> {
        let mut configuration = Self::default();
        for (name, value) in serde_json::from_str::<Map<String, Value>>(json)? {
            if name != EXTERNALS {
                return Err(ConfigurationError::UnknownSetting { name });
            }
            let Value::Object(externals) = value else {
                return Err(ConfigurationError::Externals);
            };
            for (name, value) in externals {
                configuration.declare(name, value)?;
            }
        }
        Ok(configuration)
    }

    /// The variables in the order of their names.
    pub fn externals(&self) -> impl Iterator<Item = (&str, &ExternalValue)> {
        self.externals.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn declare(&mut self, name: String, value: Value) -> Result<(), ConfigurationError> {
        if !is_identifier(&name) {
            return Err(ConfigurationError::Name { name });
        }
        let value = match value {
            Value::String(text) => ExternalValue::Bytes(text.into_bytes()),
            Value::Bool(boolean) => ExternalValue::Boolean(boolean),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => ExternalValue::Integer(integer),
                (None, Some(float)) if float.abs() < BEYOND_INTEGERS => ExternalValue::Float(float),
                _ => return Err(ConfigurationError::Range { name }),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(ConfigurationError::Type { name });
            }
        };
        self.externals.insert(name, value);
        Ok(())
    }
}

impl Default for Configuration {
    fn default() -> Self {
        let empty = |name: &str| (name.to_owned(), ExternalValue::Bytes(Vec::new()));
        Self { externals: CUSTOMARY.into_iter().map(empty).collect() }
    }
}

impl From<ConfigurationError> for Reject {
    fn from(error: ConfigurationError) -> Self {
        Reject::new(BAD_CONFIGURATION, format!("configuration: {error}"))
    }
}

fn is_identifier(name: &str) -> bool {
    let word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    name.bytes().all(word) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}
