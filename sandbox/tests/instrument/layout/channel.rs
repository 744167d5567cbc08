//! The reference interpreter in its checked builds, where `cargo guests` has made them.

use std::fs;
use std::path::{Path, PathBuf};

use proofhouse_sandbox::instrument::{AccessKind, Checks, Options, Poison};

use super::super::guest::{Ended, Guest, Prepared, poisoned};
use super::super::skips::skipped;
use super::cc::CHECKED;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures")
}

/// An interpreter in all its checked builds. None, and a note, where they are not built.
fn builds(version: &str, checks: Checks) -> Vec<Prepared> {
    let files = CHECKED.map(|profile| format!("channel-{version}-{profile}.wasm"));
    let modules: Vec<_> =
        files.iter().filter_map(|file| fs::read(fixtures().join(file)).ok()).collect();
    if modules.is_empty() {
        skipped("cargo guests has not been run");
    }
    modules.iter().map(|module| Prepared::new(module, Options::default().checks(checks))).collect()
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(fixtures().join(folder))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.extension().is_some())
        .map(|path| (path.display().to_string(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Hands bytes over as the host does. Gives how the call ended.
fn hand_over(guest: &mut Guest, function: &str, bytes: &[u8]) -> Ended {
    let size = u32::try_from(bytes.len()).unwrap();
    let ended = guest.call_i32("proofhouse_alloc", &[size]);
    let Ended::Returned(results) = ended else { panic!("{ended:?}") };
    let at = results[0].unwrap_i32().cast_unsigned();
    guest.memory()[at as usize..][..bytes.len()].copy_from_slice(bytes);
    guest.call_i32(function, &[at, size])
}

/// How loading ends, and then all events in order, up to the first that does not return.
fn run(prepared: &Prepared, content: &[u8], events: &[(String, Vec<u8>)]) -> Vec<Ended> {
    let mut guest = prepared.guest();
    assert!(matches!(guest.call("_initialize", &[]), Ended::Returned(_)));
    let mut all = vec![hand_over(&mut guest, "proofhouse_load", content)];
    for (_, event) in events {
        if !matches!(all.last(), Some(Ended::Returned(_))) {
            break;
        }
        all.push(hand_over(&mut guest, "proofhouse_evaluate", event));
    }
    all
}

#[test]
fn the_repaired_interpreter_runs_clean_and_the_defective_one_is_stopped() {
    let contents = files("content");
    let events = ["edges", "outage", "raw"].map(|set| files(&format!("events/{set}"))).concat();
    for checks in [Checks::Fast, Checks::Exact] {
        for prepared in builds("7.11", checks) {
            for (name, content) in &contents {
                let ended = run(&prepared, content, &events);
                let last = ended.last();
                assert!(matches!(last, Some(Ended::Returned(_))), "{name}: {last:?}");
            }
        }
        for prepared in builds("7.10", checks) {
            for (name, content) in &contents {
                let ended = run(&prepared, content, &events);
                match ended.last() {
                    // The entry behind the last one of an array on the heap.
                    Some(Ended::Violated(violation)) if name.contains("outage") => {
                        assert_eq!((violation.kind, violation.size), (AccessKind::Read, 4));
                        assert_eq!(poisoned(violation).1, Some(Poison::HEAP_REDZONE));
                    }
                    Some(Ended::Returned(_)) if !name.contains("outage") => {}
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
    }
}
