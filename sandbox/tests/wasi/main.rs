//! The in-memory WASI, function by function: what a guest finds, and what it is refused.
//!
//! Each test is a *script*: calls, whose error numbers are recorded, and looks into the guest's memory.
//! Numbers and layouts are those of the interface's published definition (`wasi_snapshot_preview1`).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on has failed"
)]

#[path = "../common/mod.rs"]
mod common;
mod content;
mod descriptors;
mod hostile;
mod interface;
mod output;
mod poisoned;
mod process;
mod refused;
mod script;
mod stdin;
mod time_and_chance;
