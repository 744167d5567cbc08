//! Which instructions read or write linear memory at an address they pop, and how.

use wasm_encoder::ValType;
use wasmparser::{MemArg, Operator};

use super::super::options::Checks;
use super::super::shadow::GRANULE;
use super::super::violation::AccessKind;

/// One memory instruction.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Access {
    /// What it does to the bytes.
    pub(in super::super) kind: AccessKind,
    /// Number of bytes accessed, as a power of two: 0 to 4.
    pub(super) size_log2: u8,
    /// Alignment that the compiler promised, as a power of two. Nothing enforces it.
    pub(super) align_log2: u8,
    /// Constant that is added to the address; the sum does not wrap.
    pub(in super::super) offset: u32,
    /// Types of the operands above the address, the top of the stack last.
    pub(super) above: &'static [ValType],
}

impl Access {
    /// The access that `operator` is, if it is one.
    pub(in super::super) fn of(operator: &Operator<'_>) -> Option<Self> {
        let memory = memarg(operator)?;
        let (kind, above) = operands(operator);
        Some(Self {
            kind,
            size_log2: memory.max_align,
            align_log2: memory.align,
            // Validation holds the offsets of a 32-bit memory to 32 bits.
            offset: u32::try_from(memory.offset).unwrap_or(u32::MAX),
            above,
        })
    }

    /// Number of bytes accessed.
    pub(in super::super) fn size(&self) -> u32 {
        1u32.checked_shl(self.size_log2.into()).unwrap_or(u32::MAX)
    }

    /// Whether the granule of the last byte speaks for all bytes, or that and the one before it if there
    /// are sixteen bytes: the compiler promises that the effective address is a multiple of the size.
    pub(super) fn is_by_last(&self, trust_alignment: bool) -> bool {
        let is_aligned = self.align_log2 >= self.size_log2
            && self.offset.trailing_zeros() >= self.size_log2.into();
        self.size_log2 == 0 || (trust_alignment && is_aligned)
    }

    /// Distance from the first byte to the one whose granule is looked at first.
    pub(in super::super) fn first_look(&self, checks: Checks) -> u32 {
        let last = self.size().saturating_sub(1);
        match self.is_by_last(checks == Checks::Fast) {
            true if self.size() > GRANULE => last.saturating_sub(GRANULE),
            true => last,
            false => 0,
        }
    }
}

