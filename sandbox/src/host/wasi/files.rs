//! The virtual files: stdin, stdout, stderr, the root directory and `/content`.

mod directory;
mod io;
mod stat;

use super::errno::{self, Failure};
use crate::host::State;
use crate::limits::MAX_DESCRIPTORS;
use crate::num::{address, u64_of, usize_of};
use wasmtime::{Linker, Result};

pub(super) const FUNCTIONS: [&str; 14] = [
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_filestat_get",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_read",
    "fd_readdir",
    "fd_seek",
    "fd_tell",
    "fd_write",
    "path_filestat_get",
    "path_open",
];

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    directory::define(linker)?;
    io::define(linker)?;
    stat::define(linker)?;
    Ok(())
}

/// The descriptor at which the guest finds the root directory open.
const PREOPENED: i32 = 3;

/// The open files of one run.
pub(crate) struct Files {
    content: Vec<u8>,
    open: Vec<Option<File>>,
}

/// What a descriptor stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum File {
    /// The content as a stream.
    Stdin { position: usize },
    /// stdout or stderr.
    Output { is_stderr: bool },
    /// The root directory.
    Root,
    /// `/content`.
    Content { position: usize },
}

/// The descriptors, without the content.
#[derive(Clone)]
pub(crate) struct OpenFiles(Vec<Option<File>>);

impl Files {
    /// What is open now.
    pub(super) fn open_files(&self) -> OpenFiles {
        OpenFiles(self.open.clone())
    }

    /// Opens what was open then.
    pub(super) fn reopen(&mut self, open: &OpenFiles) {
        self.open.clone_from(&open.0);
    }

    pub(super) fn new(content: Vec<u8>) -> Self {
        let open = vec![
            Some(File::Stdin { position: 0 }),
            Some(File::Output { is_stderr: false }),
            Some(File::Output { is_stderr: true }),
            Some(File::Root),
        ];
        Self { content, open }
    }

    fn file(&mut self, descriptor: i32) -> Result<&mut File, Failure> {
        self.open
            .get_mut(usize_of(address(descriptor)))
            .and_then(Option::as_mut)
            .ok_or(Failure::Errno(errno::BADF))
    }

    /// Opens a file at the lowest free descriptor.
    fn open(&mut self, file: File) -> Result<u32, Failure> {
        let file = Some(file);
        let free = self.open.iter().position(Option::is_none).unwrap_or(self.open.len());
        if free >= MAX_DESCRIPTORS {
            return Err(Failure::Errno(errno::MFILE));
        }
        match self.open.get_mut(free) {
            Some(slot) => *slot = file,
            None => self.open.push(file),
        }
        u32::try_from(free).map_err(|_| Failure::Errno(errno::MFILE))
    }

    fn close(&mut self, descriptor: i32) -> Result<(), Failure> {
        self.file(descriptor)?;
        if let Some(slot) = self.open.get_mut(usize_of(address(descriptor))) {
            *slot = None;
        }
        Ok(())
    }

    fn content_size(&self) -> u64 {
        u64_of(self.content.len())
    }

    /// The rest of the content from a position on; empty behind its end.
    fn rest(&self, position: usize) -> &[u8] {
        self.content.get(position..).unwrap_or_default()
    }
}
