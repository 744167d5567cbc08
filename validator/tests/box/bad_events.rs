//! Events that are no good: each is evaluated, refused by the interpreter, or too much work, as
//! `bad_events/GUEST.txt` says; none crashes it, and the next file is judged as if nothing had happened.

use std::fs;

use serde_json::{Value, json};

use crate::case::list;
use crate::in_the_box;
use crate::outcomes::{as_it_may, assert_as_listed, codes, outcome};

/// The most that an event may be, in bytes.
const LARGEST: usize = 4 << 20;

/// Content that takes events of any shape, as far as its guest does.
const CONTENT: [(&str, &str, &[u8]); 7] = [
    ("cedar", "cedar", b"permit (principal, action, resource);"),
    ("cel", "cel", b"x == 1"),
    ("ebpf", "bpf", &[0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]),
    ("libyara", "yar", CATASTROPHIC),
    ("rego", "rego", b"package a\n\nallow { input.x == 1 }\n"),
    (
        "sigma",
        "yml",
        b"title: a\nlogsource:\n  product: x\ndetection:\n  s:\n    x|re: '(1+)+$'\n  condition: s\n",
    ),
    ("yara", "yar", CATASTROPHIC),
];

/// A regular expression that goes back for ever, where its interpreter goes back.
const CATASTROPHIC: &[u8] = b"rule a { strings: $a = /aaaa(a+)+b/ condition: $a }";

/// An event that matches once.
fn good(guest: &str) -> Value {
    let members = match guest {
        "cedar" => {
            json!({ "principal": "U::\"a\"", "action": "Action::\"b\"", "resource": "R::\"c\"" })
        }
        _ => json!({ "x": 1, "y": "aaaaaab" }),
    };
    json!({ "id": "good", "json": members })
}

fn events() -> Vec<(&'static str, Value)> {
    let nested =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let entity = json!({ "uid": { "type": "U", "id": "a" }, "attrs": {}, "parents": [{ "type": "U", "id": "a" }] });
    vec![
        ("empty", json!({ "text": "" })),
        ("nuls", json!({ "text": "\0".repeat(1000) })),
        ("not-utf-8", json!({ "base64": "//79/MMo8CiMvA==" })),
        ("largest", json!({ "text": "a".repeat(LARGEST) })),
        ("largest-text", json!({ "json": { "x": "1".repeat(LARGEST - 16) + "a" } })),
        ("words", json!({ "text": "not json" })),
        ("half-an-object", json!({ "text": "{\"x\":" })),
        ("deep-arrays", json!({ "text": nested("[", "]") })),
        ("deep-objects", json!({ "text": nested("{\"x\":", "}") })),
        ("huge-integer", json!({ "text": format!("{{\"x\":{}}}", "9".repeat(100_000)) })),
        ("twice-the-same-name", json!({ "text": "{\"x\":1,\"x\":2}" })),
        (
            "windows-event-of-other-types",
            json!({ "text": "{\"Event\":{\"System\":7,\"EventData\":[1]}}" }),
        ),
        ("null", json!({ "json": null })),
        ("true", json!({ "json": true })),
        ("array", json!({ "json": [] })),
        ("number", json!({ "json": 1e300 })),
        ("empty-object", json!({ "json": {} })),
        ("almost-a-match", json!({ "json": { "x": format!("{}!", "a".repeat(5000)) } })),
        (
            "request-of-other-types",
            json!({ "json": { "principal": 1, "action": [], "resource": {} } }),
        ),
        (
            "entity-that-is-its-own-parent",
            json!({ "json": { "principal": "U::\"a\"", "action": "Action::\"b\"",
            "resource": "R::\"c\"", "entities": [entity] } }),
        ),
        ("fields", json!({ "fields": ["one", 2, null] })),
    ]
}

/// What a check says of content, with these events.
fn subjects(guest: &str, extension: &str, content: &[u8], events: &[Value]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let files = ["first", "next"].map(|name| format!("{name}.{extension}"));
    for file in &files {
        fs::write(folder.path().join(file), content).unwrap();
    }
    let document = json!({ "schema": "proofhouse.events/1", "events": events });
    fs::write(folder.path().join("events.json"), document.to_string()).unwrap();
    // One job: both files in the same sandbox.
    let options = ["-e", "events.json", "--jobs", "1", "--deadline", "300s", "--format", "json"];
    let ended =
        in_the_box(folder.path()).args(["check", "-i", guest]).args(options).args(&files).run();
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    let report: Value =
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {stderr}"));
    list(report.get("subjects"))
}

/// The events of each build's run.
fn evaluated(subject: &Value) -> Vec<Vec<Value>> {
    list(subject.get("runs")).iter().map(|run| list(run.get("events"))).collect()
}

#[track_caller]
fn assert_evaluated(guest: &str) {
    let (_, extension, content) = CONTENT.into_iter().find(|(name, ..)| *name == guest).unwrap();
    let mut lines = Vec::new();
    for (name, mut event) in events() {
        event.as_object_mut().unwrap().insert("id".to_owned(), json!(name));
        let subjects = subjects(guest, extension, content, &[good(guest), event]);
        let [first, next] = subjects.as_slice() else { panic!("{name}: {subjects:?}") };
        assert!(as_it_may(first), "{name}: {first}");
        // The good event of the second file comes directly after the bad one of the first.
        assert_eq!(evaluated(first), evaluated(next), "{name}");
        for events in evaluated(next) {
            let matches = events.first().and_then(|good| good.get("matches")?.as_u64());
            assert_eq!(matches, Some(1), "{name}: {next}");
        }
        let outcome = if codes(first).is_empty() {
            let of_bad =
                evaluated(first).first().and_then(|events| events.get(1)?.get("matches")?.as_u64());
            format!("matches {}", of_bad.unwrap())
        } else {
            outcome(first)
        };
        lines.push(format!("{name}: {outcome}"));
    }
    assert_as_listed(&format!("bad_events/{guest}.txt"), lines.iter().map(String::as_str));
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

/// libyara keeps a record for each match, up to a million for each of the strings.
#[test]
fn libyara_that_matches_everywhere_is_out_of_memory() {
    let content =
        br#"rule a { strings: $a = "a" $b = "aa" $c = "aaa" condition: #a + #b + #c > 0 }"#;
    let event = json!({ "id": "largest", "text": "a".repeat(LARGEST) });
    let good = json!({ "id": "good", "text": "a" });
    for subject in subjects("libyara", "yar", content, &[good, event]) {
        assert_eq!(outcome(&subject), "out-of-memory", "{subject}");
    }
}

/// 10 MiB of one character: no interpreter sees it.
#[test]
fn larger_event_is_no_event() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("content.cel"), "true").unwrap();
    fs::create_dir(folder.path().join("events")).unwrap();
    fs::write(folder.path().join("events/large"), "a".repeat(10 << 20)).unwrap();
    let large = json!({ "id": "large", "text": "a".repeat(10 << 20) });
    let document = json!({ "schema": "proofhouse.events/1", "events": [large] });
    fs::write(folder.path().join("events.json"), document.to_string()).unwrap();
    for events in ["events", "events.json"] {
        let ended = in_the_box(folder.path())
            .args(["check", "-i", "cel", "-e", events, "content.cel"])
            .run();
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.code, Some(2), "{stderr}");
        assert!(stderr.contains(&LARGEST.to_string()), "{stderr}");
    }
}
