//! `proofhouse fuzz` and its kin where several processes work at once, and where they are ended in their midst.

#![cfg(all(feature = "fuzz", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use proofhouse_corpus::Case;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sha1::{Digest as _, Sha1};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;
use support::guests::reference_interpreter;
use support::program::Running;
use support::room::{Room, check, said};

/// How often a file is looked for.
const POLL: Duration = Duration::from_millis(1);

/// Waits until there is that many files in a folder of the room, or the process is over.
fn wait_for(room: &Room, folder: &str, files: usize, running: &mut Running) {
    while room.files(folder).len() < files && running.goes_on() {
        thread::sleep(POLL);
    }
}

fn pid(running: &Running) -> Pid {
    Pid::from_raw(running.id().try_into().unwrap()).unwrap()
}

/// Waits until there is that in the stage of the room's run, or the process is over.
fn wait_in_stage(room: &Room, is_there: impl Fn(&Path) -> bool, running: &mut Running) {
    let is_stage = |path: &Path| {
        path.file_name().unwrap().to_string_lossy().starts_with("proofhouse-fuzz-")
            && is_there(path)
    };
    while !room.files("").iter().any(|path| is_stage(path)) && running.goes_on() {
        thread::sleep(POLL);
    }
}

/// Whether a process of the run has counted inputs.
fn has_run(stage: &Path) -> bool {
    fs::read_dir(stage.join("statistics")).is_ok_and(|mut entries| entries.next().is_some())
}

#[test]
fn an_interrupt_ends_a_run_with_its_summary() {
    let table: [&[&str]; 4] = [
        &["-seed=1"],
        &["-seed=1", "-fork=2", "-ignore_crashes=1"],
        &["-seed=1", "-jobs=2", "-workers=2"],
        // Those that did not begin yet do not begin.
        &["-seed=1", "-jobs=9", "-workers=1"],
    ];
    for flags in table {
        let room = Room::new();
        let call = [&["--keep-going", "corpus", "--"], flags].concat();
        let mut running = room.fuzz("7.11", &call).group().start().unwrap();
        wait_for(&room, "corpus", 5, &mut running);
        assert!(running.goes_on());
        kill_process_group(pid(&running), Signal::INT).unwrap();
        let ended = running.end();
        check(&flags.join(" "), &ended, 0, &["new findings", "executions"]);
        assert!(!said(&ended).contains("Assertion"), "{}", said(&ended));
    }
}

#[test]
fn an_interrupt_ends_work_on_a_crash_with_its_summary() {
    // What `-cleanse_crash` was trying when its process was ended, it takes for a crash.
    let table =
        [("-minimize_crash=1", 0, "new findings"), ("-cleanse_crash=1", 3, "need not crash")];
    for (flag, code, word) in table {
        let room = Room::new();
        let first = room.fuzz("7.10", &["--", "-runs=20000", "-seed=7"]).run();
        check("first", &first, 1, &["finding: trapped"]);
        let crash = room.files("findings").into_iter().find(|path| path.extension().is_none());
        fs::copy(crash.unwrap(), room.path("crash")).unwrap();
        let call = ["crash", "--", flag, "-max_total_time=200", "-exact_artifact_path=smaller"];
        let mut running = room.fuzz("7.10", &call).group().start().unwrap();
        wait_in_stage(&room, has_run, &mut running);
        assert!(running.goes_on());
        kill_process_group(pid(&running), Signal::INT).unwrap();
        check(flag, &running.end(), code, &[word, "executions"]);
    }
}

