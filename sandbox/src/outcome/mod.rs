//! What a run ended in: one closed enum, and what each case carries.
//!
//! An outcome says what happened, not whose fault it was: that is [`crate::verdict`].

mod advice;
mod reasons;

pub use advice::Advice;
pub use reasons::{AbiViolation, HostFault, Unusable};

use crate::instrument::trap_reason;
use crate::memory_error::MemoryError;
use crate::message::TextPosition;
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
        /// Where in the content, if it said so.
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<TextPosition>,
    },
    /// The interpreter loaded the content and reported an error while it evaluated an event.
    EvaluationError {
        /// Its own code: negative.
        code: i32,
        /// What it said about it.
        message: String,
        /// Where in the content, if it said so.
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<TextPosition>,
    },
    /// A Wasm trap, or an access that the memory checks stopped.
    Trapped {
        /// Which one.
        trap: TrapKind,
        /// What the compiler says of it, for [`TrapKind::UndefinedBehaviour`], and for
        /// [`TrapKind::InvalidAccess`] if a check of the compiler's own stopped it first; or why the guest gave up.
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

/// Bytes of what a guest said last that are kept.
const MAX_LAST_WORDS: usize = 400;
/// C's function that gives up.
const ABORT: &str = "abort";
/// What a linker calls the function that it puts where one is called with another type than it has.
const MISMATCH: &str = "signature_mismatch:";

/// Why a function ends the run, if its name says so.
fn given_up(function: &str) -> Option<String> {
    if function == ABORT {
        return Some("abort was called".into());
    }
    let called = function.strip_prefix(MISMATCH)?;
    Some(format!("`{called}` is called with another signature than it is defined with"))
}

impl Outcome {
    /// An access that the memory checks stopped.
    pub(crate) fn invalid_access(memory: MemoryError, frames: Vec<Frame>) -> Self {
        let memory = Some(Box::new(memory));
        Self::Trapped { trap: TrapKind::InvalidAccess, reason: None, memory, frames }
    }

    /// A check that the compiler inserted failed.
    pub(crate) fn undefined_behaviour(frames: Vec<Frame>) -> Self {
        let trap = TrapKind::UndefinedBehaviour;
        Self::Trapped { trap, reason: None, memory: None, frames }
    }

    /// The same with what the compiler says of it, where that is a trap.
    pub(crate) fn because(mut self, message: Option<String>) -> Self {
        if let Self::Trapped { reason, .. } = &mut self {
            *reason = message;
        }
        self
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
        } else if trap == TrapKind::Unreachable {
            reason = frames.first().and_then(|frame| given_up(&frame.function));
        }
        Self::Trapped { trap, reason, memory: None, frames }
    }

    /// The same, where the guest gave up by C's `abort` and `errors` has what it wrote to stderr before: mostly the last
    /// line of it says why.
    pub(crate) fn with_last_words(mut self, errors: &str) -> Self {
        if let Self::Trapped { trap: TrapKind::Unreachable, reason: Some(reason), frames, .. } =
            &mut self
            && frames.first().is_some_and(|frame| frame.function == ABORT)
            && let Some(line) = errors.lines().rfind(|line| !line.trim().is_empty())
        {
            let end = line.floor_char_boundary(MAX_LAST_WORDS);
            *reason = format!("{reason}: {}", line.get(..end).unwrap_or_default());
        }
        self
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

    /// Where in the content, if the interpreter said so.
    pub fn position(&self) -> Option<TextPosition> {
        match self {
            Self::Rejected { position, .. } | Self::EvaluationError { position, .. } => *position,
            _ => None,
        }
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
    /// An atomic wait, which nobody could end: no other thread has this memory.
    #[error("atomic wait on memory that is not shared")]
    AtomicWait,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a failed test is to stop")]
    use super::*;

    fn reason(function: &str, output: &str) -> Option<String> {
        let frame = |name: &str| Frame {
            function: name.to_owned(),
            file: None,
            line: None,
            column: None,
            module_offset: None,
        };
        let frames = vec![frame(function), frame("main")];
        let outcome = Outcome::trapped(TrapKind::Unreachable, frames).with_last_words(output);
        let Outcome::Trapped { trap: TrapKind::Unreachable, reason, .. } = outcome else {
            panic!("{outcome:?}")
        };
        reason
    }

    #[test]
    fn who_gives_up_has_the_last_word() {
        let asserted = reason("abort", "1 of 2\nAssertion failed: x\n\n");
        assert_eq!(asserted.as_deref(), Some("abort was called: Assertion failed: x"));
        assert_eq!(reason("abort", " \n").as_deref(), Some("abort was called"));
        let long = reason("abort", &"\u{e9}".repeat(1000)).unwrap_or_default();
        assert!(long.len() <= "abort was called: ".len() + MAX_LAST_WORDS);
        let mismatch = reason("signature_mismatch:helper", "some output");
        let expected = "`helper` is called with another signature than it is defined with";
        assert_eq!(mismatch.as_deref(), Some(expected));
        assert_eq!(reason("parse", "some output"), None);
    }
}
