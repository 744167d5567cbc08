//! The host's side in WebAssembly: the imports of module `proofhouse`.
#![expect(unsafe_code, reason = "imports are foreign functions that take a pointer and a length")]

use super::Level;
use crate::Position;

mod raw {
    #[link(wasm_import_module = "proofhouse")]
    unsafe extern "C" {
        pub(super) fn message(level: i32, text: *const u8, len: usize);
        pub(super) fn diagnostic(level: i32, line: u32, column: u32, text: *const u8, len: usize);
        pub(super) fn emit(result: *const u8, len: usize);
    }
}

pub(super) fn message(level: Level, text: &str) {
    // SAFETY: the host only reads, within the call, the bytes that `text` borrows.
    unsafe { raw::message(level.number(), text.as_ptr(), text.len()) }
}

pub(super) fn diagnostic(level: Level, position: Position, text: &str) {
    // What a number has no room for is a place that the host cannot show: 0 is one that is not known.
    let [line, column] =
        [position.line, position.column].map(|number| u32::try_from(number).unwrap_or(0));
    // SAFETY: the host only reads, within the call, the bytes that `text` borrows.
    unsafe { raw::diagnostic(level.number(), line, column, text.as_ptr(), text.len()) }
}

pub(super) fn emit(result: &[u8]) {
    // SAFETY: the host only reads, within the call, the bytes that `result` borrows.
    unsafe { raw::emit(result.as_ptr(), result.len()) }
}
