//! What has to be said about any bytes at all: the native decoder and the repaired interpreter, two
//! implementations of one specification, must agree on every file.

use crate::report::{codes, parse, subjects, text};
use crate::support::guests::reference_interpreter;
use crate::support::program::Program;
use proofhouse_corpus::{ChannelFile, DecodeError};
use serde_json::{Value, json};
use std::fs;

/// Template type that the reference interpreter knows, and the inputs that it supplies to it.
const TEMPLATE_TYPE: u32 = 7;
const SUPPLIED: u32 = 21;

/// How many files of each kind there were.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) accepted: usize,
    pub(crate) malformed: usize,
    pub(crate) beyond_contract: usize,
}

/// Has all of these files judged in one call, by the interpreter as reactor, as command and as fuzz harness,
/// and compares each subject of the report with the native decoder.
pub(crate) fn compare(files: &[(String, Vec<u8>)]) -> Counts {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    for (number, (_, bytes)) in files.iter().enumerate() {
        fs::write(tree.join(format!("{number:06}.chan")), bytes).unwrap();
    }
    let ended = Program::new(folder.path())
        .args(["check", "--format", "json", "tree", "-i"])
        .args([reference_interpreter("channel-7.11.wasm")])
        .args(["-i".into(), reference_interpreter("channel-7.11-command.wasm")])
        .args(["-i".into(), reference_interpreter("channel-7.11-harness.wasm")])
        .run();
    let report = parse(&ended);
    assert_eq!(subjects(&report).len(), files.len(), "every file is listed");

    let mut counts = Counts::default();
    for (subject, (name, bytes)) in subjects(&report).iter().zip(files) {
        let decoded = ChannelFile::decode(bytes);
        match &decoded {
            Err(error) => {
                counts.malformed += 1;
                malformed(name, subject, *error);
            }
            Ok(file) if file.template_type != TEMPLATE_TYPE || file.input_count > SUPPLIED => {
                counts.beyond_contract += 1;
                beyond_contract(name, subject, file);
            }
            Ok(_) => {
                counts.accepted += 1;
                let verdict = (text(subject, "verdict"), codes(subject), kinds(subject));
                let expected = ("accepted", vec![], vec!["accepted", "accepted", "completed"]);
                assert_eq!(verdict, expected, "{name}: {subject}");
            }
        }
    }
    assert_eq!(ended.code, Some(i32::from(counts.accepted < files.len())));
    counts
}

/// The decoder says where and why; the interpreter refuses it where it can say so.
fn malformed(name: &str, subject: &Value, error: DecodeError) {
    assert_eq!(text(subject, "verdict"), "rejected", "{name}: {subject}");
    assert_eq!(codes(subject), ["malformed", "refused", "refused"], "{name}: {subject}");
    let finding = &subject["findings"][0];
    assert_eq!(finding["place"], json!({ "offset": error.offset() }), "{name}");
    assert_eq!(text(finding, "message"), error.fault().to_string(), "{name}");
    refused(name, subject);
}

/// A good file that this interpreter is not for.
fn beyond_contract(name: &str, subject: &Value, file: &ChannelFile<'_>) {
    assert_eq!(text(subject, "verdict"), "rejected", "{name}: {subject}");
    let first = codes(subject)[0].to_owned();
    if file.template_type == TEMPLATE_TYPE {
        assert!(
            ["contract-inputs", "contract-margin"].contains(&first.as_str()),
            "{name}: {first}"
        );
    } else {
        assert_eq!(first, "contract-template", "{name}");
    }
    refused(name, subject);
}

/// Reactor and command refuse it with a code and with words. The harness is quiet about what it thinks of it.
fn refused(name: &str, subject: &Value) {
    assert_eq!(kinds(subject), ["rejected", "rejected", "completed"], "{name}: {subject}");
    for run in subject["runs"].as_array().unwrap().iter().take(2) {
        assert_eq!(text(run, "phase"), "load", "{name}");
        assert_ne!(run["outcome"]["code"], 0, "{name}");
        assert!(!text(&run["outcome"], "message").is_empty(), "{name}: nothing said");
    }
}

fn kinds(subject: &Value) -> Vec<&str> {
    let runs = subject["runs"].as_array().unwrap();
    runs.iter().map(|run| text(&run["outcome"], "kind")).collect()
}
