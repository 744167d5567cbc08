//! stdin: the content as a stream.

use crate::interface::{CHARACTER_DEVICE, SPIPE, SUCCESS};
use crate::script::{BUFFER, END, RESULT, Script, VECTORS, at, number};

#[test]
fn it_holds_the_content_once() {
    let run = Script::new()
        .vectors(&[(BUFFER, 4)])
        .read(0, 1)
        .result()
        .show(BUFFER, 4)
        .read(0, 1)
        .result()
        .show(BUFFER, 4)
        .read(0, 1)
        .result()
        .read(0, 1)
        .result()
        .run(b"0123456789");
    assert_eq!(
        run.records(),
        [
            number(SUCCESS),
            number(4),
            b"0123".to_vec(),
            number(SUCCESS),
            number(4),
            b"4567".to_vec(),
            number(SUCCESS),
            number(2),
            // The end, again and again.
            number(SUCCESS),
            number(0),
        ]
    );
}

#[test]
fn it_fills_several_buffers_in_order() {
    let run = Script::new()
        .vectors(&[(BUFFER, 3), (BUFFER + 100, 0), (BUFFER + 200, 100), (BUFFER + 400, 100)])
        .read(0, 4)
        .result()
        .show(BUFFER, 3)
        .show(BUFFER + 200, 7)
        .run(b"0123456789");
    assert_eq!(run.records(), [number(SUCCESS), number(10), b"012".to_vec(), b"3456789".to_vec()]);
}

#[test]
fn it_is_empty_when_the_content_is() {
    let run = Script::new().vectors(&[(BUFFER, 10)]).read(0, 1).result().run(b"");
    assert_eq!(run.numbers(), [SUCCESS, 0]);
}

#[test]
fn a_buffer_up_to_the_end_of_memory_is_filled() {
    let run = Script::new().vectors(&[(END - 4, 4)]).read(0, 1).result().show(END - 4, 4);
    assert_eq!(run.run(b"0123456789").records(), [number(SUCCESS), number(4), b"0123".to_vec()]);
}

#[test]
fn it_cannot_be_sought_or_read_at_an_offset() {
    let run = Script::new()
        .vectors(&[(BUFFER, 4)])
        .call("fd_seek", &[0, 0, 0, at(RESULT)])
        .call("fd_tell", &[0, at(RESULT)])
        .call("fd_pread", &[0, at(VECTORS), 1, 0, at(RESULT)])
        .run(b"0123456789");
    assert_eq!(run.numbers(), [SPIPE, SPIPE, SPIPE]);
}

#[test]
fn it_is_a_character_device_without_a_size() {
    let run = Script::new()
        .call("fd_filestat_get", &[0, at(BUFFER)])
        .show(BUFFER + 16, 1)
        .show(BUFFER + 32, 8)
        .run(b"0123456789");
    assert_eq!(run.records(), [number(SUCCESS), vec![CHARACTER_DEVICE], vec![0; 8]]);
}
