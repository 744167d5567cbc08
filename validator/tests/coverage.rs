//! `proofhouse coverage` on the reference interpreter: lines of its sources, in every report.
//!
//! How many edges there are, and which lines an optimised line belongs to, is the compiler's to say. So
//! this looks for lines by their text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/mod.rs"]
mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::guests::{reference_interpreter, target_dir};
use support::program::{Ended, Program};

const EVALUATE: &str = "fixtures/interpreters/channel/src/evaluate.c";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Covers one content of the fixtures with all events of the outage, and writes these reports.
fn cover(folder: &Path, interpreter: &str, content: &str, reports: &[&str]) -> Ended {
    let fixtures = target_dir().join("fixtures");
    let mut program = Program::new(folder).args(["coverage", "-i"]);
    program = program.args([reference_interpreter(interpreter)]);
    program = program.args(["-e".into(), root().join("fixtures/events/outage.json")]);
    program = program.args(["--source".into(), root()]);
    for report in reports {
        program = program.args(["--report", report]);
    }
    program.args([fixtures.join("content").join(content)]).run()
}

fn text(ended: &Ended) -> String {
    String::from_utf8(ended.stdout.clone()).unwrap()
}

/// A file of a tracefile: hits of lines, hits of functions.
#[derive(Debug, Default)]
struct Traced {
    lines: BTreeMap<u32, u64>,
    functions: BTreeMap<String, (u32, u64)>,
}

/// Reads a tracefile, and demands of each record what geninfo(1) says.
fn traced(text: &str) -> BTreeMap<String, Traced> {
    let mut files = BTreeMap::new();
    for record in text.split_terminator("end_of_record\n") {
        let mut lines = record.lines();
        assert_eq!(lines.next(), Some("TN:"));
        let path = lines.next().and_then(|line| line.strip_prefix("SF:")).unwrap();
        let (mut traced, mut totals) = (Traced::default(), BTreeMap::new());
        for line in lines {
            let (key, value) = line.split_once(':').unwrap();
            match (key, value.split_once(',')) {
                ("FN", Some((line, name))) => {
                    traced.functions.insert(name.to_owned(), (line.parse().unwrap(), 0));
                }
                ("FNDA", Some((hits, name))) => {
                    let of = traced.functions.get_mut(name).expect("FN comes before FNDA");
                    of.1 = hits.parse().unwrap();
                }
                ("DA", Some((line, hits))) => {
                    let line = line.parse().unwrap();
                    let before = traced.lines.insert(line, hits.parse().unwrap());
                    assert!(line > 0 && before.is_none(), "{record}");
                }
                ("FNF" | "FNH" | "LF" | "LH", None) => {
                    totals.insert(key, value.parse::<usize>().unwrap());
                }
                _ => panic!("{line}"),
            }
        }
        let hit = |hits: &u64| *hits > 0;
        assert_eq!(totals["LF"], traced.lines.len());
        assert_eq!(totals["LH"], traced.lines.values().filter(|hits| hit(hits)).count());
        assert_eq!(totals["FNF"], traced.functions.len(), "{record}");
        let entered = traced.functions.values().filter(|(_, hits)| hit(hits)).count();
        assert_eq!(totals["FNH"], entered);
        assert!(files.insert(path.to_owned(), traced).is_none(), "{path} twice");
    }
    files
}

/// The number of the line with that text.
fn line(source: &str, text: &str) -> u32 {
    let at = source.lines().position(|line| line.contains(text)).unwrap();
    u32::try_from(at).unwrap() + 1
}

