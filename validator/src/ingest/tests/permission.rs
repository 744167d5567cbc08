//! Files and directories that this process may not read.

use std::{
    env,
    fs::Permissions,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    process::Command,
};

use super::*;

/// Set for the copy of this test that runs as a user without privileges.
const UNPRIVILEGED: &str = "PROOFHOUSE_TEST_UNPRIVILEGED";

/// The user `nobody` on most systems; that nobody owns the files is all that matters.
const NOBODY: u32 = 65534;

#[test]
fn what_may_not_be_read_is_reported() {
    let tree =
        Tree::with(&["closed-file", "closed-dir/x", "names-only/d/x", "names-only/x", "open"]);
    let allow = |name: &str, mode| {
        fs::set_permissions(tree.path(name), Permissions::from_mode(mode)).unwrap();
    };
    for (name, mode) in [("closed-file", 0o000), ("closed-dir", 0o000), ("names-only", 0o400)] {
        allow(name, mode);
    }
    if fs::read(tree.path("closed-file")).is_ok() {
        assert!(env::var_os(UNPRIVILEGED).is_none(), "still privileged");
        return again_without_privileges();
    }
    let denied = |path: &str| (path.to_owned(), Err(IngestError::PermissionDenied));
    let open = || ("open".to_owned(), Ok("open".to_owned()));
    let expected = [denied("closed-dir/"), denied("closed-file"), denied("names-only/"), open()];
    assert_eq!(tree.outcomes(""), expected);
    assert_eq!(tree.outcomes("closed-file"), [denied("closed-file")]);
    assert_eq!(tree.outcomes("closed-dir"), [denied("closed-dir/")]);
    let named = tree
        .subjects(&["closed-dir/x", "open", "closed-dir/d/x", "names-only/x"], Patterns::default());
    let expected =
        [denied("closed-dir/x"), open(), denied("closed-dir/d/x"), denied("names-only/x")];
    assert_eq!(tree.judge(&named), expected, "those that can be read are");
    let as_directories = tree.subjects(&["closed-dir/d/", "closed-dir/.."], Patterns::default());
    assert_eq!(tree.judge(&as_directories), [denied("closed-dir/d/"), denied("closed-dir/../")]);
    let missing = tree.roots(&["closed-dir/x", "nowhere"]).unwrap_err();
    assert_eq!(missing.problem, RootProblem::Missing);
    for name in ["closed-dir", "names-only"] {
        // So that the tree can be removed.
        allow(name, 0o700);
    }
}

/// Root may read everything, so a copy of this program runs this test as somebody else.
fn again_without_privileges() {
    let test = "ingest::tests::permission::what_may_not_be_read_is_reported";
    // Where everybody can reach it, wherever it was built.
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
    let program = place.path().join("tests");
    let built = env::current_exe().unwrap();
    fs::hard_link(&built, &program).or_else(|_| fs::copy(&built, &program).map(|_| ())).unwrap();
    let output = Command::new(program)
        .args(["--exact", test])
        .env(UNPRIVILEGED, "1")
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
