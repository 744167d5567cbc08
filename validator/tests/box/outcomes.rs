//! Lists of how bad content and bad events end, a line each, kept as files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::case::BLESS;

/// How a run may end. A fault of the host, or memory that an interpreter damaged, is not among them.
const ENDS: [&str; 7] = [
    "refused",
    "trap",
    "out-of-fuel",
    "out-of-memory",
    "output-flood",
    "stack-exhausted",
    "evaluation-error",
];

/// Where a list is, below this folder.
pub(crate) fn path(list: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/box").join(list)
}

/// Compares what was seen with a list; `PROOFHOUSE_BLESS=1` writes it anew.
#[track_caller]
pub(crate) fn assert_as_listed<'a>(list: &str, seen: impl IntoIterator<Item = &'a str>) {
    let seen: String = seen.into_iter().flat_map(|line| [line, "\n"]).collect();
    let list = path(list);
    if std::env::var_os(BLESS).is_some() {
        fs::create_dir_all(list.parent().unwrap()).unwrap();
        fs::write(&list, seen).unwrap();
        return;
    }
    let expected = fs::read_to_string(&list).unwrap_or_default();
    let only = |sign: &str, these: &str, those: &str| -> Vec<String> {
        let absent = these.lines().filter(|line| !those.lines().any(|other| other == *line));
        absent.map(|line| format!("{sign} {line}")).collect()
    };
    let differences = [only("-", &expected, &seen), only("+", &seen, &expected)].concat();
    assert!(differences.is_empty(), "{}:\n{}", list.display(), differences.join("\n"));
    assert_eq!(expected, seen, "{}: in another order", list.display());
}

/// Whether a file was judged as a file may be: never a fault of the host.
pub(crate) fn as_it_may(subject: &Value) -> bool {
    let codes = codes(subject);
    match verdict(subject) {
        "accepted" => true,
        "rejected" => !codes.is_empty() && codes.iter().all(|code| ENDS.contains(code)),
        _ => false,
    }
}

pub(crate) fn verdict(subject: &Value) -> &str {
    subject.get("verdict").and_then(Value::as_str).unwrap_or_default()
}

/// Codes of the findings: of several builds and events, each once.
pub(crate) fn codes(subject: &Value) -> BTreeSet<&str> {
    let findings = subject.get("findings").and_then(Value::as_array).into_iter().flatten();
    findings.filter_map(|finding| finding.get("code")?.as_str()).collect()
}

/// The codes, or the verdict where there is none.
pub(crate) fn outcome(subject: &Value) -> String {
    let codes: Vec<&str> = codes(subject).into_iter().collect();
    if codes.is_empty() { verdict(subject).to_owned() } else { codes.join(", ") }
}
