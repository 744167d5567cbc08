//! What a guest can say to its host: diagnostics and results.
//!
//! Compiled to WebAssembly these are the host's imports. Natively there is no host; what is said
//! while [`record`] runs is kept for the caller, and otherwise dropped.

#[cfg(target_family = "wasm")]
mod imports;
#[cfg(not(target_family = "wasm"))]
mod recorder;

#[cfg(target_family = "wasm")]
use imports as way_out;
#[cfg(not(target_family = "wasm"))]
use recorder as way_out;

#[cfg(not(target_family = "wasm"))]
pub use recorder::{Recording, record};

use crate::Position;

/// How serious a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Why content was rejected, an event not evaluated, or the guest is about to trap.
    Error,
    /// The content is accepted but something in it is doubtful.
    Warning,
    /// What the content itself wants to be said, such as the output of a `log` function.
    Info,
    /// For the interpreter's developers.
    Debug,
}

impl Level {
    /// The level's number in the ABI.
    pub const fn number(self) -> i32 {
        match self {
            Self::Error => 1,
            Self::Warning => 2,
            Self::Info => 3,
            Self::Debug => 4,
        }
    }
}

/// Sends a diagnostic to the host.
pub fn message(level: Level, text: &str) {
    way_out::message(level, text);
}

/// Sends a diagnostic about a place in the content to the host, which shows it with its line.
pub fn diagnostic(level: Level, position: Position, text: &str) {
    way_out::diagnostic(level, position, text);
}

/// Takes the results of one evaluation.
///
/// Only [`Session`](crate::Session) makes one, so results come from evaluations alone.
#[derive(Debug)]
pub struct Sink(());

impl Sink {
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// Emits one observable result, such as the name of a rule that matched.
    ///
    /// Hosts compare results in order between runs, builds and implementations: emit them in an order
    /// that depends on nothing but content and event.
    pub fn emit(&mut self, result: &[u8]) {
        way_out::emit(result);
    }
}
