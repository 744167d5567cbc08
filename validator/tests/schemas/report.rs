//! Reports against `report-1.json`.

use crate::schema::Schema;
use crate::support::guests::{guest, reference_interpreter};
use crate::support::program::Program;
use proofhouse_corpus::ChannelFile;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const GUESTS: [&str; 7] =
    ["obedient", "silent", "harness", "command", "no-abi", "supplier", "writes"];
const ORDERS: [&str; 14] = [
    "accept", "beyond", "divide", "emit", "flood", "kill", "loop", "memory", "network", "overrun",
    "quiet", "refuse", "stack", "wild",
];

/// A folder with interpreters, an order each, events, a policy and channel files.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    for name in GUESTS {
        write(&format!("{name}.wasm"), &guest(name));
    }
    for order in ORDERS {
        write(&format!("{order}.order"), order.as_bytes());
    }
    write("no-buffer.order", &[0; 1313]);
    let events = br#"{"schema": "proofhouse.events/1", "events": [
        {"id": "a", "text": "match"}, {"id": "b", "text": "bytes"}, {"id": "c", "text": "error"}
    ]}"#;
    write("events.json", events);
    let policy = b"schema = 'proofhouse.policy/1'\ninterpreter.obedient.configuration.mode = 1";
    write("policy.toml", policy);
    for inputs in [20, 21, 22] {
        let source = format!(
            "channel = 1\ntemplate_type = 7\ninputs = {inputs}\n\
             [[instance]]\nid = 1\ninput.{inputs} = {{ equals = 'x' }}"
        );
        let file = ChannelFile::from_toml(&source).unwrap().encode().unwrap();
        write(&format!("{inputs}.chan"), &file);
    }
    folder
}

fn report<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Value {
    let program = Program::new(folder).args(["check", "--format", "json"]).args(arguments);
    let ended = program.run();
    let said = String::from_utf8_lossy(&ended.stderr);
    serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| panic!("{error}; {said}"))
}

/// Every verdict, every outcome that content can have, every kind of interpreter.
fn reports(folder: &Path) -> Vec<(&'static str, Value)> {
    let of = |line: &str| report(folder, line.split(' '));
    let reference = reference_interpreter("channel-7.11.wasm");
    let reference = ["-i".as_ref(), reference.as_os_str()];
    fs::write(folder.join(OsStr::from_bytes(b"\xff\n.txt")), "accept").unwrap();
    vec![
        ("accepted", of("-i obedient.wasm accept.order")),
        ("rejected", of("-i obedient.wasm --fuel 10000000 -p policy.toml .")),
        ("inconclusive", of("-i obedient.wasm no-buffer.order")),
        ("events", of("-i obedient.wasm -e events.json accept.order emit.order")),
        ("watchdog", {
            of("-i obedient.wasm --fuel 9007199254740991 --deadline 300ms loop.order")
        }),
        ("all kinds of interpreters", {
            of("-i silent.wasm -i harness.wasm -i command.wasm -e events.json accept.order")
        }),
        ("a harness that writes to its input", {
            let report = of("-i writes.wasm accept.order");
            let outcome = &report["subjects"][0]["runs"][0]["outcome"];
            assert_eq!(outcome["violation"]["rule"], "input-changed");
            report
        }),
        ("a command that refuses", of("-i command.wasm refuse.order")),
        ("unusable", of("-i no-abi.wasm -i silent.wasm accept.order refuse.order")),
        ("no file", of("-i silent.wasm /dev/zero accept.order")),
        ("not UTF-8", report(folder, ["-i", "silent.wasm", "--include", "*.txt", "."])),
        ("contract", of("-i supplier.wasm 20.chan 21.chan 22.chan accept.order")),
        ("times", of("-i obedient.wasm --timings accept.order refuse.order")),
        ("schema only", of("-i supplier.wasm --gates schema 20.chan 21.chan")),
        ("the reference interpreter", {
            report(folder, reference.into_iter().chain(["20.chan", "22.chan"].map(OsStr::new)))
        }),
    ]
}

#[test]
fn every_report_keeps_the_schema() {
    let (schema, folder) = (Schema::read("report-1"), folder());
    let reports = reports(folder.path());
    for (what, report) in &reports {
        schema.demand(report, what);
        // Equal calls give equal reports, unless times are asked for.
        assert_eq!(report.get("ready_us").is_some(), *what == "times", "{what}");
    }
    // What the schema was tried on: every kind of outcome but one, and all places.
    let mut seen = Seen::default();
    for (_, report) in &reports {
        seen.look(report);
    }
    let kinds = [
        "abi-violation",
        "accepted",
        "completed",
        "evaluation-error",
        "host-fault",
        "out-of-fuel",
        "out-of-memory",
        "output-flood",
        "rejected",
        "stack-exhausted",
        "trapped",
    ];
    assert_eq!(seen.kinds.iter().collect::<Vec<_>>(), kinds, "`unusable` makes no run");
    for member in [
        "path_bytes",
        "elapsed_us",
        "emitted",
        "configuration",
        "frames",
        "offset",
        "address_uncertainty",
    ] {
        assert!(seen.members.contains(member), "{member}");
    }
    assert_eq!(seen.verdicts.len(), 3);
}

