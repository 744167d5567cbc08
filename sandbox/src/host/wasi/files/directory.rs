//! The root directory, which holds one file: `content`.

use super::stat::{REGULAR_FILE, WRITE, not_found, write_directory, write_filestat};
use super::{File, PREOPENED};
use crate::guest_memory::GuestMemory;
use crate::host::State;
use crate::host::state::called;
use crate::host::wasi::MODULE;
use crate::host::wasi::errno::{self, Failure, returned};
use crate::num::{address, u64_of, usize_of};
use wasmtime::{Caller, Linker, Result};

/// Name of the only file.
const NAME: &[u8] = b"content";
/// Path of the only preopened directory.
const ROOT: &[u8] = b"/";
/// Flags of `path_open` that would create, truncate or demand a directory.
const O_CREATE: i32 = 1;
const O_DIRECTORY: i32 = 2;
const O_EXCLUSIVE: i32 = 4;
const O_TRUNCATE: i32 = 8;

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "fd_prestat_get", |caller: Caller<'_, State>, fd, out| {
        returned(prestat(caller, fd, out))
    })?;
    linker.func_wrap(
        MODULE,
        "fd_prestat_dir_name",
        |caller: Caller<'_, State>, fd, path, size| returned(prestat_name(caller, fd, path, size)),
    )?;
    linker.func_wrap(
        MODULE,
        "fd_readdir",
        |caller: Caller<'_, State>, fd: i32, buffer: i32, size: i32, cookie: i64, out: i32| {
            returned(readdir(caller, fd, (buffer, size), cookie, out))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "path_filestat_get",
        |caller: Caller<'_, State>, fd: i32, _flags: i32, path: i32, size: i32, out: i32| {
            returned(path_filestat(caller, fd, (path, size), out))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "path_open",
        |caller: Caller<'_, State>,
         fd: i32,
         _lookup: i32,
         path: i32,
         size: i32,
         flags: i32,
         rights: i64,
         _inheriting: i64,
         _fdflags: i32,
         out: i32| { returned(path_open(caller, fd, (path, size), flags, rights, out)) },
    )?;
    Ok(())
}

/// What a path relative to the root names.
enum Named {
    Root,
    Content,
}

fn resolve(
    memory: &GuestMemory<'_>,
    state: &mut State,
    path: i32,
    size: i32,
) -> Result<Named, Failure> {
    let path = memory.slice(address(path), address(size))?;
    state.charge_work(u64_of(path.len()))?;
    let here = |part: &&[u8]| part.is_empty() || *part == b".";
    let mut parts = path.split(|b| *b == b'/').skip_while(here);
    match (parts.next(), parts.next()) {
        (None, _) if path.is_empty() => Err(not_found()),
        (None, _) => Ok(Named::Root),
        (Some(NAME), None) => Ok(Named::Content),
        // Also when nothing but a slash follows.
        (Some(NAME), Some(_)) => Err(Failure::Errno(errno::NOTDIR)),
        (Some(_), _) => Err(not_found()),
    }
}

fn root_only(state: &mut State, descriptor: i32) -> Result<(), Failure> {
    match *state.wasi.files.file(descriptor)? {
        File::Root => Ok(()),
        File::Stdin { .. } | File::Output { .. } | File::Content { .. } => {
            Err(Failure::Errno(errno::NOTDIR))
        }
    }
}

/// libc asks for descriptor after descriptor until one is not a preopened directory.
fn preopened(state: &mut State, descriptor: i32) -> Result<(), Failure> {
    match *state.wasi.files.file(descriptor)? {
        File::Root if descriptor == PREOPENED => Ok(()),
        File::Root | File::Stdin { .. } | File::Output { .. } | File::Content { .. } => {
            Err(Failure::Errno(errno::BADF))
        }
    }
}

fn prestat(mut caller: Caller<'_, State>, descriptor: i32, out: i32) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "fd_prestat_get")?;
    preopened(state, descriptor)?;
    // Tag 0, a directory, and the length of its name.
    memory.write_u32(address(out), 0)?;
    Ok(memory.write_u32(address(out).saturating_add(4), 1)?)
}

fn prestat_name(
    mut caller: Caller<'_, State>,
    descriptor: i32,
    path: i32,
    size: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "fd_prestat_dir_name")?;
    preopened(state, descriptor)?;
    if usize_of(address(size)) < ROOT.len() {
        return Err(Failure::Errno(errno::NAMETOOLONG));
    }
    Ok(memory.write(address(path), ROOT)?)
}

fn path_filestat(
    mut caller: Caller<'_, State>,
    descriptor: i32,
    (path, size): (i32, i32),
    out: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "path_filestat_get")?;
    root_only(state, descriptor)?;
    match resolve(&memory, state, path, size)? {
        Named::Root => write_directory(&mut memory, out),
        Named::Content => {
            write_filestat(&mut memory, out, REGULAR_FILE, state.wasi.files.content_size())
        }
    }
}

fn path_open(
    mut caller: Caller<'_, State>,
    descriptor: i32,
    (path, size): (i32, i32),
    flags: i32,
    rights: i64,
    out: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "path_open")?;
    root_only(state, descriptor)?;
    let named = match resolve(&memory, state, path, size) {
        // A file that is not there cannot be made either.
        Err(Failure::Errno(_)) if flags & O_CREATE != 0 => return Err(Failure::Errno(errno::ROFS)),
        other => other?,
    };
    if flags & (O_EXCLUSIVE | O_TRUNCATE) != 0 {
        return Err(Failure::Errno(errno::ROFS));
    }
    let wants_to_write = rights.cast_unsigned() & WRITE != 0;
    let file = match named {
        Named::Root if wants_to_write => return Err(Failure::Errno(errno::ISDIR)),
        Named::Root => File::Root,
        Named::Content if flags & O_DIRECTORY != 0 => return Err(Failure::Errno(errno::NOTDIR)),
        Named::Content if wants_to_write => return Err(Failure::Errno(errno::ROFS)),
        Named::Content => File::Content { position: 0 },
    };
    let descriptor = state.wasi.files.open(file)?;
    Ok(memory.write_u32(address(out), descriptor)?)
}

fn readdir(
    mut caller: Caller<'_, State>,
    descriptor: i32,
    (buffer, size): (i32, i32),
    cookie: i64,
    out: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "fd_readdir")?;
    root_only(state, descriptor)?;
    // d_next, d_ino, d_namlen, d_type, padding, then the name: cut where the buffer ends.
    let mut entry = Vec::with_capacity(32);
    if cookie == 0 {
        entry.extend_from_slice(&1_u64.to_le_bytes());
        entry.extend_from_slice(&u64::from(REGULAR_FILE).to_le_bytes());
        entry.extend_from_slice(&u32::try_from(NAME.len()).unwrap_or(0).to_le_bytes());
        entry.extend_from_slice(&[REGULAR_FILE, 0, 0, 0]);
        entry.extend_from_slice(NAME);
    }
    entry.truncate(usize_of(address(size)));
    memory.write(address(buffer), &entry)?;
    let used = u32::try_from(entry.len()).unwrap_or(u32::MAX);
    Ok(memory.write_u32(address(out), used)?)
}
