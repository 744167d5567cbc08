//! The host's side in WebAssembly: the imports of module `proofhouse`.
#![expect(unsafe_code, reason = "imports are foreign functions that take a pointer and a length")]

use super::Level;

mod raw {
    #[link(wasm_import_module = "proofhouse")]
    unsafe extern "C" {
        pub(super) fn message(level: i32, text: *const u8, len: usize);
        pub(super) fn emit(result: *const u8, len: usize);
    }
}

pub(super) fn message(level: Level, text: &str) {
    // SAFETY: the host only reads, within the call, the bytes that `text` borrows.
    unsafe { raw::message(level.number(), text.as_ptr(), text.len()) }
}

pub(super) fn emit(result: &[u8]) {
    // SAFETY: the host only reads, within the call, the bytes that `result` borrows.
    unsafe { raw::emit(result.as_ptr(), result.len()) }
}
