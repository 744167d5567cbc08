//! What `proofhouse fuzz` searches with: libFuzzer's crossover, its tables of what was compared, and the first
//! files of a corpus.

#![cfg(feature = "fuzz")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    missing_docs,
    reason = "a failed assumption is a failed test"
)]

mod support;

use proofhouse_corpus::ChannelFile;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;
use support::guests::reference_interpreter;
use support::program::Program;
use tempfile::TempDir;

/// A folder with the outage's events and two channel files.
fn room() -> TempDir {
    let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    for name in ["quiet", "outage"] {
        let source = fs::read_to_string(fixtures.join(format!("content/{name}.toml"))).unwrap();
        let file = ChannelFile::from_toml(&source).unwrap().encode().unwrap();
        fs::write(room.path().join(format!("{name}.chan")), file).unwrap();
    }
    fs::copy(fixtures.join("events/outage.json"), room.path().join("outage.json")).unwrap();
    room
}

/// A run of a version of the reference interpreter, in a folder; what it wrote to stdout and stderr.
fn fuzz(room: &Path, version: &str, options: &[&str], code: i32) -> [String; 2] {
    let interpreter = reference_interpreter(&format!("channel-{version}.wasm"));
    let common = ["fuzz", "-i", interpreter.to_str().unwrap(), "-e", "outage.json"];
    let ended = Program::new(room).args(common).args(options).run();
    let texts = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(ended.code, Some(code), "{texts:?}");
    texts
}

/// The value in the summary's line of that name.
fn summary(stdout: &str, name: &str) -> String {
    let line = stdout.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    line.unwrap_or_else(|| panic!("no {name} in {stdout}")).to_owned()
}

#[test]
fn inputs_are_crossed_and_the_seed_still_decides() {
    for mode in ["content", "events", "both"] {
        let run = || {
            let room = room();
            let flags = ["--mode", mode, "-c", "quiet.chan", "--", "-seed=7", "-runs=6000"];
            let [stdout, stderr] = fuzz(room.path(), "7.11", &flags, 0);
            let figures = ["executions ", "edges covered"].map(|name| summary(&stdout, name));
            let news = stderr.lines().filter(|line| line.contains("CustomCrossOver-")).count();
            (figures, news)
        };
        let first = run();
        assert!(first.1 > 0, "{mode}: nothing new came from two inputs");
        assert_eq!(first, run(), "{mode}");
    }
}

/// A harness that compares a `secret` with something that is in no input, by `compare`, and ends badly if the
/// secret is anywhere in its input. Nothing that it compares with the input shows the secret: it is mixed before
/// (the last step of MurmurHash3). So no mutator of ours can follow it, only libFuzzer's table of what was
/// compared has it.
fn secretive(secret: u64, compare: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
          (memory (export "memory") 2)
          (global $unlike (mut i32) (i32.const 0))
          (func (export "malloc") (param i32) (result i32) (i32.const 4096))
          (func $mix (param $x i64) (result i64)
            (local.set $x (i64.mul (i64.const 0xff51afd7ed558ccd)
              (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 33)))))
            (local.set $x (i64.mul (i64.const 0xc4ceb9fe1a85ec53)
              (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 33)))))
            (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 33))))
          (func $memcmp (param i32 i32 i32) (result i32) (i32.const 1))
          (func $memmem (param i32 i32 i32 i32) (result i32) (i32.const 0))
          (func (export "LLVMFuzzerTestOneInput") (param $at i32) (param $size i32) (result i32)
            (local $end i32)
            (local $other i64)
            (local.set $other (call $mix (i64.extend_i32_u (local.get $size))))
            (i64.store (i32.const 512) (i64.const {secret}))
            (i64.store (i32.const 520) (local.get $other))
            (global.set $unlike {compare})
            (local.set $end (i32.add (local.get $at) (local.get $size)))
            (block $done
              (loop $next
                (br_if $done
                  (i32.lt_s (i32.sub (local.get $end) (local.get $at)) (i32.const 8)))
                (if (i64.eq (call $mix (i64.load (local.get $at)))
                            (call $mix (i64.const {secret})))
                  (then (unreachable)))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))
            (i32.const 0)))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn what_was_compared_is_in_libfuzzers_tables() {
    let secret = 0x0bad_c0de_5eed_f00d;
    for (what, compare) in [
        ("a number", format!("(i64.ne (local.get $other) (i64.const {secret}))")),
        ("bytes", "(call $memcmp (i32.const 520) (i32.const 512) (i32.const 8))".into()),
        (
            "what is looked for",
            "(call $memmem (i32.const 520) (i32.const 8) (i32.const 512) (i32.const 8))".into(),
        ),
    ] {
        let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::write(room.path().join("secretive.wasm"), secretive(secret, &compare)).unwrap();
        let arguments = ["fuzz", "-i", "secretive.wasm", "--", "-seed=1", "-max_len=64"];
        let flags = ["-runs=200000", "-verbosity=0"];
        let ended = Program::new(room.path()).args(arguments).args(flags).run();
        let stdout = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.code, Some(1), "{what}: {stdout}");
    }
}

