//! `proofhouse fuzz` as a process: libFuzzer's modes, which start the program again, findings, and exit
//! codes. All of it happens below a folder whose name a shell would take apart.

#![cfg(feature = "fuzz")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use proofhouse_corpus::{Case, ChannelFile};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use support::guests::{guest, reference_interpreter};
use support::program::{Ended, Program};
use support::skipped;
use tempfile::TempDir;

const NAME: &str = "it's a; b";
/// What a terminal is told before a line is written anew.
const CLEAR_LINE: &str = "\r\u{1b}[2K";

/// A folder with the program, the quiet content and the outage's events.
struct Room {
    _temporary: TempDir,
    folder: PathBuf,
}

impl Room {
    fn new() -> Self {
        // On the same file system as the program, so that it can be linked.
        let temporary = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let folder = temporary.path().join(NAME);
        fs::create_dir(&folder).unwrap();
        fs::hard_link(env!("CARGO_BIN_EXE_proofhouse"), folder.join("proof house")).unwrap();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
        let source = fs::read_to_string(fixtures.join("content/quiet.toml")).unwrap();
        let quiet = ChannelFile::from_toml(&source).unwrap().encode().unwrap();
        fs::write(folder.join("quiet 1.chan"), quiet).unwrap();
        fs::copy(fixtures.join("events/outage.json"), folder.join("events'.json")).unwrap();
        Self { _temporary: temporary, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let program = Program::new(&self.folder).program(&self.path("proof house"));
        program.args(arguments).run()
    }

    /// Fuzzes the interpreter of that version with `options`, then `corpus`, then libFuzzer's `flags`.
    fn fuzz(&self, version: &str, options: &[&str], corpus: &[&str], flags: &[&str]) -> Ended {
        let interpreter = reference_interpreter(&format!("channel-{version}.wasm"));
        let interpreter = interpreter.to_str().unwrap();
        let common = ["fuzz", "-i", interpreter, "-e", "events'.json", "-c", "quiet 1.chan"];
        self.run(&[&common, options, corpus, &["--", "-seed=7"], flags].concat())
    }

    fn files(&self, folder: &str) -> Vec<OsString> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).collect()
    }

    fn cases(&self) -> Vec<Case> {
        let names = self.files("findings");
        let path = |name: &OsString| self.path("findings").join(name);
        let read = |name| Case::decode(&fs::read(path(name)).unwrap()).unwrap();
        names.iter().filter(|name| is_case(name)).map(read).collect()
    }
}

fn is_case(name: &OsString) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "case")
}

fn code(ended: &Ended, expected: i32) {
    let (stdout, stderr) =
        (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.code, Some(expected), "{stdout}\n{stderr}");
}

/// The value in the summary's line of that name.
fn summary(ended: &Ended, name: &str) -> String {
    let stdout = String::from_utf8(ended.stdout.clone()).unwrap();
    let line = stdout.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    line.unwrap_or_else(|| panic!("no {name} in {stdout}")).to_owned()
}

#[test]
fn the_outage_is_found_in_the_quiet_content() {
    let room = Room::new();
    let ended = room.fuzz("7.10", &[], &[], &["-runs=20000"]);
    code(&ended, 1);
    let cases = room.cases();
    let [case] = cases.as_slice() else { panic!("{cases:?}") };
    let expected = &case.expected;
    let found = (expected.kind.as_str(), expected.detail.as_str());
    assert_eq!(found, ("trapped", "heap-buffer-overflow"));
    assert!(expected.site.starts_with("evaluate_instance "), "{}", expected.site);
    let first: u64 = summary(&ended, "first finding at run").parse().unwrap();
    assert!(first < 100, "{first}");
    assert_eq!(summary(&ended, "new findings"), "1");

    // The same case, in the same and in the repaired interpreter, and a smaller one.
    let path = room.files("findings").into_iter().find(is_case);
    let path = format!("findings/{}", path.unwrap().to_str().unwrap());
    let interpreter = |version| reference_interpreter(&format!("channel-{version}.wasm"));
    let (defective, repaired) = (interpreter("7.10"), interpreter("7.11"));
    code(&room.run(&["reproduce", "-i", defective.to_str().unwrap(), &path]), 0);
    code(&room.run(&["reproduce", "-i", repaired.to_str().unwrap(), &path]), 1);
    let minimize = ["minimize", "-i", defective.to_str().unwrap(), "-o", "small.case", &path];
    code(&room.run(&minimize), 0);
    code(&room.run(&["reproduce", "-i", defective.to_str().unwrap(), "small.case"]), 0);
    let small = Case::decode(&fs::read(room.path("small.case")).unwrap()).unwrap();
    assert!(small.content.len() < 600 && small.events.len() == 1, "{small:?}");
}

