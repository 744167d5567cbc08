//! One directory, listed and sorted.

use cap_std::fs::{Dir, DirEntry, FileType};

use super::{
    error::IngestError,
    names::Full,
    path::{bytes_of, path_of},
    sorter::{Sorted, Sorter},
};

/// What a directory entry is, without following a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EntryKind {
    /// To be descended into.
    Directory,
    /// To be resolved.
    Link,
    /// Everything that can only be judged or refused: regular files, FIFOs, devices, sockets.
    File,
}

impl EntryKind {
    /// As it is stored behind a name.
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Directory => 0,
            Self::Link => 1,
            Self::File => 2,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Directory,
            1 => Self::Link,
            _ => Self::File,
        }
    }
}

/// The entries of one directory that were asked for, sorted by the bytes of their names.
#[derive(Debug, Default)]
pub(super) struct Listing {
    len: usize,
    names: Sorted,
    /// Why the listing is not complete, if it is not.
    pub(super) fault: Option<IngestError>,
}

impl Listing {
    /// Lists `dir`, keeping what `wanted` agrees to, at most `room` entries.
    pub(super) fn read(
        dir: &Dir,
        room: usize,
        mut wanted: impl FnMut(&[u8], EntryKind) -> bool,
    ) -> Result<Self, Full> {
        let mut listing = Self::default();
        let mut sorter = Sorter::default();
        let entries = match dir.entries() {
            Ok(entries) => entries,
            Err(error) => {
                listing.fault = Some(IngestError::of_directory(&error));
                return Ok(listing);
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let name = entry.file_name();
                    let name = bytes_of(&name);
                    let kind = kind_of(dir, &entry, &name);
                    if wanted(&name, kind) {
                        if sorter.len() >= room {
                            return Err(Full);
                        }
                        sorter.push(&name, kind)?;
                    }
                }
                // Going on might never end: the position in the directory is not known any more.
                Err(error) => {
                    listing.fault = Some(IngestError::of_directory(&error));
                    break;
                }
            }
        }
        listing.len = sorter.len();
        listing.names = sorter.finish()?;
        Ok(listing)
    }

    /// Number of entries, read or not.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The next name in order, and its kind.
    pub(super) fn next(&mut self) -> Option<(&[u8], EntryKind)> {
        self.names.next()
    }
}

/// The kind in the entry itself, or, on file systems that do not fill it in, of the file.
fn kind_of(dir: &Dir, entry: &DirEntry, name: &[u8]) -> EntryKind {
    let known = |file_type: FileType| {
        if file_type.is_dir() {
            Some(EntryKind::Directory)
        } else if file_type.is_symlink() {
            Some(EntryKind::Link)
        } else if file_type == FileType::unknown() {
            None
        } else {
            Some(EntryKind::File)
        }
    };
    let stat = || Some(dir.symlink_metadata(path_of(name)).ok()?.file_type());
    // What cannot even be asked is taken for a file, so that reading it says why.
    let unknown = EntryKind::File;
    entry.file_type().ok().and_then(known).or_else(|| known(stat()?)).unwrap_or(unknown)
}
