//! The policy: limits, gates, severities, and what each interpreter is given.
//!
//! It has two types: [`written`] is the TOML with its positions, [`Policy`] is valid.

mod problem;
mod valid;
mod written;

pub use problem::PolicyProblem;
pub use valid::{
    DEFAULT_CONTENT_BYTES, InterpreterPolicy, MAX_POLICY_BYTES, POLICY_SCHEMA, Policy,
};
