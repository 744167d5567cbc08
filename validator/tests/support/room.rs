//! A folder to fuzz in, and what is asked of a call that ended there.

use super::guests::reference_interpreter;
use super::program::{Ended, Program};
use proofhouse_corpus::{Case, ChannelFile};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with the quiet content and the outage's events, in which everything happens.
pub(crate) struct Room(pub(crate) TempDir);

impl Room {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
        let source = fs::read_to_string(fixtures.join("content/quiet.toml")).unwrap();
        let quiet = ChannelFile::from_toml(&source).unwrap().encode().unwrap();
        fs::write(folder.path().join("quiet.chan"), quiet).unwrap();
        fs::copy(fixtures.join("events/outage.json"), folder.path().join("events.json")).unwrap();
        let case = fixtures.join("regressions/outage-from-quiet-content.case");
        fs::copy(case, folder.path().join("good.case")).unwrap();
        fs::create_dir(folder.path().join("corpus")).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A call of the program. What it leaves when it is killed goes with the room.
    pub(crate) fn program(&self, arguments: &[&str]) -> Program {
        Program::new(self.0.path()).env("TMPDIR", self.0.path()).args(arguments)
    }

    pub(crate) fn fuzz(&self, version: &str, rest: &[&str]) -> Program {
        let interpreter = reference_interpreter(&format!("channel-{version}.wasm"));
        let interpreter = interpreter.to_str().unwrap();
        let common = ["fuzz", "-i", interpreter, "-e", "events.json", "-c", "quiet.chan"];
        self.program(&[&common, rest].concat())
    }

    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }

    /// All case files of the findings are whole.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let files = self.files("findings").into_iter();
        let cases = files.filter(|path| path.extension().is_some_and(|e| e == "case"));
        cases.map(|path| Case::decode(&fs::read(path).unwrap()).unwrap()).collect()
    }
}

/// All that it said.
pub(crate) fn said(ended: &Ended) -> String {
    let [stdout, stderr] = [&ended.stdout, &ended.stderr].map(|o| String::from_utf8_lossy(o));
    format!("{stdout}\n{stderr}")
}

/// It ended with that code, said all of that, and did not panic.
pub(crate) fn check(name: &str, ended: &Ended, code: i32, words: &[&str]) {
    let said = said(ended);
    assert_eq!(ended.code, Some(code), "{name}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    for word in words {
        assert!(said.contains(word), "{name}: nothing of {word:?} in {said}");
    }
}
