//! What a run ended in: one closed enum, and what each case carries.
//!
//! An outcome says what happened, not whose fault it was: that is [`crate::verdict`].

use crate::instrument::trap_reason;
use crate::memory_error::MemoryError;
use serde::Serialize;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// The interpreter loaded the content and evaluated all events.
    Accepted,
    /// The entry point returned. A fuzz harness does so whatever it thought of its input.
    Completed,
    /// The interpreter refused the content.
    Rejected {
        /// Its own code: not zero.
        code: i32,
        /// What it said about it, joined by line feeds; empty if it said nothing.
        message: String,
    },
    /// The interpreter loaded the content and reported an error while it evaluated an event.
    EvaluationError {
        /// Its own code: negative.
        code: i32,
        /// What it said about it.
        message: String,
    },
    /// A Wasm trap, or an access that the memory checks stopped.
    Trapped {
        /// Which one.
        trap: TrapKind,
        /// What the compiler says of it, for [`TrapKind::UndefinedBehaviour`].
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What the memory checks found, for [`TrapKind::InvalidAccess`].
        #[serde(skip_serializing_if = "Option::is_none")]
        memory: Option<Box<MemoryError>>,
        /// Where, innermost first.
        frames: Vec<Frame>,
    },
    /// One call used more fuel than it may.
    OutOfFuel {
        /// The fuel of one call.
        limit: u64,
        /// Where it stood when the fuel was used up.
        frames: Vec<Frame>,
    },
    /// More memory or table than the limit was asked for, or the interpreter said that it has none.
    OutOfMemory {
        /// What ran out.
        resource: Resource,
        /// What was asked for, in the resource's unit.
        requested: u64,
        /// The limit, in the same unit.
        limit: u64,
        /// Who asked.
        frames: Vec<Frame>,
    },
    /// A stack was exhausted.
    StackExhausted {
        /// Which one.
        stack: Stack,
        /// How much there was of it, in the stack's unit.
        limit: u64,
        /// The deepest frames.
        frames: Vec<Frame>,
    },
    /// More output, records or messages than the limit.
    OutputFlood {
        /// Which kind of output.
        stream: Stream,
        /// Its limit, in bytes or in records as the stream says.
        limit: u64,
        /// Who wrote it.
        frames: Vec<Frame>,
    },
    /// The guest broke the rules of its ABI.
    AbiViolation {
        /// The rule.
        violation: AbiViolation,
        /// Where, if the guest was running.
        frames: Vec<Frame>,
    },
    /// The module cannot be used at all.
    Unusable {
        /// Why.
        reason: Unusable,
    },
    /// The host could not judge. Never the content's fault.
    HostFault {
        /// What failed.
        fault: HostFault,
    },
}

/// The outcome without what it carries: one half of the key of the blame table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the case of `Outcome` of the same name")]
pub enum OutcomeKind {
    Accepted,
    Completed,
    Rejected,
    EvaluationError,
    Trapped,
    OutOfFuel,
    OutOfMemory,
    StackExhausted,
    OutputFlood,
    AbiViolation,
    Unusable,
    HostFault,
}

impl OutcomeKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 12] = [
        Self::Accepted,
        Self::Completed,
        Self::Rejected,
        Self::EvaluationError,
        Self::Trapped,
        Self::OutOfFuel,
        Self::OutOfMemory,
        Self::StackExhausted,
        Self::OutputFlood,
        Self::AbiViolation,
        Self::Unusable,
        Self::HostFault,
    ];
}

impl Outcome {
    /// An access that the memory checks stopped.
    pub(crate) fn invalid_access(memory: MemoryError, frames: Vec<Frame>) -> Self {
        let memory = Some(Box::new(memory));
        Self::Trapped { trap: TrapKind::InvalidAccess, reason: None, memory, frames }
    }

    /// A trap. Code that was compiled with checks says in its debug information why it traps, as the name
    /// of a function that seems to be inlined there.
    pub(crate) fn trapped(mut trap: TrapKind, mut frames: Vec<Frame>) -> Self {
        let mut reason = None;
        if trap == TrapKind::Unreachable
            && let Some(found) = frames.first().and_then(|frame| trap_reason(&frame.function))
        {
            reason = Some(found.message.to_owned()).filter(|message| !message.is_empty());
            trap = TrapKind::UndefinedBehaviour;
            frames.remove(0);
        }
        Self::Trapped { trap, reason, memory: None, frames }
    }

