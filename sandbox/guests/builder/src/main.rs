//! Builds the interpreters that ship in the box, and the reference interpreters of the fixtures.
//!
//! # Words
//! - *guest*: an interpreter's folder. It has a `guest.toml`, its [`manifest`], which says what it is
//!   called, in which versions and programs it is built, and from what.
//! - *collection*: where guests are declared and where what is built of them is put: the guests that ship
//!   (`sandbox/guests`, built into `target/guests` with an index), and the fixtures
//!   (`fixtures/interpreters`, built into `target/fixtures`).
//! - *program*: one way to build a guest: a reactor, a fuzz harness, a WASI command, a native program.
//! - *artefact*: one file that is built: a version of a guest as one of its programs.
//! - *stamp*: what is kept beside an artefact to see whether it is still up to date.
//!
//! C guests are compiled by what `sandbox/sdk/toolchain.sh` finds, Rust guests by cargo. An artefact
//! is the same, byte for byte, wherever and however often it is built with the same tools: no path of
//! the machine gets into it. It is never seen half written.
//!
//! # Where to start
//! [`run::run`] is the whole program; [`artefact`] says what is built, [`compile`] and [`cargo`] how.

mod artefact;
mod boxed;
mod cargo;
mod cli;
mod collection;
mod compile;
mod digest;
mod dist;
mod encode;
mod error;
mod index;
mod manifest;
mod measure;
mod pack;
mod run;
mod stamp;
mod toolchain;
mod upstream;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
