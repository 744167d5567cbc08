//! How much stack the place has in which an interpreter will run.

use crate::limits::{CALL_BYTES, MAX_CALL_DEPTH};
use serde::Serialize;

/// Where an interpreter runs once it has shipped, and so how much stack it has there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StackProfile {
    /// In a kernel: 24 KiB, what Windows gives a thread in kernel mode on x86-64.
    Kernel,
    /// In a thread: 1 MiB, the default of Windows, and what most runtimes give a worker.
    Thread,
    /// In the first thread of a process: 8 MiB, the default of Linux.
    #[default]
    Process,
}

impl StackProfile {
    /// All of them, from least to most.
    pub const ALL: [Self; 3] = [Self::Kernel, Self::Thread, Self::Process];

    /// Its name, as command lines, policies and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Thread => "thread",
            Self::Process => "process",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Bytes of the linear stack. A module that was linked with a smaller stack has no more than that.
    pub fn linear_bytes(self) -> u32 {
        match self {
            Self::Kernel => 24 << 10,
            Self::Thread => 1 << 20,
            Self::Process => 8 << 20,
        }
    }

    /// How many calls of functions that can call themselves may be nested: as many as there is room for,
    /// up to what the host's own stack holds.
    pub fn call_depth(self) -> u32 {
        (self.linear_bytes() / CALL_BYTES).min(MAX_CALL_DEPTH)
    }
}
