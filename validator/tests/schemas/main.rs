//! The published schemas, `docs/schemas`, against what the program really writes and interpreters
//! really say.
//!
//! Each schema is used twice: as it is published, and in a *strict* form that also refuses members
//! that it does not describe. So nothing is written that is not documented.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod coverage;
mod description;
mod inspect;
mod report;
mod schema;
#[path = "../support/mod.rs"]
mod support;
