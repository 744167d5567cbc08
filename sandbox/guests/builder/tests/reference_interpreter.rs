//! The reference interpreter, compiled natively: what each version does, and that the repaired one and
//! the decoder in Rust are two implementations of the same specification.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

#[path = "../../../../fixtures/skipped.rs"]
mod skips;
mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proofhouse_corpus::{ChannelFile, Event, EventsFile, Payload, reseal};
use skips::skipped;
use support::{builder, real_root, said};
use tempfile::TempDir;

const SIGSEGV: i32 = 11;

/// The programs, built if need be, and a folder for what they are given.
struct Native {
    programs: PathBuf,
    folder: TempDir,
}

impl Native {
    fn new() -> Self {
        let root = real_root();
        let output = builder(&root, &["--only", "channel"]);
        assert!(output.status.success(), "{}", said(&output));
        Self { programs: root.join("target/fixtures"), folder: tempfile::tempdir().unwrap() }
    }

    /// Runs a program on content and events.
    fn run(&self, program: &str, content: &[u8], events: &[Vec<u8>]) -> Output {
        let content_file = self.folder.path().join("content");
        fs::write(&content_file, content).unwrap();
        let mut command = Command::new(self.programs.join(program));
        command.arg(&content_file).env_remove("ASAN_OPTIONS");
        for (number, event) in events.iter().enumerate() {
            let file = self.folder.path().join(format!("event-{number}"));
            fs::write(&file, event).unwrap();
            command.arg(file);
        }
        command.output().unwrap()
    }

    fn exit_code(&self, program: &str, content: &[u8]) -> i32 {
        self.run(program, content, &[]).status.code().unwrap()
    }
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

fn fixture(name: &str) -> ChannelFile<'static> {
    let path = real_root().join("fixtures/content").join(name).with_extension("toml");
    ChannelFile::from_toml(&fs::read_to_string(path).unwrap()).unwrap()
}

fn encoded(name: &str) -> Vec<u8> {
    fixture(name).encode().unwrap()
}

/// The recorded events that are lists of fields.
fn recorded(name: &str) -> Vec<Event> {
    let path = real_root().join("fixtures/events").join(name).with_extension("json");
    let file = EventsFile::parse(&fs::read(path).unwrap()).unwrap();
    file.events.into_iter().filter(|event| matches!(event.payload, Payload::Fields(_))).collect()
}

fn bytes(events: &[Event]) -> Vec<Vec<u8>> {
    events.iter().map(|event| event.bytes().into_owned()).collect()
}

#[test]
fn defect_sleeps_while_field_21_is_a_wildcard() {
    let native = Native::new();
    let events = bytes(&recorded("outage"));
    let output = native.run("channel-7.10-native", &encoded("quiet"), &events);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!lines(&output).is_empty());
}

#[test]
fn defect_is_a_segmentation_fault_on_the_outage() {
    let native = Native::new();
    let events = bytes(&recorded("outage"));
    let output = native.run("channel-7.10-native", &encoded("outage"), &events);
    assert_eq!(output.status.signal(), Some(SIGSEGV), "{}", said(&output));
    // The events before the fatal one were evaluated and matched as ever.
    assert!(!lines(&output).is_empty());
}

#[test]
fn defect_is_a_segmentation_fault_after_a_thousand_good_events_too() {
    let native = Native::new();
    let (fatal, good) =
        bytes(&recorded("outage")).split_last().map(|(l, r)| (l.clone(), r.to_vec())).unwrap();
    let mut events: Vec<_> = good.iter().cycle().take(1000).cloned().collect();
    events.push(fatal);
    let output = native.run("channel-7.10-native", &encoded("outage"), &events);
    assert_eq!(output.status.signal(), Some(SIGSEGV), "{}", said(&output));
}

