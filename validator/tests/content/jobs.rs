//! Many files and several jobs: each thread has a sandbox of its own after some hundred files, and nobody sees it.

use crate::report::{judgements, parse};
use crate::support::guests::guest;
use crate::support::program::Program;
use std::fs;

/// So many that a thread has judged more than 500 of them, where all judge at about the same pace.
const FILES: usize = 2_400;

#[test]
fn a_report_does_not_depend_on_the_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("obedient.wasm"), guest("obedient")).unwrap();
    for nth in 0..FILES {
        let order = ["accept", "reject", "trap"][nth % 3];
        fs::write(at(&format!("{nth:04}.order")), order).unwrap();
    }
    let report = |jobs: &str| {
        let arguments = ["check", "-i", "obedient.wasm", "--format", "json", "--jobs", jobs, "."];
        // With a cache, without which no second sandbox gets the interpreter.
        let cache = folder.path().join("cache");
        let program = Program::new(folder.path()).env("XDG_CACHE_HOME", cache);
        program.args(arguments).run()
    };
    let one = report("1");
    assert_eq!(one.code, Some(1));
    let outcomes = ["accepted", "rejected", "rejected"];
    for (nth, (_, verdict, _)) in judgements(&parse(&one)).into_iter().enumerate() {
        assert_eq!(verdict, outcomes[nth % 3]);
    }
    for jobs in ["2", "4"] {
        assert!(report(jobs).stdout == one.stdout, "{jobs} jobs");
    }
}
