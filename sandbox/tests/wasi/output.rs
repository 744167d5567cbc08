//! stdout and stderr.

use crate::interface::{BADF, SPIPE, SUCCESS};
use crate::script::{BUFFER, RESULT, Script, VECTORS, at};

#[test]
fn both_are_kept_in_the_order_of_writing() {
    let run = Script::new()
        .data(BUFFER, b"out err ")
        .vectors(&[(BUFFER, 4), (BUFFER + 4, 4)])
        .write(1, 1)
        .result()
        .call("fd_write", &[2, at(VECTORS + 8), 1, at(RESULT)])
        .result()
        .write(1, 2)
        .result()
        .run(b"");
    assert_eq!(run.output, b"out err out err ");
    assert_eq!(run.numbers(), [SUCCESS, 4, SUCCESS, 4, SUCCESS, 8]);
}

#[test]
fn nothing_written_is_nothing_kept() {
    let run = Script::new().vectors(&[(BUFFER, 0)]).write(1, 0).result().write(1, 1).result();
    let run = run.run(b"");
    assert_eq!(run.numbers(), [SUCCESS, 0, SUCCESS, 0]);
    assert!(run.output.is_empty());
}

#[test]
fn they_cannot_be_read_or_sought() {
    let run = Script::new()
        .vectors(&[(BUFFER, 4)])
        .read(1, 1)
        .call("fd_pread", &[2, at(VECTORS), 1, 0, at(RESULT)])
        .call("fd_seek", &[1, 0, 0, at(RESULT)])
        .call("fd_tell", &[2, at(RESULT)])
        .run(b"");
    assert_eq!(run.numbers(), [BADF, BADF, SPIPE, SPIPE]);
}

#[test]
fn a_closed_stdout_is_closed() {
    let run = Script::new()
        .vectors(&[(BUFFER, 4)])
        .call("fd_close", &[1])
        .write(1, 1)
        .write(2, 1)
        .run(b"");
    assert_eq!(run.numbers(), [SUCCESS, BADF, SUCCESS]);
}
