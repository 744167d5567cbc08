//! What the tests of the program share: running it, and the interpreters that it is given.

#![allow(dead_code, unused_imports, reason = "each test program uses a part of it")]

pub(crate) mod guests;
pub(crate) mod program;
#[cfg(feature = "fuzz")]
pub(crate) mod room;
#[path = "../../../fixtures/skipped.rs"]
mod skips;

pub(crate) use skips::skipped;
