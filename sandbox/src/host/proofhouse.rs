//! The host functions of the native ABI: `proofhouse.message`, `proofhouse.diagnostic` and
//! `proofhouse.emit`.

use super::State;
use super::state::called;
use crate::message::{Message, TextPosition};
use crate::num::address;
use wasmtime::{Caller, Linker, Result};

/// Module of the imports.
pub(super) const MODULE: &str = "proofhouse";
/// Names of the imports.
pub(super) const FUNCTIONS: [&str; 3] = ["message", "diagnostic", "emit"];

pub(super) fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "message", message)?;
    linker.func_wrap(MODULE, "diagnostic", diagnostic)?;
    linker.func_wrap(MODULE, "emit", emit)?;
    Ok(())
}

fn message(mut caller: Caller<'_, State>, level: i32, text: i32, size: i32) -> Result<()> {
    keep(&mut caller, "proofhouse.message", (level, None), (text, size))
}

/// The same about a place in the content. A line or a column of 0 is one that is not known.
fn diagnostic(
    mut caller: Caller<'_, State>,
    level: i32,
    line: i32,
    column: i32,
    text: i32,
    size: i32,
) -> Result<()> {
    let position = TextPosition::of_numbers(line.cast_unsigned(), column.cast_unsigned());
    keep(&mut caller, "proofhouse.diagnostic", (level, position), (text, size))
}

fn keep(
    caller: &mut Caller<'_, State>,
    function: &'static str,
    (level, position): (i32, Option<TextPosition>),
    (text, size): (i32, i32),
) -> Result<()> {
    let (memory, state) = called(caller, function)?;
    let bytes = memory.slice(address(text), address(size))?;
    // A flood is refused before its bytes are copied.
    state.charge_message(bytes.len())?;
    let text = String::from_utf8_lossy(bytes).into_owned();
    state.captured.messages.push(Message { level, position, text });
    Ok(())
}

fn emit(mut caller: Caller<'_, State>, record: i32, size: i32) -> Result<()> {
    let (memory, state) = called(&mut caller, "proofhouse.emit")?;
    let bytes = memory.slice(address(record), address(size))?;
    state.charge_record(bytes.len())?;
    state.captured.emitted.push(bytes);
    Ok(())
}
