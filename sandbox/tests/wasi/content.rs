//! `/content`: the content as a read-only file in a root directory that holds nothing else.

use crate::interface::{
    BADF, DIRECTORY, DIRECTORY_ONLY, FD_READ, INVAL, ISDIR, NAMETOOLONG, NOTDIR, REGULAR_FILE,
    SUCCESS,
};
use crate::script::{BUFFER, PATH, RESULT, ROOT, Script, VECTORS, at, number};

const CONTENT: &[u8] = b"0123456789";

#[test]
fn it_is_opened_by_each_name_that_it_has() {
    for name in [&b"content"[..], b"./content", b"/content", b"//content", b"./././content"] {
        let run = Script::new()
            .open_path(name, 0, FD_READ)
            .result()
            .vectors(&[(BUFFER, 20)])
            .read(4, 1)
            .result()
            .show(BUFFER, 10)
            .run(CONTENT);
        let expected = [number(SUCCESS), number(4), number(SUCCESS), number(10), CONTENT.to_vec()];
        assert_eq!(run.records(), expected, "{name:?}");
    }
}

#[test]
fn each_descriptor_has_a_position_of_its_own() {
    let run = Script::new()
        .open_content()
        .open_content()
        .result()
        .vectors(&[(BUFFER, 4)])
        .read(4, 1)
        .read(4, 1)
        .show(BUFFER, 4)
        .read(5, 1)
        .show(BUFFER, 4)
        .read(0, 1)
        .show(BUFFER, 4)
        .run(CONTENT);
    let shown: Vec<&[u8]> =
        run.records().iter().map(Vec::as_slice).filter(|r| r[0].is_ascii_digit()).collect();
    assert_eq!(shown, [b"4567", b"0123", b"0123"]);
}

#[test]
fn it_is_sought_from_start_position_and_end() {
    const SET: i64 = 0;
    const CURRENT: i64 = 1;
    const FROM_END: i64 = 2;
    for (seeks, expected) in [
        (&[(3, SET)][..], 3),
        (&[(3, SET), (2, CURRENT)], 5),
        (&[(3, SET), (-2, CURRENT)], 1),
        (&[(0, FROM_END)], 10),
        (&[(-4, FROM_END)], 6),
        (&[(100, FROM_END)], 110),
        (&[(i64::MAX, SET)], u64::try_from(i64::MAX).unwrap()),
    ] {
        let mut script = Script::new().open_content();
        for (offset, whence) in seeks {
            script = script.call("fd_seek", &[4, *offset, *whence, at(RESULT)]);
        }
        let script =
            script.show(RESULT, 8).call("fd_tell", &[4, at(RESULT + 8)]).show(RESULT + 8, 8);
        let run = script.run(CONTENT);
        let positions: Vec<&Vec<u8>> = run.records().iter().filter(|r| r.len() == 8).collect();
        assert_eq!(positions, [&expected.to_le_bytes(); 2], "{seeks:?}");
        assert!(run.numbers().iter().all(|errno| *errno == SUCCESS), "{seeks:?}");
    }
}

#[test]
fn a_seek_before_its_start_or_from_nowhere_is_refused_and_moves_nothing() {
    let seek = |script: Script, offset, whence| {
        script.call("fd_seek", &[4, offset, whence, at(RESULT + 8)])
    };
    let mut script = Script::new().open_content().call("fd_seek", &[4, 5, 0, at(RESULT + 8)]);
    for (offset, whence) in [(-1, 0), (-6, 1), (-11, 2), (i64::MIN, 1), (0, 3), (0, -1)] {
        script = seek(script, offset, whence);
    }
    let run = script.call("fd_tell", &[4, at(RESULT)]).result().run(CONTENT);
    let refused = [INVAL; 6];
    assert_eq!(run.numbers(), [&[SUCCESS; 2][..], &refused, &[SUCCESS, 5]].concat());
}

#[test]
fn reading_behind_its_end_reads_nothing() {
    let run = Script::new()
        .open_content()
        .call("fd_seek", &[4, i64::MAX, 0, at(RESULT + 8)])
        .vectors(&[(BUFFER, 4)])
        .read(4, 1)
        .result()
        .run(CONTENT);
    assert_eq!(run.numbers(), [SUCCESS, SUCCESS, SUCCESS, 0]);
}

#[test]
fn reading_at_an_offset_moves_nothing() {
    let pread = |offset| [4, at(VECTORS), 1, offset, at(RESULT)];
    let run = Script::new()
        .open_content()
        .vectors(&[(BUFFER, 4)])
        .call("fd_pread", &pread(8))
        .result()
        .show(BUFFER, 2)
        .call("fd_pread", &pread(10))
        .result()
        .call("fd_pread", &pread(i64::MAX))
        .result()
        .call("fd_pread", &pread(-1))
        .call("fd_tell", &[4, at(RESULT)])
        .result()
        .run(CONTENT);
    assert_eq!(
        run.records(),
        [
            number(SUCCESS),
            number(SUCCESS),
            number(2),
            b"89".to_vec(),
            number(SUCCESS),
            number(0),
            number(SUCCESS),
            number(0),
            number(INVAL),
            number(SUCCESS),
            number(0),
        ]
    );
}

