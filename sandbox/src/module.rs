//! What a module says of itself, read once before anything is compiled.
//!
//! Function bodies are not looked into: the compiler validates them, in its own process.

use crate::limits::{
    Limits, MAX_DECLARATIONS, MAX_FUNCTION_BYTES, MAX_FUNCTIONS, MAX_GUEST_MEMORIES,
    MAX_MODULE_BYTES, MAX_TABLE_ELEMENTS, MAX_TABLES,
};
use crate::num::u64_of;
use crate::outcome::Unusable;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, KnownCustom, Parser, Payload, TypeRef,
};

/// Bytes in a page of linear memory.
const PAGE_BYTES: u64 = 1 << 16;

/// The parts of a module that decide how it is run.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ModuleInfo {
    /// Imports in order: module, name, and whether it is a function.
    pub imports: Vec<Import>,
    /// Exports in order.
    pub exports: Vec<Export>,
    /// Memories, imported ones included.
    pub memories: u32,
    /// Size of the first memory at the start, in bytes.
    pub initial_memory_bytes: u64,
    /// Tables, imported ones included.
    pub tables: u32,
    /// Elements of the largest table at the start.
    pub initial_table_elements: u64,
    /// Functions, imported ones included.
    pub functions: u32,
    /// Size of the longest body of a function in bytes.
    pub largest_function_bytes: u64,
    /// Whether it has a start function.
    pub has_start: bool,
    /// Whether it has a name section with function names.
    pub has_names: bool,
    /// Whether it has line tables.
    pub has_line_tables: bool,
    /// Offset of the code section's contents, to which debug information counts.
    pub code_offset: u64,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Module.
    pub module: String,
    /// Name.
    pub name: String,
    /// What it is; only functions can be provided.
    pub kind: ItemKind,
    /// Its type if it is a function.
    pub function: Option<Signature>,
}

/// One export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: ItemKind,
    /// Its type if it is a function.
    pub function: Option<Signature>,
}

/// What can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "they are WebAssembly's own terms")]
pub enum ItemKind {
    Function,
    Table,
    Memory,
    Global,
    Tag,
}

/// The type of a function, written as `(i32, i32) -> (i64)`; very long lists are cut. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Signature(Arc<str>);

impl From<Signature> for String {
    fn from(signature: Signature) -> Self {
        signature.as_str().to_owned()
    }
}

impl From<String> for Signature {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Signature {
    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(ty: &FuncType) -> Self {
        Self(format!("({}) -> ({})", list(ty.params()), list(ty.results())).into())
    }

    /// That of a host function.
    pub(crate) fn of_host(ty: &wasmtime::FuncType) -> Self {
        Self(format!("({}) -> ({})", list(ty.params()), list(ty.results())).into())
    }

    /// That of a function whose type is not declared: the module is not valid.
    fn unknown() -> Self {
        Self("unknown".into())
    }
}

/// Types as text. A module may declare a million types of a thousand parameters each.
fn list(types: impl IntoIterator<Item = impl ToString>) -> String {
    const SHOWN: usize = 12;
    let mut types = types.into_iter();
    let shown: Vec<String> = types.by_ref().take(SHOWN).map(|ty| ty.to_string()).collect();
    let mut text = shown.join(", ");
    if types.next().is_some() {
        text.push_str(", ...");
    }
    text
}

impl ModuleInfo {
    /// The export of that name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.name == name)
    }

    /// Reads a module.
    ///
    /// # Errors
    /// What makes it unusable whatever its ABI: not a core module, damaged, or over a limit.
    pub fn read(wasm: &[u8]) -> Result<Self, Unusable> {
        let (info, problem) = Self::read_on(wasm, |_| {});
        problem.map_or(Ok(info), Err)
    }

    /// Whether a module of that size is within what a caller allows.
    pub(crate) fn fits(&self, bytes: u64, limits: &Limits) -> Result<(), Unusable> {
        over(MODULE_SIZE, bytes, limits.module_bytes)?;
        over(FUNCTION_SIZE, self.largest_function_bytes, limits.function_bytes)
    }

    /// Reads as much of a module as there is to read, and says what first makes it unusable. Shows each
    /// part to `look`.
    pub(crate) fn read_on<'w>(
        wasm: &'w [u8],
        mut look: impl FnMut(&Payload<'w>),
    ) -> (Self, Option<Unusable>) {
        let mut reader = Reader::default();
        let mut problem = over(MODULE_SIZE, u64_of(wasm.len()), MAX_MODULE_BYTES).err();
        if Parser::is_component(wasm) {
            problem = problem.or(Some(Unusable::Component));
        } else if !Parser::is_core_wasm(wasm) {
            problem = problem.or(Some(Unusable::NotWasm));
        } else if problem.is_none() {
            for payload in Parser::new(0).parse_all(wasm) {
                let payload = match payload {
                    Ok(payload) => payload,
                    Err(error) => {
                        problem = problem.or_else(|| Some(invalid(&error)));
                        break;
                    }
                };
                look(&payload);
                // What one section has too much of, the next one does not make better.
                let judged = reader.payload(payload);
                problem = problem.or(judged.err());
            }
        }
        reader.info.functions = u32::try_from(reader.functions.len()).unwrap_or(u32::MAX);
        (reader.info, problem)
    }
}

