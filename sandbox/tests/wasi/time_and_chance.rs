//! A clock that stands still, and random numbers that are the same in every run.

use crate::interface::{INVAL, SUCCESS};
use crate::script::{BUFFER, Script, at, number};

/// 2024-07-19T04:09:00Z in nanoseconds since 1970: when the update of the outage was released.
const NOW: u64 = 1_721_362_140_000_000_000;

#[test]
fn all_clocks_stand_still() {
    for clock in 0..4 {
        let run = Script::new()
            .call("clock_time_get", &[clock, 0, at(BUFFER)])
            .call("random_get", &[at(BUFFER + 16), 30_000])
            .call("clock_time_get", &[clock, 1_000_000, at(BUFFER + 8)])
            .show(BUFFER, 16)
            .call("clock_res_get", &[clock, at(BUFFER)])
            .show(BUFFER, 8)
            .run(b"");
        let twice = [NOW.to_le_bytes(), NOW.to_le_bytes()].concat();
        let expected = [
            number(SUCCESS),
            number(SUCCESS),
            number(SUCCESS),
            twice,
            number(SUCCESS),
            1_000_u64.to_le_bytes().to_vec(),
        ];
        assert_eq!(run.records(), expected, "clock {clock}");
    }
}

#[test]
fn there_are_no_other_clocks() {
    for clock in [4, -1, i64::from(i32::MAX)] {
        let run = Script::new()
            .call("clock_time_get", &[clock, 0, at(BUFFER)])
            .call("clock_res_get", &[clock, at(BUFFER)])
            .run(b"");
        assert_eq!(run.numbers(), [INVAL, INVAL], "{clock}");
    }
}

#[test]
fn random_numbers_are_the_same_in_two_runs_and_differ_in_one() {
    let run = || {
        Script::new()
            .call("random_get", &[at(BUFFER), 16])
            .show(BUFFER, 16)
            .call("random_get", &[at(BUFFER), 16])
            .show(BUFFER, 16)
            .run(b"")
    };
    let (first, second) = (run(), run());
    assert_eq!(first.records(), second.records());
    assert_ne!(first.records()[1], first.records()[3]);
    assert_ne!(first.records()[1], [0; 16]);
}

#[test]
fn random_numbers_do_not_depend_on_the_content() {
    let run =
        |content| Script::new().call("random_get", &[at(BUFFER), 9]).show(BUFFER, 9).run(content);
    assert_eq!(run(b"one").records(), run(b"another").records());
}

#[test]
fn exactly_as_many_random_bytes_are_written_as_asked_for() {
    for size in [0, 1, 7, 8, 9] {
        let run = Script::new()
            .data(BUFFER, &[0xff; 16])
            .call("random_get", &[at(BUFFER), size])
            .show(BUFFER + u32::try_from(size).unwrap(), 4)
            .run(b"");
        assert_eq!(run.records(), [number(SUCCESS), vec![0xff; 4]], "{size}");
    }
}
