//! The memory checks pass: every access to linear memory is looked up in the shadow first.
//!
//! The shadow (see [`shadow`](super::shadow)) is a memory of its own that the guest cannot reach. A
//! *lookup* is inlined before each memory instruction. What lies in ordinary memory passes at once.
//! Whatever else may be allowed is judged on the spot, or by the runtime if that would take too much
//! code; the runtime also judges the ranges of `memory.copy`, `memory.fill` and `memory.init`.
//!
//! What leaves the guest's memory traps by itself, and an effective address of 33 bits with it: the
//! lookup may then look at the wrong byte, but the access is never carried out.

mod access;
mod lookup;
mod loops;
mod needless;
mod operands;
mod paths;
mod values;

use wasm_encoder::ValType;
use wasmparser::Operator;

use super::bulk::Bulk;
use super::constants::Constants;
use super::function::{BodyWriter, Scratch, ScratchNeeds};
use super::oracle::{MARK, PROMISED};
use super::removal::{Check, is_removed};
use super::violation::{self, AccessKind};

pub(super) use access::Access;
use lookup::Lookup;
use loops::Plan;
use needless::Known;
pub(super) use operands::Operands;

/// Bytes of a word.
const WORD_BYTES: i32 = 4;

/// The memory checks of one module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    /// Index of the shadow memory.
    pub(super) shadow: u32,
    /// Index of the global that notes the address of an access that is not ordinary.
    pub(super) suspect: u32,
    /// Index of the runtime's exact check of one access.
    pub(super) check_access: u32,
    /// Index of the runtime's exact check of a range.
    pub(super) check_range: u32,
    /// Index of the runtime's check of a store that may be a frame's mark, in modules that mark frames.
    pub(super) check_mark: Option<u32>,
    /// Index of the runtime's function that asks the host about an access, if that is to judge.
    pub(super) ask_oracle: Option<u32>,
    /// Whether the compiler's promises about alignment are relied on.
    pub(super) trust_alignment: bool,
    /// Where nothing is ever poisoned.
    pub(super) plain: Plain,
    /// Where nothing is to be written, if that is known.
    pub(super) constants: Option<Constants>,
}

/// Parts of the memory in which nothing is ever poisoned, so that lookups there find nothing. None in modules
/// that mark their frames and globals.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plain {
    /// Index of the global that holds the stack pointer, if that is held to its limits: frames are plain.
    pub(super) stack_pointer: Option<u32>,
    /// From where to where the guest's data is.
    pub(super) data: [u32; 2],
}

/// Looks at a function before it is rewritten.
#[derive(Default)]
pub(super) struct ChecksPlan {
    plan: Plan,
}

impl ChecksPlan {
    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>, needs: &mut ScratchNeeds) {
        self.plan.next(operator);
        if let Some(access) = Access::of(operator) {
            needs.at_once(Operands::types(access));
        } else if Bulk::of(operator).is_some_and(Bulk::moves_memory) {
            needs.at_once([ValType::I32; 3]);
        }
    }
}

/// The scratch locals of the operands of a bulk instruction.
pub(super) struct BulkOperands {
    /// The number of bytes.
    pub(super) length: u32,
    /// Where they come from, or what they become.
    pub(super) source: u32,
    /// Where they go.
    pub(super) destination: u32,
}

impl BulkOperands {
    pub(super) fn of(scratch: &Scratch) -> Self {
        let [length, source, destination] = [0, 1, 2].map(|nth| scratch.local(ValType::I32, nth));
        Self { length, source, destination }
    }
}

/// Inserts the checks into one function.
pub(super) struct FunctionChecks {
    checks: Checks,
    known: Known,
}

impl FunctionChecks {
    pub(super) fn new(checks: Checks, plan: ChecksPlan) -> Self {
        Self { checks, known: Known::new(checks, plan.plan) }
    }

    /// Before any instruction.
    pub(super) fn before(
        &mut self,
        out: &mut BodyWriter<'_>,
        operator: &Operator<'_>,
        scratch: &Scratch,
    ) {
        if let Some(access) = Access::of(operator) {
            match self.checks.check_mark.filter(|_| self.known.stores_mark(operator)) {
                Some(_) if self.checks.ask_oracle.is_some() => self.ask(out, access, scratch, MARK),
                Some(check_mark) => Self::mark(out, check_mark, access, scratch),
                None => self.access(out, access, scratch),
            }
        } else if let Some(bulk) = Bulk::of(operator).filter(|bulk| bulk.moves_memory()) {
            self.bulk(out, bulk, scratch);
        }
        self.known.next(operator);
    }

    /// After a call that is not made, in whose place so many operands are dropped.
    pub(super) fn dropped(&mut self, operands: u32) {
        for _ in 0..operands {
            self.known.next(&Operator::Drop);
        }
    }

