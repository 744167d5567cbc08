//! What a person reads: the line in question, and a caret where the interpreter knows the column.
//!
//! `carets/GUEST.txt` is the output for one of the guest's cases; `PROOFHOUSE_BLESS=1` writes it anew.

use crate::case::cases;
use crate::outcomes::assert_as_listed;

#[track_caller]
fn assert_shown(guest: &str, case: &str, line: &str) {
    let case = cases(guest).into_iter().find(|it| it.name() == case).unwrap();
    let seen = case.shown(guest);
    assert_as_listed(&format!("carets/{guest}.txt"), seen.lines());
    // Whoever blesses the file does not bless this away.
    let mut lines = seen.lines().skip_while(|it| !it.ends_with(line));
    assert!(lines.next().is_some(), "{line:?} is not shown:\n{seen}");
    let caret = lines.next().is_some_and(|it| it.ends_with('^'));
    // libyara knows lines only.
    assert_eq!(caret, guest != "libyara", "{seen}");
}

#[test]
fn cedar_shows_the_place() {
    assert_shown("cedar", "skipped-policy", "when { context.hour > 22 };");
}

#[test]
fn cel_shows_the_place() {
    assert_shown("cel", "stray-bracket", r#"  "日本" in [1, 2)]"#);
}

#[test]
fn libyara_shows_the_line() {
    assert_shown("libyara", "unknown-identifier", "  condition: tru");
}

#[test]
fn rego_shows_the_place() {
    assert_shown("rego", "behind-a-tab", r#"msg := sprintf("%v", [contaner])"#);
}

#[test]
fn sigma_shows_the_place() {
    assert_shown("sigma", "condition-does-not-parse", "    condition: selection and and filter");
}

#[test]
fn yara_shows_the_place() {
    assert_shown("yara", "unknown-identifier", "  condition: tru");
}
