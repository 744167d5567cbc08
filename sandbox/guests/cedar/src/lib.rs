//! The Cedar guest: Cedar policies as content, by the Cedar project's own crate [`cedar_policy`].
//!
//! *Content* is one policy set, in Cedar's text form. An *event* is an authorisation request together
//! with the entities that it is decided on. The *matches* are the policies that determined the
//! decision; the *results* are the decision and the names of these policies.

#![forbid(unsafe_code)]

mod request;

use cedar_policy::{
    AuthorizationError, Authorizer, Decision, PolicyId, PolicySet, Schema, ValidationMode,
    Validator,
};
use miette::Diagnostic;
use proofhouse_guest::{
    Code, Description, EvaluateError, Interpreter, Level, Position, Reject, Sink, diagnostic,
    message,
};
use serde_json::Value;

/// Cedar's version, which is the guest's: another Cedar is another interpreter.
pub const VERSION: &str = "4.14.1";

/// Policies are text, and text is UTF-8.
const NOT_UTF8: Code = Code::new(1);
/// Not Cedar.
const NOT_CEDAR: Code = Code::new(2);
/// Cedar, but not for the schema that the policy of this check names.
const NOT_VALID: Code = Code::new(3);
/// The configuration is not what this guest takes.
const BAD_CONFIGURATION: Code = Code::new(1);

/// A policy could not be evaluated. Cedar skips it and decides without it.
const POLICY_SKIPPED: Code = Code::new(2);

/// A policy with most of what the grammar has, and a request that it is evaluated on.
const WARM_UP: &str = r#"@id("a") forbid (principal == A::"a", action in [B::"b"], resource is C) when {
  principal.d has e && !(resource["f"] like "g*") || if h(1).i >= -1 then [] == {"j": 1} else true
};"#;

const WARM_UP_EVENT: &[u8] = br#"{"principal": "A::\"k\"", "action": "B::\"b\"",
  "resource": {"type": "C", "id": "l"}, "context": {"m": 1},
  "entities": [{"uid": {"type": "A", "id": "k"}, "attrs": {"d": {"e": 1}}, "parents": []}]}"#;

/// What the policy of a check may set.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    schema: Option<Schema>,
}

/// A policy set, and the schema that it was validated against.
pub struct Cedar {
    policies: PolicySet,
    schema: Option<Schema>,
    /// Errors of an evaluation point into it.
    text: String,
}

impl Interpreter for Cedar {
    type Configuration = Configuration;

    fn describe() -> Description {
        Description::new("cedar", VERSION).content("cedar-policies", ["*.cedar"])
    }

    fn warm_up() {
        // The parser's tables and those of the extension functions are made when they are first used.
        let policies = WARM_UP.parse::<PolicySet>();
        let event = request::read(WARM_UP_EVENT, None);
        if let (Ok(policies), Ok((request, entities))) = (policies, event) {
            Authorizer::new().is_authorized(&request, &policies, &entities);
        }
    }

    fn configure(json: &str) -> Result<Configuration, Reject> {
        let refuse = |why: String| Reject::new(BAD_CONFIGURATION, format!("configuration: {why}"));
        let json: Value = serde_json::from_str(json).map_err(|error| refuse(error.to_string()))?;
        let only = json.as_object().filter(|settings| settings.len() == 1);
        let text = only
            .and_then(|settings| settings.get("schema")?.as_str())
            .ok_or_else(|| refuse(r#"expected {"schema": "..."}"#.to_owned()))?;
        let (schema, _) =
            Schema::from_cedarschema_str(text).map_err(|error| refuse(error.to_string()))?;
        Ok(Configuration { schema: Some(schema) })
    }

    fn load(content: &[u8], configuration: &Configuration) -> Result<Self, Reject> {
        let text = str::from_utf8(content).map_err(|error| {
            Reject::new(NOT_UTF8, "the policies are not UTF-8")
                .at(Position::of(content, error.valid_up_to()))
        })?;
        let policies: PolicySet =
            text.parse().map_err(|error| refused(NOT_CEDAR, content, &error))?;
        let schema = configuration.schema.clone();
        if let Some(schema) = schema.clone() {
            let judged = Validator::new(schema).validate(&policies, ValidationMode::Strict);
            for warning in judged.validation_warnings() {
                let text = warning.to_string();
                match place(content, warning) {
                    Some(place) => diagnostic(Level::Warning, place, &text),
                    None => message(Level::Warning, &text),
                }
            }
            if let Some(error) = judged.validation_errors().next() {
                return Err(refused(NOT_VALID, content, error));
            }
        }
        Ok(Self { policies, schema, text: text.to_owned() })
    }

    fn evaluate(&mut self, event: &[u8], sink: &mut Sink) -> Result<usize, EvaluateError> {
        let (request, entities) = request::read(event, self.schema.as_ref())?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        // A `forbid` that is skipped opens what it was to close: never a silent one.
        let skipped: Vec<_> = response.diagnostics().errors().collect();
        if !skipped.is_empty() {
            return Err(self.skipped(&skipped));
        }
        let decision = match response.decision() {
            Decision::Allow => "allow",
            Decision::Deny => "deny",
        };
        sink.emit(decision.as_bytes());
        // Cedar keeps them in a set.
        let reasons = response.diagnostics().reason();
        let mut names: Vec<_> = reasons.map(|id| self.name(id)).collect();
        names.sort();
        for name in &names {
            sink.emit(name.as_bytes());
        }
        Ok(names.len())
    }
}

impl Cedar {
    /// Cedar's words on each policy that it could not evaluate, at the first place that it points to.
    fn skipped(&self, errors: &[&AuthorizationError]) -> EvaluateError {
        let words: Vec<_> = errors.iter().map(ToString::to_string).collect();
        let error = EvaluateError::new(POLICY_SKIPPED, words.join("; "));
        match errors.iter().find_map(|error| place(self.text.as_bytes(), *error)) {
            Some(place) => error.at(place),
            None => error,
        }
    }

    /// What a policy is called: its annotation `@id`, or its number as Cedar counts.
    fn name(&self, id: &PolicyId) -> String {
        self.policies.annotation(id, "id").map_or_else(|| id.to_string(), str::to_owned)
    }
}

/// Cedar's own words, at the first place that it points to.
fn refused(code: Code, content: &[u8], error: &(impl Diagnostic + ?Sized)) -> Reject {
    let reject = Reject::new(code, error.to_string());
    match place(content, error) {
        Some(place) => reject.at(place),
        None => reject,
    }
}

fn place(content: &[u8], error: &(impl Diagnostic + ?Sized)) -> Option<Position> {
    let place = error.labels().and_then(|mut labels| labels.next())?;
    Some(Position::of(content, place.offset()))
}

proofhouse_guest::export!(Cedar);
