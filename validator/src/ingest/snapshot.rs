//! What a file was at one moment, as far as the file system tells.

use std::time::SystemTime;

use cap_fs_ext::MetadataExt as _;
use cap_std::fs::{File, Metadata};

use super::error::{FileKind, IngestError};

/// Identity, size and times of a regular file. Two equal ones around a read mean that nobody changed
/// the file meanwhile, as far as the file system's clock can tell: a change of the same size within
/// one tick of it (a few milliseconds) after an earlier change goes unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot {
    device: u64,
    inode: u64,
    /// Bytes.
    pub(super) size: u64,
    modified: Option<SystemTime>,
    /// Time of the last change of data or attributes, seconds and nanoseconds; it cannot be set back.
    changed: (i64, i64),
}

impl Snapshot {
    /// Of an open file; anything but a regular file is refused.
    pub(super) fn of(file: &File) -> Result<Self, IngestError> {
        let metadata = file.metadata().map_err(|error| IngestError::io(&error))?;
        regular(&metadata)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified: metadata.modified().ok().map(cap_std::time::SystemTime::into_std),
            changed: changed(&metadata),
        })
    }
}

/// Refuses anything but a regular file.
pub(super) fn regular(metadata: &Metadata) -> Result<(), IngestError> {
    if metadata.is_file() {
        Ok(())
    } else {
        Err(IngestError::NotRegular { kind: FileKind::of(metadata.file_type()) })
    }
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> (i64, i64) {
    use cap_std::fs::MetadataExt as _;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}
