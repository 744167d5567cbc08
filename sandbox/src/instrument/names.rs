//! The name section: names of functions and globals, for whoever wrote one.
//!
//! It proves nothing: anyone may write anything there, so whatever is done because of a name is checked
//! against the thing that is named.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{NameMap, NameSection};
use wasmparser::{KnownCustom, Name, NameSectionReader};

use super::original::Original;
use super::summary::NamesFound;

/// The original's names.
pub(super) struct Names<'a> {
    section: Option<NameSectionReader<'a>>,
    /// Names of functions, by index.
    pub(super) functions: Vec<(u32, &'a str)>,
    /// Names of globals, by index.
    pub(super) globals: Vec<(u32, &'a str)>,
    /// Names of data segments, by index.
    pub(super) data: Vec<(u32, &'a str)>,
    /// What there was to read.
    pub(super) found: NamesFound,
}

impl<'a> Names<'a> {
    /// Reads the names. A section that does not decode counts as none: it is not what a toolchain
    /// writes, and an engine ignores it as well. So does one that names no function, which is what some
    /// tools leave of it.
    pub(super) fn read(original: &Original<'a>) -> Self {
        let section = original.customs.iter().find_map(|custom| match custom.as_known() {
            KnownCustom::Name(section) => Some(section),
            _ => None,
        });
        let none = |found| Self {
            section: None,
            functions: Vec::new(),
            globals: Vec::new(),
            data: Vec::new(),
            found,
        };
        let Some(section) = section else { return none(NamesFound::Missing) };
        match decode(section.clone()) {
            Ok([functions, globals, data]) => {
                let found =
                    if functions.is_empty() { NamesFound::Missing } else { NamesFound::Read };
                Self { section: Some(section), functions, globals, data, found }
            }
            Err(_) => none(NamesFound::Malformed),
        }
    }

    /// The name section of the instrumented module: the original's names, those of its functions only
    /// up to `functions`, and behind them what `add` appends.
    pub(super) fn write(&self, functions: u32, add: impl FnOnce(&mut NameMap)) -> NameSection {
        let mut to = NameSection::new();
        let mut map = NameMap::new();
        for name in self.subsections() {
            if let Name::Function(names) = name {
                for naming in names.flatten().filter(|naming| naming.index < functions) {
                    map.append(naming.index, naming.name);
                }
            }
        }
        add(&mut map);
        // Subsections come in the order of their numbers: the module's name, functions, all others.
        for name in self.subsections().filter(|name| matches!(name, Name::Module { .. })) {
            copy(&mut to, name);
        }
        to.functions(&map);
        for name in self.subsections() {
            if !matches!(name, Name::Module { .. } | Name::Function(_)) {
                copy(&mut to, name);
            }
        }
        to
    }

    fn subsections(&self) -> impl Iterator<Item = Name<'a>> {
        self.section.clone().into_iter().flatten().flatten()
    }
}

fn copy(to: &mut NameSection, name: Name<'_>) {
    // `read` has seen all of it decode, and names change no index.
    let copied = RoundtripReencoder.parse_custom_name_subsection(to, name);
    debug_assert!(copied.is_ok(), "a subsection that decoded once does so again");
}

/// Names by index.
type Named<'a> = Vec<(u32, &'a str)>;

/// Decodes the whole section; gives the names of functions, of globals and of data segments.
fn decode(section: NameSectionReader<'_>) -> Result<[Named<'_>; 3], Malformed> {
    let mut functions = Vec::new();
    let mut globals = Vec::new();
    let mut data = Vec::new();
    let mut copied = NameSection::new();
    for name in section {
        let name = name?;
        let (names, to) = match name.clone() {
            Name::Function(names) => (names, &mut functions),
            Name::Global(names) => (names, &mut globals),
            Name::Data(names) => (names, &mut data),
            other => {
                RoundtripReencoder.parse_custom_name_subsection(&mut copied, other)?;
                continue;
            }
        };
        for naming in names {
            let naming = naming?;
            to.push((naming.index, naming.name));
        }
        RoundtripReencoder.parse_custom_name_subsection(&mut copied, name)?;
    }
    Ok([functions, globals, data])
}

/// The section does not decode; nobody asks how.
struct Malformed;

impl From<wasmparser::Error> for Malformed {
    fn from(_: wasmparser::Error) -> Self {
        Self
    }
}

impl From<wasm_encoder::reencode::Error> for Malformed {
    fn from(_: wasm_encoder::reencode::Error) -> Self {
        Self
    }
}
