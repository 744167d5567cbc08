//! The guest's memory with its shadow and the state of the run beside it, which the engine has no safe
//! view of.

use super::state::State;
use wasmtime::{Memory, StoreContextMut};

/// The guest's memory, its shadow if there is one, and the state, for as long as the store is borrowed.
pub(super) fn beside(
    memory: Memory,
    store: StoreContextMut<'_, State>,
) -> (&mut [u8], &[u8], &mut State) {
    let shadow = store.data().shadow.map(|shadow| {
        let bytes = shadow.data(&store);
        (bytes.as_ptr(), bytes.len())
    });
    let (bytes, state) = memory.data_and_store_mut(store);
    let shadow = match shadow.filter(|(start, _)| *start != bytes.as_ptr()) {
        #[expect(unsafe_code, reason = "two memories of a store at once")]
        // SAFETY: the store is borrowed for as long as the bytes are, so that until then nobody runs the guest, which alone
        // grows the shadow or writes there. Memories of a store do not overlap, and this one is another
        // than `memory`: they start at different addresses. The state holds no bytes of memories.
        Some((start, length)) => unsafe { std::slice::from_raw_parts(start, length) },
        None => &[],
    };
    (bytes, shadow, state)
}
