//! Leaves out lookups that cannot find anything.
//!
//! A lookup is needless if one for the same bytes came before it on the only path to it, and nothing in
//! between can have changed the shadow: only the runtime changes it, and only calls lead there. And it
//! is needless within the function's own frame, as long as nothing poisons parts of the stack.

use wasmparser::Operator;

use super::super::asan::is_mark;
use super::super::stack::RED_ZONE;
use super::values::{Assignments, Base, Value, Values};
use super::{Access, Checks};

/// Bytes that a lookup is for.
#[derive(Clone, Copy, Debug)]
struct Bytes {
    /// Address of the first one.
    from: Value,
    /// Number of bytes.
    size: u32,
    /// Whether the lookup is of the last byte only, be it because there is no other one or because of
    /// the compiler's promise that the others are in its granule.
    by_last: bool,
}

/// What is known at one place of a function.
pub(super) struct Known {
    values: Values,
    /// What was looked up on the way there.
    seen: Vec<Bytes>,
}

/// Most lookups that are remembered at a time, so that a function of any size is read in linear time.
const REMEMBERED: usize = 32;

impl Known {
    /// What is known where a function is entered.
    pub(super) fn new(checks: Checks, assignments: Assignments) -> Self {
        Self { values: Values::new(assignments, checks.plain_stack_pointer), seen: Vec::new() }
    }

    /// Whether a lookup of the access that comes next is needless; if not, it counts as made.
    pub(super) fn needless(&mut self, access: Access, by_last: bool) -> bool {
        let address = self.values.operand(access.above.len());
        let wanted = Bytes { from: address.plus(access.offset), size: access.size(), by_last };
        if wanted.lie_in_frame(self.values.frame())
            || self.seen.iter().any(|seen| seen.cover(wanted))
        {
            return true;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        self.seen.push(wanted);
        false
    }

    /// Whether the instruction that comes next stores a mark that stack frames have.
    pub(super) fn stores_mark(&mut self, operator: &Operator<'_>) -> bool {
        matches!(operator, Operator::I32Store { .. })
            && self.values.operand(0).constant_value().is_some_and(is_mark)
    }

    /// Takes the instruction that comes next.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        self.values.next(operator);
        match operator {
            Operator::Loop { .. } | Operator::Else | Operator::End => {
                self.values.join();
                self.seen.clear();
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.seen.clear(),
            _ => {}
        }
    }
}

impl Bytes {
    /// Whether a lookup of these bytes makes one of `wanted` needless.
    fn cover(self, wanted: Self) -> bool {
        if self.from.base != wanted.from.base {
            return false;
        }
        let into = wanted.from.plus.wrapping_sub(self.from.plus);
        let Some(room) = self.size.checked_sub(into) else { return false };
        if self.by_last {
            // The promise may be broken, so nothing is known of the other bytes.
            wanted.by_last && wanted.size == room
        } else {
            wanted.size <= room
        }
    }

    /// Whether they lie between the stack pointer that the function was entered with and its own, or in
    /// the red zone below. The stack pass holds both to a range in which nothing is poisoned.
    fn lie_in_frame(self, frame: u32) -> bool {
        let below = self.from.plus.wrapping_neg();
        self.from.base == Base::Stack
            && (self.size..=frame.saturating_add(RED_ZONE)).contains(&below)
    }
}
