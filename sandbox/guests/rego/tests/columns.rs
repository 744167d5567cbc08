//! Columns are in characters, whatever stands before them in the line.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proofhouse_guest::Interpreter as _;
use proofhouse_guest_rego::{Configuration, Rego};

/// A line in a rule's body, and the word in it that the error is about.
const LINES: [(&str, &str); 12] = [
    ("nothing", "nothing"),
    ("  nothing", "nothing"),
    ("\tnothing", "nothing"),
    ("\t\tnothing", "nothing"),
    (" \t \tnothing", "nothing"),
    ("\tmsg := sprintf(\"%v\", [contaner])", "contaner"),
    ("\"ééééé\"; nothing", "nothing"),
    ("\t\"é\\\"# `\";\tnothing", "nothing"),
    ("`日本\t\"é`;\tnothing", "nothing"),
    ("`é\né\té`; nothing", "nothing"),
    ("true # `é\"\n\tnothing", "nothing"),
    ("true\r\n\tnothing", "nothing"),
];

#[test]
fn columns_are_in_characters() {
    for (body, word) in LINES {
        let text = format!("package a\n\nimport rego.v1\n\nallow if {{\n{body}\n}}\n");
        let before = text.split_once(word).unwrap().0;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let refused = Rego::load(text.as_bytes(), &Configuration::default()).err().unwrap();
        let expected = format!("{line}:{column}: use of undefined variable `{word}` is unsafe");
        assert_eq!(refused.to_string(), expected, "{body:?}");
    }
}

#[test]
fn columns_in_a_module_of_a_bundle_too() {
    let bundle = r#"{"modules": {"a.rego": "package a\nimport rego.v1\nallow if {\n\t\"é\"; nothing\n}\n"}}"#;
    let refused = Rego::load(bundle.as_bytes(), &Configuration::default()).err().unwrap();
    assert_eq!(refused.to_string(), "a.rego:4:7: use of undefined variable `nothing` is unsafe");
}
