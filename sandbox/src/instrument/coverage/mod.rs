//! The coverage pass: which parts of the original a run reached, and what it compared.
//!
//! A memory of its own, which the guest cannot reach, holds first a *counter* of one byte for each
//! point of a [`CoverageMap`], then a *slot* for each comparison. A counter counts how often control
//! came by, modulo 256, as fuzzers expect of 8-bit counters. There is one for each basic block of the
//! original, in the sense of the metering pass, and one for each way by which control leaves a block
//! early and which is no block itself: a branch that is taken, an `if` without a second arm that is not
//! entered. A slot holds the operands of the last time that the comparison was made: in a loop over
//! bytes that is the one that ended it. A `switch` over a table has a slot too. Behind the slots is a
//! *ring* with what the last calls of `memcmp` and its kin were given (`calls`).
//!
//! For reports, a counter has eight bytes and counts in full ([`Kept::Counts`]); there are no slots then.
//!
//! Fuel is counted on the original, so it is the same with this pass and without it.

mod calls;
mod compare;
mod map;
mod plan;
mod shift;

use wasm_encoder::{MemArg, MemArgTarget, ValType};
use wasmparser::Operator;

pub use calls::CallKind;
pub(super) use calls::{PARAMETERS as WRITER_PARAMETERS, writer};
pub use map::{
    CallComparison, CallSite, Comparison, CoverageMap, CoveragePoint, DamagedCoverage, PointKind,
    Site,
};
pub(super) use plan::{CoveragePlan, FunctionPlan};

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// Counters of one byte that wrap, and comparisons.
    Counters,
    /// Counters of eight bytes, which do not.
    Counts,
}

use super::function::{BodyWriter, Scratch, ScratchNeeds};
use compare::Compare;

/// Bytes of a counter that counts in full.
const COUNT_BYTES: u32 = 8;
/// Bytes of a comparison's slot: both operands, as 64-bit numbers.
const SLOT_BYTES: u32 = 16;
/// Offset of the second operand in it.
const SECOND: u32 = 8;

/// Where one module keeps its coverage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coverage {
    /// Index of the memory.
    pub(super) memory: u32,
    /// Address of the first slot.
    pub(super) slots: u32,
    /// What is kept.
    pub(super) kept: Kept,
    /// Address of the ring.
    pub(super) ring: u32,
    /// Index of the function that writes its entries; none has this index if nothing is called that
    /// compares.
    pub(super) writer: u32,
}

impl Coverage {
    /// A fixed place in the memory.
    fn place(self, address: u32, align: u32) -> MemArg {
        let target = MemArgTarget::Memory(self.memory);
        MemArg { offset: address.into(), align, target, ordering: None }
    }
}

/// Inserts the counting into one function.
pub(super) struct FunctionCoverage<'p> {
    coverage: Coverage,
    plan: FunctionPlan<'p>,
}

impl<'p> FunctionCoverage<'p> {
    pub(super) fn new(coverage: Coverage, plan: FunctionPlan<'p>) -> Self {
        Self { coverage, plan }
    }

    /// Asks for the locals that the instruction needs.
    pub(super) fn needs(operator: &Operator<'_>, needs: &mut ScratchNeeds) {
        if let Some(compare) = Compare::of(operator) {
            needs.at_once(std::iter::repeat_n(compare.ty, compare.operands));
        } else if matches!(operator, Operator::Call { .. } | Operator::ReturnCall { .. }) {
            needs.at_once([ValType::I32; calls::LOCALS]);
        } else if matches!(operator, Operator::BrIf { .. } | Operator::If { .. }) {
            needs.at_once([ValType::I32]);
        }
    }

    /// Before the instruction at `at`.
    pub(super) fn before(
        &mut self,
        out: &mut BodyWriter<'_>,
        at: u32,
        operator: &Operator<'_>,
        scratch: &Scratch,
    ) {
        while let Some((counter, kind)) = self.plan.point_at(at) {
            match kind {
                PointKind::Block => self.count(out, counter, None),
                PointKind::Taken | PointKind::Skipped => {
                    let condition = scratch.local(ValType::I32, 0);
                    out.insert().local_tee(condition);
                    self.count(out, counter, Some((condition, kind == PointKind::Taken)));
                }
            }
        }
        if let Some(site) = self.plan.site_at(at)
            && let Some(compare) = Compare::of(operator)
        {
            self.keep_operands(out, site, compare, scratch);
        }
        if let Some((site, kind)) = self.plan.call_at(at) {
            let local = |nth| scratch.local(ValType::I32, nth);
            calls::keep(&mut out.insert(), kind, site, self.coverage.writer, local);
        }
    }

    /// Adds 1 to a counter; under a condition only if the local is not zero, or if it is.
    fn count(&self, out: &mut BodyWriter<'_>, counter: u32, condition: Option<(u32, bool)>) {
        let mut insert = out.insert();
        let is_wide = self.coverage.kept == Kept::Counts;
        let place = if is_wide {
            self.coverage.place(counter.saturating_mul(COUNT_BYTES), 3)
        } else {
            self.coverage.place(counter, 0)
        };
        insert.i32_const(0).i32_const(0);
        if is_wide {
            insert.i64_load(place);
        } else {
            insert.i32_load8_u(place);
        }
        match condition {
            None => {
                insert.i32_const(1);
            }
            Some((local, when_set)) => {
                insert.local_get(local).i32_eqz();
                if when_set {
                    insert.i32_eqz();
                }
            }
        }
        if is_wide {
            insert.i64_extend_i32_u().i64_add().i64_store(place);
        } else {
            insert.i32_add().i32_store8(place);
        }
    }

    fn keep_operands(
        &self,
        out: &mut BodyWriter<'_>,
        site: u32,
        compare: Compare,
        scratch: &Scratch,
    ) {
        let slot = self.coverage.slots.saturating_add(site.saturating_mul(SLOT_BYTES));
        let place = |offset: u32| self.coverage.place(slot.saturating_add(offset), 2);
        let [first, second] = [0, 1].map(|nth| scratch.local(compare.ty, nth));
        let mut insert = out.insert();
        if compare.operands == 2 {
            insert.local_set(second);
        }
        insert.local_set(first);
        let operands = [(first, 0), (second, SECOND)];
        for (local, offset) in operands.into_iter().take(compare.operands) {
            insert.i32_const(0).local_get(local);
            match compare.ty {
                ValType::I64 => insert.i64_store(place(offset)),
                _ => insert.i32_store(place(offset)),
            };
        }
        for (local, _) in operands.into_iter().take(compare.operands) {
            insert.local_get(local);
        }
    }
}
