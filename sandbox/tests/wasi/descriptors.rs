//! Descriptors: what they say of themselves, how they are given out, and that they run out.

use crate::interface::{
    BADF, CHARACTER_DEVICE, DIRECTORY, FD_FILESTAT_GET, FD_READ, FD_READDIR, FD_SEEK, FD_TELL,
    FD_WRITE, MFILE, PATH_FILESTAT_GET, PATH_OPEN, REGULAR_FILE, SUCCESS,
};
use crate::script::{BUFFER, PATH, RESULT, ROOT, Script, VECTORS, at};
use proofhouse_sandbox::limits::MAX_DESCRIPTORS;

/// Type at 0, flags at 2, rights at 8, inherited rights at 16 of a record of 24 bytes.
#[test]
fn each_says_its_type_and_its_rights() {
    let mut script = Script::new().open_content().data(BUFFER, &[0xff; 256]);
    for descriptor in 0..5 {
        script = script.call("fd_fdstat_get", &[descriptor, at(BUFFER)]).show(BUFFER, 25);
    }
    let run = script.run(b"0123456789");
    let stats: Vec<&Vec<u8>> = run.records().iter().filter(|record| record.len() == 25).collect();

    let file = FD_READ | FD_SEEK | FD_TELL | FD_FILESTAT_GET;
    let directory = PATH_OPEN | FD_READDIR | PATH_FILESTAT_GET | FD_FILESTAT_GET;
    let expected = [
        (CHARACTER_DEVICE, FD_READ | FD_FILESTAT_GET, 0),
        (CHARACTER_DEVICE, FD_WRITE | FD_FILESTAT_GET, 0),
        (CHARACTER_DEVICE, FD_WRITE | FD_FILESTAT_GET, 0),
        (DIRECTORY, directory, file | FD_WRITE),
        (REGULAR_FILE, file, 0),
    ];
    assert_eq!(stats.len(), expected.len());
    for (stat, (kind, rights, inherited)) in stats.into_iter().zip(expected) {
        assert_eq!(stat[..8], [kind, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(stat[8..16], rights.to_le_bytes());
        assert_eq!(stat[16..24], inherited.to_le_bytes());
        assert_eq!(stat[24], 0xff, "one byte too many was written");
    }
}

#[test]
fn what_is_not_open_cannot_be_used() {
    for descriptor in [4, 63, 64, 1_000_000, i64::from(i32::MAX), -1, i64::from(i32::MIN)] {
        let run = Script::new()
            .vectors(&[(BUFFER, 4)])
            .read(descriptor, 1)
            .write(descriptor, 1)
            .call("fd_pread", &[descriptor, at(VECTORS), 1, 0, at(RESULT)])
            .call("fd_seek", &[descriptor, 0, 0, at(RESULT)])
            .call("fd_tell", &[descriptor, at(RESULT)])
            .call("fd_close", &[descriptor])
            .call("fd_fdstat_get", &[descriptor, at(BUFFER)])
            .call("fd_fdstat_set_flags", &[descriptor, 0])
            .call("fd_filestat_get", &[descriptor, at(BUFFER)])
            .call("fd_prestat_get", &[descriptor, at(BUFFER)])
            .call("fd_prestat_dir_name", &[descriptor, at(BUFFER), 1])
            .call("fd_readdir", &[descriptor, at(BUFFER), 100, 0, at(RESULT)])
            .call("path_open", &[descriptor, 0, at(PATH), 0, 0, 0, 0, 0, at(RESULT)])
            .call("path_filestat_get", &[descriptor, 0, at(PATH), 0, at(BUFFER)])
            .run(b"0123456789");
        assert_eq!(run.numbers(), [BADF; 14], "{descriptor}");
    }
}

#[test]
fn flags_may_be_set_on_what_is_open() {
    let run = Script::new().call("fd_fdstat_set_flags", &[1, 4]).run(b"");
    assert_eq!(run.numbers(), [SUCCESS]);
}

#[test]
fn a_closed_one_is_gone_and_given_out_again() {
    let run = Script::new()
        .call("fd_close", &[0])
        .call("fd_close", &[0])
        .open_content()
        .result()
        .call("fd_close", &[ROOT])
        .call("fd_prestat_get", &[ROOT, at(BUFFER)])
        .run(b"0123456789");
    assert_eq!(run.numbers(), [SUCCESS, BADF, SUCCESS, 0, SUCCESS, BADF]);
}

#[test]
fn they_run_out_and_come_back() {
    let most = u32::try_from(MAX_DESCRIPTORS).unwrap();
    let mut script = Script::new();
    for _ in 4..most + 2 {
        script = script.open_content();
    }
    let run = script
        .call("fd_close", &[at(most - 1)])
        .open_content()
        .result()
        .open_content()
        .run(b"0123456789");
    let opened = usize::try_from(most - 4).unwrap();
    let expected =
        [&vec![SUCCESS; opened][..], &[MFILE, MFILE], &[SUCCESS, SUCCESS, most - 1, MFILE]];
    assert_eq!(run.numbers(), expected.concat());
}
