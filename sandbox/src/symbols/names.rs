//! The name section: what a module calls its functions.

use super::readable::{cut, readable};
use std::collections::HashMap;
use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload};

/// Names of functions by index, as the module has them.
pub(super) struct Names {
    by_index: HashMap<u32, Box<str>>,
}

impl Names {
    /// Reads the names of the first `functions` functions. What is damaged is left out, and a name for
    /// a function that does not exist is not kept: a section of 64 MiB has room for many of those.
    pub(super) fn read(wasm: &[u8], functions: u32) -> Self {
        let mut names = Self { by_index: HashMap::new() };
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            if let Payload::CustomSection(section) = payload
                && let KnownCustom::Name(reader) = section.as_known()
            {
                names.add(reader, functions);
            }
        }
        names
    }

    fn add(&mut self, reader: NameSectionReader<'_>, functions: u32) {
        for subsection in reader.into_iter().map_while(Result::ok) {
            let Name::Function(namings) = subsection else { continue };
            for naming in namings.into_iter().map_while(Result::ok) {
                if naming.index < functions {
                    self.by_index.insert(naming.index, cut(naming.name).into());
                }
            }
        }
    }

    /// The name of a function, as people write it.
    pub(super) fn of(&self, function: u32) -> Option<String> {
        self.by_index.get(&function).map(|name| readable(name))
    }
}
