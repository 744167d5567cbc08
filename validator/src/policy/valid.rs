//! The policy, valid: what the gates go by.

use super::configuration::json;
use super::problem::PolicyProblem;
use super::written::{self, Written};
use crate::finding::{Code, Severities, Severity};
use crate::gates::{Gate, Gates};
use crate::size::{MAX_INTEGER, Size, Span};
use proofhouse_sandbox::{Limits, Sanitize, StackProfile};
use serde::Serialize;
use std::collections::BTreeMap;
use std::str::FromStr;
use toml::Spanned;

/// The `schema` member of a policy.
pub const POLICY_SCHEMA: &str = "proofhouse.policy/1";
/// Largest policy that is read, in bytes; people write them.
pub const MAX_POLICY_BYTES: u64 = 1 << 20;
/// Largest content that is read, in bytes, unless a policy says otherwise: ten times the largest
/// public rule collection in one file.
pub const DEFAULT_CONTENT_BYTES: u64 = 64 << 20;

/// What one call of `check` goes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// How closely the memory of interpreters is checked.
    pub sanitize: Sanitize,
    /// Limits of a run.
    pub limits: Limits,
    /// Largest content in bytes.
    pub content_bytes: u64,
    /// The gates that are on.
    pub gates: Gates,
    /// Severities that differ from the default ones.
    pub severities: Severities,
    /// Globs of files that are content; empty: the interpreter's own.
    pub include: Vec<String>,
    /// Globs of files that are not.
    pub exclude: Vec<String>,
    /// What each interpreter is given, by name or id.
    pub interpreters: BTreeMap<String, InterpreterPolicy>,
}

/// What one interpreter is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InterpreterPolicy {
    /// The digest that it must have.
    pub digest: Option<String>,
    /// Arguments of a command.
    pub arguments: Vec<String>,
    /// Its configuration as JSON.
    pub configuration: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            sanitize: Sanitize::default(),
            limits: Limits::default(),
            content_bytes: DEFAULT_CONTENT_BYTES,
            gates: Gates::choose(&[], &[]),
            severities: Severities::default(),
            include: Vec::new(),
            exclude: Vec::new(),
            interpreters: BTreeMap::new(),
        }
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// All problems that were found, in the order of the text; only the first where it is no TOML.
    pub fn parse(text: &str) -> Result<Self, Vec<PolicyProblem>> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            vec![PolicyProblem::at(span, error.message())]
        })?;
        let mut check = Check::default();
        let policy = check.policy(written);
        let mut problems = check.problems;
        problems.sort_by_key(|problem| problem.span.start);
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }

    /// Digest of all that the policy says: of its meaning, not of its text.
    pub fn digest(&self) -> String {
        // Maps are ordered and no member can fail to be serialised.
        crate::digest::of_text(&serde_json::to_string(self).unwrap_or_default())
    }
}

/// Judges a written policy and collects what is wrong with it.
#[derive(Default)]
struct Check {
    problems: Vec<PolicyProblem>,
}

impl Check {
    fn policy(&mut self, written: Written) -> Policy {
        if written.schema.get_ref() != POLICY_SCHEMA {
            let message = format!("expected `{POLICY_SCHEMA}`");
            self.problems.push(PolicyProblem::at(written.schema.span(), message));
        }
        let mut policy = Policy::default();
        let sanitize = written.sanitize.as_ref();
        if let Some(named) =
            self.word(sanitize, Sanitize::named, &Sanitize::ALL.map(Sanitize::name))
        {
            policy.sanitize = named;
        }
        self.limits(&written.limits, &mut policy);
        let only = self.gates(&written.gates.only);
        let skip = self.gates(&written.gates.skip);
        policy.gates = Gates::choose(&only, &skip);
        policy.severities = self.severities(&written.severity);
        policy.include = written.files.include;
        policy.exclude = written.files.exclude;
        for (name, interpreter) in written.interpreter {
            let valid = self.interpreter(&name, interpreter);
            policy.interpreters.insert(name.into_inner(), valid);
        }
        policy
    }

