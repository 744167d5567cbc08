//! Bad content, file by file, through the program itself: nothing hangs, nothing is accepted that
//! should not be, nothing is blamed on the wrong party, and the other files of the call are judged.
//!
//! What a file is (a FIFO, a device, a link) and how large it is are among the tests of the command
//! line, in `cli/cases/content`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed, and it counts small things"
)]

mod channel;
mod jobs;
mod log;
mod oracle;
mod outage;
mod permission;
mod race;
mod report;
#[path = "../support/mod.rs"]
mod support;
mod sweep;
mod table;
mod terminal;
