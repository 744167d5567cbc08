//! Paths that are not there, and everything that would write.

use crate::interface::{
    BADF, CREAT, DIRECTORY_ONLY, EXCL, FD_READ, FD_WRITE, ISDIR, NOENT, NOTDIR, ROFS, SUCCESS,
    TRUNC,
};
use crate::script::{BUFFER, PATH, ROOT, Script, at};

/// The error number of opening a path.
fn opening(path: &[u8], flags: i64, rights: i64) -> u32 {
    Script::new().open_path(path, flags, rights).run(b"0123456789").numbers()[0]
}

#[test]
fn nothing_else_is_there() {
    let paths: [&[u8]; 12] = [
        b"etc/passwd",
        b"/etc/passwd",
        b"..",
        b"../content",
        b"../../content",
        b"./../content",
        b"content\0",
        b"content\0/etc/passwd",
        b"Content",
        b"conten",
        b"\xff\xfe",
        b"proc/self/fd/0",
    ];
    for path in paths {
        assert_eq!(opening(path, 0, FD_READ), NOENT, "{path:?}");
        let size = i64::try_from(path.len()).unwrap();
        let stat = Script::new()
            .data(PATH, path)
            .call("path_filestat_get", &[ROOT, 0, at(PATH), size, at(BUFFER)])
            .run(b"");
        assert_eq!(stat.numbers(), [NOENT], "{path:?}");
    }
}

#[test]
fn an_empty_path_names_nothing() {
    assert_eq!(opening(b"", 0, FD_READ), NOENT);
}

#[test]
fn a_file_has_nothing_in_it() {
    for path in [&b"content/"[..], b"content/.", b"content/..", b"content/x", b"content//content"] {
        assert_eq!(opening(path, 0, FD_READ), NOTDIR, "{path:?}");
    }
    assert_eq!(opening(b"content", DIRECTORY_ONLY, FD_READ), NOTDIR);
}

#[test]
fn nothing_can_be_made_or_cut() {
    for flags in [CREAT, CREAT | EXCL, CREAT | TRUNC, CREAT | DIRECTORY_ONLY] {
        assert_eq!(opening(b"new", flags, FD_READ | FD_WRITE), ROFS, "{flags}");
        assert_eq!(opening(b"../new", flags, FD_WRITE), ROFS, "{flags}");
    }
    for flags in [TRUNC, CREAT | TRUNC, EXCL, CREAT | EXCL] {
        assert_eq!(opening(b"content", flags, FD_READ), ROFS, "{flags}");
    }
}

#[test]
fn nothing_can_be_opened_to_write() {
    assert_eq!(opening(b"content", 0, FD_WRITE), ROFS);
    assert_eq!(opening(b"content", 0, FD_READ | FD_WRITE), ROFS);
    assert_eq!(opening(b"content", CREAT, FD_READ | FD_WRITE), ROFS);
    assert_eq!(opening(b".", 0, FD_READ | FD_WRITE), ISDIR);
}

#[test]
fn what_is_there_can_be_opened_to_be_read_even_by_who_would_make_it() {
    assert_eq!(opening(b"content", CREAT, FD_READ), SUCCESS);
}

#[test]
fn what_is_open_to_be_read_cannot_be_written() {
    let run = Script::new()
        .open_content()
        .vectors(&[(BUFFER, 4)])
        .write(4, 1)
        .write(0, 1)
        .write(ROOT, 1)
        .run(b"0123456789");
    assert_eq!(run.numbers(), [SUCCESS, BADF, BADF, BADF]);
    assert!(run.output.is_empty());
}
