//! From a module to machine code: the compile child, and the cache between processes.
//!
//! This binary is its own compile child and its own second process: with an argument of its own it
//! does that work and no test, so it has a `main`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod bombs;
mod cache;
mod child;
#[path = "../common/mod.rs"]
mod common;
mod debug_information;
mod dwarf;
mod place;
mod sources;

use libtest_mimic::{Arguments, Trial};
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

/// First argument of a compile child.
const COMPILE: &str = "compile-child";
/// First argument of a process that opens the guest with the cache in the folder of its second one.
const OPEN: &str = "open-guest";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(COMPILE) => proofhouse_sandbox::compile_child(),
        Some(OPEN) => cache::open_guest(Path::new(&arguments.next().unwrap())),
        _ => libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
}

fn trials() -> Vec<Trial> {
    let tests =
        [cache::TESTS, child::TESTS, bombs::TESTS, debug_information::TESTS, sources::TESTS]
            .concat();
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    tests.into_iter().map(trial).collect()
}
