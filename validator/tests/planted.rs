//! The harnesses of `fixtures/planted`: each bug is shown by its own input, and is found from nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use proofhouse_memory_suite::{Harness, Workshop};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use support::program::Program;
use tempfile::TempDir;

/// Inputs that a search may take. The slowest one takes a third of it; how many it takes is chance, which the seed
/// decides (`strcmp-words`, 900 to more than 400,000 over six seeds); libFuzzer is the same for one seed,
/// another compiler makes another module.
const RUNS: u32 = 400_000;

fn main() -> ExitCode {
    let workshop = Arc::new(Workshop::open(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());
    let harnesses = Harness::read_all(&workshop.root).unwrap();
    assert!(harnesses.len() >= 20, "some harnesses are missing");
    let trials = harnesses
        .into_iter()
        .map(|harness| {
            let workshop = Arc::clone(&workshop);
            Trial::test(harness.name.clone(), move || is_found(&workshop, &harness))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn is_found(workshop: &Workshop, harness: &Harness) -> Result<(), Failed> {
    let module = harness.build_wasm(workshop)?;
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    let [input, nothing] = ["input", "nothing"].map(|name| folder.path().join(name));
    fs::write(&input, &harness.input)?;
    fs::write(&nothing, [])?;
    let module = module.as_os_str();
    for (content, code) in [(&input, 1), (&nothing, 0)] {
        let check = ["check".as_ref(), "-i".as_ref(), module, content.as_os_str()];
        exits(folder.path(), &check, code)?;
    }
    let runs = format!("-runs={RUNS}");
    let flags = ["--", "-seed=3", "-verbosity=0", &runs].map(AsRef::as_ref);
    let fuzz = [&["fuzz".as_ref(), "-i".as_ref(), module], flags.as_slice()].concat();
    exits(folder.path(), &fuzz, 1)
}

fn exits(folder: &Path, arguments: &[&std::ffi::OsStr], code: i32) -> Result<(), Failed> {
    let ended = Program::new(folder).args(arguments).run();
    if ended.code == Some(code) {
        return Ok(());
    }
    let [stdout, stderr] = [&ended.stdout, &ended.stderr].map(|o| String::from_utf8_lossy(o));
    Err(format!("{arguments:?} ended with {:?}\n{stdout}{stderr}", ended.code).into())
}
