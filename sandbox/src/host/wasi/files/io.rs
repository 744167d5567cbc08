//! Reading, writing and seeking.

use super::{File, Files};
use crate::guest_memory::GuestMemory;
use crate::host::State;
use crate::host::state::called;
use crate::host::wasi::MODULE;
use crate::host::wasi::errno::{self, Failure, returned};
use crate::limits::{HOST_BUFFER_FUEL, MAX_IO_VECTORS};
use crate::num::{address, u64_of, usize_of};
use wasmtime::{Caller, Linker, Result};

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "fd_read", |caller: Caller<'_, State>, fd, list, count, out| {
        returned(read(caller, "fd_read", fd, (list, count), None, out))
    })?;
    linker.func_wrap(
        MODULE,
        "fd_pread",
        |caller: Caller<'_, State>, fd: i32, list: i32, count: i32, offset: i64, out: i32| {
            returned(read(caller, "fd_pread", fd, (list, count), Some(offset), out))
        },
    )?;
    linker.func_wrap(MODULE, "fd_write", |caller: Caller<'_, State>, fd, list, count, out| {
        returned(write(caller, fd, list, count, out))
    })?;
    linker.func_wrap(
        MODULE,
        "fd_seek",
        |caller: Caller<'_, State>, fd: i32, offset: i64, whence: i32, out: i32| {
            returned(seek(caller, "fd_seek", fd, offset, whence, out))
        },
    )?;
    linker.func_wrap(MODULE, "fd_tell", |caller: Caller<'_, State>, fd, out| {
        returned(seek(caller, "fd_tell", fd, 0, WHENCE_CURRENT, out))
    })?;
    linker.func_wrap(MODULE, "fd_close", |mut caller: Caller<'_, State>, fd| {
        returned(close(&mut caller, fd))
    })?;
    Ok(())
}

fn close(caller: &mut Caller<'_, State>, descriptor: i32) -> Result<(), Failure> {
    let state = caller.data_mut();
    state.charge_call()?;
    state.wasi.files.close(descriptor)
}

/// The buffers of a scatter-gather call: address and size of each.
fn vectors(
    memory: &GuestMemory<'_>,
    state: &mut State,
    list: i32,
    count: i32,
) -> Result<Vec<(u32, u32)>, Failure> {
    let count = address(count);
    if count > MAX_IO_VECTORS {
        return Err(Failure::Errno(errno::INVAL));
    }
    state.charge_work(HOST_BUFFER_FUEL.saturating_mul(count.into()))?;
    let mut at = address(list);
    let mut vectors = Vec::with_capacity(usize_of(count));
    for _ in 0..count {
        vectors.push((memory.read_u32(at)?, memory.read_u32(at.saturating_add(4))?));
        at = at.saturating_add(8);
    }
    Ok(vectors)
}

fn read(
    mut caller: Caller<'_, State>,
    function: &'static str,
    descriptor: i32,
    (list, count): (i32, i32),
    offset: Option<i64>,
    out: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, function)?;
    let vectors = vectors(&memory, state, list, count)?;
    let files = &mut state.wasi.files;
    let mut position = match (*files.file(descriptor)?, offset) {
        (File::Stdin { position } | File::Content { position }, None) => position,
        (File::Content { .. }, Some(offset)) => {
            usize::try_from(offset).map_err(|_| Failure::Errno(errno::INVAL))?
        }
        (File::Stdin { .. }, Some(_)) => return Err(Failure::Errno(errno::SPIPE)),
        (File::Root, _) => return Err(Failure::Errno(errno::ISDIR)),
        (File::Output { .. }, _) => return Err(Failure::Errno(errno::BADF)),
    };
    let room: u64 = vectors.iter().map(|(_, size)| u64::from(*size)).sum();
    let rest = u64_of(files.rest(position).len());
    state.charge_work(room.min(rest))?;
    let files = &mut state.wasi.files;
    let mut total = 0_u32;
    for (to, size) in vectors {
        let rest = files.rest(position);
        let part = rest.get(..usize_of(size)).unwrap_or(rest);
        memory.write(to, part)?;
        position = position.saturating_add(part.len());
        total = total.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX));
    }
    if offset.is_none() {
        move_to(files, descriptor, position)?;
    }
    Ok(memory.write_u32(address(out), total)?)
}

fn write(
    mut caller: Caller<'_, State>,
    descriptor: i32,
    list: i32,
    count: i32,
    out: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "fd_write")?;
    let File::Output { is_stderr } = *state.wasi.files.file(descriptor)? else {
        return Err(Failure::Errno(errno::BADF));
    };
    let mut total = 0_u32;
    for (from, size) in vectors(&memory, state, list, count)? {
        let bytes = memory.slice(from, size)?;
        state.charge_output(bytes.len())?;
        state.captured.write(bytes, is_stderr);
        total = total.saturating_add(size);
    }
    Ok(memory.write_u32(address(out), total)?)
}

/// `whence` of the interface: 0 from the start, 1 from the position, 2 from the end.
const WHENCE_CURRENT: i32 = 1;

fn seek(
    mut caller: Caller<'_, State>,
    function: &'static str,
    descriptor: i32,
    offset: i64,
    whence: i32,
    out: i32,
) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, function)?;
    let files = &mut state.wasi.files;
    let size = files.content_size();
    let position = match *files.file(descriptor)? {
        File::Content { position } => u64_of(position),
        File::Stdin { .. } | File::Output { .. } => return Err(Failure::Errno(errno::SPIPE)),
        File::Root => return Err(Failure::Errno(errno::ISDIR)),
    };
    let base = match whence {
        0 => 0,
        WHENCE_CURRENT => position,
        2 => size,
        _ => return Err(Failure::Errno(errno::INVAL)),
    };
    let invalid = Failure::Errno(errno::INVAL);
    let target = base.checked_add_signed(offset).ok_or(invalid)?;
    let target_here = usize::try_from(target).map_err(|_| Failure::Errno(errno::INVAL))?;
    move_to(files, descriptor, target_here)?;
    Ok(memory.write_u64(address(out), target)?)
}

fn move_to(files: &mut Files, descriptor: i32, target: usize) -> Result<(), Failure> {
    match files.file(descriptor)? {
        File::Stdin { position } | File::Content { position } => *position = target,
        File::Output { .. } | File::Root => {}
    }
    Ok(())
}
