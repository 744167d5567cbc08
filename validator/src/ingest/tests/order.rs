//! Which subjects there are, and in which order.

use super::*;

#[test]
fn a_directory_is_in_the_order_of_name_bytes() {
    let tree =
        Tree::with(&["b/z", "b/a", "B", "a-c", "a/b", "a.c", "ab", ".hidden/.x", "ä", "z/y/x"]);
    let expected = [".hidden/.x", "B", "a/b", "a-c", "a.c", "ab", "b/a", "b/z", "z/y/x", "ä"];
    assert_eq!(paths_read(tree.outcomes("")), expected);
}

#[test]
fn a_large_directory_is_in_order_with_its_directories_in_between() {
    // More than are sorted at once, and some in directories, which are walked between two names.
    let tree = Tree::new();
    let mut expected: Vec<String> = (0..5000_u32)
        .map(|at| match at * 7919 % 5000 {
            at if at % 100 == 0 => format!("{at:04}/{at}"),
            at => format!("{at:04}"),
        })
        .collect();
    for path in &expected {
        tree.file(path, path);
    }
    expected.sort();
    assert_eq!(paths_read(tree.outcomes("")), expected);
}

#[test]
fn arguments_are_in_the_order_given_and_may_repeat() {
    let tree = Tree::with(&["two/b", "two/a", "one/x", "one/y"]);
    let arguments = ["two", "one/y", "one/x", "one", "one/y"];
    let subjects = tree.subjects(&arguments, Patterns::default());
    let expected = ["two/a", "two/b", "one/y", "one/x", "one/x", "one/y", "one/y"];
    assert_eq!(paths_read(tree.judge(&subjects)), expected);
}

#[test]
fn a_named_file_is_shown_as_written() {
    for written in ["Cargo.toml", "./Cargo.toml", "src/..//Cargo.toml", "././/Cargo.toml"] {
        let roots = Roots::open_ambient([written], ambient_authority()).unwrap();
        let filter = Filter::new(Patterns::default()).unwrap();
        let subjects = Subjects::list(roots, &filter).unwrap();
        let subject = subjects.get(0).unwrap();
        assert_eq!(subject.path_display(), written);
        let mut buffer = Vec::new();
        let content = fs::read("Cargo.toml").unwrap();
        assert_eq!(read(subject, u64::MAX, &mut buffer), Ok(content.as_slice()));
    }
}

#[test]
fn a_named_file_is_judged_whatever_the_patterns() {
    let tree = Tree::with(&["notes.txt"]);
    let [defaults, exclude] = ["*.rule", "*.txt"].map(|pattern| [pattern.to_owned()]);
    let patterns = Patterns { defaults: &defaults, exclude: &exclude, ..Patterns::default() };
    let subjects = tree.subjects(&["notes.txt"], patterns);
    assert_eq!(paths_read(tree.judge(&subjects)), ["notes.txt"]);
}

#[test]
fn a_directory_without_content_is_noted() {
    let tree = Tree::with(&["a/x.txt", "b/x.rule"]);
    let defaults = ["*.rule".to_owned()];
    let patterns = Patterns { defaults: &defaults, ..Patterns::default() };
    let subjects = tree.subjects(&["a", "b"], patterns);
    assert_eq!(paths_read(tree.judge(&subjects)), ["b/x.rule"]);
    assert_eq!(tree.notes(&subjects), [("a".to_owned(), NoteKind::NothingMatched)]);
    assert!(tree.subjects(&["a"], patterns).is_empty());
}

#[test]
fn what_is_too_deep_is_a_subject_that_says_so() {
    let tree = Tree::new();
    let deepest = vec!["d"; limits::MAX_DEPTH].join("/");
    tree.file(format!("{deepest}/seen"), "seen");
    tree.file(format!("{deepest}/d/unseen"), "unseen");
    let too_deep = Err(IngestError::TooDeep { limit: limits::MAX_DEPTH });
    let expected =
        [(format!("{deepest}/d/"), too_deep), (format!("{deepest}/seen"), Ok("seen".to_owned()))];
    assert_eq!(tree.outcomes(""), expected);
}

#[test]
fn a_directory_that_goes_away_has_no_content() {
    let tree = Tree::with(&["a/x"]);
    let roots = tree.roots(&["a"]).unwrap();
    fs::remove_dir_all(tree.path("a")).unwrap();
    let subjects = Subjects::list(roots, &Filter::new(Patterns::default()).unwrap()).unwrap();
    assert!(subjects.is_empty() && subjects.get(0).is_none());
    assert_eq!(tree.notes(&subjects), [("a".to_owned(), NoteKind::NothingMatched)]);
}

#[test]
fn bad_arguments_are_named() {
    let tree = Tree::with(&["file"]);
    let mut cases = vec![
        ("missing".to_owned(), RootProblem::Missing),
        ("missing/below".to_owned(), RootProblem::Missing),
        ("file/below".to_owned(), RootProblem::Missing),
        ("missing/..".to_owned(), RootProblem::Missing),
        ("file/".to_owned(), RootProblem::Missing),
        ("file/.".to_owned(), RootProblem::Missing),
    ];
    // A name longer than any file system takes. 36 is ENAMETOOLONG on Linux.
    let kind = std::io::ErrorKind::InvalidFilename;
    cases.push(("n".repeat(300), RootProblem::Io { kind, code: Some(36) }));
    for (argument, problem) in cases {
        let error = tree.roots(&["file", &argument]).unwrap_err();
        assert_eq!((tree.relative(&error.path), error.problem), (argument, problem));
    }
    let error = Roots::open_ambient([""], ambient_authority()).unwrap_err();
    assert_eq!(error.problem, RootProblem::Missing);
}

#[test]
fn directories_held_open_are_limited_and_shared() {
    let tree = Tree::new();
    for number in 0..=limits::MAX_ROOTS {
        tree.file(format!("{number}/x"), "x");
    }
    let named: Vec<_> = (0..=limits::MAX_ROOTS).map(|number| format!("{number}/x")).collect();
    let named: Vec<_> = named.iter().map(String::as_str).collect();
    let error = tree.roots(&named).unwrap_err();
    assert_eq!(error.problem, RootProblem::TooManyDirectories { limit: limits::MAX_ROOTS });
    let shared = vec!["7/x"; 3 * limits::MAX_ROOTS];
    assert_eq!(tree.subjects(&shared, Patterns::default()).len(), shared.len());
}
