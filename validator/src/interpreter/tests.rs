//! What an interpreter is called, and what a policy may ask of it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use super::*;
use crate::gates::schema;
use crate::testing::{OBEDIENT, SILENT, SUPPLIER, judge};
use proofhouse_sandbox::{Compilation, Phase, Unusable};
use serde_json::{Value, json};

fn entry(judge: &Judge) -> Value {
    serde_json::to_value(judge.entry()).unwrap()
}

fn description(name: &str) -> Description {
    let json = json!({
        "schema": "proofhouse.describe/1", "name": name, "version": "3",
        "content": [{ "kind": "channel-file/1", "patterns": ["*.c"] }],
    });
    Description::parse(json.to_string().as_bytes()).unwrap()
}

#[test]
fn it_is_called_what_it_says_of_itself() {
    let judge = judge("some-file", OBEDIENT, "", None).unwrap();
    assert_eq!((judge.id(), judge.version()), ("obedient@1.2", "1.2"));
    for name in ["obedient", "obedient@1.2", "some-file"] {
        assert!(judge.answers_to(name), "{name}");
    }
    assert!(!judge.answers_to("obedient@1.3"));
    assert_eq!(judge.patterns().collect::<Vec<_>>(), ["*.order"]);
    assert_eq!(judge.arguments(), ["obedient"]);
    let entry = entry(&judge);
    assert_eq!((&entry["id"], &entry["abi"]), (&json!("obedient@1.2"), &json!("reactor")));
    let wasm = wat::parse_str(OBEDIENT).unwrap();
    assert_eq!(entry["digest"], crate::digest::of_bytes(&wasm));
    assert_eq!(entry["builds"], json!([{ "name": "release", "digest": entry["digest"] }]));
    assert!(entry.get("configuration").is_none());
}

#[test]
fn one_that_says_nothing_is_called_by_its_file() {
    let judge = judge("some-file", SILENT, "", None).unwrap();
    assert_eq!((judge.id(), judge.version()), ("some-file", "some-file"));
    assert!(judge.description().is_none() && !judge.describes_itself() && !schema::applies(&judge));
    assert_eq!((&entry(&judge)["name"], &entry(&judge)["version"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_description_beside_it_counts_only_if_it_has_none_of_its_own() {
    let silent = judge("file", SILENT, "", Some(description("sensor"))).unwrap();
    assert_eq!(silent.id(), "sensor@3");
    assert!(!silent.describes_itself() && schema::applies(&silent));
    let obedient = judge("file", OBEDIENT, "", Some(description("sensor"))).unwrap();
    assert_eq!((obedient.id(), obedient.version()), ("obedient@1.2", "1.2"));
    assert!(obedient.describes_itself() && !schema::applies(&obedient));
}

#[test]
fn the_gate_schema_applies_to_channel_files() {
    assert!(schema::applies(&judge("file", SUPPLIER, "", None).unwrap()));
}

#[test]
fn a_pinned_digest_is_the_modules() {
    let digest = crate::digest::of_bytes(&wat::parse_str(SILENT).unwrap());
    let pinned = format!("interpreter.file.digest = '{digest}'");
    assert!(judge("file", SILENT, &pinned, None).is_ok());
    let refused = judge("file", SUPPLIER, &pinned, None).err().unwrap();
    match refused {
        JudgeError::Digest { name, found, pinned } => {
            let wasm = wat::parse_str(SUPPLIER).unwrap();
            assert_eq!((name.as_str(), pinned), ("supplier", digest));
            assert_eq!(found, crate::digest::of_bytes(&wasm));
        }
        other => unreachable!("{other}"),
    }
}

#[test]
fn a_configuration_goes_to_one_that_takes_it() {
    let policy = "interpreter.obedient.configuration.mode = 'strict'";
    let configured = judge("file", OBEDIENT, policy, None).unwrap();
    assert_eq!(configured.configuration(), Some(r#"{"mode":"strict"}"#));
    let digest = crate::digest::of_text(r#"{"mode":"strict"}"#);
    assert_eq!(entry(&configured)["configuration"], digest);

    let policy = "interpreter.file.configuration.mode = 'strict'";
    let refused = judge("file", SILENT, policy, None).err().unwrap();
    assert!(matches!(refused, JudgeError::TakesNoConfiguration { name } if name == "file"));
}

#[test]
fn two_entries_for_one_interpreter_are_refused() {
    let policy = "interpreter.obedient.arguments = ['a']\ninterpreter.file.arguments = ['b']";
    let refused = judge("file", OBEDIENT, policy, None).err().unwrap();
    assert!(
        matches!(&refused, JudgeError::SeveralEntries { entries, .. } if entries == &["file", "obedient"]),
        "{refused}"
    );
    let arguments = "interpreter.other.arguments = ['a']\ninterpreter.file.arguments = ['b']";
    let judge = judge("file", OBEDIENT, arguments, None).unwrap();
    assert_eq!(judge.arguments(), ["obedient", "b"]);
}

#[test]
fn one_that_cannot_be_used_still_stands_in_the_report() {
    let sandbox = Sandbox::new(1, Compilation::default()).unwrap();
    let open = |wasm| {
        let module = Module { name: "file".into(), wasm, checked: Vec::new() };
        Judge::open(&sandbox, module, &Policy::default(), None).unwrap()
    };
    let garbage = open(Ok(b"garbage".to_vec().into()));
    let error = garbage.interpreter().err().unwrap();
    assert_eq!((garbage.id(), error.phase), ("file", Phase::Compile));
    assert_eq!(entry(&garbage)["digest"], Value::Null);
    let too_large = Unusable::OverLimit { what: "its size", value: 2, limit: 1 };
    let unread = open(Err(too_large.clone().into()));
    assert_eq!(unread.interpreter().err(), Some(&too_large.into()));
}
