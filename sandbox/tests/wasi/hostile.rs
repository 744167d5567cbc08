//! Pointers, lengths and counts that are meant to hurt the host: they end the run, by name.

use crate::interface::{INVAL, SUCCESS};
use crate::script::{BUFFER, END, PATH, RESULT, ROOT, Ran, Script, VECTORS, at, number};
use proofhouse_sandbox::limits::MAX_IO_VECTORS;
use proofhouse_sandbox::{AbiViolation, Outcome, Phase, Verdict};

/// The function, address and size that ended a run.
fn wild(run: &Ran) -> (&'static str, u32, u64) {
    assert_eq!((run.phase, run.verdict()), (Phase::Load, Verdict::Rejected));
    match &run.outcome {
        Outcome::AbiViolation {
            violation: AbiViolation::WildPointer { function, address, size, memory_bytes },
            ..
        } => {
            assert_eq!(*memory_bytes, u64::from(END));
            (*function, *address, *size)
        }
        other => panic!("{other:?}"),
    }
}

const WILD: i64 = 65_536;

#[test]
fn a_result_behind_the_memory_ends_the_run() {
    let inside = at(BUFFER);
    let calls: [(&str, &[i64]); 21] = [
        ("args_sizes_get", &[WILD, inside]),
        ("args_sizes_get", &[inside, WILD - 3]),
        ("args_get", &[WILD, inside]),
        ("args_get", &[inside, WILD]),
        ("args_get", &[inside, -1]),
        ("environ_sizes_get", &[inside, -1]),
        ("clock_res_get", &[0, WILD - 7]),
        ("clock_time_get", &[0, 0, WILD - 7]),
        ("random_get", &[WILD, 1]),
        ("random_get", &[1, WILD]),
        ("random_get", &[8, -8]),
        ("fd_fdstat_get", &[1, WILD - 23]),
        ("fd_filestat_get", &[1, WILD - 63]),
        ("fd_prestat_get", &[ROOT, WILD - 7]),
        ("fd_prestat_dir_name", &[ROOT, WILD, 1]),
        ("fd_readdir", &[ROOT, WILD - 30, 100, 0, inside]),
        ("fd_readdir", &[ROOT, inside, 100, 0, WILD - 3]),
        ("fd_read", &[0, inside, 0, WILD - 3]),
        ("fd_write", &[1, inside, 0, WILD]),
        ("path_filestat_get", &[ROOT, 0, at(PATH), 7, WILD - 63]),
        ("path_open", &[ROOT, 0, at(PATH), 7, 0, 0, 0, 0, WILD - 3]),
    ];
    for (name, arguments) in calls {
        let run = Script::new()
            .arguments(&["guest"])
            .data(PATH, b"content")
            .call(name, arguments)
            .run(b"0123456789");
        assert_eq!(wild(&run).0, name, "{arguments:?}");
    }
}

#[test]
fn a_position_behind_the_memory_ends_the_run() {
    let calls: [(&str, &[i64]); 3] = [
        ("fd_seek", &[4, 0, 0, WILD - 7]),
        ("fd_tell", &[4, WILD - 7]),
        ("fd_pread", &[4, at(VECTORS), 0, 0, WILD - 3]),
    ];
    for (name, arguments) in calls {
        let run = Script::new().open_content().call(name, arguments).run(b"0123456789");
        assert_eq!(wild(&run).0, name);
    }
}

#[test]
fn a_path_behind_the_memory_ends_the_run() {
    for (path, size) in [(WILD, 1), (WILD - 3, 7), (0, -1), (-1, 0), (-1, -1)] {
        let run = Script::new()
            .call("path_open", &[ROOT, 0, path, size, 0, 0, 0, 0, at(RESULT)])
            .run(b"");
        assert_eq!(wild(&run).0, "path_open");
        let run =
            Script::new().call("path_filestat_get", &[ROOT, 0, path, size, at(BUFFER)]).run(b"");
        assert_eq!(wild(&run).0, "path_filestat_get");
    }
}