/// The memory immediate of an instruction. Every instruction that accesses memory at an address from
/// the stack has one, so none is forgotten here, those of future proposals included.
#[expect(unused_variables, reason = "all fields are bound, one is used")]
fn memarg(operator: &Operator<'_>) -> Option<MemArg> {
    macro_rules! memarg_of {
        ($( @$proposal:ident $op:ident $({ $($field:ident: $type:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
            match operator {
                $( Operator::$op $({ $($field),* })? => memarg_of!(@value [$($($field)*)?] [$($($field)*)?]), )*
                _ => None,
            }
        };
        (@value [memarg $($others:ident)*] [$memarg:ident $($rest:ident)*]) => { Some(*$memarg) };
        (@value [$($others:ident)*] [$($rest:ident)*]) => { None };
    }
    wasmparser::for_each_operator!(memarg_of)
}

/// Whether an instruction with a memory immediate writes, and its operands above the address.
fn operands(operator: &Operator<'_>) -> (AccessKind, &'static [ValType]) {
    use AccessKind::{Read, Write};
    use Operator as Op;
    use ValType::{F32, F64, I32, I64, V128};
    match operator {
        Op::I32Store { .. }
        | Op::I32Store8 { .. }
        | Op::I32Store16 { .. }
        | Op::I32AtomicStore { .. }
        | Op::I32AtomicStore8 { .. }
        | Op::I32AtomicStore16 { .. }
        | Op::I32AtomicRmwAdd { .. }
        | Op::I32AtomicRmw8AddU { .. }
        | Op::I32AtomicRmw16AddU { .. }
        | Op::I32AtomicRmwSub { .. }
        | Op::I32AtomicRmw8SubU { .. }
        | Op::I32AtomicRmw16SubU { .. }
        | Op::I32AtomicRmwAnd { .. }
        | Op::I32AtomicRmw8AndU { .. }
        | Op::I32AtomicRmw16AndU { .. }
        | Op::I32AtomicRmwOr { .. }
        | Op::I32AtomicRmw8OrU { .. }
        | Op::I32AtomicRmw16OrU { .. }
        | Op::I32AtomicRmwXor { .. }
        | Op::I32AtomicRmw8XorU { .. }
        | Op::I32AtomicRmw16XorU { .. }
        | Op::I32AtomicRmwXchg { .. }
        | Op::I32AtomicRmw8XchgU { .. }
        | Op::I32AtomicRmw16XchgU { .. } => (Write, &[I32]),
        Op::I64Store { .. }
        | Op::I64Store8 { .. }
        | Op::I64Store16 { .. }
        | Op::I64Store32 { .. }
        | Op::I64AtomicStore { .. }
        | Op::I64AtomicStore8 { .. }
        | Op::I64AtomicStore16 { .. }
        | Op::I64AtomicStore32 { .. }
        | Op::I64AtomicRmwAdd { .. }
        | Op::I64AtomicRmw8AddU { .. }
        | Op::I64AtomicRmw16AddU { .. }
        | Op::I64AtomicRmw32AddU { .. }
        | Op::I64AtomicRmwSub { .. }
        | Op::I64AtomicRmw8SubU { .. }
        | Op::I64AtomicRmw16SubU { .. }
        | Op::I64AtomicRmw32SubU { .. }
        | Op::I64AtomicRmwAnd { .. }
        | Op::I64AtomicRmw8AndU { .. }
        | Op::I64AtomicRmw16AndU { .. }
        | Op::I64AtomicRmw32AndU { .. }
        | Op::I64AtomicRmwOr { .. }
        | Op::I64AtomicRmw8OrU { .. }
        | Op::I64AtomicRmw16OrU { .. }
        | Op::I64AtomicRmw32OrU { .. }
        | Op::I64AtomicRmwXor { .. }
        | Op::I64AtomicRmw8XorU { .. }
        | Op::I64AtomicRmw16XorU { .. }
        | Op::I64AtomicRmw32XorU { .. }
        | Op::I64AtomicRmwXchg { .. }
        | Op::I64AtomicRmw8XchgU { .. }
        | Op::I64AtomicRmw16XchgU { .. }
        | Op::I64AtomicRmw32XchgU { .. } => (Write, &[I64]),
        Op::I32AtomicRmwCmpxchg { .. }
        | Op::I32AtomicRmw8CmpxchgU { .. }
        | Op::I32AtomicRmw16CmpxchgU { .. } => (Write, &[I32, I32]),
        Op::I64AtomicRmwCmpxchg { .. }
        | Op::I64AtomicRmw8CmpxchgU { .. }
        | Op::I64AtomicRmw16CmpxchgU { .. }
        | Op::I64AtomicRmw32CmpxchgU { .. } => (Write, &[I64, I64]),
        Op::MemoryAtomicNotify { .. } => (Read, &[I32]),
        Op::MemoryAtomicWait32 { .. } => (Read, &[I32, I64]),
        Op::MemoryAtomicWait64 { .. } => (Read, &[I64, I64]),
        Op::F32Store { .. } => (Write, &[F32]),
        Op::F64Store { .. } => (Write, &[F64]),
        Op::V128Store { .. }
        | Op::V128Store8Lane { .. }
        | Op::V128Store16Lane { .. }
        | Op::V128Store32Lane { .. }
        | Op::V128Store64Lane { .. } => (Write, &[V128]),
        Op::V128Load8Lane { .. }
        | Op::V128Load16Lane { .. }
        | Op::V128Load32Lane { .. }
        | Op::V128Load64Lane { .. } => (Read, &[V128]),
        // All others are plain loads. Were one of them not, the inserted code would not validate.
        _ => (Read, &[]),
    }
}
