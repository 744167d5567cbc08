//! Patterns against paths.

use super::*;

fn filter(defaults: &[&str], include: &[&str], exclude: &[&str]) -> Result<Filter, FilterError> {
    let [defaults, include, exclude] = [defaults, include, exclude]
        .map(|list| list.iter().map(|&p| p.to_owned()).collect::<Vec<_>>());
    Filter::new(Patterns { defaults: &defaults, include: &include, exclude: &exclude })
}

#[test]
fn patterns_read_as_in_gitignore() {
    let cases: [(&str, &[&str], &[&str]); 10] = [
        ("*.yar", &["a.yar", "x/a.yar", ".yar", ".git/x.yar"], &["a.yara", "a.yar/x"]),
        ("/*.yar", &["a.yar"], &["x/a.yar"]),
        ("x/*.yar", &["x/a.yar"], &["x/y/a.yar", "w/x/a.yar", "a.yar"]),
        ("x/**/*.yar", &["x/a.yar", "x/y/z/a.yar"], &["y/a.yar"]),
        ("x/", &["x/a", "x/y/a", "w/x/a"], &["x", "xx/a"]),
        ("/x/", &["x/a", "x/y/a"], &["x", "w/x/a"]),
        ("?.yar", &["a.yar"], &["ab.yar", ".yar"]),
        ("*.{yar,yara}", &["a.yar", "b/a.yara"], &["a.yarx"]),
        ("[!a].yar", &["b.yar"], &["a.yar"]),
        ("**", &["a", "b/c", ".d"], &[]),
    ];
    for (pattern, yes, no) in cases {
        let by_default = filter(&[pattern], &[], &[]).unwrap();
        let excluding = filter(&[], &[], &[pattern]).unwrap();
        for (paths, matches) in [(yes, true), (no, false)] {
            for path in paths {
                assert_eq!(by_default.selects(path.as_bytes()), matches, "{pattern} {path}");
                assert_eq!(excluding.selects(path.as_bytes()), !matches, "{pattern} {path}");
            }
        }
    }
}

#[test]
fn include_replaces_the_defaults_and_exclude_wins() {
    let filter = filter(&["*.yar"], &["*.rule", "*.sig"], &["old/", "b.rule"]).unwrap();
    let selected = |path: &str| filter.selects(path.as_bytes());
    let paths = ["a.yar", "a.rule", "x/a.sig", "old/a.rule", "b.rule"];
    assert_eq!(paths.map(selected), [false, true, true, false, false]);
}

#[test]
fn an_excluded_directory_is_not_walked() {
    let cases: [(&str, &str, bool); 8] = [
        ("old", "old", true),
        ("old", "x/old", true),
        ("old/", "x/old", true),
        ("/old/**", "old", true),
        ("/old/", "x/old", false),
        ("old/*", "old", true),
        ("old/*.yar", "old", false),
        ("*.yar", "old", false),
    ];
    for (pattern, directory, pruned) in cases {
        let filter = filter(&[], &[], &[pattern]).unwrap();
        let mut path = directory.as_bytes().to_vec();
        assert_eq!(filter.prunes(&mut path), pruned, "{pattern} {directory}");
        assert_eq!(path, directory.as_bytes());
    }
}

#[test]
fn a_bad_pattern_is_its_writers_fault() {
    let blamed = |outcome: Result<Filter, FilterError>| match outcome.unwrap_err() {
        FilterError::Invalid { origin, pattern, .. } => (origin, pattern),
        error => panic!("{error}"),
    };
    let pattern = "a[".to_owned();
    let bad = ["a["];
    assert_eq!(blamed(filter(&bad, &[], &[])), (PatternOrigin::Interpreter, pattern.clone()));
    assert_eq!(blamed(filter(&[], &bad, &[])), (PatternOrigin::Include, pattern.clone()));
    assert_eq!(blamed(filter(&[], &[], &bad)), (PatternOrigin::Exclude, pattern));
    // What is replaced does no harm.
    assert!(filter(&bad, &["*"], &[]).unwrap().selects(b"x"));
}

#[test]
fn a_pattern_takes_back_nothing() {
    let pattern = "!kept.chan".to_owned();
    let origin = PatternOrigin::Exclude;
    let error = filter(&[], &[], &["drafts", &pattern]).unwrap_err();
    assert_eq!(error, FilterError::Exception { origin, pattern });
    assert!(filter(&[], &[r"\!odd"], &[]).unwrap().selects(b"!odd"));
}

#[test]
fn patterns_are_limited() {
    let origin = PatternOrigin::Interpreter;
    for empty in ["", "/", "//"] {
        assert_eq!(filter(&[empty], &[], &[]).unwrap_err(), FilterError::Empty { origin });
    }
    let limit = limits::MAX_PATTERN_BYTES;
    let [fits, over] = [limit, limit + 1].map(|length| "x".repeat(length));
    assert!(filter(&[&fits], &[], &[]).is_ok());
    let error = FilterError::TooLong { origin, length: limit + 1, limit };
    assert_eq!(filter(&[&over], &[], &[]).unwrap_err(), error);
    let exception = format!("!{fits}");
    assert_eq!(filter(&[&exception], &[], &[]).unwrap_err(), error);

    let limit = limits::MAX_PATTERNS;
    let many = vec!["x"; limit + 1];
    let error = FilterError::TooMany { origin, count: limit + 1, limit };
    assert_eq!(filter(&many, &[], &[]).unwrap_err(), error);
    // As large as the limits allow, and of the kind that makes compilers sweat.
    let hard = "{a,b,c}".repeat(limits::MAX_PATTERN_BYTES / 7);
    match filter(&vec![hard.as_str(); limit], &[], &[]) {
        Ok(_) | Err(FilterError::TooLarge { .. } | FilterError::Invalid { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}
