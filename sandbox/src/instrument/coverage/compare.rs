//! The instructions that compare integers, or that compilers compare with.

use wasm_encoder::ValType;
use wasmparser::Operator;

use super::Site;

/// An instruction that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compare {
    /// Type of its operands.
    pub(super) ty: ValType,
    /// How many there are: one is compared with zero, or with the cases of a switch.
    pub(super) operands: usize,
    /// What it says of them.
    pub(super) kind: CompareKind,
}

/// What an instruction says of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CompareKind {
    /// Which is larger, or whether they are equal.
    Relation,
    /// In which bits they differ. `memcmp` of a known length becomes this, joined by `or`.
    Difference,
    /// Which case a number is: this many, from zero on.
    Switch { cases: u32 },
}

impl Compare {
    /// What the instruction compares, if it does.
    pub(super) fn of(operator: &Operator<'_>) -> Option<Self> {
        let kind = match operator {
            Operator::I32Xor | Operator::I64Xor => CompareKind::Difference,
            Operator::BrTable { targets } => CompareKind::Switch { cases: targets.len() },
            _ => CompareKind::Relation,
        };
        let (ty, operands) = match operator {
            Operator::BrTable { .. } => (ValType::I32, 1),
            Operator::I32Xor => (ValType::I32, 2),
            Operator::I64Xor => (ValType::I64, 2),
            Operator::I32Eqz => (ValType::I32, 1),
            Operator::I64Eqz => (ValType::I64, 1),
            Operator::I32Eq
            | Operator::I32Ne
            | Operator::I32LtS
            | Operator::I32LtU
            | Operator::I32GtS
            | Operator::I32GtU
            | Operator::I32LeS
            | Operator::I32LeU
            | Operator::I32GeS
            | Operator::I32GeU => (ValType::I32, 2),
            Operator::I64Eq
            | Operator::I64Ne
            | Operator::I64LtS
            | Operator::I64LtU
            | Operator::I64GtS
            | Operator::I64GtU
            | Operator::I64LeS
            | Operator::I64LeU
            | Operator::I64GeS
            | Operator::I64GeU => (ValType::I64, 2),
            _ => return None,
        };
        Some(Self { ty, operands, kind })
    }

    /// Its place in the map. `shift` was added to what it compares.
    pub(super) fn site(self, offset: u32, shift: u64) -> Site {
        let cases = match self.kind {
            CompareKind::Switch { cases } => cases,
            CompareKind::Relation | CompareKind::Difference => 0,
        };
        Site { offset, width: self.width(), point: 0, shift, flip: 0, cases }
    }

    /// Bytes of an operand.
    fn width(self) -> u8 {
        if self.ty == ValType::I64 { 8 } else { 4 }
    }
}
