//! What is in a module beside what decides how it is run. Nothing here fails: what cannot be read is not there.

use crate::host::is_ubsan_import;
use crate::limits::MAX_NAME_BYTES;
use crate::module::ModuleInfo;
use crate::num::u64_of;
use crate::outcome::Unusable;
use wasmparser::{KnownCustom, MemoryType, Name, Payload, TypeRef};

/// Custom sections that are listed, and producers, and memories: a module has some.
const MAX_LISTED: usize = 100;
/// Bytes in a page of linear memory, unless it says otherwise.
const PAGE_BYTES: u64 = 1 << 16;
/// What the name of a function is that newer compilers put where a check of `-fsanitize-trap` fails.
const TRAP_MESSAGE: &[u8] = b"__clang_trap_msg$";

/// What a module is made of.
#[derive(Debug, Default)]
pub struct Anatomy {
    /// The parts that decide how it is run, as far as they could be read.
    pub info: ModuleInfo,
    /// What first makes it unusable, whatever its ABI and its code.
    pub problem: Option<Unusable>,
    /// Its memories, the first of very many.
    pub memories: Vec<Memory>,
    /// Functions that have code.
    pub defined_functions: u32,
    /// Bytes of code.
    pub code_bytes: u64,
    /// Bytes of data.
    pub data_bytes: u64,
    /// Functions that the name section names.
    pub named_functions: u32,
    /// Custom sections: name and size in bytes; the first of very many.
    pub customs: Vec<(String, u64)>,
    /// What it was made with: field, name, version; the first of very many.
    pub producers: Vec<(String, String, String)>,
    /// Whether it was compiled with `-fsanitize=undefined`: it imports what failed checks call, or its debug
    /// information has the reasons of their traps. Of traps without debug information nobody can tell.
    pub checks_undefined_behaviour: bool,
}

/// A memory as it is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Size at the start, in bytes.
    pub initial_bytes: u64,
    /// Largest size, in bytes, if there is one.
    pub maximum_bytes: Option<u64>,
    /// Whether it comes from outside.
    pub imported: bool,
    /// Whether its addresses have 64 bits.
    pub has_64_bits: bool,
    /// Whether threads share it.
    pub shared: bool,
}

impl Anatomy {
    /// Takes a module apart.
    pub(super) fn read(wasm: &[u8]) -> Self {
        let mut anatomy = Self::default();
        let (info, problem) = ModuleInfo::read_on(wasm, |payload| anatomy.look(payload));
        (anatomy.info, anatomy.problem) = (info, problem);
        let mut imports = anatomy.info.imports.iter();
        anatomy.checks_undefined_behaviour |=
            imports.any(|import| is_ubsan_import(&import.module, &import.name));
        anatomy
    }

    /// Names of the sections with debug information, in order.
    pub fn debug_sections(&self) -> impl Iterator<Item = &str> {
        self.customs
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| name.starts_with(".debug_"))
    }

    fn look(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports().flatten() {
                    if let TypeRef::Memory(memory) = import.ty {
                        self.memory(memory, true);
                    }
                }
            }
            Payload::MemorySection(section) => {
                section.clone().into_iter().flatten().for_each(|memory| self.memory(memory, false));
            }
            Payload::CodeSectionStart { count, size, .. } => {
                self.defined_functions = *count;
                self.code_bytes = u64::from(*size);
            }
            Payload::DataSection(section) => {
                let range = section.range();
                self.data_bytes = range.end.saturating_sub(range.start);
            }
            Payload::CustomSection(section) => {
                if self.customs.len() < MAX_LISTED {
                    self.customs.push((cut(section.name()), u64_of(section.data().len())));
                }
                match section.as_known() {
                    KnownCustom::Name(names) => self.names(names),
                    KnownCustom::Producers(fields) => self.producers(fields),
                    _ if section.name() == ".debug_str" => {
                        let has =
                            section.data().windows(TRAP_MESSAGE.len()).any(|w| w == TRAP_MESSAGE);
                        self.checks_undefined_behaviour |= has;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn memory(&mut self, memory: MemoryType, imported: bool) {
        if self.memories.len() >= MAX_LISTED {
            return;
        }
        let page =
            memory.page_size_log2.map_or(PAGE_BYTES, |log2| 1_u64.checked_shl(log2).unwrap_or(0));
        self.memories.push(Memory {
            initial_bytes: memory.initial.saturating_mul(page),
            maximum_bytes: memory.maximum.map(|pages| pages.saturating_mul(page)),
            imported,
            has_64_bits: memory.memory64,
            shared: memory.shared,
        });
    }

    fn names(&mut self, names: wasmparser::NameSectionReader<'_>) {
        for name in names.into_iter().map_while(Result::ok) {
            if let Name::Function(functions) = name {
                self.named_functions = u32::try_from(functions.count()).unwrap_or(u32::MAX);
            }
        }
    }

    fn producers(&mut self, fields: wasmparser::ProducersSectionReader<'_>) {
        for field in fields.into_iter().map_while(Result::ok) {
            for value in field.values.into_iter().map_while(Result::ok) {
                if self.producers.len() < MAX_LISTED {
                    self.producers.push((cut(field.name), cut(value.name), cut(value.version)));
                }
            }
        }
    }
}

/// The beginning of a text of the module's, which may have megabytes.
fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or(text).to_owned()
}
