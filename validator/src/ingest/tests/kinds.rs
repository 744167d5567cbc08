//! Things that are no regular file of a reasonable size. None of them may hang the caller.

use std::{
    fs::{self, File},
    os::unix::net::UnixListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use cap_std::fs::Dir;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{
    super::read::{open_at_once, read_whole},
    *,
};

fn not_regular(kind: FileKind) -> Outcome {
    Err(IngestError::NotRegular { kind })
}

impl Tree {
    fn fifo(&self, relative: &str) {
        mknodat(CWD, self.path(relative), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }
}

#[test]
fn an_empty_file_is_content_of_no_bytes() {
    let tree = Tree::new();
    tree.file("empty", "");
    assert_eq!(tree.outcomes("empty"), one("empty", Ok(String::new())));
    assert_eq!(tree.outcomes(""), one("empty", Ok(String::new())));
}

#[test]
fn a_fifo_is_refused_and_not_waited_for() {
    let tree = Tree::new();
    tree.fifo("pipe");
    let expected = one("pipe", not_regular(FileKind::Fifo));
    assert_eq!(tree.outcomes("pipe"), expected);
    assert_eq!(tree.outcomes(""), expected);
}

/// What a shell makes of `<(command)` is a link that leads to no path.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_or_a_socket_that_is_only_open_is_refused_as_what_it_is() {
    use std::os::{fd::AsRawFd as _, unix::net::UnixStream};

    let (pipe, _writes) = std::io::pipe().unwrap();
    let (socket, _other) = UnixStream::pair().unwrap();
    for (descriptor, kind) in
        [(pipe.as_raw_fd(), FileKind::Fifo), (socket.as_raw_fd(), FileKind::Socket)]
    {
        let path = format!("/proc/self/fd/{descriptor}");
        let roots = Roots::open_ambient([path], ambient_authority()).unwrap();
        let filter = Filter::new(Patterns::default()).unwrap();
        let subjects = Subjects::list(roots, &filter).unwrap();
        let outcomes: Vec<_> = subjects
            .iter()
            .map(|subject| read(subject, LIMIT, &mut Vec::new()).map(<[u8]>::to_vec))
            .collect();
        assert_eq!(outcomes, [Err(IngestError::NotRegular { kind })]);
    }
    // Whoever makes a link that looks like one has made a link to nothing.
    let tree = Tree::new();
    tree.link("pipe", "pipe:[1]");
    assert_eq!(tree.outcomes("pipe"), one("pipe", Err(IngestError::Dangling)));
}

#[test]
fn a_fifo_that_slips_in_before_opening_is_refused_too() {
    let tree = Tree::new();
    tree.fifo("pipe");
    let (done, outcome) = mpsc::channel();
    // On a thread of its own: what waits for a writer here would wait for ever.
    thread::spawn(move || {
        let dir = Dir::open_ambient_dir(tree.path(""), ambient_authority()).unwrap();
        let file = open_at_once(&dir, Path::new("pipe")).unwrap();
        done.send(read_whole(&file, LIMIT, &mut Vec::new(), |_| ())).unwrap();
    });
    let outcome = outcome.recv_timeout(Duration::from_secs(20));
    assert_eq!(outcome, Ok(Err(IngestError::NotRegular { kind: FileKind::Fifo })));
}

#[test]
fn a_fifo_whose_name_is_no_content_is_none() {
    let tree = Tree::new();
    tree.fifo("pipe");
    tree.file("a.rule", "a.rule");
    let defaults = ["*.rule".to_owned()];
    let subjects = tree.subjects(&[""], Patterns { defaults: &defaults, ..Patterns::default() });
    assert_eq!(paths_read(tree.judge(&subjects)), ["a.rule"]);
}

#[test]
fn a_socket_is_refused() {
    let tree = Tree::new();
    let _socket = UnixListener::bind(tree.path("socket")).unwrap();
    assert_eq!(tree.outcomes(""), one("socket", not_regular(FileKind::Socket)));
}

#[test]
fn a_device_is_refused() {
    let roots = Roots::open_ambient(["/dev/zero"], ambient_authority()).unwrap();
    let subjects = Subjects::list(roots, &Filter::new(Patterns::default()).unwrap()).unwrap();
    let subject = subjects.get(0).unwrap();
    assert_eq!((subjects.len(), subject.path_display().as_str()), (1, "/dev/zero"));
    let mut buffer = Vec::new();
    let error = IngestError::NotRegular { kind: FileKind::CharDevice };
    assert_eq!(read(subject, LIMIT, &mut buffer), Err(error));
}

#[test]
fn something_that_takes_the_place_of_a_listed_file_is_refused() {
    let tree = Tree::with(&["a", "b"]);
    let subjects = tree.subjects(&["", "a"], Patterns::default());
    for name in ["a", "b"] {
        fs::remove_file(tree.path(name)).unwrap();
    }
    fs::create_dir(tree.path("a")).unwrap();
    tree.fifo("b");
    let a = || ("a".to_owned(), not_regular(FileKind::Directory));
    let b = ("b".to_owned(), not_regular(FileKind::Fifo));
    assert_eq!(tree.judge(&subjects), [a(), b, a()]);
}

#[test]
fn a_directory_named_like_a_file_is_walked() {
    let tree = Tree::with(&["x.rule/y.rule", "x.rule/z.txt"]);
    let defaults = ["*.rule".to_owned()];
    let patterns = Patterns { defaults: &defaults, ..Patterns::default() };
    for argument in ["", "x.rule", "x.rule/"] {
        let subjects = tree.subjects(&[argument], patterns);
        assert_eq!(paths_read(tree.judge(&subjects)), ["x.rule/y.rule"]);
    }
}

#[test]
fn a_sparse_file_over_the_limit_is_refused_unread() {
    let tree = Tree::new();
    let size = 1 << 30;
    File::create(tree.path("sparse")).unwrap().set_len(size).unwrap();
    let subjects = tree.subjects(&["sparse"], Patterns::default());
    let mut buffer = Vec::new();
    let outcome = read(subjects.get(0).unwrap(), LIMIT, &mut buffer);
    assert_eq!(outcome, Err(IngestError::TooLarge { size, limit: LIMIT }));
    assert_eq!(buffer.capacity(), 0, "nothing was made ready to read it");
}

#[test]
fn the_limit_itself_is_allowed() {
    for (size, limit) in [(0, 0), (1, 0), (100, 100), (101, 100)] {
        let tree = Tree::new();
        tree.file("file", vec![b'x'; size]);
        let size = u64::try_from(size).unwrap();
        let subjects = tree.subjects(&["file"], Patterns::default());
        let mut buffer = Vec::new();
        let read = read(subjects.get(0).unwrap(), limit, &mut buffer).map(<[u8]>::len);
        let expected =
            if size > limit { Err(IngestError::TooLarge { size, limit }) } else { Ok(size) };
        assert_eq!(read.map(|len| u64::try_from(len).unwrap()), expected);
    }
}
