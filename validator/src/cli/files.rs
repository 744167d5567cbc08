//! The files of a call that are not content: read whole. Those that are written are in [`whole_file`](super::whole_file).

#[cfg(feature = "fuzz")]
use crate::ingest::NoteKind;
use crate::ingest::{
    self, ContentPath, Filter, FilterError, IngestError, ListError, Patterns, RootError, Roots,
    Subject, Subjects,
};
use cap_std::AmbientAuthority;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Why a file of the call cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// It is not there, for example.
    #[error("{0}")]
    Root(#[from] RootError),
    /// It is there and cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// Which file.
        path: ContentPath,
        /// Why.
        error: IngestError,
    },
    /// A directory where a file is needed.
    #[error("{path}: a file is needed here, not a directory", path = path.display())]
    Directory {
        /// Which one.
        path: PathBuf,
    },
    /// A directory holds more than can be listed.
    #[error("{path}: {error}", path = path.display())]
    List {
        /// Which one.
        path: PathBuf,
        /// How much more.
        error: ListError,
    },
    /// A directory holds more files than are read.
    #[error("{path}: more than {limit} files", path = path.display())]
    TooMany {
        /// Which one.
        path: PathBuf,
        /// Files at most.
        limit: usize,
    },
    /// The files of a directory are larger together than what is read.
    #[error("{path}: more than {limit} bytes in all files together", path = path.display())]
    TooMuch {
        /// Which one.
        path: PathBuf,
        /// Bytes at most.
        limit: usize,
    },
    /// A link in a directory leads to what is no file of it.
    #[cfg(feature = "fuzz")]
    #[error("{path}: {problem}")]
    Link {
        /// Which one.
        path: ContentPath,
        /// What it is.
        problem: NoteKind,
    },
    /// No pattern at all is not a pattern: our own bug.
    #[error("{0}")]
    Filter(#[from] FilterError),
    /// What is there is not to be replaced.
    #[error("{path}: what is there is not a regular file, and is not replaced", path = path.display())]
    Occupied {
        /// Which file.
        path: PathBuf,
    },
    /// It cannot be made.
    #[error("{path}: {error}", path = path.display())]
    Create {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It cannot be written to its end.
    #[error("{path}: {error}", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// How much of a directory is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Files at most.
    pub(super) files: usize,
    /// Bytes of each at most.
    pub(super) file_bytes: usize,
    /// Bytes of all together at most.
    pub(super) total_bytes: usize,
}

/// Reads one file of at most that many bytes. Links are followed wherever they lead: the user named
/// the file, and build systems put links in the place of files.
pub(super) fn read(
    path: &Path,
    max_bytes: u64,
    authority: AmbientAuthority,
) -> Result<Vec<u8>, FileError> {
    let named = ContentPath::new(path.as_os_str().as_encoded_bytes());
    let mut bytes = Vec::new();
    with_file(path, authority, |subject| ingest::read(subject, max_bytes, &mut bytes).map(|_| ()))?
        .map_err(|error| FileError::Read { path: named, error })?;
    Ok(bytes)
}

/// The SHA-256 of one file of at most that many bytes, which may be more than fit into memory.
pub(super) fn digest(
    path: &Path,
    max_bytes: u64,
    authority: AmbientAuthority,
) -> Result<String, FileError> {
    let named = ContentPath::new(path.as_os_str().as_encoded_bytes());
    with_file(path, authority, |subject| ingest::digest(subject, max_bytes))?
        .map_err(|error| FileError::Read { path: named, error })
}

/// Does something with one file that the user named.
fn with_file<R>(
    path: &Path,
    authority: AmbientAuthority,
    work: impl FnOnce(Subject<'_>) -> R,
) -> Result<R, FileError> {
    let directory = || FileError::Directory { path: path.to_owned() };
    if path.is_dir() {
        return Err(directory());
    }
    // What cannot be followed is opened as it is, and the error says what it is.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let subjects = list(&target, authority).map_err(|error| match error {
        FileError::Root(RootError { problem, .. }) => {
            let path = ContentPath::new(path.as_os_str().as_encoded_bytes());
            FileError::Root(RootError { path, problem })
        }
        other => other,
    })?;
    let subject = subjects.get(0).filter(|_| subjects.len() == 1).ok_or_else(directory)?;
    Ok(work(subject))
}

