//! Files that a call writes: each appears under its name when it is whole.

use super::files::FileError;
use cap_std::AmbientAuthority;
use cap_std::fs::{Dir, File, OpenOptions, Permissions};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use std::io::{self, BufWriter, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that appears under its name when it is whole: written, synced, renamed.
///
/// Until then it has no name at all where the file system can do that, so that nothing is left of it however the
/// process ends.
pub(super) struct WholeFile {
    dir: Dir,
    name: PathBuf,
    /// What it is called until it has its own name, if it is called anything.
    temporary: Option<String>,
    /// As the user wrote it.
    path: PathBuf,
    /// Where that is.
    target: PathBuf,
    file: BufWriter<File>,
}

impl WholeFile {
    /// Begins to write.
    pub(super) fn create(path: &Path, authority: AmbientAuthority) -> Result<Self, FileError> {
        let failed = |error| FileError::Create { path: path.to_owned(), error };
        let target = target(path)?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(failed(io::ErrorKind::InvalidFilename.into()));
        };
        let dir = Dir::open_ambient_dir(parent, authority).map_err(failed)?;
        let (file, temporary) = nameless(&dir, Path::new("."))
            .map(|file| (File::from_std(file), None))
            .or_else(|_| named(&dir).map(|(file, name)| (file, Some(name))))
            .map_err(failed)?;
        let (name, path) = (name.into(), path.to_owned());
        let file = BufWriter::new(file);
        let made = Self { dir, name, temporary, path, target, file };
        // Who may read what is replaced may read what takes its place, and nobody else.
        if let Ok(replaced) = made.target.metadata() {
            let permissions = Permissions::from_std(replaced.permissions());
            let set = made.file.get_ref().set_permissions(permissions);
            set.map_err(|error| FileError::Create { path: made.path.clone(), error })?;
        }
        Ok(made)
    }

    /// Whether both end up as the same file.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.target == other.target
    }

    /// Writes all that is to be in it, and puts it under its name.
    pub(super) fn finish_with(mut self, bytes: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| FileError::Write { path: self.path.clone(), error })?;
        self.finish()
    }

    /// Puts it under its name.
    pub(super) fn finish(mut self) -> Result<(), FileError> {
        let done = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| self.put_in_place());
        done.map_err(|error| FileError::Write { path: self.path.clone(), error })
    }

    fn put_in_place(&mut self) -> io::Result<()> {
        let temporary = match self.temporary.take() {
            Some(name) => name,
            None => self.take_name()?,
        };
        let temporary = self.temporary.insert(temporary);
        self.dir.rename(&*temporary, &self.dir, &self.name)
    }

    /// Gives what has no name one that is not to stay: only what has one can take the place of another file.
    fn take_name(&self) -> io::Result<String> {
        let name = free_name(&self.dir);
        give_name(self.file.get_ref(), &self.dir, Path::new(&name))?;
        Ok(name)
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
        if let Some(temporary) = &self.temporary {
            // After a rename there is nothing to remove.
            let _ = self.dir.remove_file(temporary);
        }
    }
}

/// A new file without a name in a folder, seen from `dir`; not all file systems have such.
pub(super) fn nameless(dir: impl AsFd, folder: &Path) -> io::Result<std::fs::File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(dir, folder, flags, Mode::from_raw_mode(0o666))?.into())
}

/// Gives such a file a name, seen from `dir`, that nothing else has.
pub(super) fn give_name(file: &impl AsRawFd, dir: impl AsFd, name: &Path) -> io::Result<()> {
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, nameless, dir, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// A new file with a name that is not to stay.
fn named(dir: &Dir) -> io::Result<(File, String)> {
    let name = free_name(dir);
    let file = dir.open_with(&name, OpenOptions::new().write(true).create_new(true))?;
    Ok((file, name))
}

/// A name that nobody has any more.
fn free_name(dir: &Dir) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let nth = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!(".proofhouse-{}-{nth}.tmp", std::process::id());
    // What a process of the same number left behind when it was killed. Mostly there is nothing.
    let _ = dir.remove_file(&name);
    name
}

/// Writes a whole file at once.
pub(super) fn write(
    path: &Path,
    bytes: &[u8],
    authority: AmbientAuthority,
) -> Result<(), FileError> {
    WholeFile::create(path, authority)?.finish_with(bytes)
}

/// Where a new file goes: the file itself where a link leads to one, so that the link stays. What is
/// there and is no regular file is not replaced: a device that is renamed over is gone.
fn target(path: &Path) -> Result<PathBuf, FileError> {
    let failed = |error| FileError::Create { path: path.to_owned(), error };
    let occupied = || FileError::Occupied { path: path.to_owned() };
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => path.canonicalize().map_err(failed),
        Ok(_) => Err(occupied()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
        Err(_) if path.is_symlink() => Err(occupied()),
        Err(_) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new(".")).canonicalize().map_err(failed)?;
            let name =
                path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()));
            Ok(parent.join(name?))
        }
    }
}
