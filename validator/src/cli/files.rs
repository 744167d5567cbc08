//! The files of a call that are not content: read whole, written and renamed.

use crate::ingest::{self, ContentPath, Filter, IngestError, Patterns, RootError, Roots, Subjects};
use cap_std::AmbientAuthority;
use cap_std::fs::{Dir, OpenOptions};
use std::io::{self, BufWriter, Write};
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
    /// A directory holds more than can be listed, or nothing.
    #[error("{path}: {problem}")]
    Listing {
        /// Which directory.
        path: String,
        /// Why.
        problem: String,
    },
    /// It cannot be written.
    #[error("{path}: {error}", path = path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Reads one file of at most that many bytes.
pub(super) fn read(
    path: &Path,
    max_bytes: u64,
    authority: AmbientAuthority,
) -> Result<Vec<u8>, FileError> {
    let mut files = read_all(path, max_bytes, authority)?;
    match (files.pop(), files.is_empty()) {
        (Some((name, bytes)), true) if name.as_bytes() == path_bytes(path) => Ok(bytes),
        _ => {
            let problem = "a file is needed here, not a directory".into();
            Err(FileError::Listing { path: path.display().to_string(), problem })
        }
    }
}

/// Reads a file, or all files of a directory, each of at most that many bytes.
pub(super) fn read_all(
    path: &Path,
    max_bytes: u64,
    authority: AmbientAuthority,
) -> Result<Vec<(ContentPath, Vec<u8>)>, FileError> {
    let listing =
        |problem: String| FileError::Listing { path: path.display().to_string(), problem };
    let filter = Filter::new(Patterns { defaults: &[], include: &[], exclude: &[] })
        .map_err(|error| listing(error.to_string()))?;
    let roots = Roots::open_ambient([path], authority)?;
    let subjects = Subjects::list(roots, &filter).map_err(|error| listing(error.to_string()))?;
    let mut files = Vec::new();
    for subject in subjects.iter() {
        let mut bytes = Vec::new();
        ingest::read(subject, max_bytes, &mut bytes)
            .map_err(|error| FileError::Read { path: subject.path(), error })?;
        files.push((subject.path(), bytes));
    }
    Ok(files)
}

fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// A file that appears under its name when it is whole: written, synced, renamed.
pub(super) struct WholeFile {
    dir: Dir,
    name: PathBuf,
    temporary: PathBuf,
    path: PathBuf,
    file: BufWriter<cap_std::fs::File>,
}

impl WholeFile {
    /// Begins to write.
    pub(super) fn create(path: &Path, authority: AmbientAuthority) -> Result<Self, FileError> {
        let failed = |error| FileError::Write { path: path.to_owned(), error };
        let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let dir = Dir::open_ambient_dir(parent, authority).map_err(failed)?;
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}.tmp", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let file = dir.open_with(&temporary, &options).map_err(failed)?;
        let (name, temporary) = (name.into(), temporary.into());
        Ok(Self { dir, name, temporary, path: path.into(), file: BufWriter::new(file) })
    }

    /// Puts it under its name.
    pub(super) fn finish(mut self) -> Result<(), FileError> {
        let done = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| self.dir.rename(&self.temporary, &self.dir, &self.name));
        done.map_err(|error| FileError::Write { path: self.path.clone(), error })
    }
}

impl Write for &mut WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        // Nothing is left behind; after a rename there is nothing to remove.
        let _ = self.dir.remove_file(&self.temporary);
    }
}

/// Writes a whole file at once.
pub(super) fn write(
    path: &Path,
    bytes: &[u8],
    authority: AmbientAuthority,
) -> Result<(), FileError> {
    let mut file = WholeFile::create(path, authority)?;
    (&mut file)
        .write_all(bytes)
        .map_err(|error| FileError::Write { path: path.to_owned(), error })?;
    file.finish()
}
