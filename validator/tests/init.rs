//! `proofhouse init`, for each kind: the project builds with the real compilers and does what its README
//! says, which its own `test.sh` checks with the real program. The commands are those that `init` prints.
//!
//! Nothing is skipped: `.ci/bootstrap` installs what is needed, and a machine without it fails here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use support::program::Program;

/// Runs a script of a project in its folder. What cargo builds for projects is kept between runs.
#[track_caller]
fn sh(folder: &Path, script: &str) -> String {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = Command::new("sh")
        .args(["-eu", "-c", script])
        .current_dir(folder)
        .env("PROOFHOUSE", env!("CARGO_BIN_EXE_proofhouse"))
        .env("XDG_CACHE_HOME", temporary.join("cache"))
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{script}\n{said}\n(`.ci/bootstrap` installs what is needed)");
    said
}

/// Makes a project and runs the commands that were printed.
#[track_caller]
fn check(kind: &str, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let ended = Program::new(folder.path()).args(["init", "--interpreter", kind, name]).run();
    assert_eq!((ended.code, ended.stderr.as_slice()), (Some(0), &[][..]));
    let printed = String::from_utf8(ended.stdout).unwrap();
    let commands: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert!(commands.last().is_some_and(|command| *command == "./test.sh"), "{printed}");
    let project = folder.path().join(name);
    assert!(commands_of(&project).contains(&commands.join("\n")), "the README has other commands");
    let said = sh(&project, &commands.join("\n"));
    assert!(said.contains("all as the README says"), "{said}");
    a_broken_interpreter_fails(&project, &commands);
}

/// The blocks of commands of the project's README.
fn commands_of(project: &Path) -> Vec<String> {
    let readme = fs::read_to_string(project.join("README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap().to_owned()).collect()
}

/// The project's test can fail: an interpreter that takes `above` for `over` does not pass it.
#[track_caller]
fn a_broken_interpreter_fails(project: &Path, commands: &[&str]) {
    let sources = ["rules.c", "rules.cpp", "src/rules.rs"].map(|name| project.join(name));
    let broken = sources.into_iter().find(|path| path.is_file()).unwrap();
    let rules = fs::read_to_string(&broken).unwrap();
    assert!(rules.contains("\"over\""));
    fs::write(&broken, rules.replace("\"over\"", "\"above\"")).unwrap();
    let (test, build) = commands.split_last().unwrap();
    sh(project, &build.join("\n"));
    sh(project, &format!("if {test} 2>said; then exit 1; fi; grep -q FAILED said"));
}

#[test]
fn c() {
    check("c", "my-sensor");
}

#[test]
fn cpp() {
    check("cpp", "my-sensor");
}

#[test]
fn rust() {
    check("rust", "my-sensor");
}

#[test]
fn wasi() {
    check("wasi", "my-sensor");
}

#[test]
fn the_unit_tests_of_a_rust_project_pass() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Program::new(folder.path()).args(["init", "-i", "rust", "sensor"]).run();
    assert_eq!(ended.code, Some(0));
    let said = sh(&folder.path().join("sensor"), "cargo test --quiet");
    assert!(said.contains("2 passed"), "{said}");
}

#[test]
fn the_sdks_example_builds() {
    let folder = tempfile::tempdir().unwrap();
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/sdk");
    let example = folder.path().join("example");
    fs::create_dir(&example).unwrap();
    for file in ["Makefile", "prefix.c"] {
        fs::copy(sdk.join("c/example").join(file), example.join(file)).unwrap();
    }
    fs::write(example.join("content"), "abc\n").unwrap();
    fs::write(example.join("empty"), "\n").unwrap();
    let sdk = sdk.canonicalize().unwrap();
    sh(&example, &format!("make SDK='{}'", sdk.display()));
    let check = "\"$PROOFHOUSE\" check -i build/prefix.toml --sanitize full";
    sh(&example, &format!("{check} content"));
    let said = sh(&example, &format!("code=0; {check} empty || code=$?; [ $code -eq 1 ]"));
    assert!(said.contains("a prefix was expected") && said.contains("line 1, column 1"), "{said}");
}
