//! A subject's bytes, whole and of one moment, or the reason why not.

use std::{
    io::{self, Read as _},
    path::Path,
};

use cap_fs_ext::OpenOptionsSyncExt as _;
use cap_std::fs::{Dir, File, OpenOptions};

use super::{
    error::IngestError,
    path::path_of,
    snapshot::{Snapshot, regular},
    subjects::Subject,
};

/// Reads `subject` into `buffer`, whose earlier content is dropped and whose memory is used again: a
/// worker that reads all its files into one buffer holds at most `max_bytes` and a little more.
///
/// Never waits for anything but the disk: only a regular file is opened, and without blocking, in case
/// something else takes its place in between. Nothing is read of a file over `max_bytes`. After an
/// error the buffer is empty.
pub fn read<'b>(
    subject: Subject<'_>,
    max_bytes: u64,
    buffer: &'b mut Vec<u8>,
) -> Result<&'b [u8], IngestError> {
    buffer.clear();
    let file = open(subject)?;
    read_whole(&file, max_bytes, buffer, |_| ())?;
    Ok(buffer)
}

/// The size in bytes that `subject` has now, if [`read`] could read it. Nothing is read of it.
pub fn measure(subject: Subject<'_>) -> Result<u64, IngestError> {
    Snapshot::of(&open(subject)?).map(|snapshot| snapshot.size)
}

/// The SHA-256 that [`read`] would give of `subject`, of which only a part is in memory at any time.
pub fn digest(subject: Subject<'_>, max_bytes: u64) -> Result<String, IngestError> {
    let file = open(subject)?;
    let before = Snapshot::of(&file)?;
    if before.size > max_bytes {
        return Err(IngestError::TooLarge { size: before.size, limit: max_bytes });
    }
    let at_most = before.size.saturating_add(1);
    let (size, digest) =
        crate::digest::of_reader((&file).take(at_most)).map_err(|error| IngestError::io(&error))?;
    let is_whole = size == before.size && Snapshot::of(&file)? == before;
    if is_whole { Ok(digest) } else { Err(IngestError::ChangedWhileRead) }
}

/// Moments of a read at which a test can interfere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The size is known and judged, nothing is read.
    BeforeReading,
    /// All is read, nothing is compared.
    AfterReading,
}

/// Opens the subject's file, if that is what it is.
pub(super) fn open(subject: Subject<'_>) -> Result<File, IngestError> {
    if let Some(fault) = subject.fault() {
        return Err(fault);
    }
    let (dir, path) = subject.place().ok_or(IngestError::Vanished)?;
    let path = path_of(&path);
    // Opening a device can do something to it, so the kind is asked for first.
    let metadata = dir.metadata(&path).map_err(|error| IngestError::of_file(dir, &path, &error))?;
    regular(&metadata)?;
    open_at_once(dir, &path)
}

/// Opens whatever is at `path` for reading, without waiting for anybody.
pub(super) fn open_at_once(dir: &Dir, path: &Path) -> Result<File, IngestError> {
    dir.open_with(path, OpenOptions::new().read(true).nonblock(true))
        .map_err(|error| IngestError::of_file(dir, path, &error))
}

/// Reads an open file into the empty `buffer`.
pub(super) fn read_whole(
    file: &File,
    max_bytes: u64,
    buffer: &mut Vec<u8>,
    mut between: impl FnMut(Moment),
) -> Result<(), IngestError> {
    let before = Snapshot::of(file)?;
    let too_large = IngestError::TooLarge { size: before.size, limit: max_bytes };
    if before.size > max_bytes {
        return Err(too_large);
    }
    let size = usize::try_from(before.size).map_err(|_| too_large)?;
    // One byte more than there should be: so a file that grows is noticed, and the end is seen without
    // the buffer growing.
    let at_most = before.size.saturating_add(1);
    buffer
        .try_reserve(size.saturating_add(1))
        .map_err(|error| IngestError::io(&io::Error::from(error)))?;
    between(Moment::BeforeReading);
    let outcome = file.take(at_most).read_to_end(buffer);
    between(Moment::AfterReading);
    let unchanged = match outcome {
        Ok(_) => Snapshot::of(file).map(|after| after == before && buffer.len() == size),
        Err(error) => Err(IngestError::io(&error)),
    };
    match unchanged {
        Ok(true) => Ok(()),
        Ok(false) => {
            buffer.clear();
            Err(IngestError::ChangedWhileRead)
        }
        Err(error) => {
            buffer.clear();
            Err(error)
        }
    }
}
