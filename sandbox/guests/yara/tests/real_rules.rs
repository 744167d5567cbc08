//! Rule files that others wrote and use.
//!
//! They are not part of this repository. The folder is `../shared` beside it, or what
//! `PROOFHOUSE_SHARED` names; without it the tests say so and pass.
#![allow(clippy::unwrap_used, reason = "a file that cannot be read fails the test")]

#[path = "../../../../fixtures/skipped.rs"]
mod skips;

use std::path::{Path, PathBuf};

use proofhouse_guest::{Session, record};
use proofhouse_guest_yara::Yara;
use skips::skipped;

/// How many rule files the collection has; fewer means that something was not looked at.
const FILES: usize = 352;

/// The rule files in the order of their names, or `None` where the collection is absent.
fn collection() -> Option<Vec<PathBuf>> {
    let shared = std::env::var_os("PROOFHOUSE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("real/yara");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        skipped(format!("no rule collection at {}", folder.display()));
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

#[test]
fn every_file_is_accepted() {
    let Some(files) = collection() else { return };
    let mut rejected = Vec::new();
    for file in &files {
        let content = std::fs::read(file).unwrap();
        let (code, seen) = record(|| Session::<Yara>::default().load(&content));
        if code != 0 {
            rejected.push((file, code, seen.messages));
        }
    }
    assert!(rejected.is_empty(), "{rejected:#?}");
    assert_eq!(files.len(), FILES);
}

#[test]
fn real_rules_match_what_they_describe_and_nothing_else() {
    // By the rules' own descriptions: an OLE document that expands variables on a command line, and
    // a shortcut to a folder that malware likes.
    let document = b"\xd0\xcf\x11\xe0 %comspec% /V:ON /c".as_slice();
    let text = b"%comspec% /V:ON /c".as_slice();
    let shortcut = b"\x4c\x00P\0e\0r\0f\0l\0o\0g\0s\0\\\0".as_slice();
    let Some(files) = collection() else { return };
    for (name, rule, event) in [
        ("gen_susp_cmd_var_expansion.yar", "SUSP_CMD_Var_Expansion", document),
        ("mixed_open_source_export.yar", "SUSP_LNK_Suspicious_Folders_Jan25", shortcut),
    ] {
        let file = files.iter().find(|file| file.ends_with(name)).unwrap();
        let mut session = Session::<Yara>::default();
        assert_eq!(session.load(&std::fs::read(file).unwrap()), 0);
        for candidate in [document, text, shortcut] {
            let (count, seen) = record(|| session.evaluate(candidate));
            let expected = if candidate == event { vec![rule.as_bytes().to_vec()] } else { vec![] };
            assert_eq!((count, seen.emitted), (i32::from(candidate == event), expected), "{name}");
        }
    }
}
