//! Content that is no good: each file ends accepted or rejected as `outcomes/GUEST.txt` says, and the next
//! one is judged as if nothing had happened.
//!
//! The bytes are made here. What is deep or large enough to exhaust an interpreter is nobody's secret,
//! and still not kept as a file.

mod cedar;
mod cel;
mod ebpf;
mod rego;
mod sigma;
mod yara;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::case::{BLESS, list};
use crate::in_the_box;

/// Levels of nesting.
const DEEP: usize = 100_000;
/// Bytes of one character.
const LONG: usize = 10 << 20;

/// Enough for every good file by far, and soon over for what loops.
const FUEL: &str = "500000000";
/// The machine may be busy: the watchdog is not what is tested.
const DEADLINE: &str = "300s";

/// How a run may end. A fault of the host, or memory that an interpreter damaged, is not among them.
const ENDS: [&str; 6] =
    ["refused", "trap", "out-of-fuel", "out-of-memory", "stack-exhausted", "evaluation-error"];

/// A guest's own: a good file, an event for it with its matches, and bad files of its language.
struct Language {
    guest: &'static str,
    extension: &'static str,
    good: Vec<u8>,
    event: Value,
    bad: Vec<(&'static str, Vec<u8>)>,
}

fn nested(open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// YAML in which each of 30 lines names the one before nine times.
fn aliases() -> String {
    (0..29).zip(1..).fold(
        "a0: &a0 [x, x, x, x, x, x, x, x, x]".to_owned(),
        |text, (below, level)| {
            let below = vec![format!("*a{below}"); 9].join(", ");
            format!("{text}\na{level}: &a{level} [{below}]")
        },
    )
}

/// What is bad in every language.
fn in_any_language() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), Vec::new()),
        ("one-nul".into(), vec![0]),
        ("nuls".into(), vec![0; 4096]),
        ("not-utf-8".into(), b"\xff\xfe\xc3\x28 \xf0\x28\x8c\xbc".to_vec()),
        ("half-a-character".into(), b"rule \xe2\x82".to_vec()),
        ("byte-order-mark".into(), b"\xef\xbb\xbf".to_vec()),
        ("carriage-returns".into(), b"\r".repeat(4096)),
        ("huge-integer".into(), "9".repeat(100_000).into_bytes()),
    ];
    for (name, character) in [
        ("a", 'a'),
        ("space", ' '),
        ("newline", '\n'),
        ("quote", '"'),
        ("zero", '0'),
        ("dash", '-'),
        ("nul", '\0'),
    ] {
        files.push((format!("long-{name}"), character.to_string().repeat(LONG).into_bytes()));
    }
    for (name, open, close) in
        [("round", "(", ")"), ("square", "[", "]"), ("curly", "{", "}"), ("angle", "<", ">")]
    {
        files.push((format!("deep-{name}"), nested(open, "", close).into_bytes()));
        files.push((format!("open-{name}"), open.repeat(DEEP).into_bytes()));
    }
    for (name, operator) in
        [("not", "!"), ("minus", "-"), ("tilde", "~"), ("plus", "+"), ("not-word", "not ")]
    {
        files.push((format!("unary-{name}"), format!("{}1", operator.repeat(DEEP)).into_bytes()));
    }
    files
}

/// Judges every bad file of a language in one call, a good one before, between and behind them.
#[track_caller]
fn assert_judged(language: &Language) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut add = |name: String, bytes: &[u8]| {
        let name = format!("{name}.{}", language.extension);
        fs::write(folder.path().join(&name), bytes).unwrap();
        files.push(name);
    };
    let own = language.bad.iter().map(|(name, bytes)| (format!("own-{name}"), bytes.clone()));
    add("good-first".into(), &language.good);
    for (name, bytes) in in_any_language().into_iter().chain(own) {
        add(name.clone(), &bytes);
        add(format!("good-after-{name}"), &language.good);
    }
    let events = json!({
        "schema": "proofhouse.events/1",
        "events": [{ "id": "good", "json": language.event }],
    });
    fs::write(folder.path().join("events.json"), events.to_string()).unwrap();
    let options = ["-e", "events.json", "--fuel", FUEL, "--deadline", DEADLINE, "--format", "json"];
    let ended = in_the_box(folder.path())
        .args(["check", "-i", language.guest])
        .args(options)
        .args(&files)
        .run();
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let subjects = list(report.get("subjects"));
    assert_eq!(subjects.len(), files.len());
    let wrong: Vec<String> = subjects.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}:\n{}", language.guest, wrong.join("\n"));
    assert_outcomes(language.guest, &subjects);
}

