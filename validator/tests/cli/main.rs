//! The command line: each `tests/cli/cases/**/NAME.test` is a test, and what the program says and
//! returns stands beside it in `NAME.expected`.
//!
//! A test file makes a folder of files and gives commands to run in it; [`script`] has the words.
//! `PROOFHOUSE_BLESS=1` writes the expectations anew, for a person to review.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed, and it counts small things"
)]

mod difference;
mod recipe;
mod script;
#[path = "../support/mod.rs"]
mod support;
mod transcript;

use libtest_mimic::{Arguments, Failed, Trial};
use script::Script;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Variable that makes a run write what it finds instead of comparing it.
const BLESS: &str = "PROOFHOUSE_BLESS";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/cases");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let trials: Vec<Trial> = files.iter().filter_map(|path| trial(&root, path)).collect();
    assert!(!trials.is_empty(), "no test in {}", root.display());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// A test for each test file, and one that fails for each file that belongs to none.
fn trial(root: &Path, path: &Path) -> Option<Trial> {
    let name = path.strip_prefix(root).unwrap().with_extension("").display().to_string();
    let path = path.to_owned();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("test") => Some(Trial::test(name, move || check(&path))),
        Some("expected") if path.with_extension("test").exists() => None,
        _ => Some(Trial::test(name, move || {
            Err(Failed::from(format!("{} belongs to no test", path.display())))
        })),
    }
}

fn check(path: &Path) -> Result<(), Failed> {
    let script = Script::parse(&fs::read_to_string(path)?)?;
    let found = transcript::of(&script)?;
    let beside = path.with_extension("expected");
    if std::env::var_os(BLESS).is_some() {
        fs::write(beside, found)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&beside)
        .map_err(|error| format!("{}: {error}; write it with {BLESS}=1", beside.display()))?;
    if found == expected { Ok(()) } else { Err(difference::of(&expected, &found).into()) }
}