#[test]
fn the_repaired_interpreter_keeps_its_peace() {
    let room = Room::new();
    fs::create_dir(room.path("cor pus")).unwrap();
    let ended = room.fuzz("7.11", &[], &["cor pus"], &["-runs=3000"]);
    code(&ended, 0);
    assert_eq!(summary(&ended, "new findings"), "0");
    assert!(room.files("cor pus").len() > 10);
    assert!(room.cases().is_empty());
}

#[test]
fn a_seed_decides_everything() {
    let ended = [0; 2].map(|_| {
        let room = Room::new();
        let ended = room.fuzz("7.11", &["--blind"], &[], &["-runs=6000"]);
        code(&ended, 0);
        ["executions ", "rehearsals", "edges covered"].map(|name| summary(&ended, name))
    });
    assert_eq!(ended[0], ended[1]);
}

#[test]
fn a_run_may_take_as_long_as_the_flag_says() {
    let room = Room::new();
    fs::write(room.path("loops.wasm"), guest("alloc-loops")).unwrap();
    let fuel = "1000000000000000";
    let ended =
        room.run(&["fuzz", "-i", "loops.wasm", "--fuel", fuel, "--", "-timeout=1", "-runs=1"]);
    code(&ended, 3);
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("could not be judged") && stderr.contains("1000"), "{stderr}");
}

#[test]
fn words_of_content_and_interpreter_are_a_dictionary() {
    let room = Room::new();
    fs::write(room.path("rules.txt"), "lantern glows and lantern dims").unwrap();
    let interpreter = reference_interpreter("channel-7.11.wasm");
    let with = |content: &str, flags: &[&str]| {
        let fuzz = ["fuzz", "-i", interpreter.to_str().unwrap(), "-c", content, "--", "-runs=3"];
        let ended = room.run(&[&fuzz, flags].concat());
        code(&ended, 0);
        let stderr = String::from_utf8(ended.stderr).unwrap();
        let entries = stderr.lines().find_map(|line| line.strip_prefix("Dictionary: "));
        entries.map(|entries| entries.trim_end_matches(" entries").parse::<usize>().unwrap())
    };
    let taken = with("rules.txt", &[]).unwrap();
    assert!(taken > 4, "{taken}");
    fs::write(room.path("own words"), "\"one\"\n").unwrap();
    assert_eq!(with("rules.txt", &["-dict=own words"]), Some(1));
    assert_eq!(with("quiet 1.chan", &[]), None);
}

#[test]
fn a_run_goes_on_and_tells_findings_apart() {
    let room = Room::new();
    let ended = room.fuzz("7.10", &["--keep-going"], &[], &["-runs=5000"]);
    code(&ended, 1);
    let runs: u64 = summary(&ended, "executions ").parse().unwrap();
    let crashes: usize = summary(&ended, "crashing runs").parse().unwrap();
    assert!(runs >= 5000 && crashes > room.cases().len(), "{runs} runs, {crashes} crashes");
    let mut keys: Vec<_> =
        room.cases().into_iter().map(|c| (c.expected.detail, c.expected.site)).collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), all);
    // What is known is no news the next time.
    let again = room.fuzz("7.10", &["--keep-going"], &[], &["-runs=5000"]);
    code(&again, 1);
    assert_eq!(summary(&again, "new findings"), "0");
}

