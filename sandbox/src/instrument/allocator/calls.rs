//! Who calls whom, directly.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{ExternalKind, Operator};

use super::super::original::Original;
use super::super::refusal::Refusal;

/// The direct calls of a module.
pub(super) struct Calls {
    /// Functions that each defined function calls.
    callees: BTreeMap<u32, BTreeSet<u32>>,
    /// Functions with a `memory.grow` of their own.
    growing: BTreeSet<u32>,
}

impl Calls {
    /// Reads all bodies.
    pub(super) fn read(original: &Original<'_>) -> Result<Self, Refusal> {
        let mut calls = Self { callees: BTreeMap::new(), growing: BTreeSet::new() };
        for (body, function) in original.bodies.iter().zip(original.imported_functions..) {
            let mut callees = BTreeSet::new();
            for operator in body.get_operators_reader()? {
                match operator? {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                        callees.insert(function_index);
                    }
                    Operator::MemoryGrow { .. } => {
                        calls.growing.insert(function);
                    }
                    _ => {}
                }
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

    /// A function with a `memory.grow` that can be reached without passing through one that is `known`.
    pub(super) fn grow(
        &self,
        original: &Original<'_>,
        known: &BTreeSet<u32>,
    ) -> Result<Option<u32>, Refusal> {
        let called: BTreeSet<u32> = self.callees.values().flatten().copied().collect();
        // What nobody calls is called from outside or through a table.
        let mut next: Vec<u32> =
            self.callees.keys().copied().filter(|function| !called.contains(function)).collect();
        next.extend(original.start);
        for export in original.exports.clone().into_iter().flatten() {
            let export = export?;
            if export.kind == ExternalKind::Func {
                next.push(export.index);
            }
        }
        let mut seen = BTreeSet::new();
        while let Some(function) = next.pop() {
            if known.contains(&function) || !seen.insert(function) {
                continue;
            }
            if self.growing.contains(&function) {
                return Ok(Some(function));
            }
            next.extend(self.callees.get(&function).into_iter().flatten());
        }
        Ok(None)
    }
}
