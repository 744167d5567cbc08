#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod change;
mod filter;
mod kinds;
mod links;
mod order;
mod permission;
mod shown;
mod table;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use cap_std::ambient_authority;
use tempfile::TempDir;

use super::*;

/// A limit that no test file reaches unless it is about the limit.
const LIMIT: u64 = 4096;

/// What became of one subject: its content, or why not.
type Outcome = Result<String, IngestError>;

/// A directory of a test's own.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With these files; each holds its own path. Directories on the way are made.
    fn with(files: &[&str]) -> Self {
        let tree = Self::new();
        for file in files {
            tree.file(file, file);
        }
        tree
    }

    fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(relative)
    }

    fn file(&self, relative: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn link(&self, relative: &str, target: impl AsRef<Path>) {
        symlink(target, self.path(relative)).unwrap();
    }

    fn roots(&self, arguments: &[&str]) -> Result<Roots, RootError> {
        Roots::open_ambient(arguments.iter().map(|path| self.path(path)), ambient_authority())
    }

    /// The subjects of these arguments, which are relative to the tree.
    fn subjects(&self, arguments: &[&str], patterns: Patterns<'_>) -> Subjects {
        let filter = Filter::new(patterns).unwrap();
        Subjects::list(self.roots(arguments).unwrap(), &filter).unwrap()
    }

    /// Paths and outcomes of all files below `argument`.
    fn outcomes(&self, argument: &str) -> Vec<(String, Outcome)> {
        self.judge(&self.subjects(&[argument], Patterns::default()))
    }

    /// Paths, as seen from the tree, and outcomes.
    fn judge(&self, subjects: &Subjects) -> Vec<(String, Outcome)> {
        let mut buffer = Vec::new();
        subjects
            .iter()
            .map(|subject| {
                let content = read(subject, LIMIT, &mut buffer)
                    .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
                (self.relative(&subject.path()), content)
            })
            .collect()
    }

    fn notes(&self, subjects: &Subjects) -> Vec<(String, NoteKind)> {
        assert_eq!(subjects.notes().dropped, 0);
        let notes = subjects.notes().kept.iter();
        notes.map(|note| (self.relative(&note.path), note.kind)).collect()
    }

    fn relative(&self, path: &ContentPath) -> String {
        let (shown, prefix) = (path.to_string(), self.0.path().to_str().unwrap());
        let below = shown.strip_prefix(prefix).unwrap();
        below.strip_prefix('/').unwrap_or(below).to_owned()
    }
}

/// The outcome of one subject.
fn one(path: &str, outcome: Outcome) -> Vec<(String, Outcome)> {
    vec![(path.to_owned(), outcome)]
}

/// The paths of subjects that could all be read and hold their own path from `base` on.
fn paths_read(outcomes: Vec<(String, Outcome)>) -> Vec<String> {
    let checked = outcomes.into_iter().map(|(path, outcome)| {
        assert_eq!(outcome.as_ref(), Ok(&path));
        path
    });
    checked.collect()
}