#[test]
fn a_merge_that_is_interrupted_is_no_success() {
    for call in [&["corpus", "merge"][..], &["fuzz"]] {
        let room = Room::new();
        for nth in 0..3000 {
            fs::write(room.path("corpus").join(nth.to_string()), nth.to_string()).unwrap();
        }
        let interpreter = reference_interpreter("channel-7.11.wasm");
        let rest = ["-i", interpreter.to_str().unwrap(), "small", "corpus", "--", "-merge=1"];
        // `corpus merge` takes no flags of libFuzzer's.
        let rest = if call.len() == 1 { &rest[..] } else { &rest[..4] };
        let mut running = room.program(&[call, rest].concat()).group().start().unwrap();
        // The file in which the processes of a merge note what they have done.
        let has_begun = |stage: &Path| {
            let mut names = fs::read_dir(stage).into_iter().flatten().flatten();
            names.any(|entry| entry.file_name().to_string_lossy().contains("Merge"))
        };
        wait_in_stage(&room, has_begun, &mut running);
        assert!(running.goes_on());
        kill_process_group(pid(&running), Signal::INT).unwrap();
        check(call[0], &running.end(), 3, &["interrupted", "nothing may be deleted"]);
        assert_eq!(room.files("corpus").len(), 3000);
    }
}

#[test]
fn two_runs_on_one_corpus_both_end_well() {
    let room = Room::new();
    let run = |seed| {
        let flags = ["--keep-going", "corpus", "--", "-runs=600", "-reload=1", seed];
        room.fuzz("7.10", &flags).start().unwrap()
    };
    let both = [run("-seed=1"), run("-seed=2")];
    for ended in both.map(Running::end) {
        check("run", &ended, 1, &["new findings", "corpus size"]);
    }
    assert!(!room.cases().is_empty());
    assert_whole(&room);
    assert!(room.files("findings").iter().all(|path| !path.to_string_lossy().ends_with(".tmp")));
}

/// All corpus entries are what their name says.
fn assert_whole(room: &Room) {
    for path in room.files("corpus") {
        let mut name = String::new();
        for byte in Sha1::digest(fs::read(&path).unwrap()) {
            write!(name, "{byte:02x}").unwrap();
        }
        assert!(path.ends_with(&name), "{} is not whole", path.display());
    }
}

/// Who is killed.
#[derive(Clone, Copy, Debug)]
enum Killed {
    /// All processes.
    Group,
    /// The one that the user started.
    Outer,
}

#[test]
fn what_was_told_survives_a_kill() {
    // The moment is that of a number of files in a folder, and of more inputs in the corpus after that.
    let moments = [
        ("corpus", 1, 0),
        ("corpus", 8, 0),
        ("findings", 1, 0),
        ("findings", 2, 0),
        ("findings", 2, 2),
    ];
    for (folder, files, further) in moments {
        for killed in [Killed::Group, Killed::Outer] {
            let room = Room::new();
            let call = ["--keep-going", "corpus", "--", "-seed=3"];
            let mut running = room.fuzz("7.10", &call).group().start().unwrap();
            wait_for(&room, folder, files, &mut running);
            let then = room.files("corpus").len() + further;
            wait_for(&room, "corpus", then, &mut running);
            assert!(running.goes_on(), "{folder} {files}");
            match killed {
                Killed::Group => kill_process_group(pid(&running), Signal::KILL).unwrap(),
                Killed::Outer => kill_process(pid(&running), Signal::KILL).unwrap(),
            }
            // The pipe is closed when the last of them is gone.
            let ended = running.end();
            assert_eq!(ended.code, None);
            let said = said(&ended);
            let told = said.lines().filter(|line| line.contains("proofhouse: finding: "));
            let told = told.filter_map(|line| line.rsplit_once(": "));
            let told: Vec<&str> = told.map(|(_, name)| name).collect();
            assert!(further == 0 || !told.is_empty(), "{said}");
            for name in told {
                let case = fs::read(room.path("findings").join(name)).unwrap();
                Case::decode(&case).unwrap();
                assert!(room.path("findings").join(name).with_extension("").is_file());
            }
            room.cases();
            assert_whole(&room);
            // An entry that another one replaced went, but not before that was there.
            let entries = said.matches("\tNEW").count();
            assert!(room.files("corpus").len() >= entries, "{said}");
            // The next run takes up what is there.
            let flags = ["--keep-going", "corpus", "--", "-runs=100", "-seed=4"];
            let again = room.fuzz("7.10", &flags).run();
            assert!(matches!(again.code, Some(0 | 1)), "{}", self::said(&again));
        }
    }
}
