//! Arguments, the environment, and the end of the process.

use crate::interface::SUCCESS;
use crate::script::{BUFFER, RESULT, Script, at, number};
use proofhouse_sandbox::{Outcome, Phase, Verdict};

#[test]
fn arguments_are_those_of_the_job() {
    let run = Script::new()
        .arguments(&["guest", "--strict", "", "ü"])
        .call("args_sizes_get", &[at(RESULT), at(RESULT + 4)])
        .show(RESULT, 4)
        .show(RESULT + 4, 4)
        .call("args_get", &[at(BUFFER), at(BUFFER + 100)])
        .show(BUFFER, 16)
        .show(BUFFER + 100, 19)
        .run(b"");
    let records = run.records();
    assert_eq!(records[..4], [number(SUCCESS), number(4), number(19), number(SUCCESS)]);
    let places = [0, 6, 15, 16].map(|offset| (BUFFER + 100 + offset).to_le_bytes());
    assert_eq!(records[4], places.concat());
    assert_eq!(records[5], "guest\0--strict\0\0ü\0".as_bytes());
}

#[test]
fn no_arguments_are_none() {
    let run = Script::new()
        .data(RESULT, &[0xff; 8])
        .call("args_sizes_get", &[at(RESULT), at(RESULT + 4)])
        .call("args_get", &[at(BUFFER), at(BUFFER)])
        .show(RESULT, 8)
        .run(b"");
    assert_eq!(run.records(), [number(SUCCESS), number(SUCCESS), vec![0; 8]]);
}

#[test]
fn the_environment_is_empty() {
    let run = Script::new()
        .data(RESULT, &[0xff; 8])
        .call("environ_sizes_get", &[at(RESULT), at(RESULT + 4)])
        .call("environ_get", &[at(BUFFER), at(BUFFER)])
        .show(RESULT, 8)
        .run(b"");
    assert_eq!(run.records(), [number(SUCCESS), number(SUCCESS), vec![0; 8]]);
}

#[test]
fn exit_codes_decide() {
    for (code, outcome, verdict) in [
        (0, Outcome::Accepted, Verdict::Accepted),
        (1, rejected(1), Verdict::Rejected),
        (126, rejected(126), Verdict::Rejected),
        (256, rejected(256), Verdict::Rejected),
        (i32::MAX, rejected(i32::MAX), Verdict::Rejected),
        (-1, rejected(-1), Verdict::Rejected),
        (i32::MIN, rejected(i32::MIN), Verdict::Rejected),
    ] {
        let run = Script::new().step(&format!("(call $proc_exit (i32.const {code}))")).run(b"");
        assert_eq!((&run.outcome, run.phase), (&outcome, Phase::Load), "{code}");
        assert_eq!(run.verdict(), verdict, "{code}");
    }
}

fn rejected(code: i32) -> Outcome {
    Outcome::Rejected { code, message: String::new(), position: None }
}

#[test]
fn nothing_happens_after_the_exit() {
    let run = Script::new().show(0, 1).step("(call $proc_exit (i32.const 0))").show(0, 2).run(b"");
    assert_eq!(run.records(), [vec![0]]);
}