#[test]
fn the_fields_of_a_corpus_are_changed_one_by_one() {
    let room = room();
    let quiet = fs::read(room.path().join("quiet.chan")).unwrap();
    fs::create_dir(room.path().join("corpus")).unwrap();
    // A text and a damaged channel file before it do not matter.
    for (name, bytes) in [("a", b"text".as_slice()), ("b", quiet.get(..40).unwrap()), ("c", &quiet)]
    {
        fs::write(room.path().join("corpus").join(name), bytes).unwrap();
    }
    let flags = ["corpus", "--", "-seed=3", "-runs=20000"];
    let [stdout, _] = fuzz(room.path(), "7.10", &flags, 1);
    // As with -c: before any search.
    let first: u64 = summary(&stdout, "first finding at run").parse().unwrap();
    assert!(first < 40, "{first}");
}

#[test]
fn a_corpus_is_something_to_begin_with() {
    // One of the inputs for a run that is given nothing has the length that this one waits for, and compares with
    // nothing.
    let text = r#"(module
      (memory (export "memory") 1)
      (global $length (mut i32) (i32.const 0))
      (data (i32.const 1280) "\01")
      (func (export "malloc") (param i32) (result i32) (i32.const 4096))
      (func (export "LLVMFuzzerTestOneInput") (param i32 i32) (result i32)
        (if (i32.load8_u offset=1024 (i32.and (local.get 1) (i32.const 1023))) (then (global.set $length (i32.const 1))))
        (i32.const 0)))"#;
    for is_given in [true, false] {
        let room = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let corpus = room.path().join("corpus");
        fs::create_dir(&corpus).unwrap();
        fs::write(room.path().join("length.wasm"), wat::parse_str(text).unwrap()).unwrap();
        if is_given {
            fs::write(corpus.join("text"), "text").unwrap();
        }
        let flags = ["--", "-seed=3", "-runs=12", "-max_len=256"];
        let fuzz = ["fuzz", "-i", "length.wasm", "corpus"];
        let ended = Program::new(room.path()).args(fuzz).args(flags).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let kept = fs::read_dir(corpus).unwrap();
        let lengths: Vec<u64> = kept.map(|f| f.unwrap().metadata().unwrap().len()).collect();
        assert_eq!(lengths.contains(&256), !is_given, "{lengths:?}");
    }
}

/// Memory in KiB and open descriptors of libFuzzer's process, which is the only child of the one that waits.
fn usage(outer: u32) -> Option<(u64, usize)> {
    let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).ok()?;
    let inner = children.split_whitespace().next()?;
    let status = fs::read_to_string(format!("/proc/{inner}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let memory = memory.trim().trim_end_matches(" kB").parse().ok()?;
    Some((memory, fs::read_dir(format!("/proc/{inner}/fd")).ok()?.count()))
}

/// `cargo suite endurance` does the same for a million.
#[test]
fn many_executions_take_no_more_memory_and_no_more_files() {
    const RUNS: u64 = 20_000;
    let room = room();
    let interpreter = reference_interpreter("channel-7.11.wasm");
    let runs = format!("-runs={RUNS}");
    let arguments = ["fuzz", "-i", interpreter.to_str().unwrap(), "-e", "outage.json"];
    let flags = ["-c", "quiet.chan", "--", "-seed=1", "-verbosity=0", &runs];
    let program = Program::new(room.path()).args(arguments).args(flags);
    let mut running = program.start().unwrap();
    let mut samples = Vec::new();
    while running.goes_on() {
        samples.extend(usage(running.id()));
        thread::sleep(Duration::from_millis(20));
    }
    let ended = running.end();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.code, Some(0), "{stdout}");
    assert!(summary(&stdout, "executions ").parse::<u64>().unwrap() >= RUNS, "{stdout}");
    // What comes first opens the interpreter, and the end closes what there was.
    let (third, sixth) = (samples.len() / 3, samples.len() / 6);
    let samples = samples.get(third..samples.len() - sixth).unwrap();
    assert!(samples.len() > 3, "it ended before it was looked at: {samples:?}");
    let of = |pick: fn(&(u64, usize)) -> u64| samples.iter().map(pick).collect::<Vec<_>>();
    let (memory, files) = (of(|s| s.0), of(|s| s.1 as u64));
    let most = |of: &[u64]| *of.iter().max().unwrap();
    // A file is open while the statistics are written.
    let fewest = *files.iter().min().unwrap();
    assert!(most(&files) <= fewest + 2, "{files:?}");
    // 20,000 executions that each leave 1 KiB behind are 20 MiB.
    let first = *memory.first().unwrap();
    assert!(most(&memory) < first + (8 << 10) && most(&memory) < 256 << 10, "{memory:?} KiB");
}