#[test]
fn events_are_fuzzed_against_content_and_with_it() {
    let room = Room::new();
    let events = room.fuzz("7.10", &["--mode", "events"], &[], &["-runs=3000"]);
    code(&events, 0);
    let both = room.fuzz("7.10", &["--mode", "both"], &[], &["-runs=30000"]);
    code(&both, 1);
    assert_eq!(room.cases()[0].events.len(), 1);
}

#[test]
fn forked_processes_find_it_too() {
    let room = Room::new();
    fs::create_dir(room.path("cor pus")).unwrap();
    let ended = room.fuzz("7.10", &[], &["cor pus"], &["-fork=2", "-max_total_time=60"]);
    code(&ended, 1);
    assert_eq!(room.cases().len(), 1);
}

#[test]
fn jobs_find_it_too() {
    let room = Room::new();
    let ended = room.fuzz("7.10", &[], &[], &["-jobs=2", "-workers=2", "-runs=20000"]);
    code(&ended, 1);
    assert_eq!(room.cases().len(), 1);
    assert!(room.path("fuzz-0.log").is_file() && room.path("fuzz-1.log").is_file());
}

#[test]
fn corpora_are_merged() {
    let room = Room::new();
    fs::create_dir(room.path("large one")).unwrap();
    code(&room.fuzz("7.11", &[], &["large one"], &["-runs=3000"]), 0);
    for copy in 0..20 {
        fs::copy(room.path("quiet 1.chan"), room.path(&format!("large one/copy {copy}"))).unwrap();
    }
    let interpreter = reference_interpreter("channel-7.11.wasm");
    let interpreter = interpreter.to_str().unwrap();
    let merge =
        ["corpus", "merge", "-i", interpreter, "-e", "events'.json", "small;one", "large one"];
    code(&room.run(&merge), 0);
    let (small, large) = (room.files("small;one").len(), room.files("large one").len());
    assert!(small > 5 && small + 19 <= large, "{small} of {large}");
    code(&room.run(&["corpus", "stats", "small;one"]), 0);
}

#[test]
fn corpora_are_merged_by_the_flag_too() {
    let room = Room::new();
    fs::create_dir(room.path("large one")).unwrap();
    fs::create_dir(room.path("small;one")).unwrap();
    for copy in 0..20 {
        fs::copy(room.path("quiet 1.chan"), room.path(&format!("large one/copy {copy}"))).unwrap();
    }
    fs::write(room.path("large one/other"), "of no use").unwrap();
    let ended = room.fuzz("7.11", &[], &["small;one", "large one"], &["-merge=1"]);
    code(&ended, 0);
    // One of each kind is left, and what they were taken from is as it was.
    assert_eq!(summary(&ended, "corpus size"), "2 files");
    assert_eq!((room.files("small;one").len(), room.files("large one").len()), (2, 21));
}

#[test]
fn the_outage_is_found_by_who_knows_nothing_of_the_format() {
    let room = Room::new();
    // `cargo suite outage --blind` says how many runs it takes: up to 6,761 in ten seeds.
    let ended = room.fuzz("7.10", &["--blind"], &[], &["-runs=60000"]);
    code(&ended, 1);
    let cases = room.cases();
    let [case] = cases.as_slice() else { panic!("{cases:?}") };
    let found = (case.expected.kind.as_str(), case.expected.detail.as_str());
    assert_eq!(found, ("trapped", "heap-buffer-overflow"));
    assert!(case.expected.site.starts_with("evaluate_instance "), "{}", case.expected.site);
}

