//! Files that this user may not read.

use crate::report::{judgements, parse};
use crate::support::guests::guest;
use crate::support::program::Program;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The user `nobody` on most systems; that nobody owns the files is all that matters.
const NOBODY: u32 = 65534;

#[test]
fn what_may_not_be_read_is_not_judged_and_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let allow = |name: &str, mode| {
        fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
    };
    fs::write(at("obedient.wasm"), guest("obedient")).unwrap();
    fs::create_dir_all(at("tree/closed")).unwrap();
    fs::create_dir(at("cache")).unwrap();
    for (name, order) in
        [("1.order", "accept"), ("2.order", "accept"), ("closed/3.order", "accept")]
    {
        fs::write(at("tree").join(name), order).unwrap();
    }
    allow("", 0o755);
    allow("cache", 0o777);
    allow("tree/1.order", 0o000);
    allow("tree/closed", 0o000);

    let mut program = Program::new(folder.path()).env("XDG_CACHE_HOME", at("cache"));
    if fs::read(at("tree/1.order")).is_ok() {
        // Root may read everything, so the program runs as somebody else, from where everybody can reach it.
        let built = Path::new(env!("CARGO_BIN_EXE_proofhouse"));
        let reachable = at("proofhouse");
        fs::hard_link(built, &reachable)
            .or_else(|_| fs::copy(built, &reachable).map(|_| ()))
            .unwrap();
        program = program.program(&reachable).user(NOBODY);
    }
    let call = |arguments: &[&str]| {
        program.clone().args(["check", "-i", "obedient.wasm", "--format", "json"]).args(arguments)
    };
    let ended = call(&["tree"]).run();
    let expected = [
        ("tree/1.order", "inconclusive", vec!["unreadable"]),
        ("tree/2.order", "accepted", vec![]),
        ("tree/closed/", "inconclusive", vec!["unreadable"]),
    ];
    assert_eq!(judgements(&parse(&ended)), expected);
    assert_eq!(ended.code, Some(3));

    // Named one by one, too. What nobody may look at cannot be told from what is not there.
    let named = ["tree/closed/3.order", "tree/2.order", "tree/closed/deep/none"];
    let ended = call(&named).run();
    let expected = [
        (named[0], "inconclusive", vec!["unreadable"]),
        (named[1], "accepted", vec![]),
        (named[2], "inconclusive", vec!["unreadable"]),
    ];
    assert_eq!(judgements(&parse(&ended)), expected);
    assert_eq!(ended.code, Some(3));

    let ended = call(&["tree/closed/3.order", "tree/none"]).run();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(said, "error: tree/none: no such file or directory\n");
    assert_eq!(ended.code, Some(2));
    // So that the folder can be removed.
    allow("tree/closed", 0o700);
}

#[test]
fn a_report_has_the_mode_of_what_it_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("obedient.wasm"), guest("obedient")).unwrap();
    fs::write(at("a.order"), "accept").unwrap();
    for mode in [0o600, 0o640, 0o444] {
        fs::write(at("report.json"), "an older one").unwrap();
        fs::set_permissions(at("report.json"), Permissions::from_mode(mode)).unwrap();
        let arguments = ["check", "-i", "obedient.wasm", "--report", "json=report.json", "a.order"];
        let ended = Program::new(folder.path()).args(arguments).run();
        assert_eq!(ended.code, Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
        assert!(fs::read_to_string(at("report.json")).unwrap().starts_with('{'));
        let found = fs::metadata(at("report.json")).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{found:o}");
        fs::remove_file(at("report.json")).unwrap();
    }
}
