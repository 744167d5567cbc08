//! Programs in C, compiled by what `sdk/toolchain.sh` finds. Where it finds nothing, there is nothing to
//! test.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::skips::skipped;

/// The flags that the tests of C programs are run with.
pub(crate) const LEVELS: [&str; 3] = ["-O0", "-O1", "-O2"];

/// A C compiler for Wasm.
pub(crate) struct Compiler {
    cc: String,
    flags: Vec<String>,
}

impl Compiler {
    /// Those on this machine: clang, and zig where it was installed.
    pub(crate) fn all() -> Vec<Self> {
        let found = ["clang", "zig"].into_iter().filter_map(Self::find);
        let mut all: Vec<Self> = found.collect();
        all.dedup_by(|one, other| one.cc == other.cc);
        if all.len() == 1 {
            skipped("C programs by a second compiler, clang or zig");
        }
        all
    }

    fn find(preferred: &str) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/toolchain.sh");
        let output = Command::new("sh").arg(script).args(["--prefer", preferred]).output().unwrap();
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            skipped(format!("no C compiler for Wasm, {preferred} preferred: {why}"));
            return None;
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default().to_owned()
        };
        let flags = value("WASM_CFLAGS") + " " + &value("WASM_LDFLAGS");
        let flags = flags.split_whitespace().map(str::to_owned).collect();
        Some(Self { cc: value("WASM_CC"), flags })
    }

    /// A module without `main`, that exports what its source says.
    pub(crate) fn reactor(&self, name: &str, source: &str, flags: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let input: PathBuf = folder.path().join(format!("{name}.c"));
        let output = folder.path().join("out.wasm");
        std::fs::write(&input, source).unwrap();
        let mut command = Command::new(&self.cc);
        command.args(&self.flags).args(flags).args(["-w", "-mexec-model=reactor"]);
        command.arg(&input).arg("-o").arg(&output).args(["-lm"]);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read(output).unwrap()
    }
}