    /// Which kind it is.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Accepted => OutcomeKind::Accepted,
            Self::Completed => OutcomeKind::Completed,
            Self::Rejected { .. } => OutcomeKind::Rejected,
            Self::EvaluationError { .. } => OutcomeKind::EvaluationError,
            Self::Trapped { .. } => OutcomeKind::Trapped,
            Self::OutOfFuel { .. } => OutcomeKind::OutOfFuel,
            Self::OutOfMemory { .. } => OutcomeKind::OutOfMemory,
            Self::StackExhausted { .. } => OutcomeKind::StackExhausted,
            Self::OutputFlood { .. } => OutcomeKind::OutputFlood,
            Self::AbiViolation { .. } => OutcomeKind::AbiViolation,
            Self::Unusable { .. } => OutcomeKind::Unusable,
            Self::HostFault { .. } => OutcomeKind::HostFault,
        }
    }

    /// Whether a check that the compiler inserted ended the run.
    pub fn is_undefined_behaviour(&self) -> bool {
        matches!(self, Self::Trapped { trap: TrapKind::UndefinedBehaviour, .. })
    }

    /// What the memory checks found, if they ended the run.
    pub fn memory(&self) -> Option<&MemoryError> {
        match self {
            Self::Trapped { memory, .. } => memory.as_deref(),
            _ => None,
        }
    }

    /// The same, to be added to.
    pub(crate) fn memory_mut(&mut self) -> Option<&mut MemoryError> {
        match self {
            Self::Trapped { memory, .. } => memory.as_deref_mut(),
            _ => None,
        }
    }

    /// The frames of [`frames`](Self::frames).
    pub(crate) fn into_frames(self) -> Vec<Frame> {
        self.frames().to_vec()
    }

    /// The guest's stack when the run ended, innermost first; empty where the guest was not running.
    pub fn frames(&self) -> &[Frame] {
        match self {
            Self::Trapped { frames, .. }
            | Self::OutOfFuel { frames, .. }
            | Self::OutOfMemory { frames, .. }
            | Self::StackExhausted { frames, .. }
            | Self::OutputFlood { frames, .. }
            | Self::AbiViolation { frames, .. } => frames,
            Self::Accepted
            | Self::Completed
            | Self::Rejected { .. }
            | Self::EvaluationError { .. }
            | Self::Unusable { .. }
            | Self::HostFault { .. } => &[],
        }
    }
}

/// The traps of the Wasm specification that a guest can reach here, and that of the memory checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum TrapKind {
    /// `unreachable`: an assertion, a panic or `abort`.
    #[error("unreachable instruction executed")]
    Unreachable,
    /// A check that the compiler inserted found undefined behaviour.
    #[error("undefined behaviour")]
    UndefinedBehaviour,
    /// The memory checks stopped an access.
    #[error("invalid memory access")]
    InvalidAccess,
    /// A load, store or bulk operation outside of the linear memory.
    #[error("out of bounds memory access")]
    MemoryOutOfBounds,
    /// An atomic access at an address that is not a multiple of its size.
    #[error("unaligned atomic access")]
    UnalignedAtomic,
    /// A table index outside of the table.
    #[error("out of bounds table access")]
    TableOutOfBounds,
    /// A call through a null entry of a table.
    #[error("indirect call to null")]
    IndirectCallToNull,
    /// A call through a function pointer of another type.
    #[error("indirect call type mismatch")]
    IndirectCallTypeMismatch,
    /// `INT_MIN / -1`.
    #[error("integer overflow")]
    IntegerOverflow,
    /// An integer divided by zero.
    #[error("integer divide by zero")]
    DivideByZero,
    /// A float that no integer of the target type holds.
    #[error("invalid conversion to integer")]
    BadConversion,
}

/// One frame of the guest's stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Demangled name; `wasm-function[N]` where the module has no names.
    pub function: String,
    /// Source file as the debug information has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Offset of the instruction in the original module, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module_offset: Option<u64>,
}

/// What an [`Outcome::StackExhausted`] ran out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stack {
    /// The linear stack, which holds arrays and whatever else has an address; in bytes.
    Linear,
    /// Nested calls of functions that can call themselves; in calls.
    Calls,
}

/// What an [`Outcome::OutOfMemory`] ran out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// Linear memory, in bytes.
    Memory,
    /// A table, in elements.
    Table,
    /// The interpreter's own allocator returned null; in bytes.
    Allocator,
}

/// What an [`Outcome::OutputFlood`] was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// stdout and stderr together, in bytes.
    Output,
    /// Emitted records, by number.
    Records,
    /// Emitted records, in bytes.
    RecordBytes,
    /// Diagnostics, by number.
    Messages,
    /// Diagnostics, in bytes.
    MessageBytes,
}

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
    #[error("imports `{module}.{name}`, which the sandbox does not provide")]
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
