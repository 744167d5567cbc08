//! Interpreters in the box over real content that others wrote, `../shared/real`.
//!
//! Where that folder is absent a test says so and passes; `PROOFHOUSE_SHARED` names another place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::guests::target_dir;
use support::program::Program;

/// A folder of real content, if it is there.
fn real(kind: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("PROOFHOUSE_SHARED").map_or_else(beside, PathBuf::from);
    let found = fs::canonicalize(shared.join("real").join(kind)).ok();
    if found.is_none() {
        println!("skipped: no real/{kind} beside this repository");
    }
    found
}

fn in_the_box(folder: &Path) -> Program {
    Program::new(folder).env("PROOFHOUSE_GUESTS", target_dir().join("guests"))
}

#[test]
fn yara_accepts_every_public_rule_file_in_one_call() {
    let Some(rules) = real("yara") else { return };
    let files = fs::read_dir(&rules)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "yar"))
        .count();
    let folder = tempfile::tempdir().unwrap();
    let ended = in_the_box(folder.path()).args(["check", "-i", "yara"]).args([&rules]).run();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    let summary = format!("{files} accepted, 0 rejected");
    assert!(stdout.contains(&summary), "expected `{summary}`, got\n{stdout}");
    assert_eq!(ended.code, Some(0));
}

#[test]
fn yara_says_where_a_rule_file_is_wrong_and_which_events_match() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.yar"), "rule a {\n  condition: missing\n}\n").unwrap();
    let rule = "rule seen { strings: $a = \"needle\" condition: $a }\n";
    fs::write(folder.path().join("right.yar"), rule).unwrap();
    let events = r#"{"schema":"proofhouse.events/1","events":[
        {"id":"hit","text":"a needle in hay"},{"id":"miss","text":"hay"}]}"#;
    fs::write(folder.path().join("events.json"), events).unwrap();
    let arguments =
        ["check", "-i", "yara", "-e", "events.json", "--format", "json", "right.yar", "wrong.yar"];
    let ended = in_the_box(folder.path()).args(arguments).run();
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    let at = |path: &str| report.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/subjects/0/verdict"), "accepted");
    assert_eq!(at("/subjects/0/runs/0/events/0/emitted"), serde_json::json!(["seen"]));
    assert_eq!(at("/subjects/0/runs/0/events/1/matches"), 0);
    assert_eq!(at("/subjects/1/findings/0/code"), "refused");
    assert_eq!(at("/subjects/1/findings/0/place/line"), 2);
    assert_eq!(at("/subjects/1/findings/0/place/column"), 14);
    assert_eq!(ended.code, Some(1));
}
