//! The policy as it is written: every value with its position, nothing judged yet.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The file. Unknown members are errors: a misspelt limit must not be a limit that is not there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) schema: Spanned<String>,
    pub(super) sanitize: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) limits: Limits,
    #[serde(default)]
    pub(super) gates: Gates,
    #[serde(default)]
    pub(super) files: Files,
    #[serde(default)]
    pub(super) severity: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) interpreter: BTreeMap<Spanned<String>, Interpreter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub(super) module: Option<Spanned<String>>,
    pub(super) function: Option<Spanned<String>>,
    pub(super) fuel: Option<Spanned<u64>>,
    pub(super) memory: Option<Spanned<String>>,
    pub(super) stack_profile: Option<Spanned<String>>,
    pub(super) table_elements: Option<Spanned<u64>>,
    pub(super) output: Option<Spanned<String>>,
    pub(super) emitted_records: Option<Spanned<u64>>,
    pub(super) emitted: Option<Spanned<String>>,
    pub(super) messages: Option<Spanned<u64>>,
    pub(super) message_text: Option<Spanned<String>>,
    pub(super) content: Option<Spanned<String>>,
    pub(super) failed_allocations: Option<Spanned<u64>>,
    pub(super) deadline: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gates {
    #[serde(default)]
    pub(super) only: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) skip: Vec<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Files {
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Interpreter {
    pub(super) digest: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    pub(super) configuration: Option<toml::Table>,
}
