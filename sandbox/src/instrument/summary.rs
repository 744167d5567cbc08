//! What the rewriter found in a module and did with it, for reports.

use super::constants::Constants;
use serde::{Deserialize, Serialize};

/// What was found and done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// Whether the module names its functions and globals.
    pub names: NamesFound,
    /// The linear stack's pointer, if it was recognised.
    pub stack_pointer: Option<StackPointer>,
    /// Bytes that the module was linked with for its linear stack, if that shows: where data comes first,
    /// the stack lies between it and the stack pointer's initial value.
    pub own_stack_bytes: Option<u32>,
    /// Whether null pointers are caught. `None` if memory is not checked.
    pub null_page: Option<NullPageFound>,
    /// Whether blocks of the heap are checked. `None` if memory is not checked.
    pub heap: Option<HeapFound>,
    /// Names of the functions of libc that read whole words and were replaced.
    pub words: Vec<String>,
    /// What the module says of its layout. `None` if it was not compiled with `-fsanitize=address`.
    pub layout: Option<LayoutFound>,
}

/// What a module that was compiled with `-fsanitize=address` says of its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LayoutFound {
    /// There are redzones between the variables of a stack frame.
    pub stack: bool,
    /// Frames stay poisoned for a while when their function has returned.
    pub use_after_return: bool,
    /// There are redzones behind globals.
    pub globals: bool,
    /// Where its constants are, if that shows: writes there are stopped.
    pub constants: Option<Constants>,
}

/// The state of the module's name section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NamesFound {
    /// There is one, it decodes, and it names functions.
    Read,
    /// There is none, or none of functions; link without `--strip-all`.
    Missing,
    /// There is one, but it does not decode.
    Malformed,
}

/// The global that holds the linear stack's pointer. The stack grows towards address 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StackPointer {
    /// Index of the global in the original module.
    pub global: u32,
    /// Its initial value: where the stack starts.
    pub initial: u32,
}

/// What became of the null page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[non_exhaustive]
pub enum NullPageFound {
    /// Accesses below this address are stopped.
    Guarded {
        /// Size of the region in bytes, from address 0 on.
        bytes: u32,
        /// Whether the stack would grow into it at last. Then an access close to the stack pointer is an
        /// exhausted stack, not a null pointer.
        end_of_stack: bool,
    },
    /// It was asked for, but the module uses that region, or may.
    Unguarded {
        /// Why.
        reason: Unguarded,
    },
    /// It was not asked for.
    Off,
}

/// Why there is no null page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unguarded {
    /// No stack pointer was recognised, so nothing is known about how memory is laid out.
    UnknownLayout,
    /// A data segment goes to an address that is not a constant.
    UnknownData,
    /// Data begins at address 0, or nearly.
    DataAtZero,
}

/// What became of the allocator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[non_exhaustive]
pub enum HeapFound {
    /// It was replaced.
    Replaced {
        /// Whose allocator it was.
        family: Family,
        /// Names of its functions.
        functions: Vec<String>,
    },
    /// It was not, and there are no heap checks.
    Off {
        /// Why.
        reason: HeapOff,
    },
}

/// Whose allocator it is. Where several are there, one is built on the other, and the first of these
/// counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Family {
    /// Emscripten's.
    Emscripten,
    /// Zig's C library's.
    Zig,
    /// C's names, without anything that tells more; wasi-libc's.
    Libc,
    /// dlmalloc under its own names.
    Dlmalloc,
    /// Rust's.
    Rust,
}

/// Why there are no heap checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
#[non_exhaustive]
pub enum HeapOff {
    /// They were not asked for.
    NotAsked,
    /// The module has no memory.
    NoMemory,
    /// The module does not name its functions, and what it exports does not tell enough.
    NoNames,
    /// No function bears the name of an allocator's.
    NoAllocator,
    /// There is a function that frees, but none that allocates.
    NoMalloc,
    /// A function of the allocator is imported.
    Imported {
        /// Its name.
        name: String,
    },
    /// A function bears the name of an allocator's, but its type does not fit.
    WrongType {
        /// Its name.
        name: String,
    },
    /// Two functions bear the same name.
    Ambiguous {
        /// The name.
        name: String,
    },
    /// A function of the allocator ends by a tail call.
    TailCall {
        /// Its name.
        name: String,
    },
    /// A function has no name and touches memory or calls the allocator: it may be a part of it.
    Nameless {
        /// Index of that function in the original module.
        function: u32,
    },
    /// A function that is not known as one of the allocator's gets memory from inside it.
    OtherWayIn {
        /// Index of that function in the original module.
        function: u32,
    },
}