/// Reads all files of a directory.
pub(super) fn read_all(
    path: &Path,
    bounds: Bounds,
    authority: AmbientAuthority,
) -> Result<Vec<(ContentPath, Vec<u8>)>, FileError> {
    let subjects = list(path, authority)?;
    if subjects.len() > bounds.files {
        return Err(FileError::TooMany { path: path.to_owned(), limit: bounds.files });
    }
    let file_bytes = u64::try_from(bounds.file_bytes).unwrap_or(u64::MAX);
    let mut files = Vec::new();
    let mut left = bounds.total_bytes;
    for subject in subjects.iter() {
        let mut bytes = Vec::new();
        ingest::read(subject, file_bytes, &mut bytes)
            .map_err(|error| FileError::Read { path: subject.path(), error })?;
        left = left.checked_sub(bytes.len()).ok_or_else(|| FileError::TooMuch {
            path: path.to_owned(),
            limit: bounds.total_bytes,
        })?;
        files.push((subject.path(), bytes));
    }
    Ok(files)
}

/// Reads the first files of a directory, in the order of their paths, as far as the bounds go. What cannot be read or
/// is too large is left out.
///
/// # Errors
/// The directory cannot be listed.
#[cfg(feature = "fuzz")]
pub(super) fn read_first(
    path: &Path,
    bounds: Bounds,
    authority: AmbientAuthority,
) -> Result<Vec<Vec<u8>>, FileError> {
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut left = bounds.total_bytes;
    for subject in list(path, authority)?.iter() {
        if files.len() >= bounds.files || left == 0 {
            break;
        }
        let most = u64::try_from(bounds.file_bytes.min(left)).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        if ingest::read(subject, most, &mut bytes).is_ok() {
            left = left.saturating_sub(bytes.len());
            files.push(bytes);
        }
    }
    Ok(files)
}

/// A file of a directory, and its size in bytes or why it cannot be read.
#[cfg(feature = "fuzz")]
pub(super) struct Surveyed {
    /// The file; a directory that cannot be listed ends in a slash.
    pub(super) path: ContentPath,
    /// Its size.
    pub(super) size: Result<u64, IngestError>,
}

/// Looks at all files of a directory and reads none.
///
/// # Errors
/// The directory is not there, or holds a link to a directory.
#[cfg(feature = "fuzz")]
pub(super) fn survey(path: &Path, authority: AmbientAuthority) -> Result<Vec<Surveyed>, FileError> {
    let subjects = list(path, authority)?;
    for note in &subjects.notes().kept {
        if note.kind != NoteKind::NothingMatched {
            return Err(FileError::Link { path: note.path.clone(), problem: note.kind });
        }
    }
    let surveyed =
        |subject: Subject<'_>| Surveyed { path: subject.path(), size: ingest::measure(subject) };
    Ok(subjects.iter().map(surveyed).collect())
}

/// Looks at one file that is to be read whole, as [`read`] does.
///
/// # Errors
/// It is not there, cannot be read, or is larger than that.
#[cfg(feature = "fuzz")]
pub(super) fn measure(
    path: &Path,
    max_bytes: u64,
    authority: AmbientAuthority,
) -> Result<(), FileError> {
    let named = ContentPath::new(path.as_os_str().as_encoded_bytes());
    let size = with_file(path, authority, ingest::measure)?;
    let judged = size.and_then(|size| {
        let is_small = size <= max_bytes;
        is_small.then_some(()).ok_or(IngestError::TooLarge { size, limit: max_bytes })
    });
    judged.map_err(|error| FileError::Read { path: named, error })
}

fn list(path: &Path, authority: AmbientAuthority) -> Result<Subjects, FileError> {
    let filter = Filter::new(Patterns::default())?;
    let roots = Roots::open_ambient([path], authority)?;
    Subjects::list(roots, &filter).map_err(|error| FileError::List { path: path.to_owned(), error })
}

/// Whether both names lead to one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.metadata().map(|found| (found.dev(), found.ino())).ok();
    place(one).is_some_and(|one| place(other) == Some(one))
}
