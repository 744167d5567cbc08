//! Coverage reports against `coverage-1.json`.

use crate::schema::Schema;
use crate::support::guests::{guest, reference_interpreter, target_dir};
use crate::support::program::Program;
use serde_json::{Value, json};
use std::fs;

#[test]
fn coverage_reports_keep_their_schema() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["obedient", "fields"] {
        fs::write(folder.path().join(name).with_extension("wasm"), guest(name)).unwrap();
    }
    fs::write(folder.path().join("a.order"), "accept").unwrap();
    let content = target_dir().join("fixtures/content");
    let reference = reference_interpreter("channel-7.11.wasm");
    let (content, reference) = (content.to_str().unwrap(), reference.to_str().unwrap());
    let schema = Schema::read("coverage-1");
    let mut last = Value::Null;
    for arguments in [
        vec!["-i", "obedient.wasm", "a.order"],
        vec!["-i", "obedient.wasm", "a.order", "/dev/zero"],
        vec!["-i", "fields.wasm", content],
        vec!["-i", reference, content],
    ] {
        let program = Program::new(folder.path()).args(["coverage", "--format", "json"]);
        let ended = program.args(&arguments).run();
        last = serde_json::from_slice(&ended.stdout).unwrap();
        schema.demand(&last, &arguments.join(" "));
    }
    last["schema"] = json!("proofhouse.coverage/2");
    assert!(!schema.allows(&last));
}
