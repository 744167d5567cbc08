//! Interpreters found by what a call names: a path, a set of builds, or a name in the box.

mod contents;
mod embedded;

use contents::BoxError;
pub(super) use contents::{Guest, VARIABLE, all};

use super::files::{self, FileError};
use super::set::{self, SetError};
use super::warn;
use crate::ingest::IngestError;
use crate::interpreter::{CheckedModule, Module};
use crate::text::Plain;
use cap_std::AmbientAuthority;
use proofhouse_sandbox::Unusable;
use proofhouse_sandbox::limits::MAX_MODULE_BYTES;
use std::path::Path;

/// Why an interpreter was not found.
#[derive(Debug, thiserror::Error)]
pub(super) enum FindError {
    /// Its file.
    #[error("interpreter {0}")]
    File(#[from] FileError),
    /// There is no box where one is to be.
    #[error(transparent)]
    Box(#[from] BoxError),
    /// A set of builds that is not one.
    #[error(transparent)]
    Set(#[from] SetError),
    /// There is none of that name in the box.
    #[error("no interpreter `{}` in the box; {}", Plain(name), offer(name, *is_there, known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// There is a file of that name.
        is_there: bool,
        /// What there is.
        known: Vec<String>,
    },
    /// There are several versions.
    #[error("several versions of `{name}` in the box, say which: {}", Plain(&versions.join(", ")))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// What there is.
        versions: Vec<String>,
    },
}

fn offer(name: &str, is_there: bool, known: &[String]) -> String {
    if is_there {
        format!("for the file of that name write `./{}`", Plain(name))
    } else if known.is_empty() {
        format!("the box is empty (build it with `cargo guests`, or set {VARIABLE})")
    } else {
        format!("there are {}", Plain(&known.join(", ")))
    }
}

/// Finds an interpreter: a path if it looks like one, a name in the box otherwise.
pub(super) fn find(wanted: &Path, authority: AmbientAuthority) -> Result<Module, FindError> {
    let text = wanted.to_string_lossy();
    let is_path = text.contains('/') || wanted.extension().is_some_and(|e| e == "wasm");
    if is_set(wanted) {
        return set::read(wanted, authority);
    }
    if is_path {
        return read(wanted, authority);
    }
    in_box(&text, authority)
}

/// Finds an interpreter for a call that uses one build of it: the release, which is said where others were named.
pub(super) fn find_release(
    wanted: &Path,
    authority: AmbientAuthority,
) -> Result<Module, FindError> {
    let module = find(wanted, authority)?;
    if !module.checked.is_empty() && is_set(wanted) {
        let set = Plain(&wanted.to_string_lossy()).to_string();
        warn(&format!("of {set} the release is used alone; for a checked build name its file"));
    }
    Ok(module)
}

/// Finds an interpreter in the box, whatever its name looks like.
pub(super) fn in_box(text: &str, authority: AmbientAuthority) -> Result<Module, FindError> {
    let all = all(authority)?;
    let is_meant = |guest: &&Guest| guest.id == text || guest.name() == text;
    let found: Vec<&Guest> = all.iter().filter(is_meant).collect();
    match found.as_slice() {
        [] => {
            let known = all.into_iter().map(|guest| guest.id).collect();
            // A file with a slash in its path was not found where it was looked for.
            let is_there = !text.contains('/') && Path::new(text).is_file();
            Err(FindError::Unknown { name: text.to_owned(), is_there, known })
        }
        [guest] => Ok(guest.read(authority)?),
        several => {
            let versions = several.iter().map(|guest| guest.id.clone()).collect();
            Err(FindError::Ambiguous { name: text.to_owned(), versions })
        }
    }
}

/// Whether a path is that of a set of builds.
fn is_set(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
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
        Ok(wasm) => Ok(wasm.into()),
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
