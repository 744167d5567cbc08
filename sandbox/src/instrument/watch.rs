//! The watch pass: which bytes of one buffer the guest reads while it is watched.
//!
//! The host says which bytes are watched, by two globals; at first none are. A memory of its own, which
//! the guest cannot reach, has a byte for each of them, behind a padding, and every read of the guest
//! that reaches one makes it 1. Reads are those of all loads, of atomic instructions that read and write,
//! and of the source of `memory.copy`. The pass looks at the original's code, so it is for modules in
//! which nothing stands in for that code: it goes with no checks.
//!
//! A guest that remembers something of a buffer need not read it again. It may remember it in its memory,
//! which the host can look at, or in globals and tables, which it cannot. So the pass also finds out
//! whether the guest changes any of those ([`WatchFound::keeps_elsewhere`]).

use serde::{Deserialize, Serialize};
use wasm_encoder::{InstructionSink, MemArg, MemArgTarget, ValType};
use wasmparser::Operator;

use super::bulk::Bulk;
use super::checks::{Access, BulkOperands, Operands};
use super::function::{BodyWriter, Scratch, ScratchNeeds};
use super::interface::WATCHED_PADDING;
use super::original::Original;
use super::refusal::Refusal;
use super::summary::StackPointer;
use super::violation::AccessKind;

/// What the pass found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchFound {
    /// Whether the guest may keep something where its host cannot see it: in a global that is not the
    /// stack pointer, in a table, or by dropping a segment.
    pub keeps_elsewhere: bool,
}

impl WatchFound {
    /// Looks at all functions.
    pub(super) fn of(
        original: &Original<'_>,
        stack_pointer: Option<StackPointer>,
    ) -> Result<Self, Refusal> {
        let own = stack_pointer.map(|stack| stack.global);
        for body in &original.bodies {
            for operator in body.get_operators_reader()? {
                let keeps_elsewhere = match operator? {
                    Operator::GlobalSet { global_index } => Some(global_index) != own,
                    Operator::TableSet { .. }
                    | Operator::TableGrow { .. }
                    | Operator::TableFill { .. }
                    | Operator::TableCopy { .. }
                    | Operator::TableInit { .. }
                    | Operator::ElemDrop { .. }
                    | Operator::DataDrop { .. } => true,
                    _ => false,
                };
                if keeps_elsewhere {
                    return Ok(Self { keeps_elsewhere });
                }
            }
        }
        Ok(Self { keeps_elsewhere: false })
    }
}

/// Where one module is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// Index of the memory that remembers.
    pub(super) memory: u32,
    /// Index of the global with the first address that is watched.
    pub(super) start: u32,
    /// Index of the global with the number of bytes that are.
    pub(super) bytes: u32,
}

impl Watch {
    /// Asks for the locals that the instruction needs.
    pub(super) fn needs(operator: &Operator<'_>, needs: &mut ScratchNeeds) {
        if let Some(access) = read(operator) {
            needs.at_once(Operands::types(access));
        } else if Bulk::of(operator) == Some(Bulk::MemoryCopy) {
            needs.at_once([ValType::I32, ValType::I32, ValType::I32, ValType::I64, ValType::I64]);
        }
    }

    /// Before any instruction.
    pub(super) fn before(
        self,
        out: &mut BodyWriter<'_>,
        operator: &Operator<'_>,
        scratch: &Scratch,
    ) {
        if let Some(access) = read(operator) {
            self.access(out, access, scratch);
        } else if Bulk::of(operator) == Some(Bulk::MemoryCopy) {
            self.copy(&mut out.insert(), scratch);
        }
    }

    fn access(self, out: &mut BodyWriter<'_>, access: Access, scratch: &Scratch) {
        let operands = Operands::of(access, scratch);
        let place = scratch.local(ValType::I32, 1);
        let before_last = access.size().saturating_sub(1);
        // Where the sum leaves 32 bits, the access lies behind the last address.
        let last = access.offset.wrapping_add(before_last).cast_signed();
        let mut insert = out.insert();
        operands.save(&mut insert);
        // Distance of the last byte from the first that is watched; of an access that begins before it
        // and reaches it, too.
        insert.local_get(operands.address).i32_const(last).i32_add();
        insert.global_get(self.start).i32_sub().local_tee(place);
        insert.global_get(self.bytes).i32_const(before_last.cast_signed()).i32_add().i32_lt_u();
        out.rarely(|insert| {
            let offset = u64::from(WATCHED_PADDING.saturating_sub(before_last));
            self.mark(insert, place, access.size(), offset);
        });
        operands.restore(&mut out.insert());
    }

