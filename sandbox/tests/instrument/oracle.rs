//! The slow oracle in the place of inlined checks: connected to an instance, and held against them.

use std::sync::{Arc, Mutex};

use proofhouse_sandbox::instrument::interface;
use proofhouse_sandbox::instrument::oracle::{Asked, HeapCall, Oracle, View};
use wasmtime::{Caller, Func, Instance, Memory, Ref, Store};

/// Lets an instance ask an oracle of its own.
pub(crate) fn connect(store: &mut Store<()>, instance: Instance) {
    let table = instance.get_table(&mut *store, interface::ORACLE).unwrap();
    let shadow = instance.get_memory(&mut *store, interface::SHADOW).unwrap();
    let memory = guests_memory(store, instance);
    let oracle = Arc::new(Mutex::new(Oracle::default()));
    let book = Arc::clone(&oracle);
    let asked = move |caller: Caller<'_, ()>, base, offset, size, how| {
        let view = view(&caller, shadow, memory);
        let forbids = oracle.lock().unwrap().forbids(view, Asked::of(base, offset, size, how));
        Ok(i32::from(forbids.map_err(wasmtime::Error::from)?))
    };
    let told = move |caller: Caller<'_, ()>, function, a: i32, b, c, d, result| {
        let stored = memory.and_then(|memory| {
            let word = memory.data(&caller).get(a as u32 as usize..)?.first_chunk()?;
            Some(u32::from_le_bytes(*word))
        });
        let call = HeapCall { function, arguments: [a, b, c, d], result };
        let view = view(&caller, shadow, memory);
        Ok(book.lock().unwrap().heap_called(view, call, stored)?)
    };
    let asked = Func::wrap(&mut *store, asked);
    let told = Func::wrap(
        &mut *store,
        move |caller: Caller<'_, ()>, f, a, b, c, d, r| -> wasmtime::Result<()> {
            told(caller, f, a, b, c, d, r)
        },
    );
    for (at, function) in [(0, asked), (1, told)] {
        table.set(&mut *store, at, Ref::Func(Some(function))).unwrap();
    }
}

fn view<'c>(caller: &'c Caller<'_, ()>, shadow: Memory, memory: Option<Memory>) -> View<'c> {
    let memory_bytes = memory.map_or(u64::MAX, |memory| memory.data_size(caller) as u64);
    View { shadow: shadow.data(caller), memory_bytes }
}

/// The exported memory that is not ours, whatever its name.
fn guests_memory(store: &mut Store<()>, instance: Instance) -> Option<Memory> {
    let mut exports = instance.exports(store);
    exports.find_map(|export| {
        let is_ours = export.name().starts_with(interface::PREFIX);
        export.into_extern().into_memory().filter(|_| !is_ours)
    })
}
