//! The Rego guest: Rego policies as content, by the interpreter [`regorus`].
//!
//! *Content* is one module, or a bundle: a JSON document with several modules and their data. An
//! *event* is an input document. The *matches* are what the policy decides on it, such as the members
//! of `violation`; the *results* are these decisions as JSON. With `tests` set in the policy of a
//! check, the matches are the tests that pass.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Display;

mod bundle;
mod column;
mod configuration;
mod decision;
mod refusal;

use bundle::Bundle;
pub use configuration::Configuration;
use proofhouse_guest::{
    Code, Description, EvaluateError, Interpreter, Level, Reject, Sink, message,
};
use refusal::Refusal;
use regorus::{Engine, Value};

/// regorus's version, which is the guest's: another regorus is another interpreter.
pub const VERSION: &str = "0.14.1";

/// The event is not JSON.
const BAD_EVENT: Code = Code::new(1);
/// Rego's own errors: a conflict, a function that fails.
const NOT_EVALUATED: Code = Code::new(2);
/// Tests of the bundle do not pass.
const TESTS_FAILED: Code = Code::new(3);

/// Modules that are compiled together.
pub struct Rego {
    engine: Engine,
    /// Paths of the rules that decide, or of the tests.
    rules: Vec<String>,
    testing: bool,
    /// Texts by name: errors have places in them.
    modules: BTreeMap<String, String>,
}

impl Interpreter for Rego {
    type Configuration = Configuration;

    fn describe() -> Description {
        Description::new("rego", VERSION)
            .content("rego-module", ["*.rego"])
            .content("rego-bundle", ["*.rego.json"])
    }

    fn configure(json: &str) -> Result<Configuration, Reject> {
        Configuration::from_json(json)
    }

    fn load(content: &[u8], configuration: &Configuration) -> Result<Self, Reject> {
        let bundle = Bundle::read(content)?;
        let (engine, packages) = bundle.compile()?;
        let rules = if configuration.tests {
            bundle.tests(&engine, &packages)
        } else if let Some(query) = &configuration.query {
            vec![query.clone()]
        } else {
            bundle.decisions(&engine, &packages)
        };
        let modules = bundle.into_modules();
        Ok(Self { engine, rules, testing: configuration.tests, modules })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        let text = str::from_utf8(event)
            .map_err(|error| EvaluateError::new(BAD_EVENT, format!("event: {error}")))?;
        let input = Value::from_json_str(text)
            .map_err(|error| EvaluateError::new(BAD_EVENT, format!("event: {error}")))?;
        self.engine.set_input(input);
        let decided = self.decide(sink);
        for line in self.engine.take_prints().unwrap_or_default() {
            message(Level::Info, &line);
        }
        decided
    }
}

impl Rego {
    fn decide(&mut self, sink: &mut Sink) -> Result<usize, EvaluateError> {
        let mut matches = 0_usize;
        let mut failed = Vec::new();
        for rule in &self.rules {
            let value = self.engine.eval_rule(rule.clone());
            let value = value.map_err(|error| not_evaluated(&error, &self.modules))?;
            let results = if self.testing {
                if let Value::Bool(true) = value {
                    vec![rule.clone()]
                } else {
                    failed.push(rule.as_str());
                    Vec::new()
                }
            } else {
                decision::results(&value).map_err(|error| not_evaluated(&error, &self.modules))?
            };
            for result in &results {
                sink.emit(result.as_bytes());
            }
            matches = matches.saturating_add(results.len());
        }
        if failed.is_empty() {
            Ok(matches)
        } else {
            let text = format!("tests failed: {}", failed.join(", "));
            Err(EvaluateError::new(TESTS_FAILED, text))
        }
    }
}

fn not_evaluated(error: &impl Display, modules: &BTreeMap<String, String>) -> EvaluateError {
    Refusal::read(error, modules).into_evaluate_error(NOT_EVALUATED)
}

proofhouse_guest::export!(Rego);
