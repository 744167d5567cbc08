//! An in-memory `wasi_snapshot_preview1` with nothing of the host behind it.
//!
//! What a guest finds: its content on stdin and as the read-only file `/content`, arguments from the
//! policy, an empty environment, a clock that stands still, random numbers from a fixed seed, and
//! stdout and stderr with a limit. Every other function of the interface exists, returns `ENOSYS`
//! and is listed in the run.
//!
//! Numbers and layouts are those of the interface's published witx definition.

mod clock;
mod errno;
mod files;
mod process;
mod unsupported;

pub(crate) use files::{Files, OpenFiles};

use super::State;
use wasmtime::{Linker, Result};

/// Module of the imports.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// What WASI keeps for one run.
pub(crate) struct Wasi {
    /// Arguments, the program's name first.
    pub(crate) arguments: Vec<String>,
    /// Open files.
    pub(crate) files: Files,
    /// State of the random number generator.
    pub(crate) random: u64,
}

impl Wasi {
    /// A guest with those arguments; `content` is what stdin and `/content` hold.
    pub(crate) fn new(arguments: Vec<String>, content: Vec<u8>) -> Self {
        Self { arguments, files: Files::new(content), random: RANDOM_SEED }
    }
}

/// What a guest may have changed of it.
pub(crate) struct WasiState {
    open: OpenFiles,
    random: u64,
}

impl Wasi {
    /// What it is now, but for what the job says.
    pub(crate) fn state(&self) -> WasiState {
        WasiState { open: self.files.open_files(), random: self.random }
    }

    /// Goes on from there.
    pub(crate) fn recall(&mut self, state: &WasiState) {
        self.files.reopen(&state.open);
        self.random = state.random;
    }
}

/// Any constant will do: equal runs must see equal numbers.
const RANDOM_SEED: u64 = 0x1907_2024_0409_0000;

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    clock::define(linker)?;
    files::define(linker)?;
    process::define(linker)?;
    unsupported::define(linker)?;
    Ok(())
}

/// Whether the interface has a function of that name.
pub(super) fn knows(name: &str) -> bool {
    clock::FUNCTIONS.contains(&name)
        || files::FUNCTIONS.contains(&name)
        || process::FUNCTIONS.contains(&name)
}

/// Whether a function is there that does nothing but return `ENOSYS`.
pub(super) fn refuses(name: &str) -> bool {
    unsupported::knows(name)
}
