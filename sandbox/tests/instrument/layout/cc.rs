//! Compiles C and C++ with what `sandbox/sdk/toolchain.sh` finds. The environment variable
//! `PROOFHOUSE_TOOLCHAIN` may hold further arguments for it, such as `--prefer zig`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::super::skips::skipped;

/// The profiles with an AddressSanitizer layout.
pub(crate) const CHECKED: [&str; 2] = ["checked-O0", "checked-O1"];

struct Toolchain {
    compiler: String,
    cflags: Vec<String>,
    ldflags: Vec<String>,
}

/// The folder of these tests' sources.
pub(crate) fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instrument/layout")
}

/// The SDK.
pub(crate) fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk")
}

/// What the script says of a profile. `None` on machines without a C toolchain for Wasm.
fn toolchain(profile: &str) -> Option<Toolchain> {
    let script = sdk().join("toolchain.sh");
    let asked = std::env::var("PROOFHOUSE_TOOLCHAIN").unwrap_or_default();
    let said = Command::new(script)
        .args(["--profile", profile])
        .args(asked.split_whitespace())
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let value = |key: &str| said.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let words = |key| value(key).unwrap().split_whitespace().map(str::to_owned).collect();
    let compiler = value("WASM_CC")?.to_owned();
    Some(Toolchain { compiler, cflags: words("CFLAGS"), ldflags: words("LDFLAGS") })
}

/// A source of these tests as a reactor without `main`, with further flags. `None`, and a note on
/// standard error, where nothing can compile it.
pub(crate) fn compile(profile: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    type Built = HashMap<String, Option<Vec<u8>>>;
    static BUILT: OnceLock<Mutex<Built>> = OnceLock::new();
    let mut built = BUILT.get_or_init(Mutex::default).lock().unwrap();
    let key = format!("{profile} {source} {flags:?}");
    built.entry(key).or_insert_with(|| build(profile, source, flags)).clone()
}

fn build(profile: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let Some(toolchain) = toolchain(profile) else {
        skipped("no C toolchain for Wasm on this machine");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("program.wasm");
    let built = Command::new(toolchain.compiler)
        .current_dir(here())
        .args(toolchain.cflags)
        .args(toolchain.ldflags)
        .args(["-mexec-model=reactor", "-Wall", "-fdebug-compilation-dir=."])
        .args(flags)
        .args([source, "-o"])
        .arg(&output)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{profile} {source}: {said}");
    Some(std::fs::read(output).unwrap())
}
