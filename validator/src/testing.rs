//! What unit tests share.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::interpreter::{Judge, JudgeError, Module};
use crate::policy::Policy;
use proofhouse_sandbox::{Compilation, Description, Sandbox};

/// Supplies 20 inputs to template type 7 of channel files, version 7.10.
pub(crate) const SUPPLIER: &str = include_str!("../tests/guests/supplier.wat");
/// Takes a configuration; version 1.2.
pub(crate) const OBEDIENT: &str = include_str!("../tests/guests/obedient.wat");
/// Says nothing of itself.
pub(crate) const SILENT: &str = include_str!("../tests/guests/silent.wat");

/// The interpreter of that text, from a file of that name, under a policy.
pub(crate) fn judge(
    name: &str,
    text: &str,
    policy: &str,
    description: Option<Description>,
) -> Result<Judge, JudgeError> {
    let sandbox = Sandbox::new(1, Compilation::default()).unwrap();
    let policy = format!("schema = \"proofhouse.policy/1\"\n{policy}");
    let policy = Policy::parse(&policy).unwrap();
    let module = Module {
        name: name.to_owned(),
        wasm: Ok(wat::parse_str(text).unwrap().into()),
        checked: Vec::new(),
    };
    Judge::open(&sandbox, module, &policy, description)
}
