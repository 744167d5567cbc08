//! Accounts of modules against `inspect-1.json`, hostile ones among them; the box against `box-1.json`.

use crate::schema::Schema;
use crate::support::guests::{guest, reference_interpreter};
use crate::support::program::Program;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wasm_encoder::{CodeSection, CustomSection, Function, FunctionSection};
use wasm_encoder::{EntityType, ExportKind, ExportSection, ImportSection, Module, TypeSection};

/// What a person is given at most, in bytes, whatever the module.
const MAX_HUMAN: usize = 64 << 10;
/// The same for a program.
const MAX_JSON: usize = 2 << 20;

/// Inspects a module in both forms: how it ended, and the account.
fn account(schema: &Schema, wasm: &[u8], what: &str) -> (i32, Value) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("module.wasm"), wasm).unwrap();
    let human = Program::new(folder.path()).args(["inspect", "module.wasm"]).run();
    let text = String::from_utf8(human.stdout).unwrap_or_else(|error| panic!("{what}: {error}"));
    let obeyed = text.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(obeyed, None, "{what}: {text:?}");
    assert!(text.len() <= MAX_HUMAN, "{what}: {} bytes", text.len());
    let arguments = ["inspect", "--format", "json", "module.wasm"];
    let ended = Program::new(folder.path()).args(arguments).run();
    assert_eq!(ended.code, human.code, "{what}");
    assert!(ended.stdout.len() <= MAX_JSON, "{what}: {} bytes", ended.stdout.len());
    let code = ended.code.unwrap_or_else(|| panic!("{what}: ended by a signal"));
    let account: Value = serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| {
        panic!("{what}: {error}: {}", String::from_utf8_lossy(&ended.stderr))
    });
    schema.demand(&account, what);
    let expected = if account["usable"] == json!(true) { 0 } else { 3 };
    assert_eq!(code, expected, "{what}");
    (code, account)
}

#[test]
fn hostile_modules_are_inspected() {
    let schema = Schema::read("inspect-1");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hostile");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    let mut codes = BTreeSet::new();
    for path in &paths {
        let wasm = wat::parse_file(path).unwrap();
        codes.insert(account(&schema, &wasm, &path.display().to_string()).0);
    }
    assert_eq!(codes, [0, 3].into(), "some can be used and some not");
}

#[test]
fn interpreters_are_inspected() {
    let schema = Schema::read("inspect-1");
    for name in ["obedient", "silent", "harness", "command", "supplier", "no-abi", "component"] {
        account(&schema, &guest(name), name);
    }
    let build = |file| account(&schema, &fs::read(reference_interpreter(file)).unwrap(), file).1;
    let release = build("channel-7.11.wasm");
    assert_eq!(release["sanitizer"]["level"], json!("binary-only"));
    assert_eq!(release["sanitizer"]["undefined_behaviour_checks"], json!(false));
    assert_eq!(release["sanitizer"]["instrumentation"]["heap"]["state"], json!("replaced"));
    let functions = &release["sanitizer"]["instrumentation"]["heap"]["functions"];
    for name in ["malloc", "free"] {
        assert!(functions.as_array().unwrap().contains(&json!(name)), "{functions}");
    }
    let producers = release["producers"].as_array().unwrap();
    assert!(producers.iter().any(|it| it["field"] == "language" && it["name"] == "C11"));
    assert!(producers.iter().any(|it| it["field"] == "processed-by" && it["version"] != ""));
    assert_eq!(release["debug"]["lines"], json!(true));
    assert!(release["debug"]["sections"].as_array().unwrap().contains(&json!(".debug_line")));
    assert!(release["debug"]["named_functions"].as_u64().unwrap() > 0);
    let furnished = account(&schema, &guest("furnished"), "furnished").1;
    assert_eq!(furnished["memories"][0]["maximum_bytes"], json!(2 << 20));
    let checked = build("channel-7.11-checked-O1.wasm");
    assert_eq!(checked["sanitizer"]["level"], json!("asan-layout"));
    assert_eq!(checked["sanitizer"]["undefined_behaviour_checks"], json!(true));
    let constants = &checked["sanitizer"]["instrumentation"]["layout"]["constants"];
    assert!(constants["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{constants}");
    let codes = |account: &Value| -> Vec<Value> {
        let advice = account["advice"].as_array().unwrap();
        advice.iter().map(|advice| advice["code"].clone()).collect()
    };
    assert!(codes(&release).contains(&json!("add-checked-build")));
    assert!(!codes(&checked).contains(&json!("add-checked-build")));
}

/// A valid module with very many imports and exports and custom sections, of names that a terminal obeys.
fn crowded(count: usize, name: &str) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let (mut imports, mut exports) = (ImportSection::new(), ExportSection::new());
    for number in 0..count {
        imports.import("proofhouse", &format!("{name}{number}"), EntityType::Function(0));
        exports.export(&format!("{name}{number}"), ExportKind::Func, 0);
    }
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    let mut body = Function::new([]);
    body.instructions().end();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    for _ in 0..count {
        module.section(&CustomSection { name: name.into(), data: name.as_bytes().into() });
    }
    module.finish()
}

#[test]
fn an_account_is_bounded_whatever_the_module() {
    let schema = Schema::read("inspect-1");
    for (count, name) in [(20_000, "\x1b[2J\u{202e}\n"), (3, "\x07".repeat(99_000).as_str())] {
        let (code, account) = account(&schema, &crowded(count, name), "crowded");
        assert_eq!(code, 3);
        for list in ["imports", "exports"] {
            assert_eq!(account[list]["count"], json!(count));
            assert!(account[list]["listed"].as_array().unwrap().len() <= 1_000);
        }
    }
}

#[test]
fn damaged_modules_are_inspected() {
    let schema = Schema::read("inspect-1");
    let whole = guest("obedient");
    for length in (0..whole.len()).step_by(whole.len() / 24) {
        let (part, _) = whole.split_at(length);
        assert_eq!(account(&schema, part, &format!("{length} bytes")).0, 3);
    }
}

#[test]
fn the_box_is_listed() {
    let schema = Schema::read("box-1");
    let folder = tempfile::tempdir().unwrap();
    let guests = folder.path().join("box");
    fs::create_dir(&guests).unwrap();
    for (file, name) in [
        ("obedient@1.2", "obedient"),
        ("obedient@1.2-checked-O1", "obedient"),
        ("silent@1", "silent"),
        ("broken@1", "no-abi"),
        ("command@1", "command"),
    ] {
        fs::write(guests.join(file).with_added_extension("wasm"), guest(name)).unwrap();
    }
    let ended = Program::new(folder.path()).args(["guests", "--format", "json"]).run();
    assert_eq!(ended.code, Some(3), "one cannot be used");
    let listed: Value = serde_json::from_slice(&ended.stdout).unwrap();
    schema.demand(&listed, "the box");
    let ids: Vec<&Value> = listed["guests"].as_array().unwrap().iter().map(|g| &g["id"]).collect();
    assert_eq!(ids, ["broken@1", "command@1", "obedient@1.2", "silent@1"]);
    assert_eq!(listed["guests"][2]["builds"].as_array().unwrap().len(), 2);
}
