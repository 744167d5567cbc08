//! Debug information: the functions, files and lines at an offset.
//!
//! This trusts its input not to be made to do harm, and so it runs in a child wherever the module is
//! not known.

use super::readable::{cut, readable};
use crate::limits::MAX_FRAMES;
use addr2line::Context;
use gimli::{EndianSlice, LittleEndian, SectionId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use wasmparser::{Parser, Payload};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

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
    let mut sections: HashMap<&str, &[u8]> = HashMap::new();
    let mut code_offset = 0;
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::CustomSection(section) => {
                sections.insert(section.name(), section.data());
            }
            // Debug information counts from the contents of the code section.
            Payload::CodeSectionStart { unchecked_range, .. } => {
                code_offset = unchecked_range.start;
            }
            _ => {}
        }
    }
    let load = |id: SectionId| -> Result<Slice<'_>, gimli::Error> {
        Ok(EndianSlice::new(sections.get(id.name()).copied().unwrap_or_default(), LittleEndian))
    };
    match gimli::Dwarf::load(load).and_then(Context::from_dwarf) {
        Ok(context) => offsets.iter().map(|offset| at(&context, *offset, code_offset)).collect(),
        Err(error) => {
            tracing::debug!(%error, "debug information not readable");
            Vec::new()
        }
    }
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
