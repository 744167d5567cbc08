//! The shadow memory of one instance, as host functions read it: beside the guest's own memory, which
//! they may be writing to, and beside the state of the run.

use wasmtime::{AsContext, Memory};

/// The bytes of a shadow memory, which never grows.
pub(crate) struct Shadow {
    start: *const u8,
    length: usize,
}

// SAFETY: it is a view of a memory of the store that it lies in, and moves with it. Whoever holds the
// store is the only one who can run the guest, which alone writes there.
#[expect(unsafe_code, reason = "a raw pointer into the store that carries it")]
unsafe impl Send for Shadow {}

impl Shadow {
    /// A view of that memory, to be kept in the data of its own store. `None` if the memory could grow,
    /// and so move.
    pub(crate) fn of(memory: Memory, store: impl AsContext) -> Option<Self> {
        let ty = memory.ty(&store);
        let bytes = memory.data(&store);
        (ty.maximum() == Some(ty.minimum()))
            .then_some(Self { start: bytes.as_ptr(), length: bytes.len() })
    }

    /// The bytes, for a host function.
    ///
    /// # Safety
    /// Until the last use of the bytes the store must be there, and the guest must not run.
    #[expect(unsafe_code, reason = "the engine has no view of two memories and the data at once")]
    pub(crate) unsafe fn bytes<'s>(&self) -> &'s [u8] {
        // SAFETY: `start` and `length` are those of a memory whose minimum is its maximum, so that it
        // stays where it is as long as the store; the caller answers for the rest.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }
    }
}