    /// After a call that became something else.
    pub(super) fn called(&mut self, operator: &Operator<'_>) {
        self.known.next(operator);
    }

    /// Before a word is loaded from the address on the stack.
    pub(super) fn word(&self, out: &mut BodyWriter<'_>, scratch: &Scratch) {
        if is_removed(Check::Word) {
            return;
        }
        // As a range, which notes its length: the instruction is a call and does not say it.
        let address = scratch.local(ValType::I32, 0);
        let mut insert = out.insert();
        insert.local_set(address);
        insert.local_get(address).i32_const(WORD_BYTES).i32_const(violation::SOURCE);
        insert.call(self.checks.check_range).local_get(address);
    }

    fn access(&mut self, out: &mut BodyWriter<'_>, access: Access, scratch: &Scratch) {
        let lookup = Lookup::new(self.checks, access, scratch);
        if self.checks.ask_oracle.is_some() {
            self.ask(out, access, scratch, if lookup.is_by_last() { PROMISED } else { 0 });
            self.constant(out, access, scratch);
            return;
        }
        self.constant(out, access, scratch);
        if self.known.needless(access, lookup.is_by_last()) || is_removed(lookup.check()) {
            return;
        }
        let operands = Operands::of(access, scratch);
        operands.save(&mut out.insert());
        if lookup.is_judged_inline() {
            lookup.last_granule(&mut out.insert());
            out.rarely(|insert| lookup.stop_unless_usable(insert));
        } else {
            lookup.granules(&mut out.insert());
            out.rarely(|insert| lookup.ask_runtime(insert));
        }
        operands.restore(&mut out.insert());
    }

    /// Has the host judge the access, whatever is known of it.
    fn ask(&self, out: &mut BodyWriter<'_>, access: Access, scratch: &Scratch, how: u32) {
        let Some(ask_oracle) = self.checks.ask_oracle else { return };
        let operands = Operands::of(access, scratch);
        let mut insert = out.insert();
        operands.save(&mut insert);
        insert.local_get(operands.address).i32_const(access.offset.cast_signed());
        insert.i32_const(access.size().cast_signed()).i32_const(how.cast_signed());
        insert.call(ask_oracle);
        operands.restore(&mut insert);
    }

    /// Stops a store to a constant.
    fn constant(&mut self, out: &mut BodyWriter<'_>, access: Access, scratch: &Scratch) {
        let Some(constants) = self.checks.constants else { return };
        if access.kind != AccessKind::Write
            || !self.known.may_be_in(access, constants)
            || is_removed(Check::Constant)
        {
            return;
        }
        let operands = Operands::of(access, scratch);
        operands.save(&mut out.insert());
        // An access that begins before them may end in them.
        let before = access.size().saturating_sub(1);
        let first = constants.address.saturating_sub(before);
        let bytes = constants.bytes.saturating_add(constants.address.saturating_sub(first));
        let mut insert = out.insert();
        insert.local_get(operands.address);
        insert.i32_const(access.offset.wrapping_sub(first).cast_signed()).i32_add();
        insert.i32_const(bytes.cast_signed()).i32_lt_u();
        let suspect = self.checks.suspect;
        out.rarely(|insert| {
            insert.local_get(operands.address).global_set(suspect).unreachable();
        });
        operands.restore(&mut out.insert());
    }

    /// A store of the mark that a stack frame has in its own redzone.
    fn mark(out: &mut BodyWriter<'_>, check_mark: u32, access: Access, scratch: &Scratch) {
        if is_removed(Check::Mark) {
            return;
        }
        let operands = Operands::of(access, scratch);
        let mut insert = out.insert();
        operands.save(&mut insert);
        insert.local_get(operands.address).i32_const(access.offset.cast_signed());
        insert.call(check_mark);
        operands.restore(&mut insert);
    }

    /// Before a bulk instruction, or a call that does the same. Leaves its operands in the scratch locals
    /// of a [`BulkOperands`], too.
    pub(super) fn bulk(&self, out: &mut BodyWriter<'_>, bulk: Bulk, scratch: &Scratch) {
        let BulkOperands { length, source, destination } = BulkOperands::of(scratch);
        let mut insert = out.insert();
        insert.local_set(length).local_set(source).local_set(destination);
        let mut check = |address, operand| {
            insert.local_get(address).local_get(length).i32_const(operand);
            insert.call(self.checks.check_range);
        };
        if bulk == Bulk::MemoryCopy && !is_removed(Check::BulkSource) {
            check(source, violation::SOURCE);
        }
        if !is_removed(Check::BulkDestination) {
            check(destination, violation::DESTINATION);
        }
        insert.local_get(destination).local_get(source).local_get(length);
    }
}