#[test]
fn defect_is_a_read_past_a_heap_block() {
    let native = Native::new();
    if !native.programs.join("channel-7.10-native-asan").exists() {
        skipped("this toolchain has no AddressSanitizer");
        return;
    }
    let events = bytes(&recorded("outage"));
    let output = native.run("channel-7.10-native-asan", &encoded("outage"), &events);
    let report = said(&output);
    assert!(report.contains("heap-buffer-overflow"), "{report}");
    // A pointer, right behind a count and 20 pointers. (Names need a symboliser, so none is expected.)
    assert!(report.contains("READ of size 8"), "{report}");
    assert!(report.contains("168-byte region"), "{report}");
}

#[test]
fn repaired_version_matches_as_the_second_implementation_does() {
    let native = Native::new();
    for name in ["outage", "quiet", "strings", "ranges", "narrow", "empty"] {
        let content = fixture(name);
        for event in recorded("outage").iter().chain(&recorded("edges")) {
            let expected: Vec<String> =
                content.matches(event).unwrap().iter().map(|id| format!("instance {id}")).collect();
            let events = [event.bytes().into_owned()];
            let output = native.run("channel-7.11-native", &content.encode().unwrap(), &events);
            assert!(output.status.success(), "{}", said(&output));
            assert_eq!(lines(&output), expected, "{name}, {}", event.id);
        }
    }
}

#[test]
fn repeating_prints_the_number_of_matches() {
    let native = Native::new();
    let content = encoded("quiet");
    let events = bytes(&recorded("outage"));
    let once = lines(&native.run("channel-7.11-native", &content, &events)).len();
    assert!(once > 0);
    let file = native.folder.path().join("content");
    let output = Command::new(native.programs.join("channel-7.11-native"))
        .args(["--repeat", "1000"])
        .arg(file)
        .args((0..events.len()).map(|i| native.folder.path().join(format!("event-{i}"))))
        .output()
        .unwrap();
    assert_eq!(lines(&output), [(once * 1000).to_string()]);
}

#[test]
fn contract_is_checked_by_the_repaired_version_only() {
    let native = Native::new();
    let mut wide = fixture("quiet");
    wide.input_count = 22;
    for instance in &mut wide.instances {
        instance.criteria.push(proofhouse_corpus::Criterion::Wildcard);
    }
    let output = native.run("channel-7.11-native", &wide.encode().unwrap(), &[]);
    assert_eq!(output.status.code(), Some(51));
    assert_eq!(said(&output), "template type 7 declares 22 inputs, interpreter 7.11 supplies 21\n");
    assert_eq!(native.exit_code("channel-7.10-native", &wide.encode().unwrap()), 0);

    let mut foreign = fixture("quiet");
    foreign.template_type = 8;
    assert_eq!(native.exit_code("channel-7.11-native", &foreign.encode().unwrap()), 50);
    assert_eq!(native.exit_code("channel-7.10-native", &foreign.encode().unwrap()), 0);
}

