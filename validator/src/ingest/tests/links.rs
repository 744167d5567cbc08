//! Symbolic links: inside they are followed, and they never lead outside.

use super::*;

#[test]
fn a_link_to_a_file_inside_is_followed() {
    let tree = Tree::with(&["rules/a/real"]);
    fs::create_dir(tree.path("rules/b")).unwrap();
    tree.link("rules/b/link", "../a/real");
    let content = Ok("rules/a/real".to_owned());
    let expected =
        [("rules/a/real".to_owned(), content.clone()), ("rules/b/link".to_owned(), content)];
    assert_eq!(tree.outcomes("rules"), expected);
}

#[test]
fn a_link_that_leaves_the_directory_is_reported() {
    let tree = Tree::with(&["outside", "rules/real"]);
    tree.link("rules/absolute", tree.path("rules/real"));
    tree.link("rules/device", "/dev/zero");
    tree.link("rules/directory", "..");
    tree.link("rules/hop", "absolute");
    tree.link("rules/relative", "../outside");
    let escape = |path: &str| (path.to_owned(), Err(IngestError::EscapesDirectory));
    let expected = [
        escape("rules/absolute"),
        escape("rules/device"),
        escape("rules/directory"),
        escape("rules/hop"),
        ("rules/real".to_owned(), Ok("rules/real".to_owned())),
        escape("rules/relative"),
    ];
    assert_eq!(tree.outcomes("rules"), expected);
}

#[test]
fn a_named_link_must_stay_in_its_own_directory() {
    let tree = Tree::with(&["outside", "rules/real"]);
    tree.link("rules/in", "real");
    tree.link("rules/out", "../outside");
    assert_eq!(tree.outcomes("rules/in"), one("rules/in", Ok("rules/real".to_owned())));
    let escape = Err(IngestError::EscapesDirectory);
    assert_eq!(tree.outcomes("rules/out"), one("rules/out", escape));
}

#[test]
fn a_link_to_nothing_dangles() {
    let tree = Tree::with(&["rules/real"]);
    tree.link("rules/circle", "circle");
    tree.link("rules/missing", "nowhere");
    tree.link("rules/through", "real/below");
    let dangling = |path: &str| (path.to_owned(), Err(IngestError::Dangling));
    let expected = [
        dangling("rules/circle"),
        dangling("rules/missing"),
        ("rules/real".to_owned(), Ok("rules/real".to_owned())),
        dangling("rules/through"),
    ];
    assert_eq!(tree.outcomes("rules"), expected);
    for name in ["rules/circle", "rules/missing", "rules/through"] {
        assert_eq!(tree.outcomes(name), [dangling(name)], "named by itself");
    }
}

#[test]
fn a_link_to_a_directory_is_noted_and_not_walked() {
    let tree = Tree::with(&["rules/a/x"]);
    tree.link("rules/a/up", "..");
    tree.link("rules/again", "a");
    let subjects = tree.subjects(&["rules"], Patterns::default());
    assert_eq!(paths_read(tree.judge(&subjects)), ["rules/a/x"]);
    let note = |path: &str| (path.to_owned(), NoteKind::LinkedDirectory);
    assert_eq!(tree.notes(&subjects), [note("rules/a/up"), note("rules/again")]);
}

/// Patterns with these of the interpreter, and these excluded.
fn patterns<'a>(defaults: &'a [String], exclude: &'a [String]) -> Patterns<'a> {
    Patterns { defaults, exclude, ..Patterns::default() }
}

#[test]
fn a_link_that_leaves_or_dangles_is_reported_though_its_name_is_no_content() {
    let tree = Tree::with(&["rules/a.rule"]);
    fs::create_dir(tree.path("elsewhere")).unwrap();
    tree.link("rules/gone", "nowhere");
    tree.link("rules/readme", "a.rule");
    tree.link("rules/shared", "../elsewhere");
    let [defaults, exclude] =
        [["*.rule", "*.r"], ["shared", "gone"]].map(|each| each.map(String::from));
    let subjects = tree.subjects(&["rules"], patterns(&defaults, &[]));
    let expected = [
        ("rules/a.rule".to_owned(), Ok("rules/a.rule".to_owned())),
        ("rules/gone".to_owned(), Err(IngestError::Dangling)),
        ("rules/shared".to_owned(), Err(IngestError::EscapesDirectory)),
    ];
    assert_eq!(tree.judge(&subjects), expected);
    assert_eq!(tree.notes(&subjects), []);

    let subjects = tree.subjects(&["rules"], patterns(&defaults, &exclude));
    assert_eq!(
        paths_read(tree.judge(&subjects)),
        ["rules/a.rule"],
        "the user said that it is none"
    );
}

