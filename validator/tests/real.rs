//! Interpreters in the box over real content that others wrote, `../shared/real`.
//!
//! Where that folder is absent a test says so and passes; `PROOFHOUSE_SHARED` names another place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::guests::target_dir;
use support::program::Program;
use support::skipped;

/// A folder of real content, if it is there.
#[track_caller]
fn real(kind: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("PROOFHOUSE_SHARED").map_or_else(beside, PathBuf::from);
    let found = fs::canonicalize(shared.join("real").join(kind)).ok();
    if found.is_none() {
        skipped(format!("no real/{kind} in ../shared or below $PROOFHOUSE_SHARED"));
    }
    found
}

fn in_the_box(folder: &Path) -> Program {
    Program::new(folder).env("PROOFHOUSE_GUESTS", target_dir().join("guests"))
}

/// Asserts a row of the table in `docs/guests/README.md`, and prints it.
#[track_caller]
fn assert_row(row: &str) {
    println!("{row}");
    assert_documented(row);
}

/// Asserts a line of `docs/guests/README.md`.
#[track_caller]
fn assert_documented(row: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guests/README.md");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.lines().any(|line| line == row),
        "docs/guests/README.md does not have this line:\n{row}"
    );
}

/// The report of one call over content, which must not be inconclusive.
fn report(guest: &str, arguments: &[&OsStr]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let program = in_the_box(folder.path()).args(["check", "--format", "json", "-i", guest]);
    let ended = program.args(arguments).run();
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.code, Some(0 | 1)), "exit code {:?}: {stderr}", ended.code);
    serde_json::from_slice(&ended.stdout).unwrap()
}

fn count(report: &Value, name: &str) -> u64 {
    report.pointer(&format!("/counts/{name}")).and_then(Value::as_u64).unwrap()
}

/// The first finding of every file that is not accepted, behind the file's name.
fn refusals(report: &Value) -> Vec<String> {
    let subjects = report.get("subjects").and_then(Value::as_array).unwrap();
    let rejected = subjects
        .iter()
        .filter(|subject| subject.get("verdict").and_then(Value::as_str) != Some("accepted"));
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let said = |subject: &Value| {
        let path = text(subject.get("path"));
        let name = Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
        format!("{name}: {}", text(subject.pointer("/findings/0/message")))
    };
    rejected.map(said).collect()
}

/// Files below a folder, by the end of their names, sorted.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn yara_accepts_every_public_rule_file() {
    let Some(rules) = real("yara") else { return };
    let report = report("yara", &[rules.as_os_str()]);
    assert_eq!(refusals(&report), Vec::<String>::new());
    assert_row(&format!("| `yara` | rule files | {} | {} | - |", count(&report, "accepted"), 0));
}

/// libyara has the fields of signatures only where it is built with OpenSSL.
#[test]
fn libyara_agrees_with_yara_but_where_signatures_are_asked_for() {
    let Some(rules) = real("yara") else { return };
    let report = report("libyara", &[rules.as_os_str()]);
    let expected = [
        "gen_imphash_detection.yar",
        "gen_nvidia_leaked_cert.yar",
        "gen_susp_indicators.yar",
        "gen_susp_xor.yar",
    ];
    for file in expected {
        assert_documented(&format!("- `{file}`"));
    }
    let why = r#"invalid field name "number_of_signatures""#;
    assert_eq!(refusals(&report), expected.map(|file| format!("{file}: {why}")));
    let (accepted, rejected) = (count(&report, "accepted"), count(&report, "rejected"));
    assert_row(&format!("| `libyara` | rule files | {accepted} | {rejected} | - |"));
}

#[test]
fn sigma_loads_every_rule_and_matches_every_recorded_event() {
    let Some(sigma) = real("sigma") else { return };
    let report_of_all = report("sigma", &[sigma.join("rules").as_os_str()]);
    assert_eq!(refusals(&report_of_all), Vec::<String>::new());
    let rules: HashMap<String, PathBuf> = files(&sigma.join("rules"), ".yml")
        .into_iter()
        .filter_map(|path| Some((setting(&fs::read_to_string(&path).unwrap(), "id:")?, path)))
        .collect();
    let (mut events, mut wrong) = (0, Vec::new());
    for event in files(&sigma.join("regression_data"), ".json") {
        let about = fs::read_to_string(event.with_file_name("info.yml")).unwrap();
        // Half of a collection: not every event's rule is here.
        let Some(rule) = rules.get(&setting(&about, "- id:").unwrap()) else { continue };
        // Some have no count: one is taken to be meant.
        let expected = setting(&about, "match_count:").map_or(1, |count| count.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        fs::copy(&event, folder.path().join("event")).unwrap();
        let arguments = [OsStr::new("-e"), folder.path().as_os_str(), rule.as_os_str()];
        let report = report("sigma", &arguments);
        let seen = report.pointer("/subjects/0/runs/0/events/0/matches").and_then(Value::as_u64);
        if seen != Some(expected) {
            let name = rule.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("{name}: {} of {expected}", seen.unwrap_or_default()));
        }
        events += 1;
    }
    // The collection's own slip: three records in the file, all as the rule describes, and a count of 1.
    assert_eq!(wrong, ["registry_set_change_security_zones.yml: 3 of 1"]);
    let (accepted, right) = (count(&report_of_all, "accepted"), events - wrong.len());
    assert_row(&format!(
        "| `sigma` | rule files | {accepted} | 0 | {right} of {events} event files match as often as expected |"
    ));
}

