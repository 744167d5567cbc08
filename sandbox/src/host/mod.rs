//! All that a guest can reach of its host: three functions of our own, an in-memory WASI, and the functions that
//! clang's sanitizers call.
//!
//! There is no file, socket, clock or entropy of the host behind any of them.

mod asan;
mod linker;
mod oracle;
mod proofhouse;
mod shadow;
mod state;
mod ubsan;
mod wasi;

pub(crate) use linker::{Provided, linker, provided};
pub(crate) use oracle::connect as connect_oracle;
pub(crate) use state::{Captured, Growth, Keepsake, State, split};
pub(crate) use ubsan::knows as is_ubsan_import;
pub use ubsan::ubsan_imports;
pub(crate) use wasi::Wasi;

use crate::memory_error::HostAccess;
use crate::outcome::{AbiViolation, Resource, Stream};

/// Why a host function ended the guest. It travels through the engine as an error and becomes the
/// outcome of the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the guest called exit({0})")]
    Exit(i32),
    #[error("{0}")]
    Abi(AbiViolation),
    #[error("a host function was given memory that may not be accessed")]
    Memory(HostAccess),
    /// A check of the guest's own failed. What it was about to access may be what a check of memory would have
    /// stopped.
    #[error("{message}")]
    Undefined { message: String, access: Option<HostAccess> },
    #[error("output over the limit of {limit}")]
    Flood { stream: Stream, limit: u64 },
    #[error("the host has worked as long as fuel of {limit} lasts")]
    OutOfFuel { limit: u64 },
    #[error("{milliseconds} ms are over")]
    Late { milliseconds: u64 },
    #[error("memory over the limit of {limit}")]
    OutOfMemory { resource: Resource, requested: u64, limit: u64 },
}