    fn limits(&mut self, written: &written::Limits, policy: &mut Policy) {
        let limits = &mut policy.limits;
        for (from, to, least) in [
            (&written.fuel, &mut limits.fuel, 1),
            (&written.table_elements, &mut limits.table_elements, 0),
            (&written.emitted_records, &mut limits.emitted_records, 0),
            (&written.messages, &mut limits.messages, 0),
            (&written.failed_allocations, &mut limits.failed_allocations, 0),
        ] {
            if let Some(value) = from {
                *to = *value.get_ref();
                if !(least..=MAX_INTEGER).contains(to) {
                    let message = format!("expected a number from {least} to {MAX_INTEGER}");
                    self.problems.push(PolicyProblem::at(value.span(), message));
                }
            }
        }
        for (from, to) in [
            (&written.memory, &mut limits.memory_bytes),
            (&written.output, &mut limits.output_bytes),
            (&written.emitted, &mut limits.emitted_bytes),
            (&written.message_text, &mut limits.message_bytes),
            (&written.content, &mut policy.content_bytes),
        ] {
            if let Some(Size(bytes)) = self.unit(from.as_ref()) {
                *to = bytes;
            }
        }
        for (from, to) in [
            (&written.module, &mut limits.module_bytes),
            (&written.function, &mut limits.function_bytes),
        ] {
            if let Some(written) = from
                && let Some(Size(bytes)) = self.unit(Some(written))
            {
                // The default is what there is room for at all.
                if bytes > *to {
                    let message = format!("expected at most {} bytes", *to);
                    self.problems.push(PolicyProblem::at(written.span(), message));
                }
                *to = bytes;
            }
        }
        let profile = written.stack_profile.as_ref();
        let known = StackProfile::ALL.map(StackProfile::name);
        if let Some(profile) = self.word(profile, StackProfile::named, &known) {
            limits.stack = profile;
        }
        if let Some(Span(deadline)) = self.unit(written.deadline.as_ref()) {
            limits.deadline = deadline;
        }
    }

    /// One of a few words.
    fn word<T>(
        &mut self,
        text: Option<&Spanned<String>>,
        named: impl Fn(&str) -> Option<T>,
        known: &[&str],
    ) -> Option<T> {
        let text = text?;
        let found = named(text.get_ref());
        if found.is_none() {
            let message = format!("expected one of {}", known.join(", "));
            self.problems.push(PolicyProblem::at(text.span(), message));
        }
        found
    }

    fn unit<T: FromStr<Err = crate::size::UnitError>>(
        &mut self,
        text: Option<&Spanned<String>>,
    ) -> Option<T> {
        let text = text?;
        match text.get_ref().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(PolicyProblem::at(text.span(), error.to_string()));
                None
            }
        }
    }

    fn gates(&mut self, names: &[Spanned<String>]) -> Vec<Gate> {
        let mut gates = Vec::new();
        for name in names {
            if let Some(gate) = Gate::named(name.get_ref()) {
                gates.push(gate);
            } else {
                let known = Gate::ALL.map(Gate::name).join(", ");
                let message = format!("no such gate; there are {known}");
                self.problems.push(PolicyProblem::at(name.span(), message));
            }
        }
        gates
    }

    fn severities(&mut self, written: &BTreeMap<Spanned<String>, Spanned<String>>) -> Severities {
        let mut severities = BTreeMap::new();
        for (name, value) in written {
            let severity = match value.get_ref().as_str() {
                "note" => Severity::Note,
                "warning" => Severity::Warning,
                "error" => Severity::Error,
                _ => {
                    let message = "expected note, warning or error";
                    self.problems.push(PolicyProblem::at(value.span(), message));
                    continue;
                }
            };
            let problem = match Code::named(name.get_ref()) {
                Some(code) if code.severity() == Severity::Fault => {
                    "a subject that could not be judged cannot be accepted by a severity"
                }
                Some(code) => {
                    severities.insert(code.name(), severity);
                    continue;
                }
                None => "no such finding; `proofhouse explain` lists them",
            };
            self.problems.push(PolicyProblem::at(name.span(), problem));
        }
        Severities(severities)
    }

    fn interpreter(
        &mut self,
        name: &Spanned<String>,
        written: written::Interpreter,
    ) -> InterpreterPolicy {
        let digest = written.digest.and_then(|digest| {
            let hex = digest.get_ref().strip_prefix("sha256:").unwrap_or_default();
            let valid = hex.len() == 64
                && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            if !valid {
                let message = "expected `sha256:` and 64 lower-case hexadecimal digits";
                self.problems.push(PolicyProblem::at(digest.span(), message));
            }
            valid.then(|| digest.into_inner())
        });
        let configuration = written.configuration.and_then(|table| {
            json(toml::Value::Table(table))
                .map_err(|problem| self.problems.push(PolicyProblem::at(name.span(), problem)))
                .ok()
        });
        let configuration = configuration.map(|value| value.to_string());
        InterpreterPolicy { digest, arguments: written.arguments, configuration }
    }
}