#[test]
fn a_buffer_behind_the_memory_ends_the_run() {
    for buffer in
        [(END, 1), (END - 1, 2), (1, END), (u32::MAX, 1), (u32::MAX, u32::MAX), (8, u32::MAX)]
    {
        let run = Script::new().vectors(&[buffer]).write(1, 1).run(b"");
        assert_eq!(wild(&run), ("fd_write", buffer.0, u64::from(buffer.1)));
        assert!(run.output.is_empty());
    }
    // What is read has ten bytes, and no more than those are copied.
    for address in [END, END - 9, u32::MAX - 4, u32::MAX] {
        let run = Script::new().vectors(&[(address, u32::MAX)]).read(0, 1).run(b"0123456789");
        assert_eq!(wild(&run), ("fd_read", address, 10));
    }
}

#[test]
fn a_list_of_buffers_behind_the_memory_ends_the_run() {
    for (list, count) in [(WILD, 1), (WILD - 7, 1), (WILD - 8, 2), (-8, 2), (-1, 1)] {
        for name in ["fd_read", "fd_write"] {
            let descriptor = i64::from(name == "fd_write");
            let run = Script::new().call(name, &[descriptor, list, count, at(RESULT)]).run(b"");
            assert_eq!(wild(&run).0, name, "{list} {count}");
        }
    }
}

#[test]
fn the_last_list_in_memory_is_a_good_one() {
    let list = END - 8;
    let run = Script::new()
        .vectors_at(list, &[(BUFFER, 4)])
        .data(BUFFER, b"last")
        .call("fd_write", &[1, at(list), 1, at(RESULT)])
        .run(b"");
    assert_eq!(run.records(), [number(SUCCESS)]);
    assert_eq!(run.output, b"last");
}

#[test]
fn more_buffers_than_the_limit_are_refused_and_nothing_is_written() {
    let most = at(MAX_IO_VECTORS);
    for count in [most + 1, i64::from(i32::MAX), -1, i64::from(i32::MIN)] {
        let run =
            Script::new().vectors(&[(BUFFER, 1)]).read(0, count).write(1, count).run(b"0123456789");
        assert_eq!(run.numbers(), [INVAL, INVAL], "{count}");
        assert!(run.output.is_empty());
    }
}

#[test]
fn as_many_buffers_as_the_limit_are_written() {
    // All of them are the same byte.
    let run = Script::new()
        .data(BUFFER, b"x")
        .vectors_at(BUFFER + 8, &[(BUFFER, 1); MAX_IO_VECTORS as usize])
        .call("fd_write", &[1, at(BUFFER + 8), at(MAX_IO_VECTORS), at(RESULT)])
        .result()
        .run(b"");
    assert_eq!(run.numbers(), [SUCCESS, MAX_IO_VECTORS]);
    assert_eq!(run.output, [b'x'; MAX_IO_VECTORS as usize]);
}

/// The lengths of these buffers add up to more than 32 bits.
#[test]
fn lengths_that_overflow_together_end_in_the_output_limit() {
    let run = Script::new()
        .vectors(&[(0, END); MAX_IO_VECTORS as usize])
        .write(1, at(MAX_IO_VECTORS))
        .run(b"");
    assert!(matches!(run.outcome, Outcome::OutputFlood { .. }), "{:?}", run.outcome);
    assert_eq!(run.verdict(), Verdict::Rejected);
}

/// Buffers that overlap each other, the list itself and the result: odd, and the guest's own affair.
#[test]
fn buffers_may_overlap_everything() {
    let run = Script::new()
        .vectors(&[(VECTORS, 16), (RESULT, 4), (RESULT, 4)])
        .read(0, 3)
        .show(VECTORS, 16)
        .result()
        .run(&[0xee; 24]);
    assert_eq!(run.records(), [number(SUCCESS), vec![0xee; 16], number(24)]);
}
