//! What the benchmarks run on: built by `cargo guests`, encoded here.

use proofhouse_corpus::{ChannelFile, Event, EventsFile, Instance};
use proofhouse_sandbox::{Compilation, Interpreter, Limits, Sandbox, Sanitize};
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A built fixture.
pub(crate) fn built(name: &str) -> PathBuf {
    let path = root().join("target/fixtures").join(name);
    assert!(path.exists(), "{name} is not built: run `cargo guests` first");
    path
}

/// A content of the fixtures.
pub(crate) fn content(name: &str) -> ChannelFile<'static> {
    let path = root().join("fixtures/content").join(name).with_extension("toml");
    ChannelFile::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The quiet content with each instance that many times, under ids of their own.
pub(crate) fn quiet_times(times: u32) -> ChannelFile<'static> {
    let mut file = content("quiet");
    let originals = std::mem::take(&mut file.instances);
    for _ in 0..times {
        for instance in &originals {
            let id = u32::try_from(file.instances.len()).unwrap() + 1;
            file.instances.push(Instance { id, ..instance.clone() });
        }
    }
    file
}

/// The outage's events.
pub(crate) fn events() -> Vec<Event> {
    let json = std::fs::read(root().join("fixtures/events/outage.json")).unwrap();
    EventsFile::parse(&json).unwrap().events
}

/// A sandbox that compiles in this process.
pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new(4, Compilation::default()).unwrap()
}

/// The repaired reference interpreter.
pub(crate) fn channel(sandbox: &Sandbox, sanitize: Sanitize) -> Interpreter {
    let wasm = std::fs::read(built("channel-7.11.wasm")).unwrap();
    sandbox.interpreter(wasm, &Limits::default(), sanitize).map_err(|e| format!("{e:?}")).unwrap()
}
