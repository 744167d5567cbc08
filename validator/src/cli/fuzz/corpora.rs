//! Corpora as the user names them, looked at before libFuzzer sees them.
//!
//! libFuzzer opens whatever lies in a directory and follows every link: a FIFO would hold it for ever, a
//! device can be read without end, and a link that leaves the directory is followed to where nobody meant
//! it to read. So a corpus holds *regular files*, in directories, and links to such files inside of it; what
//! is anything else is named, and nothing is run.

use crate::cli::files::{self, FileError, Surveyed};
use crate::cli::{Failure, warn};
use crate::ingest::IngestError;
use cap_std::AmbientAuthority;
use std::io;
use std::path::Path;

/// Bytes that libFuzzer takes of an input of a corpus, unless `-max_len` says otherwise.
const TAKEN_BYTES: u64 = 1 << 20;
/// Largest file that may be named itself: libFuzzer reads it whole.
pub(super) const MAX_NAMED_BYTES: u64 = 16 << 20;

/// Whether the directory that is to get new inputs has to be made first. A name with an extension is that of a file,
/// which is missing: no directory is made in its place.
pub(super) fn is_to_be_made(path: &Path) -> bool {
    let ends_in_slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    let is_missing =
        path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    is_missing && (ends_in_slash || path.extension().is_none())
}

/// Makes it.
pub(super) fn make(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir(path)
        .map_err(|error| Failure::Usage(format!("corpus {}: {error}", path.display())))
}

/// Looks at a corpus, or at an input that is named itself; `what` it is for people.
pub(super) fn look_at(what: &str, path: &Path, authority: AmbientAuthority) -> Result<(), Failure> {
    let refused = |error: FileError| Failure::Usage(format!("{what} {error}"));
    if !path.is_dir() {
        return files::measure(path, MAX_NAMED_BYTES, authority).map_err(refused);
    }
    let (mut unread, mut cut) = (Vec::new(), Vec::new());
    for Surveyed { path, size } in files::survey(path, authority).map_err(refused)? {
        match size {
            Ok(size) if size > TAKEN_BYTES => cut.push(path),
            // It is there no more: another run on the same corpus may have removed it.
            Ok(_) | Err(IngestError::Vanished | IngestError::ChangedWhileRead) => {}
            Err(IngestError::PermissionDenied) if !path.as_bytes().ends_with(b"/") => {
                unread.push(path);
            }
            Err(error) => return Err(refused(FileError::Read { path, error })),
        }
    }
    for (paths, problem) in [
        (unread, "may not be read, and libFuzzer leaves it out"),
        (cut, "has more than 1 MiB, of which libFuzzer takes the first or what -max_len says"),
    ] {
        if let Some((first, others)) = paths.split_first() {
            let others = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            warn(&format!("{what} {first}{others}: {problem}"));
        }
    }
    Ok(())
}
