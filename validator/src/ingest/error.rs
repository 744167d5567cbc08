//! Why a subject's bytes could not be had.

use std::{fmt, io, path::Path};

use cap_fs_ext::FileTypeExt as _;
use cap_std::fs::{Dir, FileType};
use rustix::io::Errno;

/// What a path is when it is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A directory stands where a file was listed.
    Directory,
    /// A named pipe: reading would wait for a writer.
    Fifo,
    /// A socket in the file system.
    Socket,
    /// A character device, such as a terminal or `/dev/zero`.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A kind that this system does not name.
    Other,
}

impl FileKind {
    /// The kind of something that is neither a regular file nor a link.
    pub(super) fn of(file_type: FileType) -> Self {
        if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_fifo() {
            Self::Fifo
        } else if file_type.is_socket() {
            Self::Socket
        } else if file_type.is_char_device() {
            Self::CharDevice
        } else if file_type.is_block_device() {
            Self::BlockDevice
        } else {
            Self::Other
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::Fifo => "a FIFO",
            Self::Socket => "a socket",
            Self::CharDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::Other => "of an unknown kind",
        })
    }
}

/// Why a subject's bytes could not be had. The first six say something about what was handed in, the
/// others about the moment or the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// Not a regular file; it was not opened.
    #[error("not a regular file: it is {kind}")]
    NotRegular {
        /// What it is instead.
        kind: FileKind,
    },
    /// A symbolic link leads out of the given directory, or out of a named file's own directory.
    #[error("a symbolic link leads out of the given directory")]
    EscapesDirectory,
    /// A symbolic link leads to a directory in which something would be judged under the link's path, and is not under
    /// its own: a pattern leaves it out.
    #[error("a symbolic link leads to a directory that the file patterns leave out")]
    LeadsToExcluded,
    /// A symbolic link leads to nothing: its target is missing, or links go round in a circle, or it
    /// is one of the kernel's own links in `/proc` that stand for no path, and not for a pipe or a socket.
    #[error("a symbolic link leads to nothing that can be opened")]
    Dangling,
    /// Larger than the limit when it was opened; nothing was read.
    #[error("{size} bytes, over the limit of {limit} bytes")]
    TooLarge {
        /// Bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// A directory deeper than [`limits::MAX_DEPTH`](super::limits::MAX_DEPTH); nothing below it was
    /// listed.
    #[error("more than {limit} directories deep; nothing below is judged")]
    TooDeep {
        /// Directories below the argument.
        limit: usize,
    },
    /// Listed, but no longer there.
    #[error("no longer there")]
    Vanished,
    /// The bytes read may be of no single state of the file.
    #[error("changed while it was being read")]
    ChangedWhileRead,
    /// The operating system denies this process the access.
    #[error("permission denied")]
    PermissionDenied,
    /// The operating system failed in another way.
    #[error("{kind}{}", os_code(*.code))]
    Io {
        /// What kind of failure.
        kind: io::ErrorKind,
        /// The operating system's error number, where there is one.
        code: Option<i32>,
    },
}

fn os_code(code: Option<i32>) -> String {
    code.map(|code| format!(" (os error {code})")).unwrap_or_default()
}

impl IngestError {
    /// A failure that has no meaning of its own here.
    pub(super) fn io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            kind => Self::Io { kind, code: error.raw_os_error() },
        }
    }

    /// What a failure to reach `path` under `dir` means.
    pub(super) fn of_file(dir: &Dir, path: &Path, error: &io::Error) -> Self {
        if leads_nowhere(error) {
            // Only a link that is still there can dangle.
            return match dir.symlink_metadata(path) {
                Ok(metadata) if metadata.is_symlink() => match behind_descriptor(dir, path) {
                    Some(kind) => Self::NotRegular { kind },
                    None => Self::Dangling,
                },
                _ => Self::Vanished,
            };
        }
        // An escape is refused by cap-std, not by the system, and so carries no error number.
        if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() {
            return Self::EscapesDirectory;
        }
        Self::io(error)
    }

    /// What a failure to open or list a directory means. A link in its place means that the directory
    /// that was listed is gone.
    pub(super) fn of_directory(error: &io::Error) -> Self {
        if leads_nowhere(error) { Self::Vanished } else { Self::io(error) }
    }
}

/// What is behind a link to an open file that has no path, such as the pipe that a shell's `<(...)` names: the kernel gives
/// its kind in the place of one (proc_pid_fd(5), `pipe:[1234]`). None for links that somebody made.
#[cfg(target_os = "linux")]
fn behind_descriptor(dir: &Dir, path: &Path) -> Option<FileKind> {
    let is_of_proc = rustix::fs::fstatfs(dir).ok()?.f_type == rustix::fs::PROC_SUPER_MAGIC;
    let target = dir.read_link_contents(path).ok().filter(|_| is_of_proc)?;
    match target.to_str()?.split_once(":[")?.0 {
        "pipe" => Some(FileKind::Fifo),
        "socket" => Some(FileKind::Socket),
        _ => None,
    }
}

/// The same where there are no such links.
#[cfg(not(target_os = "linux"))]
fn behind_descriptor(_: &Dir, _: &Path) -> Option<FileKind> {
    None
}

/// Whether the path, as a path, leads to nothing.
pub(super) fn leads_nowhere(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}
