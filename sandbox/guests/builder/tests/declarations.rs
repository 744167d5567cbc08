//! What is declared is listed; what is declared wrongly is refused with its place.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use std::path::Path;

use sha2::Digest as _;

use support::{Workspace, builder, real_root, said};

#[test]
fn list_names_artefacts_and_builds_nothing() {
    let workspace = Workspace::with_tiny_guest();
    let output = builder(workspace.root(), &["--list"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "tiny 1 target/fixtures/tiny-1.wasm\ntiny 1 target/fixtures/tiny-1-native\n"
    );
    assert!(!workspace.path("target/fixtures").exists());
}

#[test]
fn every_guest_of_this_workspace_is_declared_well() {
    let output = builder(&real_root(), &["--list"]);
    assert!(output.status.success(), "{}", said(&output));
    let lines = String::from_utf8(output.stdout).unwrap();
    for file in [
        "channel-7.10.wasm",
        "channel-7.11.wasm",
        "channel-7.10-checked-O0.wasm",
        "channel-7.11-checked-O1.wasm",
        "channel-7.10-native-asan",
    ] {
        assert!(lines.contains(&format!("target/fixtures/{file}\n")), "{lines}");
    }
}

#[test]
fn unknown_guest_names_the_known() {
    let workspace = Workspace::with_tiny_guest();
    let said = workspace.fail(&["--only", "teeny"]);
    assert!(said.contains("no guest teeny; there are: tiny"), "{said}");
}

#[test]
fn manifest_error_names_file_and_line() {
    let workspace = Workspace::with_tiny_guest();
    workspace
        .write("fixtures/interpreters/bad/guest.toml", "name = \"bad\"\nlanguage = \"cobol\"\n");
    let said = workspace.fail(&[]);
    assert!(said.contains("fixtures/interpreters/bad/guest.toml"), "{said}");
    assert!(said.contains("cobol"), "{said}");
}

#[test]
fn same_name_twice_is_refused() {
    let workspace = Workspace::with_tiny_guest();
    let rust = "name = \"tiny\"\nlanguage = \"rust\"\nversion = \"1\"\npackage = \"p\"\n";
    workspace.write("sandbox/guests/other/guest.toml", rust);
    let said = workspace.fail(&[]);
    assert!(said.contains("guest tiny is declared twice"), "{said}");
}

#[test]
fn same_file_twice_is_refused() {
    let workspace = Workspace::with_tiny_guest();
    let more = "[[programs]]\nkind = \"native\"\nsources = [\"main.c\"]\n";
    let manifest = workspace.path("fixtures/interpreters/tiny/guest.toml");
    let text = std::fs::read_to_string(manifest).unwrap();
    workspace.write("fixtures/interpreters/tiny/guest.toml", &format!("{text}{more}"));
    let said = workspace.fail(&[]);
    assert!(said.contains("tiny-1-native would be built twice"), "{said}");
}

#[test]
fn folder_outside_any_workspace_is_refused() {
    let output = builder(Path::new("/"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("is in no workspace"), "{}", said(&output));
}

#[test]
fn wrong_call_is_told_from_failure() {
    assert_eq!(builder(&real_root(), &["--unknown"]).status.code(), Some(2));
}

#[test]
fn index_lists_what_ships_and_nothing_else() {
    let workspace = Workspace::with_tiny_guest();
    let shipped = TINY.replace("tiny", "shipped");
    workspace.write("sandbox/guests/shipped/guest.toml", &shipped);
    workspace.write("sandbox/guests/shipped/shipped.c", "int shipped;\n");
    workspace.build(&[]);
    let module = std::fs::read(workspace.path("target/guests/shipped@2.0.wasm")).unwrap();
    let index = std::fs::read(workspace.path("target/guests/index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    assert_eq!(
        index,
        serde_json::json!({
            "schema": "proofhouse.guests/1",
            "guests": [{
                "name": "shipped",
                "version": "2.0",
                "file": "shipped@2.0.wasm",
                "sha256": hexadecimal(&sha2::Sha256::digest(&module)),
                "size": module.len(),
            }],
        })
    );
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

const TINY: &str = "name = \"tiny\"\nlanguage = \"c\"\nsources = []\n\
    [[versions]]\nversion = \"2.0\"\n[[programs]]\nkind = \"reactor\"\nsources = [\"tiny.c\"]\n";
