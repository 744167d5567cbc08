//! What the benchmarks run on: built by `cargo guests`, encoded here.

use proofhouse_corpus::{ChannelFile, EventsFile};
use proofhouse_sandbox::{Compilation, Interpreter, Limits, Sandbox};
use std::path::{Path, PathBuf};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A built fixture.
pub fn built(name: &str) -> PathBuf {
    let path = root().join("target/fixtures").join(name);
    assert!(path.exists(), "{name} is not built: run `cargo guests` first");
    path
}

/// The quiet content, encoded.
pub fn quiet() -> Vec<u8> {
    let source = std::fs::read_to_string(root().join("fixtures/content/quiet.toml")).unwrap();
    ChannelFile::from_toml(&source).unwrap().encode().unwrap()
}

/// The outage's events as the interpreter receives them.
pub fn events() -> Vec<Vec<u8>> {
    let json = std::fs::read(root().join("fixtures/events/outage.json")).unwrap();
    EventsFile::parse(&json).unwrap().events.iter().map(|e| e.bytes().into_owned()).collect()
}

/// A sandbox that compiles in this process.
pub fn sandbox() -> Sandbox {
    Sandbox::new(4, Compilation::default()).unwrap()
}

/// The repaired reference interpreter.
pub fn channel(sandbox: &Sandbox) -> Interpreter {
    let wasm = std::fs::read(built("channel-7.11.wasm")).unwrap();
    sandbox.interpreter(wasm, &Limits::default()).map_err(|e| format!("{e:?}")).unwrap()
}
