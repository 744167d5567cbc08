//! Files that change between listing, opening and reading.

use std::{
    fs::{File, FileTimes, OpenOptions},
    io::Write as _,
};

use super::{
    super::read::{Moment, open, read_whole},
    *,
};

#[test]
fn a_file_that_goes_away_after_listing_vanished() {
    let tree = Tree::with(&["a/b/x", "y"]);
    let subjects = tree.subjects(&["", "y"], Patterns::default());
    fs::remove_dir_all(tree.path("a/b")).unwrap();
    fs::remove_file(tree.path("y")).unwrap();
    // The way to `x` now ends at a file.
    tree.file("a/b", "");
    let gone = |path: &str| (path.to_owned(), Err(IngestError::Vanished));
    assert_eq!(tree.judge(&subjects), [gone("a/b/x"), gone("y"), gone("y")]);
}

/// What reading says of a file of three bytes when `change` is made to it at `moment`.
fn changed_at(moment: Moment, change: impl Fn(&Tree)) -> Result<Vec<u8>, IngestError> {
    let tree = Tree::new();
    tree.file("file", "old");
    // Long ago, so that a change is seen however coarse the file system's clock is.
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    let handle = File::options().write(true).open(tree.path("file")).unwrap();
    handle.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    let subjects = tree.subjects(&["file"], Patterns::default());
    let file = open(subjects.get(0).unwrap()).unwrap();
    let mut buffer = Vec::new();
    let outcome = read_whole(&file, LIMIT, &mut buffer, |now| {
        if now == moment {
            change(&tree);
        }
    });
    assert!(outcome.is_ok() || buffer.is_empty(), "bytes that may not be judged are kept");
    outcome.map(|()| buffer)
}

fn append(tree: &Tree) {
    let file = OpenOptions::new().append(true).open(tree.path("file"));
    file.unwrap().write_all(b"er").unwrap();
}

fn shorten(tree: &Tree) {
    let file = File::options().write(true).open(tree.path("file"));
    file.unwrap().set_len(1).unwrap();
}

fn overwrite(tree: &Tree) {
    tree.file("file", "new");
}

fn replace(tree: &Tree) {
    tree.file("other", "new");
    fs::rename(tree.path("other"), tree.path("file")).unwrap();
}

#[test]
fn a_change_while_reading_is_noticed() {
    let changes: [fn(&Tree); 4] = [append, shorten, overwrite, replace];
    for moment in [Moment::BeforeReading, Moment::AfterReading] {
        for (number, change) in changes.iter().enumerate() {
            let outcome = changed_at(moment, change);
            assert_eq!(outcome, Err(IngestError::ChangedWhileRead), "{moment:?} {number}");
        }
        assert_eq!(changed_at(moment, |_| ()), Ok(b"old".to_vec()), "no change, no error");
    }
}

#[test]
fn a_change_that_sets_the_time_back_is_noticed() {
    let forge = |tree: &Tree| {
        overwrite(tree);
        let file = File::options().write(true).open(tree.path("file")).unwrap();
        let long_ago = std::time::SystemTime::UNIX_EPOCH;
        file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    };
    // The time of the last change of attributes moves, so long as a tick of its clock passes.
    let slowly = |tree: &Tree| {
        std::thread::sleep(std::time::Duration::from_millis(30));
        forge(tree);
    };
    assert_eq!(changed_at(Moment::AfterReading, slowly), Err(IngestError::ChangedWhileRead));
}

#[test]
fn a_file_that_grows_over_the_limit_is_not_read_to_its_end() {
    let tree = Tree::new();
    tree.file("file", "x");
    let subjects = tree.subjects(&["file"], Patterns::default());
    let file = open(subjects.get(0).unwrap()).unwrap();
    let mut buffer = Vec::new();
    let outcome = read_whole(&file, 10, &mut buffer, |now| {
        if now == Moment::BeforeReading {
            let file = File::options().write(true).open(tree.path("file"));
            file.unwrap().set_len(1 << 30).unwrap();
        }
    });
    assert_eq!(outcome, Err(IngestError::ChangedWhileRead));
    assert!(buffer.capacity() < 1024, "{} bytes for a file of one", buffer.capacity());
}

#[test]
fn the_buffer_is_used_again_and_holds_one_file_only() {
    let tree = Tree::new();
    tree.file("a", vec![b'a'; 3000]);
    tree.file("b", "b");
    let subjects = tree.subjects(&["a", "b"], Patterns::default());
    let [a, b] = [0, 1].map(|index| subjects.get(index).unwrap());
    let mut buffer = Vec::new();
    let place = read(a, LIMIT, &mut buffer).unwrap().as_ptr();
    let content = read(b, LIMIT, &mut buffer).unwrap();
    assert_eq!((content, content.as_ptr()), (b"b".as_slice(), place));
    fs::remove_file(tree.path("a")).unwrap();
    let gone = read(a, LIMIT, &mut buffer);
    assert_eq!(gone, Err(IngestError::Vanished));
    assert_eq!(buffer, b"", "another file's bytes are not left behind");
}
