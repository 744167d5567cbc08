//! The debug information of a module, ready to be asked.

use addr2line::Context;
use gimli::{EndianSlice, LittleEndian, SectionId};
use std::collections::HashMap;
use wasmparser::{Parser, Payload};

pub(super) type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The custom sections of a module, and where its code is.
pub(super) struct Sections<'a> {
    customs: HashMap<&'a str, &'a [u8]>,
    code_offset: u64,
}

impl<'a> Sections<'a> {
    /// Reads them. What is damaged is left out.
    pub(super) fn read(wasm: &'a [u8]) -> Self {
        let mut sections = Self { customs: HashMap::new(), code_offset: 0 };
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::CustomSection(section) => {
                    sections.customs.insert(section.name(), section.data());
                }
                Payload::CodeSectionStart { unchecked_range, .. } => {
                    sections.code_offset = unchecked_range.start;
                }
                _ => {}
            }
        }
        sections
    }

    /// Offset of the contents of the code section, from which debug information counts.
    pub(super) fn code_offset(&self) -> u64 {
        self.code_offset
    }

    /// The debug information, if it can be read at all.
    pub(super) fn context(&self) -> Option<Context<Slice<'a>>> {
        let load = |id: SectionId| -> Result<Slice<'a>, gimli::Error> {
            let bytes = self.customs.get(id.name()).copied().unwrap_or_default();
            Ok(EndianSlice::new(bytes, LittleEndian))
        };
        gimli::Dwarf::load(load)
            .and_then(Context::from_dwarf)
            .inspect_err(|error| tracing::debug!(%error, "debug information not readable"))
            .ok()
    }
}
