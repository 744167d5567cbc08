//! Events that are no good: each is evaluated, refused by the interpreter, or too much work; none
//! crashes it.

use std::fs;

use serde_json::{Value, json};

use crate::case::list;
use crate::in_the_box;

/// How an evaluation may end: an error of the interpreter's own, or work without end, which is what
/// some regular expressions are for interpreters that go back.
const ENDS: [&str; 2] = ["evaluation-error", "out-of-fuel"];

/// Content that takes events of any shape, as far as its guest does.
const CONTENT: [(&str, &str, &[u8]); 7] = [
    ("cedar", "content.cedar", b"permit (principal, action, resource);"),
    ("cel", "content.cel", b"true"),
    ("ebpf", "content.bpf", &[0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]),
    ("libyara", "content.yar", b"rule a { strings: $a = /(a+)+b/ condition: $a }"),
    ("rego", "content.rego", b"package a\n\nallow { input.x == 1 }\n"),
    (
        "sigma",
        "content.yml",
        b"title: a\nlogsource:\n  product: x\ndetection:\n  s:\n    x|re: '(a+)+$'\n  condition: s\n",
    ),
    ("yara", "content.yar", b"rule a { strings: $a = /(a+)+b/ condition: $a }"),
];

fn events() -> Vec<Value> {
    let nested =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    vec![
        json!({ "text": "" }),
        json!({ "text": "\0".repeat(1000) }),
        json!({ "base64": "//79/MMo8CiMvA==" }),
        json!({ "text": "a".repeat(3 << 20) }),
        json!({ "text": "not json" }),
        json!({ "text": "{\"x\":" }),
        json!({ "text": nested("[", "]") }),
        json!({ "text": nested("{\"x\":", "}") }),
        json!({ "text": format!("{{\"x\":{}}}", "9".repeat(100_000)) }),
        json!({ "text": "{\"x\":1,\"x\":2}" }),
        json!({ "text": "{\"Event\":{\"System\":7,\"EventData\":[1]}}" }),
        json!({ "json": null }),
        json!({ "json": true }),
        json!({ "json": [] }),
        json!({ "json": 1e300 }),
        json!({ "json": {} }),
        json!({ "json": { "x": format!("{}!", "a".repeat(5000)) } }),
        json!({ "json": { "principal": 1, "action": [], "resource": {} } }),
        json!({ "json": { "principal": "U::\"a\"", "action": "Action::\"b\"", "resource": "R::\"c\"",
            "entities": [{ "uid": { "type": "U", "id": "a" }, "attrs": {}, "parents": [{ "type": "U", "id": "a" }] }] } }),
        json!({ "fields": ["one", 2, null] }),
    ]
}

#[track_caller]
fn assert_evaluated(guest: &str) {
    let (_, name, content) = CONTENT.into_iter().find(|(name, ..)| *name == guest).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    for (number, mut event) in events().into_iter().enumerate() {
        let id = json!(format!("bad-{number}"));
        event.as_object_mut().unwrap().insert("id".to_owned(), id);
        let file = json!({ "schema": "proofhouse.events/1", "events": [event] });
        fs::write(folder.path().join("events.json"), file.to_string()).unwrap();
        let arguments = [
            "check",
            "-i",
            guest,
            "-e",
            "events.json",
            "--deadline",
            "300s",
            "--format",
            "json",
            name,
        ];
        let ended = in_the_box(folder.path()).args(arguments).run();
        let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
        let subject = report.pointer("/subjects/0").unwrap();
        let codes: Vec<Value> = list(subject.get("findings"))
            .iter()
            .filter_map(|finding| finding.get("code").cloned())
            .collect();
        match ended.code {
            Some(0) => assert!(codes.is_empty()),
            Some(1) => {
                // One for each build that came to it.
                let known = |code: &Value| ENDS.iter().any(|end| code == end);
                let as_it_may = !codes.is_empty() && codes.iter().all(known);
                assert!(as_it_may, "event {number}: {subject}");
            }
            other => panic!("event {number}: exit code {other:?}: {subject}"),
        }
    }
}

#[test]
fn cedar_goes_on() {
    assert_evaluated("cedar");
}

#[test]
fn cel_goes_on() {
    assert_evaluated("cel");
}

#[test]
fn ebpf_goes_on() {
    assert_evaluated("ebpf");
}

#[test]
fn libyara_goes_on() {
    assert_evaluated("libyara");
}

#[test]
fn rego_goes_on() {
    assert_evaluated("rego");
}

#[test]
fn sigma_goes_on() {
    assert_evaluated("sigma");
}

#[test]
fn yara_goes_on() {
    assert_evaluated("yara");
}
