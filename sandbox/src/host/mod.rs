//! All that a guest can reach of its host: two functions of our own and an in-memory WASI.
//!
//! There is no file, socket, clock or entropy of the host behind any of them.

mod linker;
mod proofhouse;
mod state;
mod wasi;

pub(crate) use linker::{Provided, linker, provided};
pub(crate) use state::{Captured, Growth, State};
pub(crate) use wasi::Wasi;

use crate::outcome::{AbiViolation, Resource, Stream};

/// Why a host function ended the guest. It travels through the engine as an error and becomes the
/// outcome of the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the guest called exit({0})")]
    Exit(i32),
    #[error("{0}")]
    Abi(AbiViolation),
    #[error("output over the limit of {limit}")]
    Flood { stream: Stream, limit: u64 },
    #[error("memory over the limit of {limit}")]
    OutOfMemory { resource: Resource, requested: u64, limit: u64 },
}
