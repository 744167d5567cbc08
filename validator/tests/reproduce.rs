//! `proofhouse reproduce` says precisely what differs: a case is changed in one thing each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use proofhouse_corpus::Case;
use std::fs;
use std::path::Path;
use support::guests::reference_interpreter;
use support::program::{Program, Stdout};
use tempfile::TempDir;

/// What `reproduce` says of the outage's case after a change, and its exit code.
fn reproduced(change: impl FnOnce(&mut Case)) -> (Option<i32>, String) {
    let file = "../fixtures/regressions/outage-from-quiet-content.case";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut case = Case::decode(&fs::read(file).unwrap()).unwrap();
    // The module may have been built by another compiler.
    let interpreter = reference_interpreter("channel-7.10.wasm");
    case.interpreter.digest = digest(&interpreter);
    change(&mut case);
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::write(room.path().join("a.case"), case.encode().unwrap()).unwrap();
    let arguments = ["reproduce", "-i", interpreter.to_str().unwrap(), "a.case"];
    let ended = Program::new(room.path()).args(arguments).run();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    (ended.code, String::from_utf8(ended.stdout).unwrap() + &stderr)
}

fn digest(path: &Path) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(fs::read(path).unwrap());
    let halves = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits: String = halves.filter_map(|half| char::from_digit(half.into(), 16)).collect();
    format!("sha256:{digits}")
}

#[test]
fn the_same_end_is_told_and_nothing_differs() {
    let (code, text) = reproduced(|_| ());
    assert_eq!(code, Some(0), "{text}");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("outcome      trapped"));
    assert_eq!(lines.next(), Some("detail       heap-buffer-overflow"));
    assert!(lines.next().is_some_and(|site| site.starts_with("site         evaluate_instance ")));
    assert!(lines.next().is_some_and(|event| event.starts_with("event        ")));
    assert_eq!((lines.next(), lines.next()), (Some("reproduced"), None), "{text}");
}

#[test]
fn what_differs_is_told_and_nothing_else() {
    type Change = fn(&mut Case);
    let table: [(Change, &str, &str); 5] = [
        (|case| case.expected.kind = "out-of-fuel".into(), "outcome", "out-of-fuel"),
        (|case| case.expected.detail = "use-after-free".into(), "detail", "use-after-free"),
        (|case| case.expected.site = "elsewhere a.c:7".into(), "site", "elsewhere a.c:7"),
        (|case| case.expected.event = None, "event", "none"),
        (|case| case.expected.event = Some(77), "event", "unknown (number 77)"),
    ];
    let (_, same) = reproduced(|_| ());
    for (change, name, instead) in table {
        let (code, text) = reproduced(change);
        assert_eq!(code, Some(1), "{name}: {text}");
        // The same lines, and one more below the one that differs.
        let mut expected = Vec::new();
        for line in same.lines() {
            let line = if line == "reproduced" { "not reproduced" } else { line };
            expected.push(line.to_owned());
            if line.starts_with(name) {
                expected.push(format!("{:>15}  {instead}", "instead of"));
            }
        }
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn another_interpreter_is_named() {
    let (code, text) = reproduced(|case| case.interpreter.digest = "sha256:00".into());
    assert_eq!(code, Some(0), "{text}");
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("interpreter  sha256:")), "{text}");
    assert_eq!(lines.next(), Some("     instead of  sha256:00"), "{text}");
}

#[test]
fn the_limits_of_the_case_hold_and_are_named() {
    let (code, text) = reproduced(|case| {
        case.setting.stack_profile = "thread".into();
        case.setting.messages = 9;
    });
    // More than enough.
    assert_eq!(code, Some(0), "{text}");
    let named = "limit        stack-profile thread\n     instead of  process, as without a case\n\
                 limit        messages 9\n     instead of  1000, as without a case\n";
    assert!(text.starts_with(named), "{text}");
    // Enough to open the interpreter, and too little to load the content.
    let mut all = (8..24).map(|bits| (bits, reproduced(|case| case.setting.fuel = 1 << bits)));
    let (bits, (_, text)) = all.find(|(_, (code, _))| *code == Some(1)).unwrap();
    let fuel = format!("limit        fuel {}\n", 1u64 << bits);
    for line in [&fuel, "outcome      out-of-fuel\n", "     instead of  trapped\n"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let (code, text) = reproduced(|case| case.setting.stack_profile = "vast".into());
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("unknown stack profile `vast`"), "{text}");
}

