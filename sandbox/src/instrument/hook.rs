//! What functions of libraries tell the runtime, where they are entered and where they return.
//!
//! Their bodies stay as they are. Which functions these are shows by their names, in modules that were compiled for
//! checks and in no others.

use std::collections::BTreeMap;

use wasm_encoder::InstructionSink;

use super::known::StandIns;
use super::original::Original;
use super::refusal::Refusal;
use super::{cxx, regions};

/// What one function tells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hook {
    /// One of C++'s operators: which block it makes or frees.
    Operator(cxx::Hook),
    /// One of C's functions: which regions it is given.
    Regions(regions::Hook),
}

/// The functions of a module that tell something, by their index.
pub(super) type Hooks = BTreeMap<u32, Hook>;

impl Hook {
    /// At the entry of the function.
    pub(super) fn enter(self, insert: &mut InstructionSink<'_>) {
        match self {
            Self::Operator(hook) => hook.enter(insert),
            Self::Regions(hook) => hook.enter(insert),
        }
    }

    /// Before it returns, its result on the stack.
    pub(super) fn leave(self, insert: &mut InstructionSink<'_>) {
        match self {
            Self::Operator(hook) => hook.leave(insert),
            Self::Regions(_) => {}
        }
    }
}

/// Finds them in a module that was compiled for checks, and is checked. `function` gives the index of a function of
/// the runtime.
///
/// # Errors
/// The original does not parse.
pub(super) fn hooks(
    original: &Original<'_>,
    names: &[(u32, &str)],
    stand_ins: &StandIns,
    function: impl Fn(&str) -> u32,
) -> Result<Hooks, Refusal> {
    let mut found = Hooks::new();
    // Only then have blocks records.
    if stand_ins.has_heap {
        let operators = cxx::hooks(original, names, &function)?;
        found.extend(operators.into_iter().map(|(at, hook)| (at, Hook::Operator(hook))));
    }
    let regions = regions::hooks(original, names, &stand_ins.priced, &function);
    found.extend(regions.into_iter().map(|(at, hook)| (at, Hook::Regions(hook))));
    Ok(found)
}
