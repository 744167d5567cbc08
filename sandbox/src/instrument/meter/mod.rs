//! The metering pass: fuel, counted on the basic blocks of the original module.
//!
//! One mutable `i64` global holds the fuel that is left. A function keeps it in a local while it runs:
//! it takes the global over when it is entered and after each call, and gives it back before each call,
//! before `unreachable` and when it returns. Every block pays for its instructions when it is entered.
//! Loop heads, bulk instructions and the entries of functions that call others or have a loop look
//! whether fuel went below zero, and then take the next slice of it ([`slices`]) or trap; other blocks leave
//! that to the next of these, so that a run may overdraw by one pass through code that ends by itself. Whoever
//! runs the module therefore reads the global: *below zero with what is in reserve, fuel ran out*, however the
//! run ended.
//!
//! Only instructions of the original are counted, and only where the original has them, so that the
//! count is the same whatever other passes insert.

mod blocks;
mod cost;
mod lift;
mod price;
mod slices;

use wasm_encoder::{InstructionSink, ValType};
use wasmparser::Operator;

use super::bulk::Bulk;
use super::function::{BodyWriter, Scratch, ScratchNeeds};
use super::removal::{Check, is_removed};
pub(super) use blocks::Blocks;
use blocks::{Charge, Entry};
pub(super) use price::{
    ALLOCATOR_CALL, Bytes, LOCALS as PRICING_LOCALS, Price, Pricing, WORDS_CALL,
};
pub(super) use slices::{PARAMETERS as SLICE_PARAMETERS, RESULTS as SLICE_RESULTS, Slices, TABLE};

/// What `memory.grow` and `table.grow` give when nothing was added.
const FAILED: i32 = -1;

/// Looks at a function before it is rewritten.
pub(super) struct MeterPlanner {
    blocks: Blocks,
}

/// What one function pays, and where.
pub(super) struct MeterPlan {
    entry: Entry,
    /// Prices of the other blocks, in order.
    charges: std::iter::Peekable<std::vec::IntoIter<Charge>>,
}

impl MeterPlan {
    /// The price of the block that begins at `at`, if one does. To be asked in the order of the code.
    pub(super) fn charge_at(&mut self, at: u32) -> Option<Charge> {
        self.charges.next_if(|charge| charge.at == at)
    }
}

impl MeterPlanner {
    pub(super) fn new() -> Self {
        Self { blocks: Blocks::new() }
    }

    /// Takes the next instruction.
    pub(super) fn next(&mut self, at: u32, operator: &Operator<'_>, needs: &mut ScratchNeeds) {
        self.blocks.next(at, operator);
        if let Some(bulk) = Bulk::of(operator) {
            // The length, and for those that may fail the result.
            let locals = if bulk.may_fail() { 2 } else { 1 };
            needs.at_once(std::iter::repeat_n(ValType::I32, locals));
        }
    }

    pub(super) fn finish(self) -> MeterPlan {
        let (entry, charges) = self.blocks.finish();
        MeterPlan { entry, charges: charges.into_iter().peekable() }
    }
}

/// Inserts the counting into one function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    /// Index of the global that holds the fuel that is left.
    pub(super) global: u32,
    /// Index of the function that takes a slice more.
    pub(super) take_slice: u32,
    /// Index of the local that stands for it.
    pub(super) local: u32,
}

impl Meter {
    /// At the entry of the function.
    pub(super) fn enter(self, out: &mut BodyWriter<'_>, plan: &MeterPlan) {
        let Entry { fuel, repeats } = plan.entry;
        out.insert().global_get(self.global);
        self.pay(out, fuel, repeats && !is_removed(Check::FuelOfCall));
    }

    /// Before the first instruction of a block.
    pub(super) fn charge(self, out: &mut BodyWriter<'_>, charge: Charge) {
        let look = charge.repeats && !is_removed(Check::FuelOfLoop);
        out.insert().local_get(self.local);
        self.pay(out, charge.fuel, look);
    }

    /// Before control leaves the function.
    pub(super) fn give_back(self, out: &mut BodyWriter<'_>) {
        out.insert().local_get(self.local).global_set(self.global);
    }

    /// After control came back from a call.
    pub(super) fn take_over(self, out: &mut BodyWriter<'_>) {
        out.insert().global_get(self.global).local_set(self.local);
    }

    /// Before a bulk instruction: remembers its length, the top of the stack.
    pub(super) fn before_bulk(out: &mut BodyWriter<'_>, scratch: &Scratch) {
        out.insert().local_tee(units(scratch));
    }

    /// After a bulk instruction: pays for its length.
    pub(super) fn after_bulk(self, out: &mut BodyWriter<'_>, bulk: Bulk, scratch: &Scratch) {
        let units = units(scratch);
        if bulk.may_fail() {
            let result = scratch.local(ValType::I32, 1);
            out.insert().local_tee(result).local_get(result).i32_const(FAILED).i32_ne();
            out.rarely(|insert| self.pay_units(insert, units, cost::per_unit(bulk)));
        } else {
            self.pay_units(&mut out.insert(), units, cost::per_unit(bulk));
        }
        if !is_removed(Check::FuelOfBulk) {
            out.insert().local_get(self.local);
            self.look(out);
        }
    }

    fn pay_units(self, insert: &mut InstructionSink<'_>, units: u32, each: i64) {
        insert.local_get(self.local).local_get(units).i64_extend_i32_u();
        insert.i64_const(each).i64_mul().i64_sub().local_set(self.local);
    }

    /// Pays from the fuel on the stack.
    fn pay(self, out: &mut BodyWriter<'_>, fuel: i64, look: bool) {
        if fuel > 0 {
            out.insert().i64_const(fuel).i64_sub();
        }
        if look {
            self.look(out);
        } else {
            out.insert().local_set(self.local);
        }
    }

    /// Takes the fuel from the stack, keeps it, and goes for more if it is below zero.
    fn look(self, out: &mut BodyWriter<'_>) {
        out.insert().local_tee(self.local).i64_const(0).i64_lt_s();
        out.rarely(|insert| {
            insert.local_get(self.local).call(self.take_slice).local_set(self.local);
        });
    }
}

/// The local that keeps the length of a bulk instruction.
fn units(scratch: &Scratch) -> u32 {
    scratch.local(ValType::I32, 0)
}
