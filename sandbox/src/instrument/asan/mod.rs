//! Guests that were compiled with `-fsanitize=address`: the sandbox is their AddressSanitizer runtime.
//!
//! Such a guest lays out its own stack frames and globals with *redzones* between them, and imports
//! functions named `env.__asan_*` to say where they are. Nothing of them runs outside the guest: calls to
//! them are *redirected* (`redirect`) to functions of our own runtime (`runtime/asan.wat`), to a few
//! inlined instructions, or to nothing. The imports themselves stay, so that no index changes; whoever
//! instantiates the module provides functions for them that are never called, see [`imports`].
//!
//! Checks before accesses (`__asan_load4` and so on) become nothing: every access is checked anyway,
//! that of code that was compiled without the flag, too.
//!
//! What clang must be told, and why: `docs/build-profiles.md`. What was told otherwise is refused, never
//! run with half of its redzones.
//!
//! After a violation, [`layout_object`] says which variable or global it is about.

mod descriptions;
mod globals;
mod imports;
mod object;
mod redirect;

pub(crate) use descriptions::{text as text_at, word as word_at};
pub use imports::{AsanImport, imports};
pub use object::{LayoutMemory, LayoutObject, Place, Region, layout_object};

pub(super) use redirect::{Found, Links, Redirect, Redirects};

/// Name of the module that the guest imports its AddressSanitizer runtime from: that of every undefined
/// symbol.
pub const MODULE: &str = "env";

/// Pages of guest memory for the fake stack of a guest that marks its frames. They are the
/// instrumentation's, not the guest's: to be left out of its memory limit.
pub const FAKE_STACK_PAGES: u64 = 15;

/// What a frame's first word is while the frame is in use.
const FRAME_MARK: u32 = 0x41B5_8AB3;
/// What a frame's first word is once its function has returned.
const LEFT_FRAME_MARK: u32 = 0x45E0_360E;

/// Whether an instruction stores the mark of a frame that is left, if that is the value it stores.
pub(super) fn is_mark(value: u32) -> bool {
    value == LEFT_FRAME_MARK || value == FRAME_MARK
}
