//! The host's side natively: a recording for each thread.

use std::cell::RefCell;

use super::Level;
use crate::Position;

/// What a guest said, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Diagnostics; one about a place is displayed after its place.
    pub messages: Vec<(Level, String)>,
    /// Results.
    pub emitted: Vec<Vec<u8>>,
}

thread_local! {
    static RECORDING: RefCell<Option<Recording>> = const { RefCell::new(None) };
}

/// Runs something and returns what was said meanwhile on this thread, beside its result.
///
/// A recording inside another one keeps what is said in it to itself.
pub fn record<T>(run: impl FnOnce() -> T) -> (T, Recording) {
    let outer = RECORDING.replace(Some(Recording::default()));
    let result = run();
    let recording = RECORDING.replace(outer);
    (result, recording.unwrap_or_default())
}

pub(super) fn message(level: Level, text: &str) {
    write(|recording| recording.messages.push((level, text.to_owned())));
}

pub(super) fn diagnostic(level: Level, position: Position, text: &str) {
    write(|recording| recording.messages.push((level, format!("{position}: {text}"))));
}

pub(super) fn emit(result: &[u8]) {
    write(|recording| recording.emitted.push(result.to_vec()));
}

fn write(write: impl FnOnce(&mut Recording)) {
    RECORDING.with_borrow_mut(|recording| {
        if let Some(recording) = recording {
            write(recording);
        }
    });
}