#[test]
fn what_a_case_says_reaches_no_terminal_as_it_is() {
    let (code, text) = reproduced(|case| {
        case.events.iter_mut().for_each(|event| event.id = "a\u{1b}]0;b\u{7}\nreproduced".into());
        case.expected.detail = "c\u{1b}[2J\nd".into();
    });
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(r"a\u{1b}]0;b\u{7}\u{a}reproduced (number "), "{text}");
    assert!(text.contains(r"c\u{1b}[2J\u{a}d"), "{text}");
    assert!(text.ends_with("\nnot reproduced\n"), "{text}");
}

#[test]
fn a_case_does_not_choose_what_is_read() {
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::create_dir(room.path().join("box")).unwrap();
    let file = "../fixtures/regressions/outage-from-quiet-content.case";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut case = Case::decode(&fs::read(file).unwrap()).unwrap();
    for name in [reference_interpreter("channel-7.10.wasm").to_str().unwrap(), "./a.toml", "a\nb"] {
        case.interpreter.name = name.into();
        fs::write(room.path().join("a.case"), case.encode().unwrap()).unwrap();
        for verb in ["reproduce", "minimize"] {
            let ended = Program::new(room.path()).args([verb, "a.case"]).run();
            let stderr = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.code, Some(2), "{stderr}");
            assert!(stderr.starts_with("error: no interpreter `"), "{stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
        }
    }
}

#[test]
fn a_smaller_case_names_the_interpreter_that_it_was_run_with() {
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let interpreter = reference_interpreter("channel-7.10.wasm");
    let file = "../fixtures/regressions/outage-from-quiet-content.case";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut case = Case::decode(&fs::read(file).unwrap()).unwrap();
    case.interpreter.digest = "sha256:00".into();
    fs::write(room.path().join("a.case"), case.encode().unwrap()).unwrap();
    let arguments = ["minimize", "-i", interpreter.to_str().unwrap(), "--attempts", "10", "a.case"];
    let ended = Program::new(room.path()).args(arguments).run();
    assert_eq!(ended.code, Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let smaller = Case::decode(&fs::read(room.path().join("a.min.case")).unwrap()).unwrap();
    assert_eq!(smaller.interpreter.digest, digest(&interpreter));
    assert_eq!(smaller.interpreter.name, "channel@7.10");
}

#[test]
fn what_cannot_be_told_is_no_result() {
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let interpreter = reference_interpreter("channel-7.10.wasm");
    let file = "../fixtures/regressions/outage-from-quiet-content.case";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::copy(file, room.path().join("a.case")).unwrap();
    for verb in ["reproduce", "minimize"] {
        let arguments = [verb, "-i", interpreter.to_str().unwrap(), "a.case"];
        let ended = Program::new(room.path()).args(arguments).stdout(Stdout::Full).run();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.code, Some(3), "{stderr}");
        assert!(stderr.starts_with("error: No space left"), "{stderr}");
    }
}

#[test]
fn where_a_smaller_case_goes_is_looked_at_before_anything_runs() {
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let interpreter = reference_interpreter("channel-7.10.wasm");
    let file = "../fixtures/regressions/outage-from-quiet-content.case";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut case = Case::decode(&fs::read(file).unwrap()).unwrap();
    // It does not end as it says, which the first run would show.
    case.content.clear();
    fs::write(room.path().join("a.case"), case.encode().unwrap()).unwrap();
    let minimize = |output: &str| {
        let arguments = ["minimize", "-i", interpreter.to_str().unwrap(), "-o", output, "a.case"];
        let ended = Program::new(room.path()).args(arguments).run();
        assert_eq!(ended.code, Some(2));
        String::from_utf8(ended.stderr).unwrap()
    };
    assert!(minimize("gone/b.case").starts_with("error: gone/b.case: No such file"));
    assert!(minimize("b.case").starts_with("error: the case does not end here as it says"));
    assert!(!room.path().join("b.case").exists());
}
