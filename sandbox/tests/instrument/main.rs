//! The rewriter from outside: instrumented modules run in wasmtime, and are compared with their
//! originals and with what shadow memory says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::missing_panics_doc,
    reason = "a failed assumption is a failed test"
)]

#[path = "../../../fixtures/skipped.rs"]
mod skips;

mod accesses;
mod allocators;
mod bulk;
mod c_compiler;
mod c_programs;
mod coverage;
mod equivalence;
mod guest;
mod heap;
mod heap_blocks;
mod heap_price;
mod heap_records;
mod heap_speed;
mod layout;
mod metering;
mod model;
mod null_page;
mod offsets;
mod oracle;
mod random_accesses;
mod refusals;
mod rust_programs;
mod sequences;
mod stacks;
mod structure;
mod watch;
mod words;
