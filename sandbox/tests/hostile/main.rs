//! Hostile and odd interpreters: each `fixtures/hostile/NAME.wat` is a test, and what opening it and
//! running it must end in stands beside it in `NAME.expected.json`.
//!
//! `PROOFHOUSE_BLESS=1` writes the expectations anew; a person then reads the difference against the
//! blame table. One thing cannot be blessed: only files whose names begin with `ok-` may be accepted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

#[path = "../common/mod.rs"]
mod common;
mod expectation;
mod settings;

use common::with_guest_stack;
use libtest_mimic::{Arguments, Failed, Trial};
use proofhouse_sandbox::Verdict;
use settings::Settings;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Variable that makes a run write what it finds instead of comparing it.
const BLESS: &str = "PROOFHOUSE_BLESS";
/// Suffix of the file beside each module.
const EXPECTED: &str = ".expected.json";

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hostile");
    let trials = trials(&folder);
    assert!(!trials.is_empty(), "no module in {}", folder.display());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test for each module, and one that fails for each expectation that no module claims.
fn trials(folder: &Path) -> Vec<Trial> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().filter_map(|path| trial(&path)).collect()
}

fn trial(path: &Path) -> Option<Trial> {
    let name = path.file_name()?.to_str()?.to_owned();
    if let Some(stem) = name.strip_suffix(".wat") {
        let path = path.to_owned();
        return Some(Trial::test(stem.to_owned(), move || check(&path)));
    }
    if let Some(stem) = name.strip_suffix(EXPECTED)
        && path.with_file_name(format!("{stem}.wat")).exists()
    {
        return None;
    }
    let problem = format!("{name} belongs to no module");
    Some(Trial::test(name, move || Err(Failed::from(problem))))
}

fn check(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let settings = Settings::parse(&text)?;
    let wasm = wat::parse_str(&text)?;
    let ended = with_guest_stack(|| expectation::of(wasm, &settings));

    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if ended.verdict == Verdict::Accepted && !name.starts_with("ok-") {
        return Err("accepted; that may only be expected of a module named `ok-...`".into());
    }
    let found = ended.to_json();
    let expected_path = path.with_file_name(format!("{name}{EXPECTED}"));
    if std::env::var_os(BLESS).is_some() {
        fs::write(&expected_path, &found)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&expected_path).map_err(|error| {
        format!("{}: {error}; write it with {BLESS}=1", expected_path.display())
    })?;
    if expected != found {
        return Err(format!("expected\n{expected}\nfound\n{found}").into());
    }
    Ok(())
}
