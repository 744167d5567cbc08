//! The interpreters in the box, as what ships: Wasm modules, judged by the program.
//!
//! `cases/GUEST/CASE` has a content file and perhaps events and a policy; `expected.json` beside them
//! says how the content is judged and what each event matches. `PROOFHOUSE_BLESS=1` writes it anew,
//! for a person to review. A new case needs no code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../support/mod.rs"]
mod support;

mod bad_content;
mod bad_events;
mod carets;
mod case;
mod declared;
mod mutant;
mod oracle;
mod outcomes;
mod warm;

use std::path::Path;

use case::{Case, cases};
use support::guests::target_dir;
use support::program::Program;

/// The program, with the box that `cargo guests` filled.
fn in_the_box(folder: &Path) -> Program {
    Program::new(folder).env("PROOFHOUSE_GUESTS", target_dir().join("guests"))
}

/// Judges every case of a guest and lists those that are not as expected.
fn suite(guest: &str, interpreter: &Path) -> Vec<String> {
    let cases = cases(guest);
    assert!(!cases.is_empty(), "no case for {guest}");
    cases.iter().filter_map(|case| case.failure(interpreter).err()).collect()
}

#[track_caller]
fn assert_suite(guest: &str) {
    let failures = suite(guest, Path::new(guest));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // What every guest's suite has: an event that matches and one that does not.
    let matches: Vec<u64> = cases(guest).iter().flat_map(Case::expected_matches).collect();
    assert!(matches.iter().any(|count| *count > 0), "no event matches");
    assert!(matches.contains(&0), "every event matches");
}

#[test]
fn cedar() {
    assert_suite("cedar");
}

#[test]
fn cel() {
    assert_suite("cel");
}

#[test]
fn ebpf() {
    assert_suite("ebpf");
}

#[test]
fn libyara() {
    assert_suite("libyara");
}

#[test]
fn rego() {
    assert_suite("rego");
}

#[test]
fn sigma() {
    assert_suite("sigma");
}

#[test]
fn yara() {
    assert_suite("yara");
}
