//! Why a module is not instrumented. A refusal is about the module, never about what it will be fed.

use thiserror::Error;

/// The module was not instrumented. Nothing is ever instrumented in part: a module that runs at all
/// runs with everything that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are longer than [`MAX_ORIGINAL_BYTES`](super::limits::MAX_ORIGINAL_BYTES).
    #[error("the module has {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// Length of the module in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are a component, which is a container of modules.
    #[error("this is a component; give the core module inside it")]
    Component,
    /// The bytes are not a valid module, whatever proposals an engine may support.
    #[error("not a valid module: {reason} (at offset {offset:#x})")]
    Invalid {
        /// Offset in the original module.
        offset: u64,
        /// The validator's words.
        reason: String,
    },
    /// The module is valid, but needs a proposal that the rewriter does not know how to check.
    #[error(
        "the module needs a WebAssembly proposal that is not supported: {reason} (at offset {offset:#x})"
    )]
    UnsupportedProposal {
        /// Offset in the original module.
        offset: u64,
        /// The validator's words.
        reason: String,
    },
    /// The module throws: C++ with exceptions, C with `setjmp`, Rust that unwinds.
    #[error(
        "the module uses WebAssembly exceptions, which are not supported: compile C++ with -fno-exceptions, C without \
         setjmp and longjmp, Rust with panic = \"abort\" (at offset {offset:#x})"
    )]
    Exceptions {
        /// Offset in the original module.
        offset: u64,
    },
    /// The module takes its memory from somewhere else, so that others could reach it unchecked.
    #[error("the module imports its memory; link it without --import-memory")]
    ImportedMemory,
    /// More than one memory: a checked address would not say which memory it belongs to.
    #[error("the module has {count} memories, one is supported")]
    SeveralMemories {
        /// Number of memories.
        count: u32,
    },
    /// A memory with 64-bit addresses, which no shadow of fixed size covers.
    #[error("the module's memory has 64-bit addresses; build it for wasm32")]
    Memory64,
    /// A memory that threads share: another thread could change the shadow between check and access.
    #[error("the module's memory is shared between threads; build it without threads")]
    SharedMemory,
    /// A memory whose pages are not 64 KiB.
    #[error("the module's memory has pages of {bytes} bytes, 65536 are supported")]
    PageSize {
        /// Size of a page in bytes.
        bytes: u64,
    },
    /// An export has a name that the rewriter keeps for itself.
    #[error("the export name {name:?} is reserved")]
    ReservedExport {
        /// The name of the export.
        name: String,
    },
    /// An import of AddressSanitizer's runtime shows that the module's memory layout cannot be checked.
    #[error("the module imports env.{name}: {fault}")]
    AsanImport {
        /// The name of the import.
        name: String,
        /// What is wrong with it.
        fault: AsanFault,
    },
    /// Instrumentation would leave an implementation limit that every engine enforces.
    #[error("{what} would number {count} after instrumentation, {limit} are allowed")]
    Limit {
        /// What there would be too much of.
        what: Limited,
        /// How much there would be.
        count: u64,
        /// The limit.
        limit: u64,
    },
    /// The instrumented module is not valid: a fault of the rewriter, not of the module.
    #[error(
        "the instrumented module is not valid, which is a bug in proofhouse: {reason} (at offset {offset:#x})"
    )]
    Output {
        /// Offset in the instrumented module.
        offset: u64,
        /// The validator's words.
        reason: String,
    },
}

/// What is wrong with an import of AddressSanitizer's runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AsanFault {
    /// No function of this name is known.
    #[error("the sandbox does not know this function of AddressSanitizer's runtime")]
    Unknown,
    /// It is not a function, or one of another type.
    #[error("it should be a function with {parameters} i32 parameters and {}", if *.result { "an i32 result" } else { "no result" })]
    Type {
        /// Number of parameters that it should have, all of type `i32`.
        parameters: u32,
        /// Whether it should have a result, of type `i32`.
        result: bool,
    },
    /// Checks before accesses are inlined, and look for their shadow in the module's own memory.
    #[error("compile with -mllvm -asan-instrumentation-with-call-threshold=0")]
    InlinedChecks,
    /// The redzones of stack frames are written to where a shadow in the module's own memory would be.
    #[error("compile with -mllvm -asan-max-inline-poisoning-size=0")]
    InlinedPoisoning,
    /// Whether frames go to the fake stack is decided by a variable that nobody defines.
    #[error("compile with -fsanitize-address-use-after-return=always")]
    UseAfterReturnAtRunTime,
    /// The module has no memory that could be laid out.
    #[error("the module has no memory")]
    NoMemory,
}

/// A quantity with an implementation limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limited {
    /// Types of the module.
    Types,
    /// Functions of the module.
    Functions,
    /// Globals of the module.
    Globals,
    /// Exports of the module.
    Exports,
    /// Locals of the function with this index.
    Locals {
        /// Index of the function in the original module.
        function: u32,
    },
    /// Bytes in the body of the function with this index.
    BodyBytes {
        /// Index of the function in the original module.
        function: u32,
    },
}

impl std::fmt::Display for Limited {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Types => to.write_str("the module's types"),
            Self::Functions => to.write_str("the module's functions"),
            Self::Globals => to.write_str("the module's globals"),
            Self::Exports => to.write_str("the module's exports"),
            Self::Locals { function } => write!(to, "the locals of function {function}"),
            Self::BodyBytes { function } => write!(to, "the bytes of function {function}"),
        }
    }
}

impl Refusal {
    /// The original does not parse or is not valid.
    pub(super) fn invalid(error: &wasmparser::Error) -> Self {
        Self::Invalid { offset: error.offset(), reason: error.message().to_owned() }
    }
}

impl From<wasmparser::Error> for Refusal {
    fn from(error: wasmparser::Error) -> Self {
        Self::invalid(&error)
    }
}

impl From<wasm_encoder::reencode::Error> for Refusal {
    fn from(error: wasm_encoder::reencode::Error) -> Self {
        match error {
            wasm_encoder::reencode::Error::ParseError(error) => Self::invalid(&error),
            // The original was validated without the proposals that could cause these.
            other => Self::Output { offset: 0, reason: other.to_string() },
        }
    }
}
