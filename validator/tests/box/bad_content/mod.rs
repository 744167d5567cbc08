//! Content that is no good: each file ends accepted or rejected as `outcomes/GUEST.txt` says, and the next
//! one is judged as if nothing had happened.
//!
//! That list is with a fifth of the fuel that a check has by default, so that endless work is soon over.
//! `outcomes/default/GUEST.txt` has the files that end otherwise with all of it.
//!
//! The bytes are made here and not kept as files. None of them makes the newest release of an interpreter end with
//! its process, natively and with the 8 MiB of stack that a main thread has, unless that is public already: where
//! 100,000 levels would, there are fewer, and enough for the sandbox's stack of 1 MiB. (That Cedar's parser has no
//! limit is public: <https://github.com/cedar-policy/cedar/pull/2383>.)

mod cedar;
mod cel;
mod ebpf;
mod rego;
mod sigma;
mod yara;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::case::list;
use crate::in_the_box;
use crate::outcomes::{self, as_it_may, assert_as_listed, outcome, verdict};

/// Levels of nesting.
const DEEP: usize = 100_000;
/// Bytes of one character.
const LONG: usize = 10 << 20;

/// Enough for every good file by far, and soon over for what loops. A check has five times as much by default.
const FUEL: &str = "500000000";
/// The machine may be busy: the watchdog is not what is tested.
const DEADLINE: &str = "300s";

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

/// Judges every bad file of a language, with less fuel than a check has by default.
#[track_caller]
fn assert_judged(language: &Language) {
    let seen = judged(language, &["--fuel", FUEL], |_| true);
    assert_as_listed(&list_of(language.guest), seen.iter().map(String::as_str));
}

/// Judges those again that ran out of that fuel, as a check does by default: some need only more of it, some come
/// as far as another limit. The rest ends the same, since it did not use the fuel up.
///
/// Without the builds for checks: they have 16 times the fuel, and it is the release that decides.
#[track_caller]
fn assert_judged_by_default(language: &Language) {
    let listed = fs::read_to_string(outcomes::path(&list_of(language.guest))).unwrap();
    let ran_out: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(_, outcome)| outcome.contains("out-of-fuel"))
        .map(|(name, _)| name)
        .collect();
    assert!(!ran_out.is_empty());
    let options: &[&str] = if language.guest == "libyara" { &["--sanitize", "off"] } else { &[] };
    let seen = judged(language, options, |name| ran_out.contains(&name));
    let differs = |line: &&str| !line.ends_with(": out-of-fuel");
    let list = format!("bad_content/outcomes/default/{}.txt", language.guest);
    assert_as_listed(&list, seen.iter().map(String::as_str).filter(differs));
}

fn list_of(guest: &str) -> String {
    format!("bad_content/outcomes/{guest}.txt")
}

/// Judges bad files of a language in one call, a good one before, between and behind them, and says how each ended.
#[track_caller]
fn judged(language: &Language, options: &[&str], wanted: impl Fn(&str) -> bool) -> Vec<String> {
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
        if wanted(&name) {
            add(name.clone(), &bytes);
            add(format!("good-after-{name}"), &language.good);
        }
    }
    let events = json!({
        "schema": "proofhouse.events/1",
        "events": [{ "id": "good", "json": language.event }],
    });
    fs::write(folder.path().join("events.json"), events.to_string()).unwrap();
    let ended = in_the_box(folder.path())
        .args(["check", "-i", language.guest, "-e", "events.json"])
        .args(["--deadline", DEADLINE, "--format", "json"])
        .args(options)
        .args(&files)
        .run();
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let subjects = list(report.get("subjects"));
    assert_eq!(subjects.len(), files.len());
    let wrong: Vec<String> = subjects.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}:\n{}", language.guest, wrong.join("\n"));
    let bad = subjects.iter().filter(|subject| !name(subject).starts_with("good"));
    bad.map(|subject| format!("{}: {}", name(subject), outcome(subject))).collect()
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
    let text: String = format!("{subject}").chars().take(600).collect();
    (!as_it_may(subject)).then(|| format!("{path}: {verdict} {text}"))
}

fn name(subject: &Value) -> String {
    let path = subject.get("path").and_then(Value::as_str).unwrap_or_default();
    Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned()
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

#[test]
fn cedar_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&cedar::language());
}

#[test]
fn cel_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&cel::language());
}

#[test]
fn ebpf_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&ebpf::language());
}

#[test]
fn libyara_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&yara::language("libyara"));
}

#[test]
fn rego_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&rego::language());
}

#[test]
fn sigma_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&sigma::language());
}

#[test]
fn yara_survives_with_the_fuel_of_a_check() {
    assert_judged_by_default(&yara::language("yara"));
}
