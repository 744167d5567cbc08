//! Fuel comes in slices, so that the host gets to look at the clock.
//!
//! Code that counts fuel is all that the engine runs without end, and it looks at the fuel wherever it could
//! go on without end. So the watchdog needs no checks of its own: the guest starts with some fuel and the host
//! keeps the rest in *reserve*. When the fuel goes below zero, the function that is made here *knocks* and
//! takes the next slice out of the reserve. Only when that is empty, fuel ran out. So a guest whose host sets
//! no reserve stops at once.
//!
//! To knock is to ask for an element of a table that may hold none. That can only fail, but the engine asks
//! the host first, and the host may end the run. This way no import has to be added, which would change
//! the index of every function.

use wasm_encoder::{BlockType, Function, HeapType, InstructionSink, RefType, TableType, ValType};

use super::super::interface::FUEL_SLICE;

/// Parameters of the function: the fuel that is left, below zero.
pub(in super::super) const PARAMETERS: [ValType; 1] = [ValType::I64];
/// Its results: the fuel that is left now.
pub(in super::super) const RESULTS: [ValType; 1] = [ValType::I64];

/// The table to knock at.
pub(in super::super) const TABLE: TableType = TableType {
    element_type: RefType::FUNCREF,
    table64: false,
    minimum: 0,
    maximum: Some(0),
    shared: false,
};

/// What slices need in a module.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Slices {
    /// Index of the global that holds the fuel that is left of the present slice.
    pub(in super::super) fuel: u32,
    /// Index of the global that holds the fuel behind it.
    pub(in super::super) reserve: u32,
    /// Index of the global that holds what is lent, if any is ever.
    pub(in super::super) lent: Option<u32>,
    /// Index of the table.
    pub(in super::super) table: u32,
    /// Index of the function that takes a slice.
    pub(in super::super) function: u32,
}

impl Slices {
    /// The function that takes a slice, or traps.
    pub(in super::super) fn body(self) -> Function {
        const FUEL: u32 = 0;
        let mut function = Function::new([]);
        let mut insert = function.instructions();
        insert.loop_(BlockType::Empty);
        // The host sees how far it came.
        insert.local_get(FUEL).global_set(self.fuel);
        insert.global_get(self.reserve).i64_eqz();
        stop_if(&mut insert);
        if let Some(lent) = self.lent {
            // What a function with a fixed price uses is made good by what it was lent, and nothing else.
            insert.global_get(lent).i64_eqz().i32_eqz();
            stop_if(&mut insert);
        }
        insert.ref_null(HeapType::FUNC).i32_const(1).table_grow(self.table).drop();
        insert.global_get(self.reserve).i64_const(FUEL_SLICE).i64_sub().global_set(self.reserve);
        insert.local_get(FUEL).i64_const(FUEL_SLICE).i64_add().local_tee(FUEL);
        // A bulk instruction may have used more than one.
        insert.i64_const(0).i64_lt_s().br_if(0).end();
        insert.local_get(FUEL).end();
        function
    }
}

fn stop_if(insert: &mut InstructionSink<'_>) {
    insert.if_(BlockType::Empty).unreachable().end();
}
