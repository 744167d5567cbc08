//! What an instruction costs.
//!
//! | instruction | fuel |
//! |---|---|
//! | `nop`, `drop`, `block`, `loop`, `else`, `end`, `unreachable`, `return` | 0: they generate no code of their own |
//! | every other instruction | 1 |
//! | entering a function | 1, so that even a call of an empty function is not free |
//! | `memory.copy`, `memory.fill`, `memory.init` | 1 for each byte moved, as in a loop over bytes |
//! | `table.copy`, `table.fill`, `table.init`, `table.grow` | 1 for each element |
//! | `memory.grow` | [`GROW_PAGE`] for each page that was added |
//! | everything inside a function whose work is known | its price instead: see `price` |
//!
//! The first rows are those of wasmtime's own fuel, so that budgets mean the same with either. Work by
//! length is paid after it was done: a length that leaves the memory or table traps as such, whatever
//! fuel there was, and the longest single overdraft is one pass over the guest's own memory.

use wasmparser::Operator;

use super::super::bulk::Bulk;

/// Fuel for entering a function.
pub(super) const FUNCTION_ENTRY: i64 = 1;

/// Fuel for each 64 KiB page that `memory.grow` adds: one for every 16 bytes, about what it costs a
/// host to map and clear them when they are first touched.
pub(super) const GROW_PAGE: i64 = 4096;

/// Fuel of one instruction, without what depends on an operand.
pub(super) const fn of(operator: &Operator<'_>) -> i64 {
    match operator {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Else
        | Operator::End
        | Operator::Unreachable
        | Operator::Return => 0,
        _ => 1,
    }
}

/// Fuel for each byte, element or page that a bulk instruction handled.
pub(super) const fn per_unit(bulk: Bulk) -> i64 {
    match bulk {
        Bulk::MemoryGrow => GROW_PAGE,
        Bulk::MemoryCopy | Bulk::MemoryFill | Bulk::MemoryInit | Bulk::Table | Bulk::TableGrow => 1,
    }
}
