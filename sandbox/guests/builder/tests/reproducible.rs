//! The same sources make the same bytes, wherever the workspace is, and no compiler has a complaint.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use std::fs;
use std::path::Path;

use support::{Workspace, builder, real_root, said};

const WASM: [&str; 8] = [
    "channel-7.10.wasm",
    "channel-7.10-checked-O0.wasm",
    "channel-7.10-checked-O1.wasm",
    "channel-7.10-harness.wasm",
    "channel-7.10-command.wasm",
    "channel-7.11.wasm",
    "channel-7.11-harness.wasm",
    "channel-7.11-command.wasm",
];

#[test]
fn reference_interpreter_is_the_same_everywhere() {
    let real = real_root();
    let output = builder(&real, &["--only", "channel"]);
    assert!(output.status.success(), "{}", said(&output));
    let copy = Workspace::with_channel_guest();
    let lines = copy.build(&[]);
    for line in lines.lines() {
        assert!(line.trim_start().starts_with("built target/fixtures/"), "a complaint: {lines}");
    }
    for file in WASM.iter().chain(&["channel-7.10-native", "channel-7.11-native"]) {
        let here = fs::read(real.join("target/fixtures").join(file)).unwrap();
        let there = fs::read(copy.path("target/fixtures").join(file)).unwrap();
        assert!(here == there, "{file} depends on where it is built");
    }
    for file in WASM {
        let module = fs::read(copy.path("target/fixtures").join(file)).unwrap();
        assert!(!names(&module, copy.root()), "{file} names {}", copy.root().display());
    }
}

fn names(module: &[u8], folder: &Path) -> bool {
    let folder = folder.as_os_str().as_encoded_bytes();
    module.windows(folder.len()).any(|window| window == folder)
}
