//! Who calls whom, directly, and who touches memory.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{FunctionBody, Operator};

use super::super::across;
use super::super::bulk::Bulk;
use super::super::checks::Access;
use super::super::original::Original;
use super::super::refusal::Refusal;

/// The direct calls of a module.
pub(super) struct Calls {
    /// Functions that each defined function calls.
    callees: BTreeMap<u32, BTreeSet<u32>>,
    /// Functions with an instruction of their own that has to do with linear memory.
    touching: BTreeSet<u32>,
}

impl Calls {
    /// Reads all bodies.
    pub(super) fn read(original: &Original<'_>) -> Result<Self, Refusal> {
        let functions = across::try_map(&original.bodies, of_function)?;
        let mut calls = Self { callees: BTreeMap::new(), touching: BTreeSet::new() };
        for ((callees, touches), function) in functions.into_iter().zip(original.all_functions()) {
            if touches {
                calls.touching.insert(function);
            }
            calls.callees.insert(function, callees);
        }
        Ok(calls)
    }

    /// A function that is neither `internal` nor `known`, and calls one that is `internal`.
    pub(super) fn reach(&self, internal: &BTreeSet<u32>, known: &BTreeSet<u32>) -> Option<u32> {
        let inside = |function: &u32| internal.contains(function) || known.contains(function);
        let found = self.callees.iter().find(|(function, callees)| {
            !inside(function) && callees.iter().any(|callee| internal.contains(callee))
        });
        found.map(|(function, _)| *function)
    }

    /// A function of which no name tells what it is, and which does what one of an allocator's may do: it
    /// touches memory, or calls one that is `known`.
    pub(super) fn nameless(&self, named: &BTreeSet<u32>, known: &BTreeSet<u32>) -> Option<u32> {
        let found = self.callees.iter().find(|(function, callees)| {
            !named.contains(function)
                && (self.touching.contains(function) || !callees.is_disjoint(known))
        });
        found.map(|(function, _)| *function)
    }
}

/// The functions that one calls, and whether it touches memory itself.
fn of_function(body: &FunctionBody<'_>) -> Result<(BTreeSet<u32>, bool), Refusal> {
    let (mut callees, mut touches) = (BTreeSet::new(), false);
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        touches |= touches_memory(&operator);
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } =
            operator
        {
            callees.insert(function_index);
        }
    }
    Ok((callees, touches))
}

fn touches_memory(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::MemorySize { .. } | Operator::MemoryGrow { .. })
        || Access::of(operator).is_some()
        || Bulk::of(operator).is_some_and(Bulk::moves_memory)
}
