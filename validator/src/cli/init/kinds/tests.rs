//! That the lists are complete and that what is written fits.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use super::{Kind, Name};
use clap::ValueEnum as _;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sandbox/sdk")
}

/// All files below a folder, relative to it.
fn below(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found
}

#[test]
fn the_crate_is_embedded_whole() {
    let name = Name::new("sensor").unwrap();
    let files = Kind::Rust.files(&name);
    let paths = files.iter().filter_map(|file| file.path.strip_prefix("sdk/rust/src/"));
    assert_eq!(paths.map(str::to_owned).collect::<BTreeSet<_>>(), below(&sdk().join("rust/src")));
}

#[test]
fn the_crates_manifest_has_the_workspaces_versions() {
    let workspace = std::fs::read_to_string(sdk().join("../../Cargo.toml")).unwrap();
    let workspace: toml::Table = toml::from_str(&workspace).unwrap();
    let ours = std::fs::read_to_string(sdk().join("rust/Cargo.toml")).unwrap();
    let ours: toml::Table = toml::from_str(&ours).unwrap();
    let files = Kind::Rust.files(&Name::new("sensor").unwrap());
    let written = files.iter().find(|file| file.path == "sdk/rust/Cargo.toml").unwrap();
    let written: toml::Table = toml::from_str(&written.text).unwrap();
    let names = |manifest: &toml::Table| {
        manifest["dependencies"].as_table().unwrap().keys().cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&ours), names(&written));
    for (name, version) in written["dependencies"].as_table().unwrap() {
        let declared = &workspace["workspace"]["dependencies"][name];
        let declared = declared.get("version").unwrap_or(declared);
        assert_eq!(declared, version, "{name}");
    }
    let package = &workspace["workspace"]["package"];
    for key in ["edition", "rust-version", "license", "version"] {
        assert_eq!(written["package"][key], package[key], "{key}");
    }
}

#[test]
fn every_template_is_used_and_none_is_left_unfilled() {
    let name = Name::new("my-sensor").unwrap();
    for kind in Kind::value_variants() {
        let files = kind.files(&name);
        let paths: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(paths.len(), files.len(), "{kind:?}: two files of one name");
        for file in &files {
            for mark in ["@NAME@", "@CRATE@", "@SET@", "@VERSION@"] {
                assert!(!file.text.contains(mark), "{kind:?}: {} has {mark}", file.path);
            }
            let policy = file.path.ends_with("policy.toml");
            assert!(!policy || toml::from_str::<toml::Table>(&file.text).is_ok(), "{kind:?}");
        }
    }
    // A template that is embedded is named in kinds.rs.
    let kinds = include_str!("../kinds.rs");
    for template in below(&sdk().join("init")) {
        assert!(kinds.contains(&format!("\"init/{template}\"")), "{template} is in no project");
    }
}
