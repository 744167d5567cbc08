//! A workspace of its own for a test: the SDK and, if wanted, guests.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The workspace that this crate is in.
pub(crate) fn real_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap().to_owned()
}

/// Runs the builder in a folder.
pub(crate) fn builder(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_proofhouse-guests");
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

/// What a run said on standard error.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A copy of what guests in C need, in a temporary folder.
pub(crate) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// The SDK and no guests. The C toolchain is the real workspace's.
    pub(crate) fn new() -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        let real = real_root();
        copy(&real.join("sandbox/sdk/c"), &workspace.path("sandbox/sdk/c"));
        for file in ["sandbox/sdk/toolchain.sh", "sandbox/sdk/sanitizer-imports.txt"] {
            fs::copy(real.join(file), workspace.path(file)).unwrap();
        }
        fs::create_dir_all(workspace.path("sandbox/guests")).unwrap();
        fs::create_dir_all(workspace.path("target")).unwrap();
        symlink(real.join("target/toolchain"), workspace.path("target/toolchain")).unwrap();
        workspace
    }

    /// With a guest of one file, `tiny`, in two programs. `answer` is what its load returns.
    pub(crate) fn with_tiny_guest() -> Self {
        let workspace = Self::new();
        workspace.write("fixtures/interpreters/tiny/guest.toml", TINY_MANIFEST);
        workspace.write("fixtures/interpreters/tiny/answer.h", "#define ANSWER 0\n");
        workspace.write("fixtures/interpreters/tiny/tiny.c", TINY_SOURCE);
        workspace.write("fixtures/interpreters/tiny/main.c", "int main(void) { return 0; }\n");
        workspace
    }

    /// With a copy of the reference interpreter.
    pub(crate) fn with_channel_guest() -> Self {
        let workspace = Self::new();
        let guest = "fixtures/interpreters/channel";
        copy(&real_root().join(guest), &workspace.path(guest));
        workspace
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root().join(inside)
    }

    pub(crate) fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the builder, which must succeed, and returns what it said.
    pub(crate) fn build(&self, arguments: &[&str]) -> String {
        let output = builder(self.root(), arguments);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// Runs the builder, which must fail, and returns what it said.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let output = builder(self.root(), arguments);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        said(&output)
    }
}

const TINY_MANIFEST: &str = r#"
name = "tiny"
language = "c"
sources = []
[[versions]]
version = "1"
[[programs]]
kind = "reactor"
sources = ["tiny.c"]
[[programs]]
kind = "native"
sources = ["main.c"]
"#;

const TINY_SOURCE: &str = r#"
#include <proofhouse.h>
#include <stdlib.h>
#include "answer.h"
int32_t proofhouse_abi_version(void) { return PROOFHOUSE_ABI_VERSION; }
void *proofhouse_alloc(uint32_t size) { return malloc(size); }
int32_t proofhouse_load(const void *content, uint32_t size) { (void)content; (void)size; return ANSWER; }
int32_t proofhouse_evaluate(const void *event, uint32_t size) { (void)event; (void)size; return 0; }
"#;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
