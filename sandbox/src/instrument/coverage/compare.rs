//! The instructions that compare integers.

use wasm_encoder::ValType;
use wasmparser::Operator;

/// An instruction that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compare {
    /// Type of its operands.
    pub(super) ty: ValType,
    /// How many there are: one is compared with zero.
    pub(super) operands: usize,
}

impl Compare {
    /// What the instruction compares, if it does.
    pub(super) fn of(operator: &Operator<'_>) -> Option<Self> {
        let (ty, operands) = match operator {
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
        Some(Self { ty, operands })
    }

    /// Bytes of an operand.
    pub(super) fn width(self) -> u8 {
        if self.ty == ValType::I64 { 8 } else { 4 }
    }
}
