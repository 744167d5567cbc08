//! The commands of `docs/build-profiles.md`, as they stand there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use proofhouse_sandbox::instrument::{LayoutFound, Options, instrument};
use tempfile::TempDir;

use super::super::skips::skipped;
use super::cc::sdk;

/// An interpreter with a stack frame and a global.
const GUEST: &str = r#"
static int table[3];
__attribute__((noinline)) static int *element(int *table, int n) { return table + n; }
__attribute__((export_name("run"))) int run(int n) {
    int local[3] = {n};
    return *element(local, n) + *element(table, n);
}
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The block of shell commands in the page that contains this.
fn block(contains: &str) -> String {
    let page = fs::read_to_string(root().join("docs/build-profiles.md")).unwrap();
    let mut blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains(contains)).unwrap().to_owned()
}

/// A folder with the SDK and an interpreter of one file.
fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    symlink(root().join("sandbox"), path("sandbox")).unwrap();
    fs::write(path("guest.c"), GUEST).unwrap();
    fs::create_dir(path("my-program")).unwrap();
    fs::write(path("my-program/guest.c"), GUEST).unwrap();
    let project = "cmake_minimum_required(VERSION 3.20)\nproject(guest C)\n\
        add_executable(guest.wasm guest.c)\n\
        target_link_options(guest.wasm PRIVATE -mexec-model=reactor)\n";
    fs::write(path("my-program/CMakeLists.txt"), project).unwrap();
    folder
}

/// Whether a program is there and works.
fn works(program: &Path, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).output();
    let works = found.is_ok_and(|output| output.status.success());
    if !works {
        skipped(format!("{} does not work on this machine", program.display()));
    }
    works
}

fn run(folder: &TempDir, commands: &str) {
    let output =
        Command::new("sh").args(["-eu", "-c", commands]).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{said}");
}

fn layout(module: &Path) -> Option<LayoutFound> {
    instrument(&fs::read(module).unwrap(), Options::default()).unwrap().summary.layout
}

#[test]
fn the_commands_for_a_shell_make_a_checked_build() {
    if works(&sdk().join("toolchain.sh"), &["--profile", "release"]) {
        let folder = workspace();
        run(&folder, &block("guest.c"));
        let found = layout(&folder.path().join("guest-checked-O1.wasm")).unwrap();
        assert!(found.stack && found.globals && found.use_after_return, "{found:?}");
        assert!(found.constants.is_some(), "{found:?}");
        run(&folder, &block("guest.c").replace("checked-O1", "release"));
    }
}

#[test]
fn the_commands_for_cmake_make_every_build() {
    if works(Path::new("cmake"), &["--version"])
        && works(&sdk().join("toolchain.sh"), &["--profile", "release"])
    {
        let folder = workspace();
        for profile in ["release", "checked-O0", "checked-O1"] {
            run(&folder, &block("-DPROOFHOUSE_PROFILE").replace("checked-O1", profile));
            let module = folder.path().join(format!("build-{profile}/guest.wasm"));
            let found = layout(&module);
            assert_eq!(found.is_some_and(|found| found.stack), profile != "release", "{found:?}");
        }
    }
}
