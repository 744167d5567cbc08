//! The operands of a memory instruction, put aside while its address is looked up.

use wasm_encoder::{InstructionSink, ValType};

use super::super::function::Scratch;
use super::Access;

/// The scratch `i32` that keeps the address.
pub(super) const ADDRESS: u32 = 0;
/// The scratch `i32` that keeps what the shadow says.
pub(super) const SHADOW: u32 = 1;

/// What the lookup itself needs; the operands above the address come after.
const OWN: [ValType; 2] = [ValType::I32; 2];

/// The operands of one access.
pub(in super::super) struct Operands {
    /// Local that keeps the address.
    pub(in super::super) address: u32,
    /// Locals of those above the address, the top of the stack last.
    above: Vec<u32>,
}

impl Operands {
    /// Types of the scratch locals that a check of `access` needs.
    pub(in super::super) fn types(access: Access) -> impl Iterator<Item = ValType> {
        OWN.into_iter().chain(access.above.iter().copied())
    }

    pub(in super::super) fn of(access: Access, scratch: &Scratch) -> Self {
        let mut taken = OWN.to_vec();
        let above = access.above.iter().map(|ty| {
            let nth = taken.iter().filter(|other| *other == ty).count();
            taken.push(*ty);
            scratch.local(*ty, super::super::numbers::count(nth))
        });
        Self { above: above.collect(), address: scratch.local(ValType::I32, ADDRESS) }
    }

    /// Takes all operands from the stack.
    pub(in super::super) fn save(&self, insert: &mut InstructionSink<'_>) {
        for local in self.above.iter().rev() {
            insert.local_set(*local);
        }
        insert.local_set(self.address);
    }

    /// Puts them back.
    pub(in super::super) fn restore(&self, insert: &mut InstructionSink<'_>) {
        insert.local_get(self.address);
        for local in &self.above {
            insert.local_get(*local);
        }
    }
}
