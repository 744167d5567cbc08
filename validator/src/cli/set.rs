//! An interpreter as a set of builds of one version: a TOML file that names their modules.

use super::files::{self, FileError};
use super::guests::{FindError, read_build};
use crate::interpreter::{Module, RELEASE};
use cap_std::AmbientAuthority;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The `schema` member of a set.
const SET_SCHEMA: &str = "proofhouse.set/1";
/// Largest file of a set that is read, in bytes; it names a few files.
const MAX_SET_BYTES: u64 = 64 << 10;
/// Most checked builds in a set: each is a run of every content.
const MAX_CHECKED: usize = 16;

/// Why a set cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    /// It is not what a set looks like.
    #[error("set {path}: {problem}", path = path.display())]
    Invalid {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

/// The file. Paths are relative to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    schema: String,
    /// What ships.
    release: PathBuf,
    /// What was compiled for checks, from the least to the most optimised.
    #[serde(default)]
    checked: Vec<PathBuf>,
}

/// Reads a set and its modules.
pub(super) fn read(path: &Path, authority: AmbientAuthority) -> Result<Module, FindError> {
    let invalid = |problem: String| SetError::Invalid { path: path.to_owned(), problem };
    let bytes = files::read(path, MAX_SET_BYTES, authority)?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("not UTF-8".into()))?;
    let set = parse(&text).map_err(invalid)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let build = |file: &PathBuf| read_build(&folder.join(file), authority);
    let release = build(&set.release)?;
    let checked = set.checked.iter().map(build).collect::<Result<Vec<_>, FileError>>()?;
    let mut names = BTreeSet::from([RELEASE]);
    if let Some(twice) = checked.iter().find(|build| !names.insert(&build.name)) {
        return Err(invalid(format!("two builds have the name `{}`", twice.name)).into());
    }
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Module { name, wasm: release.wasm, checked })
}

fn parse(text: &str) -> Result<Set, String> {
    let set: Set = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    if set.schema != SET_SCHEMA {
        return Err(format!("its schema is not `{SET_SCHEMA}`"));
    }
    if set.checked.len() > MAX_CHECKED {
        return Err(format!("more than {MAX_CHECKED} checked builds"));
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_set_names_its_schema_and_a_release() {
        let head = "schema = 'proofhouse.set/1'\n";
        assert!(
            parse(&format!("{head}release = 'a.wasm'")).is_ok_and(|set| set.checked.is_empty())
        );
        let with = |more: &str| parse(&format!("{head}release = 'a.wasm'\n{more}"));
        assert!(with("checked = ['b.wasm', 'c.wasm']").is_ok_and(|set| set.checked.len() == 2));
        assert!(with("cheked = ['b.wasm']").is_err());
        assert!(with(&format!("checked = [{}]", "'b.wasm', ".repeat(17))).is_err());
        assert!(parse(head).is_err());
        assert!(parse("schema = 'proofhouse.set/2'\nrelease = 'a.wasm'").is_err());
    }
}