/// What occurs in reports.
#[derive(Default)]
struct Seen {
    kinds: BTreeSet<String>,
    members: BTreeSet<String>,
    verdicts: BTreeSet<String>,
}

impl Seen {
    fn look(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.members.insert(name.clone());
                    if name == "verdict" {
                        self.verdicts.insert(member.as_str().unwrap().to_owned());
                    }
                    if name == "kind" {
                        self.kinds.insert(member.as_str().unwrap().to_owned());
                    }
                    self.look(member);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            _ => {}
        }
    }
}

#[test]
fn notes_keep_the_schema() {
    let (schema, folder) = (Schema::read("report-1"), folder());
    fs::create_dir_all(folder.path().join("empty/sub")).unwrap();
    symlink("sub", folder.path().join(OsStr::from_bytes(b"empty/link\xff"))).unwrap();
    let report = report(folder.path(), ["-i", "obedient.wasm", "empty", "accept.order"]);
    schema.demand(&report, "notes");
    let of = |member: &str| [0, 1].map(|nth| report["notes"][nth][member].clone());
    assert_eq!(of("kind"), ["linked-directory", "nothing-matched"]);
    assert_eq!(of("path"), ["empty/link\\xff", "empty"]);
    assert_eq!(of("path_bytes"), [json!("ZW1wdHkvbGlua/8="), Value::Null]);
    assert_eq!(report["more_notes"], 0);
    for (pointer, value) in [("/notes", json!([])), ("/notes/0/kind", json!("A link"))] {
        let mut report = report.clone();
        *report.pointer_mut(pointer).expect(pointer) = value;
        assert!(!schema.allows(&report), "{pointer}");
    }
}

#[test]
fn readers_are_told_to_tolerate_what_is_new() {
    let (schema, folder) = (Schema::read("report-1"), folder());
    let mut report = report(folder.path(), ["-i", "obedient.wasm", "overrun.order"]);
    report["subjects"][0]["signature"] = json!({ "by": "somebody" });
    report["subjects"][0]["findings"][0]["code"] = json!("heap-use-after-free");
    report["subjects"][0]["runs"][0]["outcome"] = json!({ "kind": "nondeterministic", "runs": 2 });
    report["gates"] = json!(["schema", "differential"]);
    assert!(schema.allows(&report));
}

#[test]
fn what_is_no_report_is_refused() {
    let (schema, folder) = (Schema::read("report-1"), folder());
    let good = report(folder.path(), ["-i", "obedient.wasm", "overrun.order"]);
    assert!(schema.allows(&good));
    let trapped = json!({ "kind": "trapped", "trap": "unreachable" });
    for (pointer, value) in [
        ("/schema", json!("proofhouse.report/2")),
        ("/verdict", json!("fine")),
        ("/verdict", Value::Null),
        ("/subjects", json!([])),
        ("/subjects/0/verdict", json!("REJECTED")),
        ("/subjects/0/digest", json!("e3b0c442")),
        ("/subjects/0/size", json!(-1)),
        ("/subjects/0/size", json!("7")),
        ("/subjects/0/path", json!(7)),
        ("/subjects/0/findings/0/severity", json!("fatal")),
        ("/subjects/0/findings/0/code", json!("Heap Overflow")),
        ("/subjects/0/findings/0/place", json!({})),
        ("/subjects/0/findings/0/place/frames/0/function", Value::Null),
        ("/subjects/0/runs/0/outcome", trapped),
        ("/subjects/0/runs/0/fuel", json!(9_007_199_254_740_992_u64)),
        ("/interpreters/0/digest", json!("")),
        ("/limits/fuel", json!(0.5)),
        ("/counts", json!({ "accepted": 1 })),
    ] {
        let mut report = good.clone();
        *report.pointer_mut(pointer).expect(pointer) = value;
        assert!(!schema.allows(&report), "{pointer}");
    }
    for member in good.as_object().unwrap().keys() {
        let mut report = good.clone();
        report.as_object_mut().unwrap().shift_remove(member);
        assert!(!schema.allows(&report), "{member}");
    }
}
