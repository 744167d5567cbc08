//! What a file is: `fdstat` and `filestat`.

use super::File;
use crate::guest_memory::GuestMemory;
use crate::host::State;
use crate::host::state::called;
use crate::host::wasi::MODULE;
use crate::host::wasi::errno::{self, Failure, returned};
use crate::num::address;
use wasmtime::{Caller, Linker, Result};

/// File types of the interface.
const CHARACTER_DEVICE: u8 = 2;
const DIRECTORY: u8 = 3;
pub(super) const REGULAR_FILE: u8 = 4;

/// Rights of the interface that mean something here.
const READ: u64 = 1 << 1;
const SEEK: u64 = 1 << 2;
const TELL: u64 = 1 << 5;
pub(super) const WRITE: u64 = 1 << 6;
const PATH_OPEN: u64 = 1 << 13;
const READDIR: u64 = 1 << 14;
const PATH_FILESTAT: u64 = 1 << 18;
const FILESTAT: u64 = 1 << 21;

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "fd_fdstat_get", |caller: Caller<'_, State>, fd, out| {
        returned(fdstat(caller, fd, out))
    })?;
    // The flags are about appending and waiting, and there is nothing here to append to or to wait for.
    linker.func_wrap(
        MODULE,
        "fd_fdstat_set_flags",
        |mut caller: Caller<'_, State>, fd: i32, _flags: i32| returned(set_flags(&mut caller, fd)),
    )?;
    linker.func_wrap(MODULE, "fd_filestat_get", |caller: Caller<'_, State>, fd, out| {
        returned(filestat(caller, fd, out))
    })?;
    Ok(())
}

fn set_flags(caller: &mut Caller<'_, State>, descriptor: i32) -> Result<(), Failure> {
    let state = caller.data_mut();
    state.charge_call()?;
    state.wasi.files.file(descriptor).map(|_| ())
}

fn fdstat(mut caller: Caller<'_, State>, descriptor: i32, out: i32) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "fd_fdstat_get")?;
    let (kind, rights, inherited) = match *state.wasi.files.file(descriptor)? {
        File::Stdin { .. } => (CHARACTER_DEVICE, READ | FILESTAT, 0),
        File::Output { .. } => (CHARACTER_DEVICE, WRITE | FILESTAT, 0),
        File::Content { .. } => (REGULAR_FILE, READ | SEEK | TELL | FILESTAT, 0),
        File::Root => (
            DIRECTORY,
            PATH_OPEN | READDIR | PATH_FILESTAT | FILESTAT,
            // libc asks for no more than what is inherited. That somebody wants to write must come
            // through to `path_open`, which refuses it; else a later write would fail for no reason.
            READ | WRITE | SEEK | TELL | FILESTAT,
        ),
    };
    // fs_filetype, padding, fs_flags, padding, fs_rights_base, fs_rights_inheriting.
    let mut record = [0; 24];
    if let Some(first) = record.first_mut() {
        *first = kind;
    }
    let out = address(out);
    memory.write(out, &record)?;
    memory.write_u64(out.saturating_add(8), rights)?;
    Ok(memory.write_u64(out.saturating_add(16), inherited)?)
}

fn filestat(mut caller: Caller<'_, State>, descriptor: i32, out: i32) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "fd_filestat_get")?;
    let size = state.wasi.files.content_size();
    let (kind, size) = match *state.wasi.files.file(descriptor)? {
        File::Stdin { .. } | File::Output { .. } => (CHARACTER_DEVICE, 0),
        File::Content { .. } => (REGULAR_FILE, size),
        File::Root => (DIRECTORY, 0),
    };
    write_filestat(&mut memory, out, kind, size)
}

/// dev, ino, filetype, padding, nlink, size, atim, mtim, ctim: 64 bytes.
pub(super) fn write_filestat(
    memory: &mut GuestMemory<'_>,
    out: i32,
    kind: u8,
    size: u64,
) -> Result<(), Failure> {
    let out = address(out);
    memory.write(out, &[0; 64])?;
    memory.write_u64(out.saturating_add(8), u64::from(kind))?;
    memory.write(out.saturating_add(16), &[kind])?;
    memory.write_u64(out.saturating_add(24), 1)?;
    Ok(memory.write_u64(out.saturating_add(32), size)?)
}

/// The root, by path.
pub(super) fn write_directory(memory: &mut GuestMemory<'_>, out: i32) -> Result<(), Failure> {
    write_filestat(memory, out, DIRECTORY, 0)
}

/// What a path that does not exist, or is no path, ends in.
pub(super) fn not_found() -> Failure {
    Failure::Errno(errno::NOENT)
}
