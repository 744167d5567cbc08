//! The guest ABIs: how an interpreter is given content and events.
//!
//! An ABI is detected from a module's exports, in the order of [`Abi`]. `matches` in a run's events
//! means, per ABI: the reactor's return value of `proofhouse_evaluate`; the other two take no events.

mod command;
mod detect;
mod harness;
mod reactor;

pub(crate) use detect::{Entry, Exports, detect, of_exports};
pub(crate) use reactor::describe;

use crate::session::{Ended, Session};
use serde::Serialize;

/// Version of the reactor ABI that this sandbox speaks.
pub const ABI_VERSION: i32 = 1;

/// A way to hand content and events to a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abi {
    /// The native one: `proofhouse_load` and `proofhouse_evaluate`.
    Reactor,
    /// `LLVMFuzzerTestOneInput`, the entry point of fuzz harnesses.
    Harness,
    /// A WASI command: `_start`, content on stdin and as `/content`.
    Command,
}

impl Abi {
    /// Whether it has a way to hand over events.
    pub fn takes_events(self) -> bool {
        match self {
            Self::Reactor => true,
            Self::Harness | Self::Command => false,
        }
    }
}

/// Takes an initialised session to where it waits for content. What it does there depends on nothing but
/// what an image remembers.
pub(crate) fn prepare(session: &mut Session<'_>) -> Result<(), Ended> {
    match session.entry() {
        Entry::Reactor(entry) => reactor::prepare(session, entry),
        Entry::Harness(entry) => harness::prepare(session, entry),
        // All of it happens in one call, content included.
        Entry::Command(_) => Ok(()),
    }
}

/// Takes a session from there to its end.
pub(crate) fn judge(session: &mut Session<'_>) -> Result<crate::outcome::Outcome, Ended> {
    match session.entry() {
        Entry::Reactor(entry) => reactor::judge(session, entry),
        Entry::Harness(_) => harness::judge(session),
        Entry::Command(entry) => command::judge(session, entry),
    }
}
