//! The memory checks pass: every access to linear memory is looked up in the shadow first.
//!
//! The shadow (see [`shadow`](super::shadow)) is a memory of its own that the guest cannot reach. A
//! *lookup* is inlined before each memory instruction: it lets pass what lies in ordinary memory, and
//! hands everything else to the runtime's exact check, which reports and traps, or returns. The runtime
//! is also asked before `memory.copy`, `memory.fill` and `memory.init`.
//!
//! What leaves the guest's memory traps by itself, and an effective address of 33 bits with it: the
//! lookup may then look at the wrong byte, but the access is never carried out.

mod access;
mod lookup;
mod operands;
mod seen;
mod values;

use wasm_encoder::{InstructionSink, ValType};
use wasmparser::Operator;

use super::bulk::Bulk;
use super::function::{BodyWriter, Scratch, ScratchNeeds};

pub(super) use access::Access;
use access::Direction;
use lookup::Lookup;
use operands::{ADDRESS, Operands, SHADOW};
use seen::Seen;
use values::Assignments;

/// The memory checks of one module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    /// Index of the shadow memory.
    pub(super) shadow: u32,
    pub(super) global: u32,
    /// Index of the runtime's exact check of one access.
    pub(super) check_access: u32,
    /// Index of the runtime's exact check of a range.
    pub(super) check_range: u32,
    /// Whether the compiler's promises about alignment are relied on.
    pub(super) trust_alignment: bool,
}

/// Looks at a function before it is rewritten.
#[derive(Default)]
pub(super) struct ChecksPlan {
    assignments: Assignments,
}

impl ChecksPlan {
    /// Takes the next instruction.
    pub(super) fn next(&mut self, operator: &Operator<'_>, needs: &mut ScratchNeeds) {
        self.assignments.next(operator);
        if let Some(access) = Access::of(operator) {
            needs.at_once(Operands::types(access));
        } else if Bulk::of(operator).is_some_and(Bulk::moves_memory) {
            needs.at_once([ValType::I32; 3]);
        }
    }
}

/// Inserts the checks into one function.
pub(super) struct FunctionChecks {
    checks: Checks,
    seen: Seen,
}

impl FunctionChecks {
    pub(super) fn new(checks: Checks, plan: ChecksPlan) -> Self {
        Self { checks, seen: Seen::new(plan.assignments) }
    }

    /// Before any instruction.
    pub(super) fn before(
        &mut self,
        out: &mut BodyWriter<'_>,
        operator: &Operator<'_>,
        scratch: &Scratch,
    ) {
        if let Some(access) = Access::of(operator) {
            self.access(out, access, scratch);
        } else if let Some(bulk) = Bulk::of(operator).filter(|bulk| bulk.moves_memory()) {
            self.bulk(out, bulk, scratch);
        }
        self.seen.next(operator);
    }

    fn access(&mut self, out: &mut BodyWriter<'_>, access: Access, scratch: &Scratch) {
        let Checks { shadow: memory, check_access, trust_alignment, .. } = self.checks;
        let address = scratch.local(ValType::I32, ADDRESS);
        let shadow = scratch.local(ValType::I32, SHADOW);
        let lookup = Lookup { access, memory, address, shadow };
        let by_last = lookup.is_by_last(trust_alignment);
        if self.seen.repeats(access, by_last) {
            return;
        }
        let site = out.site().start.cast_signed();
        let exact = move |insert: &mut InstructionSink<'_>| {
            insert.local_get(address).i32_const(access.offset.cast_signed());
            insert.i32_const(access.size().cast_signed()).i32_const(code(access.direction));
            insert.i32_const(site).call(check_access);
        };
        let operands = Operands::of(access, scratch);
        operands.save(&mut out.insert());
        if by_last && lookup.is_one_granule() {
            lookup.last_granule(&mut out.insert());
            out.rarely(|insert| {
                // Most that comes here is the last, partial granule of an object. It is judged on the
                // spot, so that the runtime's check never returns, and nothing is live across its call.
                lookup.last_byte_is_usable(insert);
                insert.br_if(0);
                match std::env::var("NARGS").as_deref() {
                    Ok("d") => { insert.local_get(address).i64_extend_i32_u().i64_const(i64::from(site) << 32).i64_or().global_set(self.checks.global); }
                    Ok("e") => { insert.local_get(address).i64_extend_i32_u().global_set(self.checks.global); }
                    Ok("0") => {}
                    Ok("2") => { insert.local_get(address).i32_const(site).call(check_access + 5); }
                    Ok("3") => { insert.local_get(address).i32_const(access.offset.cast_signed()).i32_const(site).call(check_access + 6); }
                    _ => exact(insert),
                }
                insert.unreachable();
            });
        } else {
            lookup.granules(&mut out.insert(), by_last);
            out.rarely(exact);
        }
        operands.restore(&mut out.insert());
    }

    fn bulk(&self, out: &mut BodyWriter<'_>, bulk: Bulk, scratch: &Scratch) {
        let site = out.site().start.cast_signed();
        let [length, source, destination] = [0, 1, 2].map(|nth| scratch.local(ValType::I32, nth));
        let mut insert = out.insert();
        insert.local_set(length).local_set(source).local_set(destination);
        let mut check = |address, direction| {
            insert.local_get(address).local_get(length).i32_const(code(direction));
            insert.i32_const(site).call(self.checks.check_range);
        };
        if bulk == Bulk::MemoryCopy {
            check(source, Direction::Read);
        }
        check(destination, Direction::Write);
        insert.local_get(destination).local_get(source).local_get(length);
    }
}

/// How the runtime is told what an access does; [`Violation`](super::Violation) reads it back.
fn code(direction: Direction) -> i32 {
    match direction {
        Direction::Read => super::violation::READ,
        Direction::Write => super::violation::WRITE,
    }
}
