//! The pass over the guest's own `memory.grow`: it goes through the runtime, which counts what is the
//! guest's and what is the heap's.

use wasm_encoder::InstructionSink;

use super::original::Original;

/// Most pages of a memory with 32-bit addresses.
pub(super) const MAX_PAGES: u32 = 1 << 16;

/// What `memory.grow` becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grow {
    /// Index of the runtime's function.
    pub(super) function: u32,
    /// Pages that the guest's memory may have at most, by its own declaration.
    pub(super) most: u32,
}

impl Grow {
    /// Calls the runtime instead; the pages to add are on the stack.
    pub(super) fn insert(self, insert: &mut InstructionSink<'_>) {
        insert.i32_const(self.most.cast_signed()).call(self.function);
    }
}

/// Pages that the original's memory may have at most.
pub(super) fn most_pages(original: &Original<'_>) -> u32 {
    let most = original.memory.and_then(|memory| memory.maximum);
    most.and_then(|most| u32::try_from(most).ok()).unwrap_or(MAX_PAGES).min(MAX_PAGES)
}
