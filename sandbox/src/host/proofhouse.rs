//! The host functions of the native ABI: `proofhouse.message` and `proofhouse.emit`.

use super::State;
use super::state::memory_and_state;
use crate::num::address;
use wasmtime::{Caller, Linker, Result};

/// Module of the imports.
pub(super) const MODULE: &str = "proofhouse";
/// Names of the imports.
pub(super) const FUNCTIONS: [&str; 2] = ["message", "emit"];

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "message", message)?;
    linker.func_wrap(MODULE, "emit", emit)?;
    Ok(())
}

fn message(mut caller: Caller<'_, State>, level: i32, text: i32, size: i32) -> Result<()> {
    let (memory, state) = memory_and_state(&mut caller, "proofhouse.message")?;
    let bytes = memory.slice(address(text), address(size))?;
    // A flood is refused before its bytes are copied.
    state.charge_message(bytes.len())?;
    let text = String::from_utf8_lossy(bytes).into_owned();
    state.captured.messages.push((level, text));
    Ok(())
}

fn emit(mut caller: Caller<'_, State>, record: i32, size: i32) -> Result<()> {
    let (memory, state) = memory_and_state(&mut caller, "proofhouse.emit")?;
    let bytes = memory.slice(address(record), address(size))?;
    state.charge_record(bytes.len())?;
    state.captured.emitted.push(bytes);
    Ok(())
}