/// What is wrong with how a file was judged, whatever is expected of it.
fn wrong(subject: &Value) -> Option<String> {
    let path = name(subject);
    let verdict = verdict(subject);
    if path.starts_with("good") {
        let matches = subject.pointer("/runs/0/events/0/matches").and_then(Value::as_u64);
        let as_ever = verdict == "accepted" && matches == Some(1);
        return (!as_ever).then(|| format!("{path}: {verdict}, matches {matches:?}: {subject}"));
    }
    let codes = codes(subject);
    let as_it_may = match verdict {
        "accepted" => true,
        "rejected" => !codes.is_empty() && codes.iter().all(|code| ENDS.contains(code)),
        _ => false,
    };
    let text: String = format!("{subject}").chars().take(600).collect();
    (!as_it_may).then(|| format!("{path}: {verdict} {text}"))
}

/// Compares how each bad file ended with the list of the guest; `PROOFHOUSE_BLESS=1` writes it anew.
fn assert_outcomes(guest: &str, subjects: &[Value]) {
    let mut lines = Vec::new();
    for subject in subjects {
        let path = name(subject);
        if !path.starts_with("good") {
            let codes: Vec<&str> = codes(subject).into_iter().collect();
            let outcome = if codes.is_empty() { verdict(subject).into() } else { codes.join(", ") };
            lines.push(format!("{path}: {outcome}\n"));
        }
    }
    let seen = lines.concat();
    let list = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/box/bad_content/outcomes")
        .join(guest)
        .with_extension("txt");
    if std::env::var_os(BLESS).is_some() {
        fs::write(&list, seen).unwrap();
        return;
    }
    let expected = fs::read_to_string(&list).unwrap();
    let differences: Vec<String> = expected
        .lines()
        .filter(|line| !seen.lines().any(|seen| seen == *line))
        .map(|line| format!("- {line}"))
        .chain(
            seen.lines()
                .filter(|line| !expected.lines().any(|expected| expected == *line))
                .map(|line| format!("+ {line}")),
        )
        .collect();
    assert!(differences.is_empty(), "{}:\n{}", list.display(), differences.join("\n"));
}

fn name(subject: &Value) -> String {
    let path = subject.get("path").and_then(Value::as_str).unwrap_or_default();
    Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn verdict(subject: &Value) -> &str {
    subject.get("verdict").and_then(Value::as_str).unwrap_or_default()
}

/// Codes of the findings: of several builds and events, each once.
fn codes(subject: &Value) -> BTreeSet<&str> {
    let findings = subject.get("findings").and_then(Value::as_array).into_iter().flatten();
    findings.filter_map(|finding| finding.get("code")?.as_str()).collect()
}

#[test]
fn cel_survives() {
    assert_judged(&cel::language());
}

#[test]
fn cedar_survives() {
    assert_judged(&cedar::language());
}

#[test]
fn ebpf_survives() {
    assert_judged(&ebpf::language());
}

#[test]
fn libyara_survives() {
    assert_judged(&yara::language("libyara"));
}

#[test]
fn rego_survives() {
    assert_judged(&rego::language());
}

#[test]
fn sigma_survives() {
    assert_judged(&sigma::language());
}

#[test]
fn yara_survives() {
    assert_judged(&yara::language("yara"));
}