#[test]
fn corpora_are_counted_and_cases_are_exported() {
    let room = Room::new();
    fs::create_dir_all(room.path("cor pus/deep")).unwrap();
    fs::copy(room.path("quiet 1.chan"), room.path("cor pus/deep/one")).unwrap();
    fs::write(room.path("cor pus/two"), "12345").unwrap();
    let case = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/regressions/outage-from-quiet-content.case");
    fs::copy(case, room.path("cor pus/three")).unwrap();
    let ended = room.run(&["corpus", "stats", "cor pus"]);
    code(&ended, 0);
    let size = |name: &str| fs::metadata(room.path("cor pus").join(name)).unwrap().len();
    let mut sizes = ["deep/one", "two", "three"].map(size);
    sizes.sort_unstable();
    assert_eq!(summary(&ended, "files "), "3");
    assert_eq!(summary(&ended, "bytes "), sizes.iter().sum::<u64>().to_string());
    let [smallest, median, largest] = sizes;
    assert_eq!(summary(&ended, "sizes "), format!("{smallest} to {largest}, median {median}"));
    for kind in ["channel files", "cases", "other"] {
        assert_eq!(summary(&ended, kind), "1", "{kind}");
    }

    let ended = room.run(&["corpus", "export", "cor pus/three"]);
    code(&ended, 0);
    let json: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(json["expected"]["kind"], "trapped", "{json}");
    assert_eq!(json["expected"]["detail"], "heap-buffer-overflow", "{json}");
    code(&room.run(&["corpus", "export", "cor pus/two"]), 2);
    code(&room.run(&["corpus", "stats", "nowhere"]), 2);
}

#[test]
fn a_crash_is_minimised_by_libfuzzer() {
    let room = Room::new();
    code(&room.fuzz("7.10", &[], &[], &["-runs=20000"]), 1);
    let crash = room.files("findings").into_iter().find(|name| !is_case(name));
    let crash = format!("findings/{}", crash.unwrap().to_str().unwrap());
    let size = |path: &str| fs::metadata(room.path(path)).unwrap().len();
    let flags = ["-minimize_crash=1", "-runs=3000", "-exact_artifact_path=findings/smaller"];
    code(&room.fuzz("7.10", &[], &[&crash], &flags), 0);
    assert!(size("findings/smaller") < size(&crash));
    // A single input is run, and crashes.
    let smaller = room.fuzz("7.10", &[], &["findings/smaller"], &[]);
    code(&smaller, 1);
}

#[test]
fn inputs_to_begin_with_are_those_of_all_flags() {
    let room = Room::new();
    for name in ["one", "two words", "three", "four"] {
        fs::write(room.path(name), name).unwrap();
    }
    fs::write(room.path("a list"), "two words,three\n").unwrap();
    fs::create_dir(room.path("cor pus")).unwrap();
    let flags = ["-runs=0", "-seed_inputs=one,two words", "-seed_inputs=@a list"];
    // What is named twice is run twice; the content under test is one more.
    for corpus in [&[][..], &["cor pus"]] {
        let ended = room.fuzz("7.11", &[], corpus, &flags);
        code(&ended, 0);
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert!(stderr.contains("seed corpus: files: 5 "), "{stderr}");
    }
}

#[test]
fn the_summary_says_how_fast_and_how_large() {
    let room = Room::new();
    let number = |text: String| {
        let first = text.split(' ').next().map(str::parse::<usize>);
        first.unwrap().unwrap_or_else(|_| panic!("{text}"))
    };
    // What libFuzzer keeps in memory is what it says at last.
    let ended = room.fuzz("7.11", &[], &[], &["-runs=2000"]);
    code(&ended, 0);
    assert!(number(summary(&ended, "executions per second")) > 0);
    let size = summary(&ended, "corpus size");
    assert!(size.ends_with(" inputs, in memory"), "{size}");
    let stderr = String::from_utf8(ended.stderr.clone()).unwrap();
    let last = stderr.lines().find(|line| line.contains("\tDONE ")).unwrap();
    assert!(last.contains(&format!("corp: {}/", number(size))), "{last}");
    // Without its words it is counted here.
    let quiet = room.fuzz("7.11", &[], &[], &["-runs=2000", "-verbosity=0"]);
    assert!(number(summary(&quiet, "corpus size")) > 5);
    // Directories count with what is in them.
    fs::create_dir_all(room.path("cor pus/deep/deeper")).unwrap();
    for name in ["one", "deep/two", "deep/deeper/three", "deep/none"] {
        let text = name.trim_start_matches("deep/none");
        fs::write(room.path("cor pus").join(name), text).unwrap();
    }
    let ended = room.fuzz("7.11", &[], &["cor pus"], &["-runs=0"]);
    assert_eq!(summary(&ended, "corpus size"), "3 files");
    let forked = room.fuzz("7.11", &[], &[], &["-fork=1", "-max_total_time=1"]);
    assert!(summary(&forked, "corpus size").ends_with(" files, forgotten"));
}

