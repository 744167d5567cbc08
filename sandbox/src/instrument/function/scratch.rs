//! Locals in which inserted code keeps operands.

use wasm_encoder::ValType;

use super::Locals;

/// How many scratch locals of each type one function needs at the same time. Inserted code keeps no
/// value beyond the instruction that it belongs to, so all sites share them.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct ScratchNeeds(PerType);

/// The scratch locals of one function.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Scratch {
    first: PerType,
}

/// A number for each type that an operand of a memory or table instruction may have.
#[derive(Clone, Copy, Debug, Default)]
struct PerType {
    i32: u32,
    i64: u32,
    f32: u32,
    f64: u32,
    v128: u32,
}

const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

impl ScratchNeeds {
    /// A local for each of `types`, all at the same time.
    pub(in super::super) fn at_once(&mut self, types: impl IntoIterator<Item = ValType>) {
        let mut here = PerType::default();
        for ty in types {
            *here.of_mut(ty) = here.of(ty).saturating_add(1);
        }
        for ty in TYPES {
            *self.0.of_mut(ty) = self.0.of(ty).max(here.of(ty));
        }
    }

    /// Declares the scratch locals.
    pub(super) fn place(self, locals: &mut Locals) -> Scratch {
        let mut first = PerType::default();
        for ty in TYPES {
            *first.of_mut(ty) = locals.add(self.0.of(ty), ty);
        }
        Scratch { first }
    }
}

impl Scratch {
    /// Index of the `nth` scratch local of a type, from 0.
    pub(in super::super) fn local(&self, ty: ValType, nth: u32) -> u32 {
        self.first.of(ty).saturating_add(nth)
    }
}

impl PerType {
    fn of(mut self, ty: ValType) -> u32 {
        *self.of_mut(ty)
    }

    fn of_mut(&mut self, ty: ValType) -> &mut u32 {
        match ty {
            ValType::I64 => &mut self.i64,
            ValType::F32 => &mut self.f32,
            ValType::F64 => &mut self.f64,
            ValType::V128 => &mut self.v128,
            // No operand that is kept is a reference; were one, the output would not validate.
            ValType::I32 | ValType::Ref(_) => &mut self.i32,
        }
    }
}
