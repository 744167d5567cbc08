//! Rule files and events, as a host sees them.

use proofhouse_guest::{Level, Recording, Session, record};
use proofhouse_guest_yara::Yara;

const GREETING: &str = r#"
import "math"
private rule Hidden { condition: filesize > 3 }
rule Zulu { strings: $a = "hello" nocase condition: $a }
rule Alpha { strings: $a = { 68 65 6c 6c ?? } condition: $a at 0 and Hidden }
global rule Sized { condition: filesize < 100 }
rule Twice { strings: $a = /wor[lk]d/ condition: #a == 2 }
rule Flat { condition: math.entropy(0, filesize) == 0.0 }
"#;

/// Loads rules that are accepted without a word.
fn loaded(rules: &str) -> Session<Yara> {
    let mut session = Session::default();
    assert_eq!(record(|| session.load(rules.as_bytes())), (0, Recording::default()), "{rules}");
    session
}

/// Asserts which rules match an event, in order, and that the count says the same.
#[track_caller]
fn assert_matches(session: &mut Session<Yara>, event: &[u8], expected: &[&str]) {
    let (count, seen) = record(|| session.evaluate(event));
    let names: Vec<_> = seen.emitted.iter().map(|name| String::from_utf8_lossy(name)).collect();
    assert_eq!(names, expected);
    assert_eq!(usize::try_from(count), Ok(expected.len()));
}

/// Asserts the code and the one message with which content is rejected.
#[track_caller]
fn assert_rejected(rules: &[u8], code: i32, text: &str) {
    let (actual, seen) = record(|| Session::<Yara>::default().load(rules));
    assert_eq!((actual, seen.messages), (code, vec![(Level::Error, text.to_owned())]));
}

#[test]
fn names_of_matching_rules_are_emitted_global_ones_first() {
    let mut session = loaded(GREETING);
    assert_matches(&mut session, b"hello world, hello work", &["Sized", "Zulu", "Alpha"]);
    assert_matches(&mut session, b"HELLO world world", &["Sized", "Zulu", "Twice"]);
    assert_matches(&mut session, b"aaaa", &["Sized", "Flat"]);
    assert_matches(&mut session, b"goodbye", &["Sized"]);
}

#[test]
fn global_rule_that_fails_silences_the_others() {
    assert_matches(&mut loaded(GREETING), &[b'a'; 100], &[]);
}

#[test]
fn events_do_not_see_each_other() {
    let mut session = loaded(GREETING);
    for _ in 0..3 {
        assert_matches(&mut session, b"say hello", &["Sized", "Zulu"]);
        assert_matches(&mut session, b"say nothing", &["Sized"]);
    }
}

#[test]
fn empty_event_is_scanned() {
    assert_matches(&mut loaded("rule Empty { condition: filesize == 0 }"), b"", &["Empty"]);
}

#[test]
fn file_format_and_hash_modules_are_there() {
    let rules = r#"
        import "pe" import "elf" import "macho" import "dotnet" import "dex"
        import "hash" import "string" import "time"
        rule NotPe { condition: not defined pe.number_of_signatures or not pe.is_pe }
        rule Md5 { condition: hash.md5(0, filesize) == "900150983cd24fb0d6963f7d28e17f72" }
        rule Length { condition: string.length("four") == 4 }
        rule Later { condition: time.now() > 1600000000 }
    "#;
    assert_matches(&mut loaded(rules), b"abc", &["NotPe", "Md5", "Length", "Later"]);
}

#[test]
fn console_speaks_through_messages() {
    let mut session =
        loaded(r#"import "console" rule Says { condition: console.log("size ", filesize) }"#);
    let (count, seen) = record(|| session.evaluate(b"abc"));
    assert_eq!((count, seen.messages), (1, vec![(Level::Info, "size 3".to_owned())]));
}

#[test]
fn invalid_rules_say_why_and_where() {
    assert_rejected(b"rule a {", 2, "1:9: syntax error");
    assert_rejected("/* é */ rule a {\n  condition: é and\n}".as_bytes(), 2, "2:14: syntax error");
    assert_rejected(b"rule a {\n condition: tru }", 2, "2:13: unknown identifier \"tru\"");
    assert_rejected(
        b"rule a {\n condition:\n  /* \xc3\xa9 */ filesize + \"x\" }",
        2,
        "3:11: expressions have invalid types: this has type integer, this has type bytes at 3:22",
    );
    assert_rejected(b"import \"cuckoo\"", 2, "1:1: unknown import cuckoo");
}

#[test]
fn nothing_is_included() {
    let rules = b"rule a { condition: true }\ninclude \"other.yar\"";
    assert_rejected(rules, 2, "2:1: includes are not allowed");
}

#[test]
fn bytes_that_are_not_text_are_rejected_at_their_place() {
    assert_rejected(b"rule a {\n \xff condition: true }", 1, "2:2: the rules are not UTF-8");
    assert_rejected(b"rule a { condition: true }\xc3", 1, "1:27: the rules are not UTF-8");
}

#[test]
fn doubtful_rules_are_accepted_with_a_warning() {
    let rules = "rule a {\n strings: $a = /\\d\\j/ condition: $a }";
    let (code, seen) = record(|| Session::<Yara>::default().load(rules.as_bytes()));
    let text = "2:19: unknown escape sequence: this is equivalent to 'j'";
    assert_eq!((code, seen.messages), (0, vec![(Level::Warning, text.to_owned())]));
}

#[test]
fn file_without_rules_is_accepted_and_matches_nothing() {
    assert_matches(&mut loaded(""), b"anything", &[]);
    assert_matches(&mut loaded("// only a comment\n"), b"anything", &[]);
}
