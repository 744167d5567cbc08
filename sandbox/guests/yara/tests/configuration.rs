//! External variables, from the policy's JSON to what a rule sees.

use proofhouse_guest::{Level, Session, record};
use proofhouse_guest_yara::Yara;

const REJECTED: i32 = 1;

/// Whether a rule with this condition matches under this configuration.
fn holds(configuration: Option<&str>, condition: &str) -> bool {
    let mut session = Session::<Yara>::default();
    if let Some(json) = configuration {
        assert_eq!(session.configure(json.as_bytes()), 0, "{json}");
    }
    let rule = format!("rule Holds {{ condition: {condition} }}");
    let (code, seen) = record(|| session.load(rule.as_bytes()));
    assert_eq!(code, 0, "{rule}: {:?}", seen.messages);
    session.evaluate(b"") == 1
}

#[test]
fn customary_variables_are_empty_text() {
    for name in ["filename", "filepath", "extension", "filetype", "owner"] {
        assert!(holds(None, &format!("{name} == \"\"")), "{name}");
    }
}

#[test]
fn every_type_arrives() {
    let json = r#"{"externals": {"filename": "a.exe", "depth": -3, "score": 0.5, "signed": true}}"#;
    let condition = r#"filename == "a.exe" and depth == -3 and score == 0.5 and signed"#;
    assert!(holds(Some(json), condition));
    assert!(holds(Some(json), "owner == \"\""), "others keep their default");
    let json = r#"{"externals": {"filename": "b.exe", "depth": 3, "score": 1.5, "signed": false}}"#;
    for part in condition.split(" and ") {
        assert!(!holds(Some(json), part), "{part}");
    }
}

#[test]
fn numbers_keep_their_type_at_the_edges() {
    let json =
        r#"{"externals": {"low": -9223372036854775808, "high": 9223372036854775807, "one": 1.0}}"#;
    assert!(holds(Some(json), "high == 9223372036854775807 and low + high == -1"));
    assert!(holds(Some(json), "one \\ 2 == 0.5"), "a float divides as a float");
}

#[test]
fn nothing_set_is_the_default() {
    for json in ["{}", r#"{"externals": {}}"#] {
        assert!(holds(Some(json), "filename == \"\""));
    }
}

#[test]
fn unknown_variable_stays_unknown() {
    let (code, seen) =
        record(|| Session::<Yara>::default().load(b"rule a { condition: depth == 1 }"));
    let text = "1:21: unknown identifier \"depth\"".to_owned();
    assert_eq!((code, seen.messages), (2, vec![(Level::Error, text)]));
}

#[test]
fn mistakes_are_named() {
    for (json, expected) in [
        (r#"{"external": {}}"#, "unknown setting `external`, expected `externals`"),
        (r#"{"externals": []}"#, "`externals` is not an object of names and values"),
        (
            r#"{"externals": {"9lives": 9}}"#,
            "external variable `9lives`: not an identifier of YARA",
        ),
        (r#"{"externals": {"": 9}}"#, "external variable ``: not an identifier of YARA"),
        (r#"{"externals": {"a b": 9}}"#, "external variable `a b`: not an identifier of YARA"),
        (
            r#"{"externals": {"a": null}}"#,
            "external variable `a`: neither text, number nor boolean",
        ),
        (r#"{"externals": {"a": [1]}}"#, "external variable `a`: neither text, number nor boolean"),
    ] {
        let (code, seen) = record(|| Session::<Yara>::default().configure(json.as_bytes()));
        let message = (Level::Error, format!("configuration: {expected}"));
        assert_eq!((code, seen.messages), (REJECTED, vec![message]), "{json}");
    }
}

#[test]
fn integers_out_of_range_never_become_floats() {
    let edges = ["9223372036854775808", "99999999999999999999", "-9223372036854775809", "1e19"];
    for number in edges {
        let json = format!(r#"{{"externals": {{"a": {number}}}}}"#);
        let (code, seen) = record(|| Session::<Yara>::default().configure(json.as_bytes()));
        let text = "external variable `a`: beyond the range of a signed 64-bit integer";
        let message = (Level::Error, format!("configuration: {text}"));
        assert_eq!((code, seen.messages), (REJECTED, vec![message]), "{number}");
    }
}

#[test]
fn what_is_no_object_is_rejected() {
    for json in ["", "[]", "1", "null", "{", "{} {}", r#"{"externals": {"a": 1e400}}"#] {
        let (code, seen) = record(|| Session::<Yara>::default().configure(json.as_bytes()));
        assert_eq!((code, seen.messages.len()), (REJECTED, 1), "{json}");
    }
}
