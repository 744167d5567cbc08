//! Writing a project: into a folder that is not there or empty, each file whole, and nothing replaced.

use super::kinds::File;
use cap_std::AmbientAuthority;
use cap_std::fs::{Dir, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Why a project was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    /// Something is in the folder already.
    #[error("{path} is not empty, and nothing is overwritten; name a new folder", path = path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be made or opened.
    #[error("{path}: {error}", path = path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file cannot be written.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Writes all files into a folder. Where one cannot be written, those that were are taken back.
pub(super) fn project(
    path: &Path,
    files: &[File],
    authority: AmbientAuthority,
) -> Result<(), WriteError> {
    let no_folder = |error| WriteError::NoFolder { path: path.to_owned(), error };
    let made = match std::fs::create_dir(path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(no_folder(error)),
    };
    let dir = Dir::open_ambient_dir(path, authority).map_err(no_folder)?;
    if dir.entries().map_err(no_folder)?.next().is_some() {
        return Err(WriteError::NotEmpty { path: path.to_owned() });
    }
    let mut written = Written { dir: &dir, files: Vec::new(), folders: Vec::new() };
    for file in files {
        if let Err(error) = written.file(file) {
            written.take_back();
            if made {
                // What another process put there meanwhile stays, and keeps its folder.
                let _ = std::fs::remove_dir(path);
            }
            return Err(WriteError::Io { path: path.join(&file.path), error });
        }
    }
    Ok(())
}

/// What was made so far, in order.
struct Written<'a> {
    dir: &'a Dir,
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Written<'_> {
    fn file(&mut self, file: &File) -> io::Result<()> {
        let path = Path::new(&file.path);
        self.folders_of(path)?;
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let result = self.write(file, &temporary).and_then(|()| self.rename(&temporary, path));
        if result.is_err() {
            // It may not be there.
            let _ = self.dir.remove_file(&temporary);
        }
        result
    }

    fn folders_of(&mut self, path: &Path) -> io::Result<()> {
        let mut folders: Vec<&Path> = path.ancestors().skip(1).collect();
        folders.retain(|folder| !folder.as_os_str().is_empty());
        for folder in folders.into_iter().rev() {
            match self.dir.create_dir(folder) {
                Ok(()) => self.folders.push(folder.to_owned()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write(&self, file: &File, temporary: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(
            &mut options,
            if file.executable { 0o777 } else { 0o666 },
        );
        let mut to = self.dir.open_with(temporary, &options)?;
        to.write_all(file.text.as_bytes())?;
        to.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        // The kernel refuses to replace what was not there when this began.
        #[cfg(target_os = "linux")]
        rustix::fs::renameat_with(
            self.dir,
            from,
            self.dir,
            to,
            rustix::fs::RenameFlags::NOREPLACE,
        )?;
        #[cfg(not(target_os = "linux"))]
        self.dir.rename(from, self.dir, to)?;
        self.files.push(to.to_owned());
        Ok(())
    }

    /// Removes what was made, the last first. What cannot be removed stays.
    fn take_back(&self) {
        for file in self.files.iter().rev() {
            let _ = self.dir.remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = self.dir.remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use cap_std::ambient_authority;

    fn file(path: &str) -> File {
        File { path: path.into(), text: "text".into(), executable: false }
    }

    #[test]
    fn files_are_written_into_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("new");
        project(&new, &[file("a"), file("b/c/d"), file("b/c/e")], ambient_authority()).unwrap();
        assert_eq!(std::fs::read_to_string(new.join("b/c/d")).unwrap(), "text");
        assert_eq!(std::fs::read_dir(&new).unwrap().count(), 2);
        let again = project(&new, &[file("f")], ambient_authority());
        assert!(matches!(again, Err(WriteError::NotEmpty { .. })));
        assert!(!new.join("f").exists());
    }

    #[test]
    fn what_cannot_be_finished_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("new");
        // The second file needs a folder of the first one's name.
        let files = [file("b/c"), file("a"), file("a/b")];
        assert!(matches!(project(&new, &files, ambient_authority()), Err(WriteError::Io { .. })));
        assert!(!new.exists());
        let files = [file("a"), file("a")];
        assert!(matches!(project(&new, &files, ambient_authority()), Err(WriteError::Io { .. })));
        assert!(!new.exists());
    }

    #[test]
    fn a_folder_that_is_there_stays_and_a_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let files = [file("a"), file("a/b")];
        assert!(project(folder.path(), &files, ambient_authority()).is_err());
        assert!(folder.path().exists());
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "").unwrap();
        let error = project(&taken, &[file("a")], ambient_authority());
        assert!(matches!(error, Err(WriteError::NoFolder { .. })));
        let error = project(&folder.path().join("no/where"), &[file("a")], ambient_authority());
        assert!(matches!(error, Err(WriteError::NoFolder { .. })));
    }
}