/// What stands behind a name, on the first line that begins with it.
fn setting(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(name))?;
    Some(value.trim().trim_matches(['\'', '"']).to_owned())
}

#[test]
fn rego_runs_every_test_suite() {
    let Some(rego) = real("rego") else { return };
    let alone = files(&rego, ".rego").into_iter().filter(|path| !path.ends_with("src_test.rego"));
    let alone: Vec<PathBuf> =
        alone.filter(|path| !path.to_string_lossy().contains("_test")).collect();
    let report_alone =
        report("rego", &alone.iter().map(|path| path.as_os_str()).collect::<Vec<_>>());
    // A rule for a set with several bodies: regorus takes the second one for an `else`.
    let why = "else cannot be used with set rules";
    assert_eq!(refusals(&report_alone), [format!("src.rego: {why}")]);

    let folder = tempfile::tempdir().unwrap();
    let bundles = folder.path().join("bundles");
    fs::create_dir(&bundles).unwrap();
    let mut suites = 0;
    for test in files(&rego, "_test.rego") {
        let parent = test.parent().unwrap();
        let modules: BTreeMap<String, String> = files(parent, ".rego")
            .into_iter()
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        suites += 1;
        let name = parent.file_name().unwrap().to_string_lossy().into_owned();
        let bundle = serde_json::json!({ "modules": modules }).to_string();
        fs::write(bundles.join(format!("{name}.rego.json")), bundle).unwrap();
    }
    let policy = folder.path().join("policy.toml");
    let text = "schema = \"proofhouse.policy/1\"\n[interpreter.rego.configuration]\ntests = true\n";
    fs::write(&policy, text).unwrap();
    let events = folder.path().join("events.json");
    let text = r#"{"schema":"proofhouse.events/1","events":[{"id":"tests","json":{}}]}"#;
    fs::write(&events, text).unwrap();
    let arguments =
        ["-p".as_ref(), policy.as_os_str(), "-e".as_ref(), events.as_os_str(), bundles.as_os_str()];
    let report = report("rego", &arguments);
    // Three places where regorus is not OPA; docs/guests/README.md says what they are.
    let expected = [
        "horizontalpodautoscaler.rego.json: src.rego:42:5: could not find function input.parameters",
        "noupdateserviceaccount.rego.json: src.rego:66:3: else cannot be used with set rules",
        "users.rego.json: tests failed: data.k8spspallowedusers.test_group_one_container_run_as_rule_any,",
    ];
    let refused = refusals(&report);
    assert_eq!(refused.len(), expected.len(), "{refused:?}");
    for (refused, expected) in refused.iter().zip(expected) {
        assert!(refused.starts_with(expected), "{refused}");
    }
    let subjects = report.get("subjects").and_then(Value::as_array).unwrap().iter();
    let passed = subjects.filter_map(|it| it.pointer("/runs/0/events/0/matches")?.as_u64());
    let passed: Vec<u64> = passed.collect();
    assert!(!passed.contains(&0), "a suite without tests");
    let (accepted, rejected) = (count(&report_alone, "accepted"), count(&report_alone, "rejected"));
    let (ran, tests) = (passed.len(), passed.iter().sum::<u64>());
    assert_row(&format!(
        "| `rego` | modules | {accepted} | {rejected} | {ran} of {suites} test suites pass, {tests} tests |"
    ));
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
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let at = |path: &str| report.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/subjects/0/verdict"), "accepted");
    assert_eq!(at("/subjects/0/runs/0/events/0/emitted"), serde_json::json!(["seen"]));
    assert_eq!(at("/subjects/0/runs/0/events/1/matches"), 0);
    assert_eq!(at("/subjects/1/findings/0/code"), "refused");
    assert_eq!(at("/subjects/1/findings/0/place/line"), 2);
    assert_eq!(at("/subjects/1/findings/0/place/column"), 14);
    assert_eq!(ended.code, Some(1));
}