/// Type at 16, links at 24, size at 32 of a record of 64 bytes.
#[test]
fn its_type_and_size_are_told_by_descriptor_and_by_path() {
    let script = Script::new()
        .open_content()
        .data(BUFFER, &[0xff; 256])
        .call("fd_filestat_get", &[4, at(BUFFER)])
        .call("path_filestat_get", &[ROOT, 0, at(PATH), 7, at(BUFFER + 64)])
        .show(BUFFER, 64)
        .show(BUFFER + 64, 65);
    let run = script.run(CONTENT);
    let (by_descriptor, by_path) = (&run.records()[3], &run.records()[4]);
    assert_eq!(by_descriptor[..], by_path[..64]);
    assert_eq!(by_path[64], 0xff, "one byte too many was written");
    assert_eq!(by_descriptor[16], REGULAR_FILE);
    assert_eq!(by_descriptor[24..32], 1_u64.to_le_bytes());
    assert_eq!(by_descriptor[32..40], 10_u64.to_le_bytes());
    // No time of the host: access, modification, change.
    assert_eq!(by_descriptor[40..], [0; 24]);
}

#[test]
fn the_root_is_the_only_preopened_directory() {
    let run = Script::new()
        .call("fd_prestat_get", &[3, at(BUFFER)])
        .show(BUFFER, 8)
        .call("fd_prestat_dir_name", &[3, at(PATH), 1])
        .show(PATH, 1)
        .call("fd_prestat_dir_name", &[3, at(PATH), 0])
        .call("fd_prestat_get", &[4, at(BUFFER)])
        .call("fd_prestat_get", &[1, at(BUFFER)])
        .call("fd_prestat_dir_name", &[4, at(PATH), 1])
        .run(CONTENT);
    assert_eq!(
        run.records(),
        [
            number(SUCCESS),
            // A directory whose name has one byte.
            vec![0, 0, 0, 0, 1, 0, 0, 0],
            number(SUCCESS),
            b"/".to_vec(),
            number(NAMETOOLONG),
            number(BADF),
            number(BADF),
            number(BADF),
        ]
    );
}

/// What `opendir("/")` of a libc does: the root again, under a descriptor of its own.
#[test]
fn the_root_can_be_opened_again_and_is_not_preopened_then() {
    let run = Script::new()
        .open_path(b".", DIRECTORY_ONLY, FD_READ)
        .result()
        .call("fd_prestat_get", &[4, at(BUFFER)])
        .call("fd_readdir", &[4, at(BUFFER), 100, 0, at(RESULT)])
        .result()
        .call("path_open", &[4, 0, at(PATH + 100), 7, 0, FD_READ, 0, 0, at(RESULT)])
        .data(PATH + 100, b"content")
        .result()
        .run(CONTENT);
    assert_eq!(run.numbers(), [SUCCESS, 4, BADF, SUCCESS, 31, SUCCESS, 5]);
}

#[test]
fn the_root_lists_one_file() {
    let run = Script::new()
        .call("fd_readdir", &[ROOT, at(BUFFER), 100, 0, at(RESULT)])
        .result()
        .show(BUFFER, 31)
        .call("fd_readdir", &[ROOT, at(BUFFER), 100, 1, at(RESULT)])
        .result()
        .run(CONTENT);
    let records = run.records();
    assert_eq!(records[..2], [number(SUCCESS), number(31)]);
    let entry = &records[2];
    // The next cookie, the inode, the length of the name, the type, the name.
    assert_eq!(entry[..8], 1_u64.to_le_bytes());
    assert_ne!(entry[8..16], [0; 8], "an entry without an inode is a deleted one to some libcs");
    assert_eq!(entry[16..20], 7_u32.to_le_bytes());
    assert_eq!(entry[20..24], [REGULAR_FILE, 0, 0, 0]);
    assert_eq!(entry[24..], *b"content");
    assert_eq!(records[3..], [number(SUCCESS), number(0)]);
}

#[test]
fn a_listing_is_cut_where_its_buffer_ends() {
    for size in [0, 1, 23, 24, 30] {
        let run = Script::new()
            .data(BUFFER, &[0xee; 32])
            .call("fd_readdir", &[ROOT, at(BUFFER), at(size), 0, at(RESULT)])
            .result()
            .show(BUFFER + size, 1)
            .run(CONTENT);
        assert_eq!(run.records(), [number(SUCCESS), number(size), vec![0xee]], "{size}");
    }
}

#[test]
fn the_root_is_a_directory_by_descriptor_and_by_path() {
    let run = Script::new()
        .data(PATH, b".")
        .call("fd_filestat_get", &[ROOT, at(BUFFER)])
        .show(BUFFER + 16, 1)
        .call("path_filestat_get", &[ROOT, 0, at(PATH), 1, at(BUFFER)])
        .show(BUFFER + 16, 1)
        .run(CONTENT);
    let directory = vec![DIRECTORY];
    assert_eq!(run.records(), [number(SUCCESS), directory.clone(), number(SUCCESS), directory]);
}

#[test]
fn a_directory_is_no_file_and_a_file_is_no_directory() {
    let run = Script::new()
        .vectors(&[(BUFFER, 4)])
        .read(ROOT, 1)
        .call("fd_seek", &[ROOT, 0, 0, at(RESULT)])
        .call("fd_pread", &[ROOT, at(VECTORS), 1, 0, at(RESULT)])
        .open_content()
        .call("fd_readdir", &[4, at(BUFFER), 100, 0, at(RESULT)])
        .call("path_open", &[4, 0, at(PATH), 7, 0, FD_READ, 0, 0, at(RESULT)])
        .call("path_filestat_get", &[4, 0, at(PATH), 7, at(BUFFER)])
        .call("path_open", &[1, 0, at(PATH), 7, 0, FD_READ, 0, 0, at(RESULT)])
        .run(CONTENT);
    assert_eq!(run.numbers(), [ISDIR, ISDIR, ISDIR, SUCCESS, NOTDIR, NOTDIR, NOTDIR, NOTDIR]);
}
