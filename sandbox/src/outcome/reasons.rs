//! Why a guest, a module or the host is at fault: what outcomes carry that are about neither content nor
//! a trap.

use super::advice::beside;
use serde::Serialize;

/// A rule of the guest ABI that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum AbiViolation {
    /// A buffer from the guest's allocator does not lie inside its memory.
    #[error(
        "the allocator returned {size} bytes at {address:#x}, outside of {memory_bytes} bytes of memory"
    )]
    BufferOutOfRange {
        /// Address in the guest.
        address: u32,
        /// Bytes asked for.
        size: u32,
        /// Size of the memory.
        memory_bytes: u64,
    },
    /// A buffer from the guest's allocator is not aligned to 8 bytes.
    #[error("the allocator returned {address:#x}, which is not aligned to 8 bytes")]
    BufferUnaligned {
        /// Address in the guest.
        address: u32,
    },
    /// A pointer handed to the host does not lie inside the guest's memory.
    #[error(
        "`{function}` was given {size} bytes at {address:#x}, outside of {memory_bytes} bytes of memory"
    )]
    WildPointer {
        /// The host function.
        function: &'static str,
        /// Address in the guest.
        address: u32,
        /// Length given.
        size: u64,
        /// Size of the memory.
        memory_bytes: u64,
    },
    /// A guest that is not a command ended the process.
    #[error("the interpreter called exit({code})")]
    Exit {
        /// Its exit code.
        code: i32,
    },
    /// A fuzz harness wrote to the input that it is lent as a constant.
    #[error("the harness changed its input, which is const: byte {offset}")]
    InputChanged {
        /// The first byte that is another one now.
        offset: usize,
    },
    /// The description is not what the published schema says.
    #[error("the description is not valid: {problem}")]
    Description {
        /// What is wrong with it.
        problem: String,
    },
    /// The initialiser of a fuzz harness, or the configuration, was refused by the interpreter.
    #[error("`{function}` returned {code}: {message}")]
    Refused {
        /// The exported function.
        function: &'static str,
        /// What it returned.
        code: i32,
        /// What the interpreter said about it.
        message: String,
    },
    /// A host function was called before the memory exists.
    #[error("a host function was called before the memory was exported")]
    NoMemory,
}

/// Why a module cannot be used as an interpreter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Unusable {
    /// Not a WebAssembly module.
    #[error("not a WebAssembly module")]
    NotWasm,
    /// A component, not a core module.
    #[error("a WebAssembly component, not a core module")]
    Component,
    /// It ends early or is not valid.
    #[error("not a valid module: {problem}")]
    Invalid {
        /// The validator's words.
        problem: String,
    },
    /// A size or a number over its limit.
    #[error("{what} is {value}, over the limit of {limit}")]
    OverLimit {
        /// What was measured.
        what: &'static str,
        /// Its value.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// A part of WebAssembly that the sandbox does not offer.
    #[error("{feature} is not supported")]
    Unsupported {
        /// Which one.
        feature: &'static str,
    },
    /// No known guest ABI.
    #[error("no known guest ABI; it exports {}", list(exports))]
    NoAbi {
        /// Names of its exports.
        exports: Vec<String>,
    },
    /// A version of the ABI that this sandbox does not speak.
    #[error("speaks version {found} of the guest ABI, this sandbox speaks {supported}")]
    AbiVersion {
        /// The module's.
        found: i32,
        /// Ours.
        supported: i32,
    },
    /// An export that its ABI needs is missing.
    #[error("does not export `{name}`, which its ABI needs")]
    MissingExport {
        /// Its name.
        name: &'static str,
    },
    /// An export has another type than its ABI says.
    #[error("exports `{name}` as {found}, its ABI says {expected}")]
    ExportType {
        /// Its name.
        name: &'static str,
        /// The type that the ABI says.
        expected: &'static str,
        /// The type it has.
        found: String,
    },
    /// An import that the sandbox does not provide.
    #[error(
        "imports `{module}.{name}`, which the sandbox does not provide{}",
        beside(module, name)
    )]
    UnknownImport {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// An import of the right name and the wrong type.
    #[error("imports `{module}.{name}` with a type that it does not have")]
    ImportType {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// It is valid, but could not be metered and checked in full.
    #[error("cannot be metered and checked: {problem}")]
    NotInstrumentable {
        /// What stands in the way.
        problem: String,
    },
    /// Compiling it took longer, or more memory, than it may.
    #[error("compiling it was stopped: {problem}")]
    CompileStopped {
        /// Which limit, or how the compiler ended.
        problem: String,
    },
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text =
        names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        text.push_str("nothing");
    } else if names.len() > SHOWN {
        let more = names.len().saturating_sub(SHOWN).to_string();
        text.extend([" and ", &more, " more"]);
    }
    text
}

/// Why the host could not judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum HostFault {
    /// The watchdog ended the run.
    #[error("the watchdog ended the run after {milliseconds} ms")]
    Watchdog {
        /// The deadline.
        milliseconds: u64,
    },
    /// The engine failed in a way that no guest should be able to cause.
    #[error("the engine failed: {problem}")]
    Engine {
        /// Its words.
        problem: String,
    },
    /// The host's own stack was exhausted before the guest's were: its frames are very large.
    #[error("the host's stack was exhausted before the interpreter's was")]
    NativeStack,
    /// An input is larger than a 32-bit guest can be given.
    #[error("an input of {bytes} bytes is over the limit of {limit}")]
    InputTooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
}
