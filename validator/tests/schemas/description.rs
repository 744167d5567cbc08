//! What interpreters say of themselves against `describe-1.json`.

use crate::schema::Schema;
use crate::support::guests::{guest, reference_interpreter, target_dir};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use proofhouse_sandbox::limits::THREAD_STACK_BYTES;
use proofhouse_sandbox::{Cache, Compilation, Compiler, Description, Limits, Sandbox, Sanitize};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// The description of a module, as the sandbox understood it.
fn description(wasm: Vec<u8>) -> Option<Value> {
    let open = || {
        // The cache that the other tests use, so that a large interpreter is compiled once.
        let folder = Dir::open_ambient_dir(env!("CARGO_TARGET_TMPDIR"), ambient_authority());
        let folder = folder.unwrap();
        folder.create_dir_all("cache").unwrap();
        let cache = Cache::open(&folder.open_dir("cache").unwrap(), "proofhouse").ok();
        let compilation = Compilation { compiler: Compiler::InProcess, cache };
        let sandbox = Sandbox::new(1, compilation).unwrap();
        let interpreter = sandbox.interpreter(wasm, &Limits::default(), Sanitize::On).unwrap();
        interpreter.description().map(|words| serde_json::to_value(words).unwrap())
    };
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
        builder.spawn_scoped(scope, open).unwrap().join().unwrap()
    })
}

fn modules(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|e| e == "wasm")).collect()
}

#[test]
fn every_interpreter_that_is_built_describes_itself_by_the_schema() {
    let schema = Schema::read("describe-1");
    let reference = reference_interpreter("channel-7.11.wasm");
    let folders = ["guests", "fixtures"].map(|name| modules(&target_dir().join(name)));
    let mut described = Vec::new();
    for path in folders.concat() {
        if let Some(words) = description(fs::read(&path).unwrap()) {
            schema.demand(&words, &path.display().to_string());
            described.push(path);
        }
    }
    assert!(described.contains(&reference), "the reference interpreter describes itself");
}

#[test]
fn the_interpreters_of_these_tests_describe_themselves_by_the_schema() {
    let schema = Schema::read("describe-1");
    for (name, version) in [("obedient", "1.2"), ("supplier", "7.10")] {
        let words = description(guest(name)).unwrap();
        schema.demand(&words, name);
        assert_eq!((&words["name"], &words["version"]), (&json!(name), &json!(version)));
    }
    assert_eq!(description(guest("silent")), None);
}

/// The reader and the schema are two statements of the same thing.
#[test]
fn the_schema_and_the_reader_agree() {
    let schema = Schema::read("describe-1");
    let whole = json!({
        "schema": "proofhouse.describe/1",
        "name": "sensor",
        "version": "7.11",
        "content": [{ "kind": "channel-file/1", "patterns": ["*.chan"] }, { "kind": "other/1" }],
        "contracts": [
            { "kind": "channel-file/1", "template_types": [{ "id": 7, "inputs": 20 }] },
            { "kind": "other/1", "colours": 3 },
        ],
        "motto": "unknown members are passed over",
    });
    let agree = |document: &Value, expected: bool, what: &str| {
        assert_eq!(schema.allows(document), expected, "schema: {what}");
        let read = Description::parse(document.to_string().as_bytes());
        assert_eq!(read.is_ok(), expected, "reader: {what}: {read:?}");
    };
    agree(&whole, true, "whole");
    for (pointer, value) in [
        ("/schema", json!("proofhouse.describe/2")),
        ("/name", json!(7)),
        ("/version", json!(7.11)),
        ("/content", json!("channel-file/1")),
        ("/content/0", json!({ "patterns": [] })),
        ("/content/0/patterns", json!("*.chan")),
        ("/contracts/0", json!({ "kind": "channel-file/1" })),
        ("/contracts/0/template_types/0/id", json!(-1)),
        ("/contracts/0/template_types/0/inputs", json!(4_294_967_296_u64)),
        ("/contracts/0/template_types/0", json!({ "id": 7 })),
        ("/contracts/1", json!({ "colours": 3 })),
    ] {
        let mut document = whole.clone();
        *document.pointer_mut(pointer).expect(pointer) = value;
        agree(&document, false, pointer);
    }
    for (member, needed) in [
        ("schema", true),
        ("name", true),
        ("version", true),
        ("content", false),
        ("contracts", false),
    ] {
        let mut document = whole.clone();
        document.as_object_mut().unwrap().shift_remove(member);
        agree(&document, !needed, member);
    }
}
