//! Files that somebody changes while they are judged.

use crate::report::{judgements, parse, subjects, text};
use crate::support::guests::guest;
use crate::support::program::Program;
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Enough for some seconds of an endless loop.
const SECONDS_OF_FUEL: &str = "4000000000";
/// Takes far longer to read than a thread is ever kept waiting, and takes no disk.
const LARGE: u64 = 256 << 20;
/// How often a change may fall outside of the read before the test gives up.
const ATTEMPTS: usize = 10;

#[test]
fn a_file_that_vanishes_is_not_judged_and_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("obedient.wasm"), guest("obedient")).unwrap();
    for (name, order) in [("1.order", "loop"), ("2.order", "accept"), ("3.order", "accept")] {
        fs::write(at(name), order).unwrap();
    }
    let arguments = ["check", "-i", "obedient.wasm", "--format", "json", "--jobs", "1"];
    let mut running = Program::new(folder.path())
        .args(arguments)
        .args(["--fuel", SECONDS_OF_FUEL, "--report", "human=report", "."])
        .start()
        .unwrap();
    // The unfinished report is there, without a name, when all files are listed and none is judged; then the first
    // one takes its time.
    while !has_nameless(running.id(), folder.path()) {
        assert!(running.goes_on(), "it is over before it has begun");
        thread::sleep(Duration::from_millis(1));
    }
    fs::remove_file(at("2.order")).unwrap();
    let ended = running.end();
    let expected = [
        ("./1.order", "rejected", vec!["out-of-fuel"]),
        ("./2.order", "inconclusive", vec!["vanished"]),
        ("./3.order", "accepted", vec![]),
    ];
    assert_eq!(judgements(&parse(&ended)), expected);
    assert_eq!(ended.code, Some(1), "rejected beats not judged");
    assert!(at("report").exists());
}

/// Whether a process has a file open that lies in a folder and has no name there.
fn has_nameless(process: u32, folder: &Path) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    let nameless = format!("{}/#", folder.canonicalize().unwrap().display());
    let links = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.into_iter().any(|link| link.to_string_lossy().starts_with(&nameless))
}

#[test]
fn a_file_that_changes_while_it_is_read_is_not_judged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("obedient.wasm"), guest("obedient")).unwrap();
    fs::write(at("policy.toml"), "schema = \"proofhouse.policy/1\"\nlimits.content = \"1GiB\"")
        .unwrap();
    fs::write(at("still.order"), "accept").unwrap();
    let restless = OpenOptions::new().create_new(true).write(true).open(at("restless.order"));
    let restless = restless.unwrap();
    restless.set_len(LARGE).unwrap();

    let arguments = ["check", "-i", "obedient.wasm", "-p", "policy.toml", "--format", "json"];
    let program =
        Program::new(folder.path()).args(arguments).args(["restless.order", "still.order"]);
    for _ in 0..ATTEMPTS {
        let mut running = program.start().unwrap();
        while running.goes_on() {
            for size in [LARGE + 1, LARGE] {
                restless.set_len(size).unwrap();
            }
        }
        let ended = running.end();
        let report = parse(&ended);
        assert_eq!(ended.code, Some(3), "{report}");
        assert_eq!(text(&subjects(&report)[1], "verdict"), "accepted", "{report}");
        match judgements(&report)[0] {
            ("restless.order", "inconclusive", ref codes) if codes == &["changed-while-read"] => {
                return;
            }
            // Read in one piece between two changes; then the interpreter has no room for it.
            ("restless.order", "inconclusive", ref codes) if codes == &["interpreter-unusable"] => {
            }
            _ => panic!("{report}"),
        }
    }
    panic!("no change in {ATTEMPTS} attempts was seen");
}
