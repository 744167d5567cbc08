//! The case files of `fixtures/regressions` are replayed; each is a test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use proofhouse_corpus::Case;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use support::guests::reference_interpreter;
use support::program::Program;

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/regressions");
    let mut trials = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "case") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            trials.push(Trial::test(name, move || replay(&path)));
        }
    }
    assert!(!trials.is_empty(), "there is no case file");
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn replay(path: &Path) -> Result<(), Failed> {
    let case = Case::decode(&fs::read(path)?)?;
    let interpreter =
        reference_interpreter(&format!("{}.wasm", case.interpreter.name.replace('@', "-")));
    let arguments = [Path::new("reproduce"), Path::new("-i"), &interpreter, path];
    let ended = Program::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).args(arguments).run();
    if ended.code == Some(0) {
        return Ok(());
    }
    let [stdout, stderr] = [&ended.stdout, &ended.stderr].map(|o| String::from_utf8_lossy(o));
    Err(format!("exit code {:?}\n{stdout}{stderr}", ended.code).into())
}
