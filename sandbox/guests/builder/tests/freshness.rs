//! An artefact is built again when something that it is made from changed, and only then.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use std::fs;
use std::time::SystemTime;

use support::Workspace;

const MODULE: &str = "target/fixtures/tiny-1.wasm";

fn modified(workspace: &Workspace) -> SystemTime {
    fs::metadata(workspace.path(MODULE)).unwrap().modified().unwrap()
}

#[test]
fn nothing_changed_builds_nothing() {
    let workspace = Workspace::with_tiny_guest();
    let first = workspace.build(&[]);
    assert!(first.contains("built target/fixtures/tiny-1.wasm"), "{first}");
    assert!(first.contains("built target/fixtures/tiny-1-native"), "{first}");
    let before = modified(&workspace);
    let second = workspace.build(&[]);
    assert!(!second.contains("built"), "{second}");
    assert!(second.contains("fresh target/fixtures/tiny-1.wasm"), "{second}");
    assert_eq!(modified(&workspace), before);
}

#[test]
fn changed_header_builds_again() {
    let workspace = Workspace::with_tiny_guest();
    workspace.build(&[]);
    let before = fs::read(workspace.path(MODULE)).unwrap();
    workspace.write("fixtures/interpreters/tiny/answer.h", "#define ANSWER 7\n");
    let said = workspace.build(&[]);
    assert!(said.contains("built target/fixtures/tiny-1.wasm"), "{said}");
    assert_ne!(fs::read(workspace.path(MODULE)).unwrap(), before);
}

#[test]
fn changed_flag_builds_again() {
    let workspace = Workspace::with_tiny_guest();
    workspace.build(&[]);
    let manifest = "fixtures/interpreters/tiny/guest.toml";
    let text = fs::read_to_string(workspace.path(manifest)).unwrap();
    workspace.write(manifest, &text.replace("sources = []", "sources = []\nstack_bytes = 131072"));
    let said = workspace.build(&[]);
    assert!(said.contains("built target/fixtures/tiny-1.wasm"), "{said}");
}

#[test]
fn damaged_artefact_is_built_again() {
    let workspace = Workspace::with_tiny_guest();
    workspace.build(&[]);
    let before = fs::read(workspace.path(MODULE)).unwrap();
    fs::write(workspace.path(MODULE), "damaged").unwrap();
    workspace.build(&[]);
    assert_eq!(fs::read(workspace.path(MODULE)).unwrap(), before);
}

#[test]
fn failure_leaves_the_old_artefact_and_no_litter() {
    let workspace = Workspace::with_tiny_guest();
    workspace.build(&[]);
    let before = fs::read(workspace.path(MODULE)).unwrap();
    let files = || fs::read_dir(workspace.path("target/fixtures")).unwrap().count();
    let count = files();
    workspace.write("fixtures/interpreters/tiny/answer.h", "#define ANSWER wrong\n");
    let said = workspace.fail(&[]);
    assert!(said.contains("compiling tiny-1.wasm failed"), "{said}");
    assert!(said.contains("tiny.c"), "{said}");
    assert_eq!(fs::read(workspace.path(MODULE)).unwrap(), before);
    assert_eq!(files(), count);
}

#[test]
fn what_fixtures_are_given_is_made_with_any_of_them() {
    let workspace = Workspace::with_tiny_guest();
    workspace.write(
        "fixtures/content/small.toml",
        "channel = 1\ntemplate_type = 7\ninputs = 1\n[[instance]]\nid = 1\n",
    );
    workspace.write(
        "fixtures/events/some.json",
        r#"{"schema": "proofhouse.events/1", "events": [{"id": "one", "text": "first"}]}"#,
    );
    workspace.build(&["--only", "tiny"]);
    let event = fs::read(workspace.path("target/fixtures/events/some/1.event")).unwrap();
    assert_eq!(event, b"first");
    assert!(workspace.path("target/fixtures/content/small.chan").is_file());
}
