//! The stage: a private directory that holds all that a run's processes need, under a path that a shell
//! takes as it is.
//!
//! libFuzzer starts itself again through `system()` and quotes nothing. So each directory and file that
//! the user names becomes a link in the stage, and libFuzzer sees the links' names only.

use super::flags::{self, Kind};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where the stage goes if the usual place for temporary files has a name that a shell would take apart.
const SAFE: &str = "/tmp";

/// What cannot be staged.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    /// The directory for it cannot be made, for example.
    #[error("cannot prepare the run: {0}")]
    Io(#[from] io::Error),
    /// A flag that a shell would take apart.
    #[error("libFuzzer hands its flags to a shell, which would not take `{0}` as it is")]
    Flag(String),
}

/// The directory; it is gone when this is dropped.
pub(super) struct Stage {
    directory: TempDir,
    links: usize,
}

impl Stage {
    pub(super) fn new() -> Result<Self, StageError> {
        let usual = std::env::temp_dir();
        let base = if is_safe(usual.as_os_str()) { usual } else { SAFE.into() };
        let directory = tempfile::Builder::new().prefix("proofhouse-fuzz-").tempdir_in(base)?;
        for folder in ["events", super::seeds::FOLDER, super::statistics::FOLDER] {
            std::fs::create_dir(directory.path().join(folder))?;
        }
        Ok(Self { directory, links: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Puts a file there.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        std::fs::write(self.path().join(name), bytes)
    }

    /// A link of that name to what the user named.
    pub(super) fn link_as(&self, name: &str, path: &Path) -> io::Result<PathBuf> {
        let link = self.path().join(name);
        symlink(std::path::absolute(path)?, &link)?;
        Ok(link)
    }

    /// A link to what the user named.
    pub(super) fn link(&mut self, path: &Path) -> io::Result<String> {
        self.links = self.links.saturating_add(1);
        let link = self.link_as(&format!("in{}", self.links), path)?;
        // It is made of a safe directory and a number.
        Ok(link.to_string_lossy().into_owned())
    }

    /// One of libFuzzer's arguments as its children may see it.
    pub(super) fn argument(&mut self, argument: &OsStr) -> Result<String, StageError> {
        let unsafe_flag = || StageError::Flag(argument.to_string_lossy().into_owned());
        if !argument.as_bytes().starts_with(b"-") {
            return Ok(self.link(Path::new(argument))?);
        }
        if let Some((name, Some(value))) = flags::parts(argument) {
            let value = Path::new(value);
            match flags::kind(name) {
                Some(Kind::File | Kind::Directory | Kind::Perhaps) => {
                    return Ok(format!("-{name}={}", self.link(value)?));
                }
                Some(Kind::Made | Kind::Prefix) => {
                    let path = self.new_path(value).ok_or_else(unsafe_flag)??;
                    return Ok(format!("-{name}={path}"));
                }
                Some(Kind::Number | Kind::Natural | Kind::Text | Kind::Files) | None => {}
            }
        }
        if !is_safe(argument) {
            return Err(unsafe_flag());
        }
        Ok(argument.to_string_lossy().into_owned())
    }

    /// A path through a link to its folder. None if the last part is not safe itself.
    fn new_path(&mut self, path: &Path) -> Option<io::Result<String>> {
        let is_folder = path.as_os_str().as_bytes().ends_with(b"/");
        if is_folder || path.is_dir() {
            return Some(self.link(path).map(|link| if is_folder { link + "/" } else { link }));
        }
        let name = path.file_name()?;
        if !is_safe(name) {
            return None;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let link = self.link(folder.unwrap_or(Path::new(".")));
        Some(link.map(|link| format!("{link}/{}", name.to_string_lossy())))
    }
}

/// Whether a shell takes the text as one word and as it is.
fn is_safe(text: &OsStr) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=,:+@%".contains(byte);
    !text.is_empty() && text.as_bytes().iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;

    #[test]
    fn what_a_shell_would_take_apart_is_behind_a_link() {
        let mut stage = Stage::new().unwrap();
        for hostile in
            ["a b", "it's", "x;y", "$(z)", "`z`", "a\nb", "-dict=a b", "-artifact_prefix=a b/"]
        {
            let staged = stage.argument(OsStr::new(hostile)).unwrap();
            assert!(is_safe(OsStr::new(&staged)), "{hostile}: {staged}");
        }
        for hostile in ["-runs=1;2", "-exact_artifact_path=a;b", "-x=$(y)"] {
            assert!(stage.argument(OsStr::new(hostile)).is_err(), "{hostile}");
        }
        assert_eq!(stage.argument(OsStr::new("-runs=5")).unwrap(), "-runs=5");
    }
}
