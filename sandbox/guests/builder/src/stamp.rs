//! Whether an artefact is up to date.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::digest::sha256;
use crate::error::Error;

/// What an artefact was made from, and what came out: two digests.
///
/// It lies beside the artefact. A stamp that is absent, damaged or of other bytes than the
/// artefact's only means that the artefact is built again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    inputs: String,
    output: String,
}

impl Stamp {
    /// Whether `artefact` was made from `inputs` and is still what was made.
    pub(crate) fn is_fresh(artefact: &Path, inputs: &str) -> bool {
        let (Ok(bytes), Ok(text)) = (fs::read(artefact), fs::read_to_string(path_of(artefact)))
        else {
            return false;
        };
        text == Self { inputs: inputs.to_owned(), output: sha256(&bytes) }.text()
    }

    /// Notes that `artefact` is made from `inputs`.
    pub(crate) fn write(artefact: &Path, inputs: &str) -> Result<(), Error> {
        let bytes = fs::read(artefact).map_err(Error::io(artefact))?;
        let stamp = Self { inputs: inputs.to_owned(), output: sha256(&bytes) };
        replace(&path_of(artefact), stamp.text().as_bytes())
    }

    fn text(&self) -> String {
        format!("inputs {}\noutput {}\n", self.inputs, self.output)
    }
}

/// Hidden, so that who lists a folder of artefacts sees artefacts.
fn path_of(artefact: &Path) -> PathBuf {
    let name = artefact.file_name().unwrap_or_default().to_string_lossy();
    artefact.with_file_name(format!(".{name}.stamp"))
}

/// Writes a file so that nobody sees it half written. Does nothing where it has these bytes already.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io(folder))?;
    let readable = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new()
        .permissions(readable)
        .tempfile_in(folder)
        .map_err(Error::io(folder))?;
    file.write_all(bytes).map_err(Error::io(file.path()))?;
    file.persist(path).map_err(|error| Error::io(path)(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_the_stamped_bytes_from_the_stamped_inputs_are_fresh() {
        let folder = tempfile::tempdir().unwrap();
        let artefact = folder.path().join("a.wasm");
        assert!(!Stamp::is_fresh(&artefact, "in"), "absent");
        replace(&artefact, b"module").unwrap();
        assert!(!Stamp::is_fresh(&artefact, "in"), "no stamp");
        Stamp::write(&artefact, "in").unwrap();
        assert!(Stamp::is_fresh(&artefact, "in"));
        assert!(!Stamp::is_fresh(&artefact, "other"), "other inputs");
        fs::write(&artefact, b"modul").unwrap();
        assert!(!Stamp::is_fresh(&artefact, "in"), "damaged");
        replace(&artefact, b"module").unwrap();
        assert!(Stamp::is_fresh(&artefact, "in"));
        fs::write(path_of(&artefact), b"").unwrap();
        assert!(!Stamp::is_fresh(&artefact, "in"), "damaged stamp");
    }

    #[test]
    fn same_bytes_leave_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        replace(&path, b"one").unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        replace(&path, b"one").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
