//! One version everywhere: what a guest says of itself, what its builder reads, and what is linked in.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use toml::Table;

/// Which crate is a guest's interpreter, and which of its versions.
const INTERPRETERS: [(&str, &str); 7] = [
    ("cedar", "cedar-policy"),
    ("cel", "cel"),
    ("ebpf", "rbpf"),
    ("libyara", "yara-sys"),
    ("rego", "regorus"),
    ("sigma", "rsigma-eval"),
    ("yara", "boreal"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> Table {
    fs::read_to_string(root().join(path)).unwrap().parse().unwrap()
}

/// The version of a guest in its `guest.toml`.
fn declared(guest: &str) -> String {
    let manifest = read(&format!("sandbox/guests/{guest}/guest.toml"));
    let versions = manifest.get("versions").and_then(|versions| versions.get(0)?.get("version"));
    manifest.get("version").or(versions).unwrap().as_str().unwrap().to_owned()
}

/// Bytes of the stack that a guest is linked with: those of its `guest.toml`, or rustc's 1 MiB.
fn declared_stack(guest: &str) -> i64 {
    let manifest = read(&format!("sandbox/guests/{guest}/guest.toml"));
    manifest.get("stack_bytes").map_or(1 << 20, |bytes| bytes.as_integer().unwrap())
}

fn locked(package: &str) -> String {
    let lock = read("Cargo.lock");
    let packages = lock.get("package").unwrap().as_array().unwrap();
    let text =
        |entry: &toml::Value, key: &str| entry.get(key).unwrap().as_str().unwrap().to_owned();
    let found = packages.iter().find(|entry| text(entry, "name") == package);
    text(found.unwrap_or_else(|| panic!("no {package} in the lock file")), "version")
}

#[test]
fn versions_are_those_of_the_lock_file() {
    for (guest, package) in INTERPRETERS {
        // The crate of the C library has a version of its own.
        let expected = if guest == "libyara" { "4.5.5".to_owned() } else { locked(package) };
        assert_eq!(declared(guest), expected, "{guest}");
    }
    assert_eq!(locked("yara-sys"), "0.32.0", "another crate may carry another libyara");
}

#[test]
fn every_guest_in_the_box_is_known_here_and_describes_itself() {
    let index = super::target_dir().join("guests/index.json");
    let index: Value = serde_json::from_slice(&fs::read(index).unwrap()).unwrap();
    let guests = index.get("guests").unwrap().as_array().unwrap();
    let mut names: Vec<&str> =
        guests.iter().map(|guest| guest.get("name").unwrap().as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, INTERPRETERS.map(|(name, _)| name));
    for (guest, _) in INTERPRETERS {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("content"), "").unwrap();
        let id = format!("{guest}@{}", declared(guest));
        let arguments = ["check", "--format", "json", "-i", &id, "content"];
        let ended = super::in_the_box(folder.path()).args(arguments).run();
        let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(report.pointer("/interpreters/0/id"), Some(&Value::String(id)));
        let stack = report.pointer("/interpreters/0/instrumentation/own_stack_bytes").unwrap();
        assert_eq!(stack.as_i64(), Some(declared_stack(guest)), "{guest}");
    }
}

/// A kind of content, and the names of its files.
type Kind<'a> = (&'a str, &'a [&'a str]);

/// What each guest says of itself.
const CONTENT: [(&str, &[Kind<'_>]); 7] = [
    ("cedar", &[("cedar-policies", &["*.cedar"])]),
    ("cel", &[("cel-expression", &["*.cel"])]),
    ("ebpf", &[("ebpf-program", &["*.bpf"])]),
    ("libyara", &[("yara-rules", &["*.yar", "*.yara"]), ("yara-compiled-rules", &["*.yarc"])]),
    ("rego", &[("rego-module", &["*.rego"]), ("rego-bundle", &["*.rego.json"])]),
    ("sigma", &[("sigma-rules", &["*.yml", "*.yaml"])]),
    ("yara", &[("yara-rules", &["*.yar", "*.yara"])]),
];

/// Not what the file's name says of it: a guest that does not describe itself fails here.
#[test]
fn every_guest_describes_itself() {
    let folder = tempfile::tempdir().unwrap();
    let ended = super::in_the_box(folder.path()).args(["guests", "--format", "json"]).run();
    let listed: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let said: Vec<Value> = listed.get("guests").unwrap().as_array().unwrap().clone();
    assert_eq!(said.len(), CONTENT.len());
    for ((guest, kinds), said) in CONTENT.into_iter().zip(said) {
        let content: Vec<Value> = kinds
            .iter()
            .map(|(kind, patterns)| json!({ "kind": kind, "patterns": patterns }))
            .collect();
        let description = json!({ "name": guest, "version": declared(guest) });
        assert_eq!(said.get("describes_itself"), Some(&description), "{guest}");
        assert_eq!(said.get("content"), Some(&Value::Array(content)), "{guest}");
    }
}

#[test]
fn every_guest_has_a_page_and_a_row() {
    let pages = root().join("docs/guests");
    let overview = fs::read_to_string(pages.join("README.md")).unwrap();
    let folders = fs::read_dir(root().join("sandbox/guests")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let mut guests = 0;
    for folder in folders.filter(|folder| folder.join("guest.toml").exists()) {
        let guest = folder.file_name().unwrap().to_string_lossy().into_owned();
        let page = pages.join(format!("{guest}.md"));
        let text = fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        assert!(text.contains(&declared(&guest)), "{}: not its version", page.display());
        let row = format!("| [`{guest}`]({guest}.md) |");
        assert!(overview.lines().any(|line| line.starts_with(&row)), "no row for {guest}");
        guests += 1;
    }
    assert_eq!(guests, INTERPRETERS.len());
}
