//! The Sigma guest: Sigma rules as content, by the evaluator [`rsigma_eval`].
//!
//! *Content* is one rule file: detection rules, correlations and filters, one YAML document each. An
//! *event* is one record of a log as a JSON object, or several behind one another. The *results* are
//! the titles of the rules that matched.
//!
//! This crate is an adapter: what is a valid rule, and what matches, is rsigma's to say.

#![forbid(unsafe_code)]

mod event;
mod place;
mod scalar;

pub use event::flattened;

use proofhouse_guest::{Code, Description, EvaluateError, Interpreter, Position, Reject, Sink};
use rsigma_eval::{CorrelationConfig, CorrelationEngine, EvalError, JsonEvent, TimestampFallback};
use rsigma_parser::{SigmaCollection, parse_sigma_yaml};
use serde_json::{Deserializer, Value};

/// rsigma's version, which is the guest's: another rsigma is another interpreter.
pub const VERSION: &str = "0.23.0";

/// Rules are text, and text is UTF-8.
const NOT_UTF8: Code = Code::new(1);
/// Not YAML, or not Sigma.
const NOT_SIGMA: Code = Code::new(2);
/// Sigma that rsigma cannot evaluate.
const NOT_COMPILED: Code = Code::new(3);
/// Nothing in the file could ever match.
const NO_RULE: Code = Code::new(4);

/// The event is not JSON.
const EVENT_NOT_JSON: Code = Code::new(1);
/// The event is JSON but no record of a log.
const EVENT_NOT_OBJECT: Code = Code::new(2);

/// The rules of one file, ready to match.
pub struct Sigma {
    engine: CorrelationEngine,
}

impl Interpreter for Sigma {
    type Configuration = ();

    fn describe() -> Description {
        Description::new("sigma", VERSION).content("sigma-rules", ["*.yml", "*.yaml"])
    }

    fn load(content: &[u8], (): &()) -> Result<Self, Reject> {
        let text = str::from_utf8(content).map_err(|error| {
            Reject::new(NOT_UTF8, "the rules are not UTF-8")
                .at(Position::of(content, error.valid_up_to()))
        })?;
        let rules = parse_sigma_yaml(text).map_err(|e| Reject::new(NOT_SIGMA, e.to_string()))?;
        if !rules.errors.is_empty() {
            return Err(not_sigma(text, &rules));
        }
        if rules.rules.is_empty() && rules.correlations.is_empty() {
            return Err(Reject::new(NO_RULE, "no rule in this file"));
        }
        let mut engine = CorrelationEngine::new(CorrelationConfig {
            // The clock of the sandbox stands still: an event without a time belongs to no window.
            timestamp_fallback: TimestampFallback::Skip,
            ..CorrelationConfig::default()
        });
        engine.add_collection(&rules).map_err(|error| not_compiled(text, &error))?;
        Ok(Self { engine })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        // An event without a record would match nothing, whatever the rules say.
        if event.iter().all(u8::is_ascii_whitespace) {
            return Err(EvaluateError::new(EVENT_NOT_JSON, "event: empty"));
        }
        let mut matches = 0_usize;
        for record in Deserializer::from_slice(event).into_iter::<Value>() {
            let record =
                record.map_err(|e| EvaluateError::new(EVENT_NOT_JSON, format!("event: {e}")))?;
            let Value::Object(record) = record else {
                return Err(EvaluateError::new(EVENT_NOT_OBJECT, "event: not a JSON object"));
            };
            let record = Value::Object(flattened(record));
            for result in self.engine.process_event(&JsonEvent::borrow(&record)) {
                sink.emit(result.header.rule_title.as_bytes());
                matches = matches.saturating_add(1);
            }
        }
        Ok(matches)
    }
}

/// All that rsigma says of a file, with the first place that is known.
fn not_sigma(text: &str, rules: &SigmaCollection) -> Reject {
    let reject = Reject::new(NOT_SIGMA, rules.errors.join("; "));
    placed(reject, place::of_errors(text, &rules.errors))
}

fn not_compiled(text: &str, error: &EvalError) -> Reject {
    let place = match error {
        EvalError::UnknownDetection(name) => place::of_selection(text, name),
        _ => None,
    };
    placed(Reject::new(NOT_COMPILED, error.to_string()), place)
}

fn placed(reject: Reject, place: Option<Position>) -> Reject {
    match place {
        Some(place) => reject.at(place),
        None => reject,
    }
}

proofhouse_guest::export!(Sigma);
