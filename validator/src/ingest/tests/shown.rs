//! How paths and errors are shown.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

use super::*;

#[test]
fn a_path_is_shown_without_what_a_terminal_obeys() {
    let cases: [(&[u8], &str); 9] = [
        (b"rules/a b.yar", "rules/a b.yar"),
        ("r\u{e9}gle/e\u{301}".as_bytes(), "r\u{e9}gle/e\u{301}"),
        (b"a\nb\t\x1b[31m\x7f", r"a\nb\t\u{1b}[31m\u{7f}"),
        (b"a\xff\xfeb", r"a\xff\xfeb"),
        (b"a\xe2\x80", r"a\xe2\x80"),
        ("a\u{202e}ray.exe\u{200b}".as_bytes(), r"a\u{202e}ray.exe\u{200b}"),
        (br"a\xff", r"a\\xff"),
        ("c1\u{9b}".as_bytes(), r"c1\u{9b}"),
        (b"", ""),
    ];
    for (bytes, shown) in cases {
        let path = ContentPath::new(bytes);
        assert_eq!(path.to_string(), shown);
        assert_eq!(path.is_shown_exactly(), shown.as_bytes() == bytes, "{shown}");
        assert_eq!(path.as_bytes(), bytes);
    }
}

#[test]
fn a_name_that_is_not_text_is_listed_read_and_kept() {
    let tree = Tree::new();
    let name: &[u8] = b"caf\xe9\n.rule";
    tree.file(OsStr::from_bytes(name), "content");
    let defaults = ["*.rule".to_owned()];
    let patterns = Patterns { defaults: &defaults, ..Patterns::default() };
    let subjects = tree.subjects(&[""], patterns);
    assert_eq!(tree.judge(&subjects), one(r"caf\xe9\n.rule", Ok("content".to_owned())));
    let path = subjects.get(0).unwrap().path();
    assert!(path.as_bytes().ends_with(name) && !path.is_shown_exactly());

    let named = tree.path(OsStr::from_bytes(name));
    let roots = Roots::open_ambient([named], ambient_authority()).unwrap();
    let subjects = Subjects::list(roots, &Filter::new(patterns).unwrap()).unwrap();
    assert_eq!(tree.judge(&subjects), one(r"caf\xe9\n.rule", Ok("content".to_owned())));
}

#[test]
fn errors_say_what_happened() {
    let kind = std::io::ErrorKind::StorageFull;
    let cases = [
        (IngestError::NotRegular { kind: FileKind::Fifo }, "not a regular file: it is a FIFO"),
        (IngestError::TooLarge { size: 11, limit: 10 }, "11 bytes, over the limit of 10 bytes"),
        (IngestError::Io { kind, code: Some(28) }, "no storage space (os error 28)"),
        (IngestError::Io { kind, code: None }, "no storage space"),
    ];
    for (error, text) in cases {
        assert_eq!(error.to_string(), text);
    }
}
