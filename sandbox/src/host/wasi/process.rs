//! Arguments, an empty environment, `proc_exit` and `sched_yield`.

use super::errno::{Failure, returned};
use crate::host::state::called;
use crate::host::{State, Stop};
use crate::num::address;
use wasmtime::{Caller, Linker, Result};

pub(super) const FUNCTIONS: [&str; 6] =
    ["args_get", "args_sizes_get", "environ_get", "environ_sizes_get", "proc_exit", "sched_yield"];

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    let module = super::MODULE;
    linker.func_wrap(module, "args_get", |caller: Caller<'_, State>, list, text| {
        returned(args_get(caller, list, text))
    })?;
    linker.func_wrap(module, "args_sizes_get", |caller: Caller<'_, State>, count, size| {
        returned(args_sizes_get(caller, count, size))
    })?;
    linker.func_wrap(module, "environ_get", |caller: Caller<'_, State>, _: i32, _: i32| {
        returned(nothing(caller))
    })?;
    linker.func_wrap(module, "environ_sizes_get", |caller: Caller<'_, State>, count, size| {
        returned(environ_sizes_get(caller, count, size))
    })?;
    linker.func_wrap(module, "proc_exit", |code: i32| -> Result<()> {
        Err(Stop::Exit(code).into())
    })?;
    linker
        .func_wrap(module, "sched_yield", |caller: Caller<'_, State>| returned(nothing(caller)))?;
    Ok(())
}

fn nothing(mut caller: Caller<'_, State>) -> Result<(), Failure> {
    Ok(caller.data_mut().charge_call()?)
}

fn args_get(mut caller: Caller<'_, State>, list: i32, text: i32) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "args_get")?;
    let (mut list, mut text) = (address(list), address(text));
    for argument in &state.wasi.arguments {
        memory.write_u32(list, text)?;
        memory.write(text, argument.as_bytes())?;
        text = text.saturating_add(u32::try_from(argument.len()).unwrap_or(u32::MAX));
        memory.write(text, &[0])?;
        text = text.saturating_add(1);
        list = list.saturating_add(4);
    }
    Ok(())
}

fn args_sizes_get(mut caller: Caller<'_, State>, count: i32, size: i32) -> Result<(), Failure> {
    let (mut memory, state) = called(&mut caller, "args_sizes_get")?;
    let arguments = &state.wasi.arguments;
    let bytes: usize = arguments.iter().map(|a| a.len().saturating_add(1)).sum();
    memory.write_u32(address(count), u32::try_from(arguments.len()).unwrap_or(u32::MAX))?;
    memory.write_u32(address(size), u32::try_from(bytes).unwrap_or(u32::MAX))?;
    Ok(())
}

fn environ_sizes_get(mut caller: Caller<'_, State>, count: i32, size: i32) -> Result<(), Failure> {
    let (mut memory, _) = called(&mut caller, "environ_sizes_get")?;
    memory.write_u32(address(count), 0)?;
    memory.write_u32(address(size), 0)?;
    Ok(())
}
