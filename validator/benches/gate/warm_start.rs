//! A second `check` of one small file with the YARA guest, the cache being warm, and where its time
//! goes.

use crate::fixtures::root;
use crate::measure::{median, show};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use proofhouse_sandbox::{Cache, Compilation, Compiler, Job, Limits, Outcome, Sandbox, Sanitize};
use std::process::{Command, Stdio};
use std::time::Instant;

const RULE: &str = "rule small { strings: $a = \"needle\" condition: $a }\n";

pub(crate) fn run() {
    let guests = root().join("target/guests");
    let Some(guest) = std::fs::read_dir(&guests).ok().and_then(|mut entries| {
        entries
            .find_map(|e| e.ok().filter(|e| e.file_name().to_string_lossy().starts_with("yara@")))
    }) else {
        panic!("the YARA guest is not built: run `cargo guests` first");
    };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("small.yar");
    std::fs::write(&file, RULE).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofhouse"));
    command.args(["check", "-i"]).arg(guest.path()).arg(&file);
    command.env("XDG_CACHE_HOME", directory.path()).stdout(Stdio::null());
    let whole = median(11, 1, || assert!(command.status().unwrap().success()));
    println!("check, the whole process  {:>10}", show(whole));

    let version = median(11, 1, || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_proofhouse"));
        assert!(command.arg("--version").stdout(Stdio::null()).status().unwrap().success());
    });
    println!("  starting a process      {:>10}", show(version));
    split(&directory, &guest.path());
}

/// The same steps, in this process.
fn split(directory: &tempfile::TempDir, guest: &std::path::Path) {
    let mut steps = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..11 {
        let mut clock = Instant::now();
        let mut lap = |step: usize| {
            steps[step].push(clock.elapsed());
            clock = Instant::now();
        };
        let wasm = std::fs::read(guest).unwrap();
        lap(0);
        let parent = Dir::open_ambient_dir(directory.path(), ambient_authority()).unwrap();
        let cache = Some(Cache::open(&parent, "proofhouse").unwrap());
        let sandbox =
            Sandbox::new(4, Compilation { compiler: Compiler::InProcess, cache }).unwrap();
        lap(1);
        let limits = Limits::default();
        let interpreter =
            sandbox.interpreter(wasm, &limits, Sanitize::On).map_err(|e| format!("{e:?}")).unwrap();
        lap(2);
        let job = Job {
            content: RULE.as_bytes(),
            events: &[],
            limits: &limits,
            configuration: None,
            arguments: &[],
        };
        assert_eq!(interpreter.run(&job).outcome, Outcome::Accepted);
        lap(3);
    }
    for (step, name) in steps.iter_mut().zip([
        "reading the module",
        "making the sandbox",
        "digests, cache, describe",
        "one run",
    ]) {
        step.sort_unstable();
        println!("  {name:<24}{:>10}", show(step[step.len() / 2]));
    }
}
