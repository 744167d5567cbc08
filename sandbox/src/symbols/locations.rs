//! Debug information: the functions, files and lines at an offset.
//!
//! This trusts its input not to be made to do harm, and so it runs in a child wherever the module is
//! not known.

use super::dwarf::{Sections, Slice};
use super::readable::{cut, readable};
use crate::limits::MAX_FRAMES;
use addr2line::Context;
use serde::{Deserialize, Serialize};

/// One place in the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Location {
    /// The function, as people write it.
    pub(crate) function: Option<String>,
    /// The file, as the debug information has it.
    pub(crate) file: Option<String>,
    /// Line, from 1.
    pub(crate) line: Option<u32>,
    /// Column, from 1.
    pub(crate) column: Option<u32>,
}

/// For each offset in the module the locations at it, innermost first: more than one where functions
/// were inlined, none where nothing is known. What is absent or damaged is left out.
pub(crate) fn locations(wasm: &[u8], offsets: &[u64]) -> Vec<Vec<Location>> {
    let sections = Sections::read(wasm);
    let Some(context) = sections.context() else { return Vec::new() };
    offsets.iter().map(|offset| at(&context, *offset, sections.code_offset())).collect()
}

fn at(context: &Context<Slice<'_>>, offset: u64, code_offset: u64) -> Vec<Location> {
    let Some(address) = offset.checked_sub(code_offset) else { return Vec::new() };
    let mut found = Vec::new();
    let Ok(mut frames) = context.find_frames(address).skip_all_loads() else { return found };
    while let Ok(Some(frame)) = frames.next() {
        if found.len() >= MAX_FRAMES {
            break;
        }
        let function = frame.function.as_ref().and_then(|function| function.raw_name().ok());
        let place = frame.location.as_ref();
        found.push(Location {
            function: function.map(|name| readable(&name)),
            file: place.and_then(|place| place.file).map(|file| cut(file).to_owned()),
            line: place.and_then(|place| place.line).filter(|line| *line > 0),
            column: place.and_then(|place| place.column).filter(|column| *column > 0),
        });
    }
    found
}