#[test]
fn a_tracefile_has_the_lines_of_the_sources() {
    let folder = tempfile::tempdir().unwrap();
    let ended = cover(folder.path(), "channel-7.11.wasm", "quiet.chan", &["lcov=c.info"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let files = traced(&fs::read_to_string(folder.path().join("c.info")).unwrap());
    let (path, evaluate) = files.iter().find(|(path, _)| path.ends_with(EVALUATE)).unwrap();
    // Where the source is known, the tracefile names it so that other tools find it.
    assert_eq!(Path::new(path), root().join(EVALUATE));
    let source = fs::read_to_string(path).unwrap();
    assert!(evaluate.lines[&line(&source, "if (!criterion_matches(")] > 0);
    assert_eq!(evaluate.lines[&line(&source, "return report_value(STATUS_INPUT_OUT_OF_BOUNDS")], 0);
    let (at, hits) = evaluate.functions["evaluate_instances"];
    // Eight events.
    let last = source.lines().count();
    assert!(hits == 8 && usize::try_from(at).is_ok_and(|at| at <= last), "{at} {hits}");
    assert!(files.keys().any(|path| path.ends_with("channel/src/bytes.h")), "inlined code");
    let report = files.iter().find(|(path, _)| path.ends_with("channel/src/report.c")).unwrap();
    assert!(report.1.lines.values().all(|hits| *hits == 0), "nothing was reported: {report:?}");
}

#[test]
fn all_reports_say_the_same_and_say_it_again() {
    let reports = ["lcov=c.info", "json=c.json", "html=c.html", "human=c.txt"];
    let [one, two] = [(), ()].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        cover(folder.path(), "channel-7.11.wasm", "outage.chan", &reports);
        reports.map(|report| {
            let (_, name) = report.split_once('=').unwrap();
            fs::read_to_string(folder.path().join(name)).unwrap()
        })
    });
    assert_eq!(one, two);
    let [lcov, json, html, human] = one;
    let json: Value = serde_json::from_str(&json).unwrap();
    let files = traced(&lcov);
    let all: usize = files.values().map(|file| file.lines.len()).sum();
    let hit: usize =
        files.values().flat_map(|file| file.lines.values()).filter(|hits| **hits > 0).count();
    assert_eq!(json["totals"]["lines"]["all"], all);
    assert_eq!(json["totals"]["lines"]["hit"], hit);
    assert!(
        html.contains(&format!("{hit} of {all}")) && human.contains(&format!("{hit} of {all}"))
    );
    the_human_report_names_lines(&human, &files);
    assert!(html.contains("static enum status evaluate_instance("), "the source is in the page");
    assert!(!html.contains("<script") && !html.contains("src="));
}

/// Lines that a function's report calls not executed are so in the tracefile, at both ends of each run.
fn the_human_report_names_lines(human: &str, files: &BTreeMap<String, Traced>) {
    let (mut file, mut named) = ("", 0);
    for line in human.lines() {
        let Some((_, runs)) = line.split_once("not executed: ") else {
            file = line
                .split_whitespace()
                .last()
                .and_then(|at| at.rsplit_once(':'))
                .map_or("", |at| at.0);
            continue;
        };
        let runs = runs.split_once(" and ").map_or(runs, |(runs, _)| runs);
        for end in runs.split(", ").flat_map(|run| run.split('-')) {
            let traced = files.iter().find(|(path, _)| path.ends_with(file));
            assert_eq!(traced.unwrap().1.lines[&end.parse().unwrap()], 0, "{file}: {end}");
            named += 1;
        }
    }
    assert!(named > 10, "{human}");
}

#[test]
fn fields_of_the_outage_are_evaluated_or_not_as_the_events_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let event =
        br#"{"schema": "proofhouse.events/1", "events": [{"id": "no", "fields": ["x", 7]}]}"#;
    fs::write(folder.path().join("one.json"), event).unwrap();
    let content = target_dir().join("fixtures/content/outage.chan");
    for interpreter in ["channel-7.10.wasm", "channel-7.11.wasm"] {
        let program = Program::new(folder.path()).args(["coverage", "-i"]);
        let program = program.args([reference_interpreter(interpreter)]);
        let ended = program.args(["-e", "one.json"]).args([&content]).run();
        let text = text(&ended);
        let never: Vec<&str> =
            text.lines().filter(|line| line.contains("never evaluated")).map(str::trim).collect();
        let expected = [
            "instance 1: never evaluated: 3",
            "instance 2: never evaluated: 8, 9",
            "instance 3: never evaluated: 5",
            "instance 4: never evaluated: 13",
            // What took hosts down: loaded, and not looked at by any event before that one.
            "instance 5: never evaluated: 21",
        ];
        assert_eq!(never, expected, "{interpreter}: {text}");
    }
}

#[test]
fn a_run_that_ends_in_a_memory_error_is_counted_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let ended = cover(folder.path(), "channel-7.10.wasm", "outage.chan", &["lcov=c.info"]);
    let text = text(&ended);
    assert_eq!(ended.code, Some(0), "{text}");
    // Nothing stops it where its memory is not checked, which is where fields are watched.
    assert!(text.contains("fields: not known"), "{text}");
    let files = traced(&fs::read_to_string(folder.path().join("c.info")).unwrap());
    let evaluate = files.iter().find(|(path, _)| path.ends_with(EVALUATE)).unwrap().1;
    assert!(evaluate.functions["evaluate_instances"].1 > 0);
}
