//! Runs the scripts of a page one after the other. The working directory is kept from one to the next, as
//! in a terminal.

use crate::folder;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A terminal, in effect.
pub(crate) struct Shell {
    folder: PathBuf,
    /// Where the last script left its working directory.
    place: tempfile::NamedTempFile,
}

/// How a script ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shell {
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        let place = tempfile::NamedTempFile::new()?;
        Ok(Self { folder: folder.to_owned(), place })
    }

    /// Writes a file, below the working directory.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let path = self.folder.join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, text)).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// Runs a script. It ends at the first command that fails.
    pub(crate) fn run(&mut self, script: &str) -> io::Result<Ended> {
        let place = self.place.path().display();
        let script = format!("trap 'pwd >{place}' EXIT\n{script}");
        let output = Command::new("sh")
            .args(["-eu", "-c", &script])
            .current_dir(&self.folder)
            .envs(folder::environment())
            .stdin(Stdio::null())
            .output()?;
        self.folder = fs::read_to_string(self.place.path())?.trim_end().into();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Ok(Ended { code: output.status.code().unwrap_or(-1), stdout, stderr })
    }
}

/// Whether a condition of a page holds.
pub(crate) fn holds(condition: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", condition]).current_dir(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
