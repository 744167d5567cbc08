//! Every guest over its cases, judged three times: with inlined checks, by the slow oracle, and without
//! checks. All say the same.

use serde_json::Value;

use crate::case::{Case, cases, list};

/// Each guest in the box.
const GUESTS: [&str; 7] = ["cedar", "cel", "ebpf", "libyara", "rego", "sigma", "yara"];

/// What the oracle must agree on: all that a report says of a file.
fn differences(guest: &str, case: &Case) -> Vec<String> {
    let [inlined, oracle, unchecked] = ["on", "oracle", "off"].map(|sanitize| {
        let subject = case.subject(std::path::Path::new(guest), &["--sanitize", sanitize]);
        assert!(subject.get("runs").is_some(), "{guest}: {subject:#}");
        subject
    });
    let mut differences = Vec::new();
    if inlined != oracle {
        differences.push(format!("{}: inlined\n{inlined:#}\noracle\n{oracle:#}", case.name()));
    }
    // How much memory there was is not the same, since the heap is another one. Builds that were compiled for
    // checks do not run without them.
    let behaviour = |subject: &Value| -> Vec<Value> {
        let runs = list(subject.get("runs"));
        runs.iter().filter(|run| is_of_the_release(run)).map(without_memory).collect()
    };
    assert!(!behaviour(&unchecked).is_empty(), "{guest}: {unchecked:#}");
    if behaviour(&inlined) != behaviour(&unchecked) {
        differences
            .push(format!("{}: checked\n{inlined:#}\nunchecked\n{unchecked:#}", case.name()));
    }
    differences
}

fn is_of_the_release(run: &Value) -> bool {
    run.get("build").is_none_or(|build| build == "release")
}

fn without_memory(run: &Value) -> Value {
    let mut run = run.clone();
    if let Some(fields) = run.as_object_mut() {
        fields.remove("peak_memory_bytes");
    }
    run
}

#[track_caller]
fn check(guest: &str) {
    let cases = cases(guest);
    assert!(!cases.is_empty(), "no case for {guest}");
    let differences: Vec<_> = cases.iter().flat_map(|case| differences(guest, case)).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn oracle_agrees_on_cedar() {
    check("cedar");
}

#[test]
fn oracle_agrees_on_cel() {
    check("cel");
}

#[test]
fn oracle_agrees_on_ebpf() {
    check("ebpf");
}

#[test]
fn oracle_agrees_on_libyara() {
    check("libyara");
}

#[test]
fn oracle_agrees_on_rego() {
    check("rego");
}

#[test]
fn oracle_agrees_on_sigma() {
    check("sigma");
}

#[test]
fn oracle_agrees_on_yara() {
    check("yara");
}

/// A guest that is added to the box is held against the oracle, too.
#[test]
fn no_guest_is_left_out() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/box/cases");
    let mut guests: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    guests.sort();
    assert_eq!(guests, GUESTS);
}