/// A rule of the format, a way to break it, and the code that must come out.
type Breach = (&'static str, fn(&mut Vec<u8>), i32);

/// The instance's first criterion begins after the header and the instance's own fields.
const CRITERION: usize = 48;

fn set(file: &mut [u8], offset: usize, value: u32) {
    file[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
}

const BREACHES: &[Breach] = &[
    ("empty", |file| file.clear(), 10),
    ("one byte", |file| file.truncate(1), 10),
    ("magic", |file| file[0] = b'p', 11),
    ("format version", |file| file[4] = 2, 12),
    ("header size", |file| file[6] = 41, 13),
    ("no input", |file| set(file, 16, 0), 14),
    ("too many inputs", |file| set(file, 16, 257), 14),
    ("too many instances", |file| set(file, 20, 65_537), 15),
    ("instance count near 2^32", |file| set(file, 20, u32::MAX), 15),
    ("instances size", |file| set(file, 24, u32::MAX), 16),
    ("strings size", |file| set(file, 28, (16 << 20) + 1), 17),
    ("strings size near 2^32", |file| set(file, 28, u32::MAX), 17),
    ("file size", |file| set(file, 32, 40), 18),
    ("truncated", |file| file.truncate(file.len() - 1), 19),
    ("trailing", |file| file.push(0), 20),
    ("checksum", |file| file[36] ^= 1, 21),
    ("same id", |file| file.copy_within(40..44, 40 + 8 + 24 * 3), 30),
    ("instance reserved", |file| file[44] = 1, 31),
    ("kind", |file| file[CRITERION] = 5, 32),
    ("criterion reserved", |file| file[CRITERION + 7] = 1, 33),
    ("wildcard operands", |file| criterion(file, 0, 1, 0), 34),
    ("string outside", |file| criterion(file, 1, 0, 1 << 40), 35),
    ("string at the end of the range", |file| criterion(file, 1, u64::MAX, 1), 35),
    ("empty prefix", |file| criterion(file, 2, 0, 0), 36),
    ("empty contains", |file| criterion(file, 3, 0, 0), 36),
    ("empty range", |file| criterion(file, 4, 1, 0), 37),
];

/// Overwrites the first criterion.
fn criterion(file: &mut [u8], kind: u8, a: u64, b: u64) {
    file[CRITERION] = kind;
    file[CRITERION + 8..CRITERION + 16].copy_from_slice(&a.to_le_bytes());
    file[CRITERION + 16..CRITERION + 24].copy_from_slice(&b.to_le_bytes());
}

#[test]
fn every_rule_of_the_format_has_its_code_in_both_versions() {
    let native = Native::new();
    let source = "channel = 1\ntemplate_type = 7\ninputs = 3\n\
        [[instance]]\nid = 1\ninput.1 = { equals = \"create\" }\n[[instance]]\nid = 2\n";
    let good = ChannelFile::from_toml(source).unwrap().encode().unwrap();
    for program in ["channel-7.10-native", "channel-7.11-native"] {
        assert_eq!(native.exit_code(program, &good), 0);
        for (name, breach, code) in BREACHES {
            let mut file = good.clone();
            breach(&mut file);
            if *name != "checksum" && file.len() >= 40 {
                reseal(&mut file);
            }
            let output = native.run(program, &file, &[]);
            assert_eq!(output.status.code(), Some(*code), "{program}, {name}: {}", said(&output));
            assert!(!output.stderr.is_empty(), "{program}, {name}: no reason given");
        }
    }
}

/// Whether the repaired version must load what decodes.
fn keeps_the_contract(file: &ChannelFile<'_>) -> bool {
    file.template_type == 7 && file.input_count <= 21
}

#[test]
fn repaired_version_loads_what_the_decoder_decodes() {
    let native = Native::new();
    let good = encoded("narrow");
    let mut accepted = 0;
    for place in 0..good.len() {
        for bit in [0, 7] {
            let mut file = good.clone();
            file[place] ^= 1 << bit;
            // With the checksum made right, the rules behind it are reached.
            reseal(&mut file);
            let expected = ChannelFile::decode(&file).is_ok_and(|file| keeps_the_contract(&file));
            let code = native.exit_code("channel-7.11-native", &file);
            assert_eq!(code == 0, expected, "bit {bit} of byte {place}: exit code {code}");
            accepted += usize::from(expected);
        }
    }
    assert!(accepted > 0, "no flip was harmless: nothing was compared");
}

#[test]
fn no_truncation_and_no_flip_is_loaded() {
    let native = Native::new();
    let good = encoded("narrow");
    for length in 0..good.len() {
        let code = native.exit_code("channel-7.11-native", &good[..length]);
        assert!(matches!(code, 10 | 19), "truncated to {length}: exit code {code}");
    }
    for place in 0..good.len() {
        let mut file = good.clone();
        file[place] ^= 0x10;
        assert_ne!(native.exit_code("channel-7.11-native", &file), 0, "byte {place}");
    }
}

#[test]
fn wrong_calls_are_told_from_rejections() {
    let native = Native::new();
    let program = native.programs.join("channel-7.11-native");
    let code = |arguments: &[&str]| Command::new(&program).args(arguments).output().unwrap();
    assert_eq!(code(&[]).status.code(), Some(2));
    assert_eq!(code(&["--repeat", "x", "file"]).status.code(), Some(2));
    let missing = Path::new("/nonexistent/content");
    assert_eq!(code(&[missing.to_str().unwrap()]).status.code(), Some(81));
}
