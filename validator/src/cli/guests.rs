//! The box: interpreters that come with the program, found by name.
//!
//! A box is a directory of files named `NAME@VERSION.wasm`. It is what `PROOFHOUSE_GUESTS` names;
//! where that is not set, `../guests` and `../share/proofhouse/guests` beside the program.

use super::files::{self, FileError};
use super::set::{self, SetError};
use crate::ingest::IngestError;
use crate::interpreter::{CheckedModule, Module};
use cap_std::AmbientAuthority;
use cap_std::fs::Dir;
use proofhouse_sandbox::Unusable;
use proofhouse_sandbox::limits::MAX_MODULE_BYTES;
use std::path::{Path, PathBuf};

/// Where a box may be, relative to the directory of the program.
const BESIDE_THE_PROGRAM: [&str; 2] = ["../guests", "../share/proofhouse/guests"];
/// The variable that names the only one to look in.
const VARIABLE: &str = "PROOFHOUSE_GUESTS";

/// Why an interpreter was not found.
#[derive(Debug, thiserror::Error)]
pub(super) enum FindError {
    /// Its file.
    #[error("interpreter {0}")]
    File(#[from] FileError),
    /// A set of builds that is not one.
    #[error(transparent)]
    Set(#[from] SetError),
    /// There is none of that name in the box.
    #[error("no interpreter `{name}` in the box; {}", offer(known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// There are several versions.
    #[error("several versions of `{name}` in the box, say which: {}", versions.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// What there is.
        versions: Vec<String>,
    },
}

fn offer(known: &[String]) -> String {
    if known.is_empty() {
        format!("the box is empty (build it with `cargo guests`, or set {VARIABLE})")
    } else {
        format!("there are {}", known.join(", "))
    }
}

/// Finds an interpreter: a path if it looks like one, a name in the box otherwise.
pub(super) fn find(wanted: &Path, authority: AmbientAuthority) -> Result<Module, FindError> {
    let text = wanted.to_string_lossy();
    let is_path = text.contains('/') || wanted.extension().is_some_and(|e| e == "wasm");
    if wanted.extension().is_some_and(|e| e == "toml") {
        return set::read(wanted, authority);
    }
    if is_path {
        return read(wanted, authority);
    }
    let mut known = Vec::new();
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for place in boxes() {
        for name in names(&place, authority) {
            let Some(id) = name.strip_suffix(".wasm") else { continue };
            if !known.iter().any(|k| k == id) {
                if id == text || id.split('@').next() == Some(&text) {
                    found.push((id.to_owned(), place.join(&name)));
                }
                known.push(id.to_owned());
            }
        }
    }
    known.sort_unstable();
    match found.as_slice() {
        [] => Err(FindError::Unknown { name: text.into_owned(), known }),
        [(_, path)] => read(path, authority),
        several => {
            let versions = several.iter().map(|(id, _)| id.clone()).collect();
            Err(FindError::Ambiguous { name: text.into_owned(), versions })
        }
    }
}

fn read(path: &Path, authority: AmbientAuthority) -> Result<Module, FindError> {
    let CheckedModule { name, wasm } = read_build(path, authority)?;
    Ok(Module { name, wasm, checked: Vec::new() })
}

/// One module, named by its file.
pub(super) fn read_build(
    path: &Path,
    authority: AmbientAuthority,
) -> Result<CheckedModule, FileError> {
    let wasm = match files::read(path, MAX_MODULE_BYTES, authority) {
        Ok(wasm) => Ok(wasm),
        // It is an interpreter that cannot judge, not a wrong call: its files are listed.
        Err(FileError::Read { error: IngestError::TooLarge { size, limit }, .. }) => {
            let what = "the size of the module in bytes";
            Err(Unusable::OverLimit { what, value: size, limit }.into())
        }
        Err(error) => return Err(error),
    };
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(CheckedModule { name, wasm })
}

fn boxes() -> Vec<PathBuf> {
    if let Some(place) = std::env::var_os(VARIABLE).filter(|place| !place.is_empty()) {
        return vec![place.into()];
    }
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent).into_iter();
    folder.flat_map(|folder| BESIDE_THE_PROGRAM.map(|beside| folder.join(beside))).collect()
}

/// File names in a box, sorted; none if it is not there.
fn names(place: &Path, authority: AmbientAuthority) -> Vec<String> {
    let Ok(dir) = Dir::open_ambient_dir(place, authority) else { return Vec::new() };
    let Ok(entries) = dir.entries() else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    names
}
