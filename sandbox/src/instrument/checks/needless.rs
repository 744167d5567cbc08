//! Leaves out lookups that cannot find anything.
//!
//! A lookup is needless if one for the same bytes came before it on every path to it, and nothing in
//! between can have changed the shadow: only the runtime changes it, and only calls lead there. And it
//! is needless where nothing is ever poisoned: within the function's own frame, and at the addresses of the
//! guest's data, as long as neither has redzones.

use wasmparser::Operator;

use super::super::asan::is_mark;
use super::super::constants::Constants;
use super::super::stack::RED_ZONE;
use super::loops::{Changes, Plan};
use super::paths::{Facts, Paths};
use super::values::{Base, Everywhere, Value, Values};
use super::{Access, Checks, Plain};

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
struct Here {
    values: Values,
    /// What was looked up on all paths to it.
    seen: Vec<Bytes>,
}

/// What is known at the instruction that comes next.
pub(super) struct Known {
    plain: Plain,
    plan: Plan,
    everywhere: Everywhere,
    paths: Paths<Here>,
    here: Here,
}

/// Most lookups that are remembered at a time, so that a function of any size is read in linear time.
const REMEMBERED: usize = 32;

impl Known {
    /// What is known where a function is entered.
    pub(super) fn new(checks: Checks, plan: Plan) -> Self {
        let values = Values::new(checks.plain.stack_pointer);
        let here = Here { values, seen: Vec::new() };
        Self {
            plain: checks.plain,
            plan,
            everywhere: Everywhere::default(),
            paths: Paths::new(),
            here,
        }
    }

    /// Whether a lookup of the access that comes next is needless; if not, it counts as made.
    pub(super) fn needless(&mut self, access: Access, by_last: bool) -> bool {
        let Here { values, seen } = &mut self.here;
        let address = values.operand(access.above.len(), &mut self.everywhere);
        let wanted = Bytes { from: address.plus(access.offset), size: access.size(), by_last };
        if wanted.lie_in_frame(values.frame())
            || wanted.lie_in_data(self.plain)
            || seen.iter().any(|seen| seen.cover(wanted))
        {
            return true;
        }
        if seen.len() >= REMEMBERED {
            seen.remove(0);
        }
        seen.push(wanted);
        false
    }

    /// Whether the access that comes next may be to one of these, as far as its address is known.
    pub(super) fn may_be_in(&mut self, access: Access, constants: Constants) -> bool {
        let address = self.here.values.operand(access.above.len(), &mut self.everywhere);
        let from = address.plus(access.offset);
        from.base != Base::Zero || constants.first_in(from.plus, access.size()).is_some()
    }

    /// Whether the instruction that comes next stores a mark that stack frames have.
    pub(super) fn stores_mark(&mut self, operator: &Operator<'_>) -> bool {
        let is_store = matches!(operator, Operator::I32Store { .. });
        let stored = self.here.values.operand(0, &mut self.everywhere);
        is_store && stored.constant_value().is_some_and(is_mark)
    }

    /// Takes the instruction that comes next.
    pub(super) fn next(&mut self, operator: &Operator<'_>) {
        let Self { plan, everywhere, paths, here, .. } = self;
        here.values.next(operator, plan, everywhere);
        if let Operator::Call { .. } | Operator::CallIndirect { .. } = operator {
            here.seen.clear();
        }
        paths.next(operator, here, |nth| plan.changes(nth));
    }
}

impl Facts for Here {
    fn snapshot(&self) -> Self {
        Self { values: self.values.snapshot(), seen: self.seen.clone() }
    }

    fn least(&self) -> Self {
        Self { values: self.values.least(), seen: Vec::new() }
    }

    fn meet(&mut self, other: &Self) {
        self.values.meet(&other.values);
        self.seen.retain(|bytes| other.seen.iter().any(|seen| seen.cover(*bytes)));
    }

    fn enter_loop(&mut self, changes: Option<&Changes>) {
        self.values.enter_loop(changes);
        if changes.is_none_or(|changes| changes.calls) {
            self.seen.clear();
        }
    }

    fn may_be_elsewhere(&mut self) {
        self.values.may_be_elsewhere();
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

    /// Whether they are data of the guest at an address that is known.
    fn lie_in_data(self, plain: Plain) -> bool {
        let [from, to] = plain.data;
        let end = self.from.plus.checked_add(self.size);
        self.from.base == Base::Zero && self.from.plus >= from && end.is_some_and(|end| end <= to)
    }

    /// Whether they lie between the stack pointer that the function was entered with and its own, or in
    /// the red zone below. The stack pass holds both to a range in which nothing is poisoned.
    fn lie_in_frame(self, frame: u32) -> bool {
        let below = self.from.plus.wrapping_neg();
        self.from.base == Base::Stack
            && (self.size..=frame.saturating_add(RED_ZONE)).contains(&below)
    }
}
