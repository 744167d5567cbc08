//! The box: interpreters that come with the program.
//!
//! A box is a directory of files named `NAME@VERSION.wasm`, and beside such a file perhaps
//! `NAME@VERSION-checked-PROFILE.wasm`: the same version, compiled for checks. It is what
//! `PROOFHOUSE_GUESTS` names; where that is not set, what the program carries ([`embedded`]), then `../guests`
//! and `../share/proofhouse/guests` beside it.

use super::embedded::{self, Packed};
use super::read_build;
use crate::cli::files::FileError;
use crate::interpreter::{CheckedModule, Module};
use cap_std::AmbientAuthority;
use cap_std::fs::Dir;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// Where a box may be, relative to the directory of the program.
const BESIDE_THE_PROGRAM: [&str; 2] = ["../guests", "../share/proofhouse/guests"];
/// The variable that names the only one to look in.
pub(in crate::cli) const VARIABLE: &str = "PROOFHOUSE_GUESTS";
/// What stands between a version and the profile of a checked build, in the name of its file.
const CHECKED: &str = "-checked-";

/// Why the box that a variable names is none.
#[derive(Debug, thiserror::Error)]
#[error("the box {} that {VARIABLE} names: {error}", place.display())]
pub(in crate::cli) struct BoxError {
    place: PathBuf,
    error: io::Error,
}

/// An interpreter in the box.
#[derive(Debug)]
pub(in crate::cli) struct Guest {
    /// `NAME@VERSION`.
    pub(in crate::cli) id: String,
    release: Source,
    /// Its checked builds, the most optimised last: the profiles are called so that they sort.
    checked: Vec<Source>,
}

/// Where a build is.
#[derive(Debug)]
enum Source {
    File(PathBuf),
    Embedded(Packed),
}

impl Source {
    fn read(&self, authority: AmbientAuthority) -> Result<CheckedModule, FileError> {
        match self {
            Self::File(path) => read_build(path, authority),
            Self::Embedded(packed) => {
                Ok(CheckedModule { name: packed.name.clone(), wasm: Ok(packed.module()) })
            }
        }
    }
}

impl Guest {
    /// Its name without the version.
    pub(in crate::cli) fn name(&self) -> &str {
        self.id.split('@').next().unwrap_or(&self.id)
    }

    /// Reads its builds.
    pub(in crate::cli) fn read(&self, authority: AmbientAuthority) -> Result<Module, FileError> {
        let release = self.release.read(authority)?;
        let checked = self.checked.iter().map(|build| build.read(authority));
        Ok(Module {
            name: release.name,
            wasm: release.wasm,
            checked: checked.collect::<Result<_, _>>()?,
        })
    }
}

/// All interpreters in the box, in the order of their ids. Of two with one id the first box's counts.
///
/// # Errors
/// The directory that [`VARIABLE`] names cannot be read. Nobody wants another box then.
pub(in crate::cli) fn all(authority: AmbientAuthority) -> Result<Vec<Guest>, BoxError> {
    let mut guests: Vec<Guest> = Vec::new();
    for held in boxes(authority)? {
        for guest in held {
            if guests.iter().all(|earlier| earlier.id != guest.id) {
                guests.push(guest);
            }
        }
    }
    guests.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(guests)
}

/// What is in each box, in the order in which they count.
fn boxes(authority: AmbientAuthority) -> Result<Vec<Vec<Guest>>, BoxError> {
    if let Some(place) = std::env::var_os(VARIABLE).filter(|place| !place.is_empty()) {
        let place = PathBuf::from(place);
        return match in_directory(&place, authority) {
            Ok(guests) => Ok(vec![guests]),
            Err(error) => Err(BoxError { place, error }),
        };
    }
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent).into_iter();
    let beside = folder.flat_map(|folder| BESIDE_THE_PROGRAM.map(|beside| folder.join(beside)));
    // Mostly neither is there.
    let beside = beside.map(|place| in_directory(&place, authority).unwrap_or_default());
    Ok(std::iter::once(in_the_program()).chain(beside).collect())
}

/// What the program carries.
fn in_the_program() -> Vec<Guest> {
    let packed = embedded::all().into_iter().map(|packed| (packed.name.clone(), packed));
    in_groups(packed.map(|(name, packed)| (name, Source::Embedded(packed))).collect())
}

/// What is in a directory.
fn in_directory(place: &Path, authority: AmbientAuthority) -> io::Result<Vec<Guest>> {
    let entries = Dir::open_ambient_dir(place, authority)?.entries()?;
    let names = entries.filter_map(Result::ok).filter_map(|e| e.file_name().into_string().ok());
    let builds = names.filter_map(|name| {
        let stem = name.strip_suffix(".wasm")?.to_owned();
        Some((stem, Source::File(place.join(&name))))
    });
    Ok(in_groups(builds.collect()))
}

/// Guests of builds by their names.
fn in_groups(mut builds: BTreeMap<String, Source>) -> Vec<Guest> {
    let stems: BTreeSet<String> = builds.keys().cloned().collect();
    let mut take = |stem: &str| builds.remove(stem);
    grouped(&stems)
        .filter_map(|(release, checked)| {
            let source = take(release)?;
            let checked = checked.into_iter().filter_map(&mut take).collect();
            Some(Guest { id: release.to_owned(), release: source, checked })
        })
        .collect()
}

/// Each release with its checked builds. A checked build without a release is one of its own.
fn grouped(stems: &BTreeSet<String>) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let release_of = |stem: &str| {
        let (release, _) = stem.split_once(CHECKED)?;
        stems.get(release).map(String::as_str)
    };
    let releases = stems.iter().filter(move |stem| release_of(stem).is_none());
    releases.map(move |release| {
        let builds = stems.iter().filter(|stem| release_of(stem) == Some(release.as_str()));
        (release.as_str(), builds.map(String::as_str).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checked_builds_belong_to_their_release() {
        let stems = ["a@1-checked-O1", "a@1", "a@1-checked-O0", "a@2", "b@1-checked-O1", "c"];
        let stems: BTreeSet<String> = stems.map(str::to_owned).into();
        let found: Vec<_> = grouped(&stems).collect();
        let expected = [
            ("a@1", vec!["a@1-checked-O0", "a@1-checked-O1"]),
            ("a@2", vec![]),
            ("b@1-checked-O1", vec![]),
            ("c", vec![]),
        ];
        assert_eq!(found, expected);
    }
}
