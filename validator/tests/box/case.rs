//! A case: content, perhaps events and a policy, and what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::in_the_box;
use crate::support::program::Program;

/// Set, it writes expectations instead of comparing.
pub(crate) const BLESS: &str = "PROOFHOUSE_BLESS";

/// One folder below `cases/GUEST`.
pub(crate) struct Case {
    folder: PathBuf,
}

/// The cases of a guest, in the order of their names.
pub(crate) fn cases(guest: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/box/cases").join(guest);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.into_iter().map(|folder| Case { folder }).collect()
}

impl Case {
    /// Judges the content with an interpreter, and says how that differs from what is expected.
    pub(crate) fn failure(&self, interpreter: &Path) -> Result<(), String> {
        let seen = self.judged(interpreter);
        let path = self.folder.join("expected.json");
        if std::env::var_os(BLESS).is_some() {
            let text = serde_json::to_string_pretty(&seen).unwrap();
            fs::write(&path, text + "\n").unwrap();
            return Ok(());
        }
        if self.expected() == seen {
            return Ok(());
        }
        Err(format!("{}: expected\n{:#}\ngot\n{seen:#}", self.folder.display(), self.expected()))
    }

    /// How often each event is expected to match.
    pub(crate) fn expected_matches(&self) -> Vec<u64> {
        matches_of(&self.expected())
    }

    /// How often each event matches with an interpreter.
    pub(crate) fn seen_matches(&self, interpreter: &Path) -> Vec<u64> {
        matches_of(&self.judged(interpreter))
    }

    fn expected(&self) -> Value {
        let path = self.folder.join("expected.json");
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; write it with {BLESS}=1", path.display()));
        serde_json::from_str(&text).unwrap()
    }

    fn judged(&self, interpreter: &Path) -> Value {
        summary(&self.subject(interpreter, &[]))
    }

    /// Its folder's name.
    pub(crate) fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What a report says of the content, with more arguments for `check`.
    pub(crate) fn subject(&self, interpreter: &Path, arguments: &[&str]) -> Value {
        let program = self.check().args(["--format", "json", "-i"]).args([interpreter]);
        let ended = program.args(arguments).args([self.content()]).run();
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        let report: Value =
            serde_json::from_slice(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {stderr}"));
        report.pointer("/subjects/0").unwrap().clone()
    }

    /// What a person is told of the content.
    pub(crate) fn shown(&self, guest: &str) -> String {
        let ended = self.check().args(["-i", guest]).args([self.content()]).run();
        String::from_utf8(ended.stdout).unwrap()
    }

    /// A check with the events and the policy of the case.
    fn check(&self) -> Program {
        let mut program = in_the_box(&self.folder).args(["check"]);
        for (option, file) in [("-e", "events.json"), ("-p", "policy.toml")] {
            if self.folder.join(file).exists() {
                program = program.args([option, file]);
            }
        }
        program
    }

    fn content(&self) -> String {
        let known = ["events.json", "expected.json", "policy.toml"];
        let names = fs::read_dir(&self.folder).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // A program's source is there for people.
        let is_source = |name: &str| Path::new(name).extension().is_some_and(|it| it == "c");
        names.find(|name| !known.contains(&name.as_str()) && !is_source(name)).unwrap()
    }
}

fn matches_of(summary: &Value) -> Vec<u64> {
    let events = summary.get("events").and_then(Value::as_object).into_iter().flatten();
    events.filter_map(|(_, event)| event.get("matches")?.as_u64()).collect()
}

/// What a case is about, of all that a report says of a file.
fn summary(subject: &Value) -> Value {
    let mut events = Map::new();
    for event in list(subject.pointer("/runs/0/events")) {
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        let said = json!({ "matches": event.get("matches"), "emitted": event.get("emitted") });
        events.insert(id.to_owned(), said);
    }
    let findings: Vec<Value> = list(subject.get("findings")).iter().map(finding).collect();
    json!({ "verdict": subject.get("verdict"), "findings": findings, "events": events })
}

fn finding(finding: &Value) -> Value {
    let mut said = Map::new();
    for name in ["code", "message"] {
        said.insert(name.to_owned(), finding.get(name).cloned().unwrap_or_default());
    }
    for name in ["line", "column", "event"] {
        if let Some(value) = finding.pointer("/place").and_then(|place| place.get(name)) {
            said.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(frame) = finding.pointer("/place/frames/0") {
        let part = |name: &str| frame.get(name).cloned().unwrap_or_default();
        said.insert("frame".to_owned(), json!([part("function"), part("file"), part("line")]));
    }
    Value::Object(said)
}

/// The elements of what may be an array.
pub(crate) fn list(value: Option<&Value>) -> Vec<Value> {
    value.and_then(Value::as_array).cloned().unwrap_or_default()
}