    /// Makes as many bytes 1 as an access has.
    fn mark(self, insert: &mut InstructionSink<'_>, place: u32, size: u32, offset: u64) {
        let to = |offset| MemArg { offset, ..self.byte(0) };
        insert.local_get(place);
        match size {
            1 => insert.i32_const(1).i32_store8(to(offset)),
            2 => insert.i32_const(0x0101).i32_store16(to(offset)),
            4 => insert.i32_const(0x0101_0101).i32_store(to(offset)),
            8 => insert.i64_const(0x0101_0101_0101_0101).i64_store(to(offset)),
            _ => {
                insert.i64_const(0x0101_0101_0101_0101).i64_store(to(offset));
                insert.local_get(place).i64_const(0x0101_0101_0101_0101);
                insert.i64_store(to(offset.saturating_add(8)))
            }
        };
    }

    fn byte(self, offset: u64) -> MemArg {
        let target = MemArgTarget::Memory(self.memory);
        MemArg { offset, align: 0, target, ordering: None }
    }

    /// Before a `memory.copy`.
    fn copy(self, insert: &mut InstructionSink<'_>, scratch: &Scratch) {
        let BulkOperands { length, source, destination } = BulkOperands::of(scratch);
        let [first, end] = [0, 1].map(|nth| scratch.local(ValType::I64, nth));
        insert.local_set(length).local_set(source).local_set(destination);
        // Distances from the first byte that is watched, in numbers that do not wrap.
        insert.local_get(source).i64_extend_i32_u();
        insert.global_get(self.start).i64_extend_i32_u().i64_sub().local_tee(first);
        insert.local_get(length).i64_extend_i32_u().i64_add().local_set(end);
        insert.local_get(first).i64_const(0).local_get(first).i64_const(0).i64_gt_s().select();
        insert.local_set(first);
        insert.local_get(end).global_get(self.bytes).i64_extend_i32_u();
        insert.local_get(end).global_get(self.bytes).i64_extend_i32_u().i64_lt_s().select();
        insert.local_tee(end).local_get(first).i64_gt_s();
        insert.if_(wasm_encoder::BlockType::Empty);
        insert.local_get(first).i32_wrap_i64();
        insert.i32_const(WATCHED_PADDING.cast_signed()).i32_add();
        insert.i32_const(1).local_get(end).local_get(first).i64_sub().i32_wrap_i64();
        insert.memory_fill(self.memory).end();
        insert.local_get(destination).local_get(source).local_get(length);
    }
}

/// The access that `operator` is, if it reads.
fn read(operator: &Operator<'_>) -> Option<Access> {
    let access = Access::of(operator)?;
    (access.kind == AccessKind::Read || !is_store(operator)).then_some(access)
}

/// Whether what writes does not read as well.
fn is_store(operator: &Operator<'_>) -> bool {
    use Operator as Op;
    matches!(
        operator,
        Op::I32Store { .. }
            | Op::I32Store8 { .. }
            | Op::I32Store16 { .. }
            | Op::I64Store { .. }
            | Op::I64Store8 { .. }
            | Op::I64Store16 { .. }
            | Op::I64Store32 { .. }
            | Op::F32Store { .. }
            | Op::F64Store { .. }
            | Op::V128Store { .. }
            | Op::V128Store8Lane { .. }
            | Op::V128Store16Lane { .. }
            | Op::V128Store32Lane { .. }
            | Op::V128Store64Lane { .. }
            | Op::I32AtomicStore { .. }
            | Op::I32AtomicStore8 { .. }
            | Op::I32AtomicStore16 { .. }
            | Op::I64AtomicStore { .. }
            | Op::I64AtomicStore8 { .. }
            | Op::I64AtomicStore16 { .. }
            | Op::I64AtomicStore32 { .. }
    )
}
