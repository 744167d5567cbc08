//! One version everywhere: what the guest says, what its builder reads, and what is linked in.
#![allow(clippy::unwrap_used, reason = "a file that is not as it should be fails the test")]

use std::path::Path;

use proofhouse_guest::Interpreter;
use proofhouse_guest_yara::{VERSION, Yara};
use toml::{Table, Value};

fn read(path: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn text<'a>(table: &'a Table, key: &str) -> &'a str {
    table.get(key).and_then(Value::as_str).unwrap()
}

#[test]
fn version_is_that_of_boreal_in_the_lock_file() {
    let lock = read("../../../Cargo.lock");
    let packages = lock.get("package").and_then(Value::as_array).unwrap();
    let boreal =
        packages.iter().filter_map(Value::as_table).find(|it| text(it, "name") == "boreal");
    assert_eq!(text(boreal.unwrap(), "version"), VERSION);
}

#[test]
fn builder_is_told_this_crate_and_version() {
    let guest = read("guest.toml");
    assert_eq!(text(&guest, "name"), "yara");
    assert_eq!(text(&guest, "language"), "rust");
    assert_eq!(text(&guest, "package"), env!("CARGO_PKG_NAME"));
    assert_eq!(text(&guest, "version"), VERSION);
}

#[test]
fn description_names_the_files_it_is_for() {
    let expected = format!(
        r#"{{"schema":"proofhouse.describe/1","name":"yara","version":"{VERSION}","content":[{{"kind":"yara-rules","patterns":["*.yar","*.yara"]}}],"contracts":[]}}"#
    );
    assert_eq!(Yara::describe().to_json(), expected);
}
