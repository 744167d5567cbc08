//! What the policy of a check may set.

use proofhouse_guest::{Code, Reject};
use serde_json::Value;

/// The configuration is not what this guest takes.
const BAD_CONFIGURATION: Code = Code::new(1);

/// What is evaluated.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The path of the rule that decides, such as `data.k8s.violation`.
    pub query: Option<String>,
    /// Whether the modules' own tests are run in place of it.
    pub tests: bool,
}

impl Configuration {
    /// Reads `{"query": PATH}` or `{"tests": true}`.
    pub fn from_json(json: &str) -> Result<Self, Reject> {
        let refuse = |why: &str| Reject::new(BAD_CONFIGURATION, format!("configuration: {why}"));
        let json: Value = serde_json::from_str(json).map_err(|error| refuse(&error.to_string()))?;
        let settings = json.as_object().ok_or_else(|| refuse("not a JSON object"))?;
        let mut configuration = Self::default();
        for (name, value) in settings {
            match (name.as_str(), value) {
                ("query", Value::String(path)) => configuration.query = Some(path.clone()),
                ("tests", Value::Bool(tests)) => configuration.tests = *tests,
                ("query" | "tests", _) => return Err(refuse(&format!("`{name}`: wrong type"))),
                _ => return Err(refuse(&format!("unknown setting `{name}`"))),
            }
        }
        Ok(configuration)
    }
}