#[test]
fn a_link_is_excluded_as_the_directory_that_it_may_be() {
    let tree = Tree::with(&["elsewhere/x.rule", "rules/a/x.rule"]);
    tree.link("rules/again", "a");
    tree.link("rules/b.rule", "a/x.rule");
    tree.link("rules/gone", "nowhere");
    tree.link("rules/out.rule", "../elsewhere");
    tree.link("rules/shared", "../elsewhere");
    let defaults = ["*.rule".to_owned()];
    let exclude = ["again/", "b.rule/", "gone/", "out.rule/", "shared/"].map(String::from);
    let subjects = tree.subjects(&["rules"], patterns(&defaults, &exclude));
    let x = || Ok("rules/a/x.rule".to_owned());
    let expected = [
        ("rules/a/x.rule".to_owned(), x()),
        ("rules/b.rule".to_owned(), x()),
        // By its name a file.
        ("rules/out.rule".to_owned(), Err(IngestError::EscapesDirectory)),
    ];
    assert_eq!(tree.judge(&subjects), expected);
    assert_eq!(tree.notes(&subjects), []);
}

#[test]
fn a_link_to_an_excluded_directory_of_content_is_reported() {
    let tree = Tree::with(&["drafts/deep/x.rule", "drafts/notes.txt", "live/a.rule"]);
    tree.link("live/all", "../drafts");
    tree.link("live/deep", "../drafts/deep");
    tree.link("live/none", "../drafts/nothing");
    fs::create_dir(tree.path("drafts/nothing")).unwrap();
    let defaults = ["*.rule".to_owned()];
    for exclude in ["drafts", "drafts/", "/drafts/**", "drafts/deep/"] {
        let exclude = [exclude.to_owned()];
        let subjects = tree.subjects(&[""], patterns(&defaults, &exclude));
        let left_out = |path: &str| (path.to_owned(), Err(IngestError::LeadsToExcluded));
        let a = ("live/a.rule".to_owned(), Ok("live/a.rule".to_owned()));
        assert_eq!(tree.judge(&subjects), [a, left_out("live/all"), left_out("live/deep")]);
        let note = ("live/none".to_owned(), NoteKind::LinkedDirectory);
        assert_eq!(tree.notes(&subjects), [note], "there is no content behind it");
    }
    let exclude = ["drafts", "all", "deep"].map(String::from);
    let subjects = tree.subjects(&[""], patterns(&defaults, &exclude));
    assert_eq!(paths_read(tree.judge(&subjects)), ["live/a.rule"], "the links are excluded too");
}

#[test]
fn a_link_in_an_excluded_directory_may_lead_anywhere() {
    let tree = Tree::with(&["a"]);
    fs::create_dir_all(tree.path("drafts/empty")).unwrap();
    tree.link("drafts/out", "/");
    tree.link("live", "drafts");
    let exclude = ["drafts/".to_owned()];
    let subjects = tree.subjects(&[""], patterns(&[], &exclude));
    let live = ("live".to_owned(), Err(IngestError::LeadsToExcluded));
    assert_eq!(tree.judge(&subjects), [("a".to_owned(), Ok("a".to_owned())), live]);
}

#[test]
fn a_link_is_reported_where_content_is_content_by_its_place() {
    let tree = Tree::with(&["common/x", "rules/a/y"]);
    tree.link("rules/again", "a");
    tree.link("rules/common", "../common");
    tree.link("rules/up", "..");
    let include = ["rules/**".to_owned()];
    let subjects = tree.subjects(&[""], Patterns { include: &include, ..Patterns::default() });
    let left_out = |path: &str| (path.to_owned(), Err(IngestError::LeadsToExcluded));
    let y = ("rules/a/y".to_owned(), Ok("rules/a/y".to_owned()));
    assert_eq!(tree.judge(&subjects), [y, left_out("rules/common"), left_out("rules/up")]);
    assert_eq!(tree.notes(&subjects), [("rules/again".to_owned(), NoteKind::LinkedDirectory)]);
}

#[test]
fn a_named_link_to_a_directory_is_walked_wherever_it_leads() {
    let tree = Tree::with(&["real/deep/x"]);
    fs::create_dir(tree.path("here")).unwrap();
    tree.link("here/link", tree.path("real/deep"));
    assert_eq!(tree.outcomes("here/link"), one("here/link/x", Ok("real/deep/x".to_owned())));
}

#[test]
fn more_notes_than_anyone_reads_are_counted() {
    let tree = Tree::new();
    fs::create_dir(tree.path("to")).unwrap();
    for number in 0..limits::MAX_NOTES + 5 {
        tree.link(&format!("link{number}"), "to");
    }
    let subjects = tree.subjects(&[""], Patterns::default());
    // Those five, and that nothing in the directory is content.
    assert_eq!((subjects.notes().kept.len(), subjects.notes().dropped), (limits::MAX_NOTES, 6));
}