const MODULE_SIZE: &str = "the size of the module in bytes";
const FUNCTION_SIZE: &str = "the size of one function in bytes";

fn over(what: &'static str, value: u64, limit: u64) -> Result<(), Unusable> {
    if value > limit {
        return Err(Unusable::OverLimit { what, value, limit });
    }
    Ok(())
}

/// Whether there is room for one more declaration of a kind.
fn declared(what: &'static str, before: usize) -> Result<(), Unusable> {
    over(what, u64_of(before).saturating_add(1), u64::from(MAX_DECLARATIONS))
}

fn invalid(error: &wasmparser::BinaryReaderError) -> Unusable {
    Unusable::Invalid { problem: error.to_string() }
}

#[derive(Default)]
struct Reader {
    info: ModuleInfo,
    /// Types of functions by type index; `None` for types that are not functions.
    types: Vec<Option<Signature>>,
    /// Type index of each function.
    functions: Vec<u32>,
}

impl Reader {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Unusable> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group.map_err(|e| invalid(&e))?.types() {
                        declared("the number of types", self.types.len())?;
                        self.types.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(function) => Some(Signature::of(function)),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                // All of them have indices, whatever is wrong with one.
                let mut judged = Ok(());
                for import in section.into_imports() {
                    let import = import.map_err(|e| invalid(&e))?;
                    judged = judged.and(self.import(import.module, import.name, import.ty));
                }
                judged?;
            }
            Payload::FunctionSection(section) => {
                over(
                    "the number of functions",
                    u64::from(section.count()),
                    u64::from(MAX_FUNCTIONS),
                )?;
                for ty in section {
                    self.functions.push(ty.map_err(|e| invalid(&e))?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.table(table.map_err(|e| invalid(&e))?.ty)?;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory(memory.map_err(|e| invalid(&e))?)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    declared("the number of exports", self.info.exports.len())?;
                    self.export(export.map_err(|e| invalid(&e))?);
                }
            }
            Payload::StartSection { .. } => self.info.has_start = true,
            Payload::CodeSectionStart { unchecked_range, .. } => {
                self.info.code_offset = unchecked_range.start;
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let size = range.end.saturating_sub(range.start);
                self.info.largest_function_bytes = self.info.largest_function_bytes.max(size);
                over(FUNCTION_SIZE, size, MAX_FUNCTION_BYTES)?;
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(_) => self.info.has_names = true,
                _ if section.name() == ".debug_line" => self.info.has_line_tables = true,
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, ty: TypeRef) -> Result<(), Unusable> {
        declared("the number of imports", self.info.imports.len())?;
        let mut function = None;
        let (kind, judged) = match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.functions.push(ty);
                let known = self.types.get(crate::num::usize_of(ty)).cloned().flatten();
                function = Some(known.unwrap_or_else(Signature::unknown));
                (ItemKind::Function, Ok(()))
            }
            TypeRef::Table(table) => (ItemKind::Table, self.table(table)),
            TypeRef::Memory(memory) => (ItemKind::Memory, self.memory(memory)),
            TypeRef::Global(_) => (ItemKind::Global, Ok(())),
            TypeRef::Tag(_) => (ItemKind::Tag, Ok(())),
        };
        self.info.imports.push(Import { module: module.into(), name: name.into(), kind, function });
        judged
    }

    fn table(&mut self, table: wasmparser::TableType) -> Result<(), Unusable> {
        self.info.tables = self.info.tables.saturating_add(1);
        over("the number of tables", u64::from(self.info.tables), u64::from(MAX_TABLES))?;
        over("the number of elements of a table", table.initial, MAX_TABLE_ELEMENTS)?;
        let elements = &mut self.info.initial_table_elements;
        *elements = (*elements).max(table.initial);
        Ok(())
    }

    fn memory(&mut self, memory: wasmparser::MemoryType) -> Result<(), Unusable> {
        if memory.memory64 {
            return Err(Unusable::Unsupported { feature: "64-bit memory" });
        }
        if memory.shared {
            return Err(Unusable::Unsupported { feature: "shared memory" });
        }
        if memory.page_size_log2.is_some() {
            return Err(Unusable::Unsupported { feature: "a custom page size" });
        }
        if self.info.memories == 0 {
            self.info.initial_memory_bytes = memory.initial.saturating_mul(PAGE_BYTES);
        }
        self.info.memories = self.info.memories.saturating_add(1);
        let memories = u64::from(self.info.memories);
        over("the number of memories", memories, u64::from(MAX_GUEST_MEMORIES))
    }

    fn export(&mut self, export: wasmparser::Export<'_>) {
        let function = (export.kind == ExternalKind::Func)
            .then(|| self.functions.get(crate::num::usize_of(export.index)))
            .flatten()
            .and_then(|ty| self.types.get(crate::num::usize_of(*ty)))
            .cloned()
            .flatten();
        let kind = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => ItemKind::Function,
            ExternalKind::Table => ItemKind::Table,
            ExternalKind::Memory => ItemKind::Memory,
            ExternalKind::Global => ItemKind::Global,
            ExternalKind::Tag => ItemKind::Tag,
        };
        self.info.exports.push(Export { name: export.name.into(), kind, function });
    }
}
