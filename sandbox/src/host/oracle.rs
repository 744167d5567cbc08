//! Connects an instance whose accesses the host judges with its [`Oracle`](crate::instrument::oracle).
//!
//! The functions go into a table that only the rewriter adds, so that no guest can import them.

use super::State;
use super::state::memory_and_state;
use crate::instrument::interface;
use crate::instrument::oracle::{Asked, HeapCall};
use crate::num::address;
use wasmtime::{AsContextMut, Caller, Func, Instance, Ref, Result, Store};

/// Puts the oracle's functions where the instance looks for them.
pub(crate) fn connect(store: &mut Store<State>, instance: Instance) -> Result<()> {
    let table = instance.get_table(&mut *store, interface::ORACLE);
    let table = table.ok_or_else(|| wasmtime::Error::msg("the oracle has no table"))?;
    let functions = [Func::wrap(&mut *store, forbids), Func::wrap(&mut *store, heap_called)];
    for (at, function) in (0..).zip(functions) {
        table.set(store.as_context_mut(), at, Ref::Func(Some(function)))?;
    }
    Ok(())
}

fn forbids(
    mut caller: Caller<'_, State>,
    base: i32,
    offset: i32,
    size: i32,
    how: i32,
) -> Result<i32> {
    let (memory, state) = memory_and_state(&mut caller, "the oracle")?;
    let forbidden = state.oracle.forbids(memory.view(), Asked::of(base, offset, size, how))?;
    Ok(i32::from(forbidden))
}

fn heap_called(
    mut caller: Caller<'_, State>,
    function: i32,
    a: i32,
    b: i32,
    c: i32,
    d: i32,
    result: i32,
) -> Result<()> {
    let (memory, state) = memory_and_state(&mut caller, "the oracle")?;
    let call = HeapCall { function, arguments: [a, b, c, d], result };
    let stored = memory.read_u32(address(a)).ok();
    state.oracle.heap_called(memory.view(), call, stored)?;
    Ok(())
}
