//! What each loop of a function changes, as a first look at the function shows.
//!
//! Where a loop begins, paths meet of which all but one are still to come. So what is known there is what
//! was known before, without what the loop may change.

use std::collections::HashMap;

use wasmparser::Operator;

use super::super::numbers::{count, index};

/// Most locals of which a loop is said to change them; of one that changes more, it changes all.
const NAMED: usize = 64;

/// What is changed from the beginning of a loop to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Locals that are assigned, in their order.
    assigned: Vec<u32>,
    /// Whether others may be assigned, too.
    all_locals: bool,
    /// Whether functions are called.
    pub(super) calls: bool,
    /// Whether globals are set.
    pub(super) sets_globals: bool,
}

impl Changes {
    /// Whether that local may be assigned.
    pub(super) fn assigns(&self, local: u32) -> bool {
        self.all_locals || self.assigned.binary_search(&local).is_ok()
    }

    fn assign(&mut self, local: u32) {
        let Err(place) = self.assigned.binary_search(&local) else { return };
        if self.all_locals {
            return;
        }
        if self.assigned.len() < NAMED {
            self.assigned.insert(place, local);
        } else {
            self.all_locals = true;
            self.assigned = Vec::new();
        }
    }

    /// Takes in what a loop within this one changes.
    fn include(&mut self, inner: &Self) {
        self.calls |= inner.calls;
        self.sets_globals |= inner.sets_globals;
        self.all_locals |= inner.all_locals;
        if self.all_locals {
            self.assigned = Vec::new();
        } else if self.assigned.is_empty() {
            self.assigned.clone_from(&inner.assigned);
        } else {
            inner.assigned.iter().for_each(|local| self.assign(*local));
        }
    }
}

/// What a function and its loops change.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// How often each local is assigned.
    assignments: HashMap<u32, u32>,
    /// What each loop changes, in the order in which they begin.
    loops: Vec<Changes>,
    /// The blocks around the next instruction; of a loop, which one it is.
    open: Vec<Option<u32>>,
    /// The loops among them.
    open_loops: Vec<u32>,
}

impl Plan {
    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::If { .. } => self.open.push(None),
            Operator::Loop { .. } => {
                let nth = count(self.loops.len());
                self.loops.push(Changes::default());
                self.open.push(Some(nth));
                self.open_loops.push(nth);
            }
            Operator::End => {
                if let Some(Some(_)) = self.open.pop() {
                    self.leave_loop();
                }
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                let count = self.assignments.entry(*local_index).or_default();
                *count = count.saturating_add(1);
                if let Some(changes) = self.innermost() {
                    changes.assign(*local_index);
                }
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => {
                if let Some(changes) = self.innermost() {
                    changes.calls = true;
                }
            }
            Operator::GlobalSet { .. } => {
                if let Some(changes) = self.innermost() {
                    changes.sets_globals = true;
                }
            }
            _ => {}
        }
    }

    /// How often that local is assigned in the whole function.
    pub(super) fn assignments(&self, local: u32) -> u32 {
        self.assignments.get(&local).copied().unwrap_or(0)
    }

    /// What the loop that begins as the `nth` of the function changes.
    pub(super) fn changes(&self, nth: u32) -> Option<&Changes> {
        self.loops.get(index(nth))
    }

    fn innermost(&mut self) -> Option<&mut Changes> {
        self.loops.get_mut(index(*self.open_loops.last()?))
    }

    fn leave_loop(&mut self) {
        let Some(inner) = self.open_loops.pop() else { return };
        let Some(outer) = self.open_loops.last() else { return };
        // The inner one began later.
        let Some((before, from_inner)) = self.loops.split_at_mut_checked(index(inner)) else {
            return;
        };
        if let (Some(outer), Some(inner)) = (before.get_mut(index(*outer)), from_inner.first()) {
            outer.include(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;
    use wasmparser::{Parser, Payload};

    fn plan(body: &str) -> Plan {
        let text = format!(
            "(module (func $f) (global $g (mut i32) (i32.const 0))
               (func (local i32 i32 i32 i32) {body}))"
        );
        let wasm = wat::parse_str(text).unwrap();
        let bodies = Parser::new(0).parse_all(&wasm).filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let mut plan = Plan::default();
        for operator in bodies.last().unwrap().get_operators_reader().unwrap() {
            plan.next(&operator.unwrap());
        }
        plan
    }

    fn set(local: u32) -> String {
        format!("(local.set {local} (i32.const 1))")
    }

    #[test]
    fn a_loop_changes_what_is_assigned_in_it_and_in_the_loops_within() {
        let (zero, one, two) = (set(0), set(1), set(2));
        let plan =
            plan(&format!("{zero} (loop (block {one}) (loop (if (i32.const 0) (then {two}))))"));
        let assigned = |nth| plan.changes(nth).unwrap().assigned.clone();
        assert_eq!(assigned(0), [1, 2]);
        assert_eq!(assigned(1), [2]);
        assert_eq!(plan.changes(2), None);
        assert_eq!([0, 1, 2, 3].map(|local| plan.assignments(local)), [1, 1, 1, 0]);
    }

    #[test]
    fn a_loop_changes_what_calls_and_globals_in_it_change() {
        let plan = plan(
            "(call $f) (loop (loop (call $f))) (loop (loop (global.set $g (i32.const 1)))) (loop)",
        );
        let found = (0..5).map(|nth| plan.changes(nth).unwrap());
        let found: Vec<_> = found.map(|changes| (changes.calls, changes.sets_globals)).collect();
        let (call, global) = ((true, false), (false, true));
        assert_eq!(found, [call, call, global, global, (false, false)]);
    }

    #[test]
    fn a_loop_that_changes_many_locals_changes_all() {
        let mut changes = Changes::default();
        for local in 0..count(NAMED) {
            changes.assign(local);
            changes.assign(local);
        }
        assert!(changes.assigns(0) && !changes.assigns(count(NAMED)));
        let mut outer = Changes::default();
        outer.assign(count(NAMED));
        outer.include(&changes);
        assert!(outer.assigns(u32::MAX));
        changes.assign(count(NAMED));
        assert!(changes.assigns(u32::MAX));
    }
}
