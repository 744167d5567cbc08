//! The policy: limits, gates, severities, and what each interpreter is given.
//!
//! It has two types: `written` is the TOML with its positions, [`Policy`] is valid.

mod configuration;
mod problem;
mod valid;
mod written;

#[cfg(test)]
mod tests;

pub use problem::PolicyProblem;
pub use valid::{
    DEFAULT_CONTENT_BYTES, InterpreterPolicy, MAX_POLICY_BYTES, POLICY_SCHEMA, Policy,
};
