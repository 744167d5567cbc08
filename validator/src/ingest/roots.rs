//! The command line's paths, opened: the one place with power over the whole file system.

use std::{collections::HashMap, io, path::Path};

use cap_std::{AmbientAuthority, fs::Dir};

use super::{
    error::leads_nowhere,
    limits::{MAX_ROOTS, MAX_SUBJECTS},
    names::Full,
    path::{ContentPath, bytes_of, path_of},
    table::{DirectoryId, Table},
};

/// The arguments, in the order given, and the directories that they are reached through. Each
/// directory is opened once, however many arguments lie in it.
#[derive(Debug, Default)]
pub struct Roots {
    /// The handles, by the index of their [`DirectoryId`]; none of a directory that this process may not reach.
    pub(super) dirs: Vec<Option<Dir>>,
    /// Their paths as the user wrote them, nothing for the directory of a bare file name; no files.
    pub(super) table: Table,
    pub(super) arguments: Vec<Argument>,
}

/// One CONTENT path.
#[derive(Debug)]
pub(super) enum Argument {
    /// Everything that the filter selects in the root.
    Directory { root: DirectoryId },
    /// The entry of this name in the root, whatever it is.
    File { root: DirectoryId, name: Box<[u8]> },
    /// What this process may not reach: there or not, it is not judged.
    Denied { root: DirectoryId, name: Box<[u8]> },
}

/// An argument that cannot be opened: the caller has to fix the call, and nothing was judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct RootError {
    /// The argument.
    pub path: ContentPath,
    /// What is wrong with it.
    pub problem: RootProblem,
}

/// What is wrong with an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootProblem {
    /// Nothing has this name.
    #[error("no such file or directory")]
    Missing,
    /// The arguments lie in more than [`MAX_ROOTS`] directories.
    #[error("more than {limit} directories named; name one above them")]
    TooManyDirectories {
        /// Directories at most.
        limit: usize,
    },
    /// More than [`MAX_SUBJECTS`] arguments.
    #[error("more than {limit} paths named")]
    TooManyPaths {
        /// Paths at most.
        limit: usize,
    },
    /// The operating system failed in another way.
    #[error("{kind}")]
    Io {
        /// What kind of failure.
        kind: io::ErrorKind,
        /// The operating system's error number, where there is one.
        code: Option<i32>,
    },
}

impl RootProblem {
    /// Whether this process may not reach it.
    fn is_denied(self) -> bool {
        matches!(self, Self::Io { kind: io::ErrorKind::PermissionDenied, .. })
    }
}

impl From<io::Error> for RootProblem {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            _ if leads_nowhere(&error) => Self::Missing,
            kind => Self::Io { kind, code: error.raw_os_error() },
        }
    }
}

impl Roots {
    /// Opens all paths. A link that is itself an argument is followed to a directory anywhere, since
    /// the user named it; as a file it must stay in its own directory. A path that this process may not reach
    /// is no error: it becomes a subject that is not judged, and the others are.
    pub fn open_ambient<P: AsRef<Path>>(
        paths: impl IntoIterator<Item = P>,
        authority: AmbientAuthority,
    ) -> Result<Self, RootError> {
        let mut opening = Opening { roots: Self::default(), known: HashMap::new(), authority };
        for path in paths {
            let path = path.as_ref();
            opening.open(path).map_err(|problem| {
                let path = ContentPath::new(bytes_of(path.as_os_str()));
                RootError { path, problem }
            })?;
        }
        Ok(opening.roots)
    }
}

struct Opening {
    roots: Roots,
    /// The root that a path, as written, was opened as.
    known: HashMap<Vec<u8>, DirectoryId>,
    authority: AmbientAuthority,
}

impl Opening {
    fn open(&mut self, path: &Path) -> Result<(), RootProblem> {
        if self.roots.arguments.len() >= MAX_SUBJECTS {
            return Err(RootProblem::TooManyPaths { limit: MAX_SUBJECTS });
        }
        if path.as_os_str().is_empty() {
            // What an unset variable leaves in a script; it must not mean the working directory.
            return Err(RootProblem::Missing);
        }
        let written = bytes_of(path.as_os_str());
        let argument = match self.root(&written) {
            Ok(root) => Argument::Directory { root },
            Err(RootProblem::Missing) => self.file(path, &written)?,
            // A link that leads to where this process may not go is there, and reading it says what it is.
            Err(problem) if problem.is_denied() => {
                self.file(path, &written).or_else(|_| self.denied(path, &written))?
            }
            Err(problem) => return Err(problem),
        };
        self.roots.arguments.push(argument);
        Ok(())
    }

    /// A path that is no directory. A link that leads to nothing is there, and is judged.
    fn file(&mut self, path: &Path, written: &[u8]) -> Result<Argument, RootProblem> {
        let name = path.file_name().ok_or(RootProblem::Missing)?;
        let name_bytes = bytes_of(name);
        // What comes before the name is kept as written. A path that ends in a slash means a directory.
        let parent = written.strip_suffix(name_bytes.as_ref()).ok_or(RootProblem::Missing)?;
        let root = self.root(parent)?;
        let dir = self.roots.dirs.get(root.index()).and_then(Option::as_ref);
        dir.ok_or(RootProblem::Missing)?.symlink_metadata(name)?;
        Ok(Argument::File { root, name: name_bytes.into() })
    }

    /// A path on which there is a directory that this process may not go through.
    fn denied(&mut self, path: &Path, written: &[u8]) -> Result<Argument, RootProblem> {
        let name = path.file_name().map(bytes_of).unwrap_or_default();
        let (parent, name) = match written.strip_suffix(name.as_ref()) {
            Some(parent) => (parent, name.as_ref()),
            None => (written, b"".as_slice()),
        };
        let root = match self.known.get(parent) {
            Some(&root) => root,
            None => self.add(parent, None)?,
        };
        Ok(Argument::Denied { root, name: name.into() })
    }

    /// The root for a directory, opened now unless it already is. What comes before a bare file name
    /// is empty, and means the working directory.
    fn root(&mut self, written: &[u8]) -> Result<DirectoryId, RootProblem> {
        if let Some(&root) = self.known.get(written) {
            return Ok(root);
        }
        let target = if written.is_empty() { b"." } else { written };
        let dir = Dir::open_ambient_dir(path_of(target), self.authority)?;
        self.add(written, Some(dir))
    }

    fn add(&mut self, written: &[u8], dir: Option<Dir>) -> Result<DirectoryId, RootProblem> {
        let too_many = RootProblem::TooManyDirectories { limit: MAX_ROOTS };
        if self.roots.dirs.len() >= MAX_ROOTS {
            return Err(too_many);
        }
        let root = self.roots.table.push_root(written).map_err(|Full| too_many)?;
        self.roots.dirs.push(dir);
        self.known.insert(written.to_vec(), root);
        Ok(root)
    }
}