/// What the program writes to a terminal; `None` where there is no `script` to make one.
fn on_a_terminal(room: &Room, arguments: &str) -> Option<String> {
    let call = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_proofhouse"));
    let script = Program::new(&room.folder).program(Path::new("/usr/bin/script"));
    let script = script.env("SHELL", "/bin/sh").env("TERM", "xterm");
    match script.args(["-qec", &call, "/dev/null"]).start() {
        Err(error) => {
            skipped(format!("no script: {error}"));
            None
        }
        Ok(running) => Some(String::from_utf8(running.end().stdout).unwrap()),
    }
}

#[test]
fn a_terminal_has_a_status_line_and_nothing_is_written_onto_it() {
    let room = Room::new();
    let common = |version: &str| {
        let interpreter = reference_interpreter(&format!("channel-{version}.wasm"));
        format!("fuzz -i '{}' -e \"events'.json\" -c 'quiet 1.chan'", interpreter.display())
    };
    // Long enough for the line, and for a recommended dictionary.
    let repaired = format!("{} --blind -- -seed=7 -max_total_time=3", common("7.11"));
    let defective = format!("{} --blind -- -seed=7 -runs=60000", common("7.10"));
    let Some(repaired) = on_a_terminal(&room, &repaired) else { return };
    let Some(defective) = on_a_terminal(&room, &defective) else { return };
    let is_status = |part: &&str| part.contains(" runs, ") && part.contains(" edges, ");
    let status = repaired.split(['\r', '\n']).find(is_status);
    let status = status.unwrap_or_else(|| panic!("no status line in {repaired:?}"));
    assert!(status.contains("/s, ") && status.contains(" crashes"), "{status:?}");
    for (text, words) in
        [(repaired, "###### Recommended dictionary."), (defective, "proofhouse: finding: ")]
    {
        let (before, _) =
            text.split_once(words).unwrap_or_else(|| panic!("no {words} in {text:?}"));
        assert!(before.ends_with(CLEAR_LINE), "{text:?}");
        let (before, _) = text.rsplit_once("new findings").unwrap();
        assert!(before.ends_with(CLEAR_LINE) || before.ends_with('\n'), "{text:?}");
    }
}

#[test]
fn wrong_calls_are_told_from_findings() {
    let room = Room::new();
    code(&room.fuzz("7.11", &["--mode", "events", "-c", "quiet 1.chan"], &[], &["-runs=1"]), 2);
    code(&room.fuzz("7.11", &[], &["nowhere/deeper/"], &["-runs=1"]), 2);
    code(&room.fuzz("7.11", &[], &[], &["-runs=1;echo"]), 2);
    code(&room.run(&["fuzz", "-i", "none.wasm", "--", "-runs=1"]), 2);
    fs::write(room.path("broken.wasm"), b"\0asm").unwrap();
    code(&room.run(&["fuzz", "-i", "broken.wasm", "--", "-runs=1"]), 3);
    fs::write(room.path("no.case"), b"PROOFCSE").unwrap();
    code(&room.run(&["reproduce", "-i", "broken.wasm", "no.case"]), 2);
}
