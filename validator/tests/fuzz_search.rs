//! What `proofhouse fuzz` searches with: libFuzzer's crossover, its tables of what was compared, and the first
//! files of a corpus.

#![cfg(feature = "fuzz")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use proofhouse_corpus::ChannelFile;
use std::fs;
use std::path::Path;
use support::guests::reference_interpreter;
use support::program::Program;
use tempfile::TempDir;

/// A folder with the outage's events and two channel files.
fn room() -> TempDir {
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    for name in ["quiet", "outage"] {
        let source = fs::read_to_string(fixtures.join(format!("content/{name}.toml"))).unwrap();
        let file = ChannelFile::from_toml(&source).unwrap().encode().unwrap();
        fs::write(room.path().join(format!("{name}.chan")), file).unwrap();
    }
    fs::copy(fixtures.join("events/outage.json"), room.path().join("outage.json")).unwrap();
    room
}

/// A run of a version of the reference interpreter, in a folder; what it wrote to stdout and stderr.
fn fuzz(room: &Path, version: &str, options: &[&str], code: i32) -> [String; 2] {
    let interpreter = reference_interpreter(&format!("channel-{version}.wasm"));
    let common = ["fuzz", "-i", interpreter.to_str().unwrap(), "-e", "outage.json"];
    let ended = Program::new(room).args(common).args(options).run();
    let texts = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(ended.code, Some(code), "{texts:?}");
    texts
}

/// The value in the summary's line of that name.
fn summary(stdout: &str, name: &str) -> String {
    let line = stdout.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    line.unwrap_or_else(|| panic!("no {name} in {stdout}")).to_owned()
}

#[test]
fn inputs_are_crossed_and_the_seed_still_decides() {
    for mode in ["content", "events", "both"] {
        let run = || {
            let room = room();
            let flags = ["--mode", mode, "-c", "quiet.chan", "--", "-seed=7", "-runs=2500"];
            let [stdout, stderr] = fuzz(room.path(), "7.11", &flags, 0);
            let figures = ["executions ", "edges covered"].map(|name| summary(&stdout, name));
            let news = stderr.lines().filter(|line| line.contains("CustomCrossOver-")).count();
            (figures, news)
        };
        let first = run();
        assert!(first.1 > 0, "{mode}: nothing new came from two inputs");
        assert_eq!(first, run(), "{mode}");
    }
}
