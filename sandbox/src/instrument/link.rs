//! Links the runtime, a module of our own, into the original.
//!
//! The runtime is written as WebAssembly text, in the `runtime` folder. It imports the guest's memory as
//! its memory 0 and defines everything else, so that its items only have to be moved behind the
//! original's. It exports the functions that inserted code calls, and the globals and memories that the
//! host reads.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, FunctionSection, GlobalSection,
    MemorySection, NameMap, TableSection, TypeSection,
};
use wasmparser::{
    ExternalKind, FunctionBody, GlobalSectionReader, KnownCustom, MemorySectionReader, Name,
    Parser, Payload, TableSectionReader, TypeSectionReader,
};

use super::interface::PREFIX;
use super::room::Room;

/// The runtime, as the build script made it from its text.
static RUNTIME: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.wasm"));
/// The same, with what guests compiled with `-fsanitize=address` need.
static RUNTIME_WITH_LAYOUT: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/runtime-layout.wasm"));
/// Both as they are where the host is asked about accesses.
static RUNTIME_WITH_ORACLE: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/runtime-oracle.wasm"));
static RUNTIME_WITH_LAYOUT_AND_ORACLE: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/runtime-layout-oracle.wasm"));

/// Where the runtime's items go: what to add to their indices. Its memory 0 is the guest's, which has
/// one memory, so that memories keep their indices.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Base {
    pub(super) types: u32,
    pub(super) functions: u32,
    pub(super) globals: u32,
    pub(super) tables: u32,
}

/// The runtime, taken apart.
#[derive(Default)]
pub(super) struct Runtime {
    types: Option<TypeSectionReader<'static>>,
    functions: Vec<u32>,
    memories: Option<MemorySectionReader<'static>>,
    globals: Option<GlobalSectionReader<'static>>,
    tables: Option<TableSectionReader<'static>>,
    exports: Vec<(&'static str, ExternalKind, u32)>,
    bodies: Vec<FunctionBody<'static>>,
    names: Vec<(u32, &'static str)>,
}

type Result<T> = std::result::Result<T, Error<Infallible>>;

impl Runtime {
    /// Takes the runtime apart, with or without what AddressSanitizer's layout needs, with its own checks
    /// or with those that ask the host.
    pub(super) fn read(layout: bool, oracle: bool) -> Result<Self> {
        let mut runtime = Self::default();
        let bytes = match (layout, oracle) {
            (false, false) => RUNTIME,
            (true, false) => RUNTIME_WITH_LAYOUT,
            (false, true) => RUNTIME_WITH_ORACLE,
            (true, true) => RUNTIME_WITH_LAYOUT_AND_ORACLE,
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => runtime.types = Some(section),
                Payload::FunctionSection(section) => {
                    runtime.functions = section.into_iter().collect::<wasmparser::Result<_>>()?;
                }
                Payload::MemorySection(section) => runtime.memories = Some(section),
                Payload::GlobalSection(section) => runtime.globals = Some(section),
                Payload::TableSection(section) => runtime.tables = Some(section),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        runtime.exports.push((export.name, export.kind, export.index));
                    }
                }
                Payload::CodeSectionEntry(body) => runtime.bodies.push(body),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for subsection in names {
                            runtime.take_names(subsection?)?;
                        }
                    }
                }
                _ => {}
            }
        }
        #[cfg(test)]
        runtime.empty(super::removal::emptied());
        Ok(runtime)
    }

    /// Takes away all that the function of that name does; a result of it is then 0.
    #[cfg(test)]
    fn empty(&mut self, function: Option<&str>) {
        let Some(function) = function else { return };
        let found = self.names.iter().find(|(_, name)| *name == function);
        let index = found.map(|(index, _)| super::numbers::index(*index));
        let body = index.and_then(|index| self.bodies.get_mut(index));
        let body = body.unwrap_or_else(|| unreachable!("the runtime has no function {function}"));
        let ty = index.and_then(|index| self.functions.get(index)).copied().unwrap_or(0);
        let types =
            self.types.clone().into_iter().flat_map(TypeSectionReader::into_iter_err_on_gc_types);
        let ty = types.flatten().nth(super::numbers::index(ty));
        let mut empty = wasm_encoder::Function::new([]);
        if ty.is_some_and(|ty| !ty.results().is_empty()) {
            empty.instructions().i32_const(0);
        }
        empty.instructions().end();
        let bytes = Vec::leak(empty.into_raw_body());
        *body = FunctionBody::new(wasmparser::BinaryReader::new(bytes, 0));
    }

    fn take_names(&mut self, subsection: Name<'static>) -> Result<()> {
        if let Name::Function(names) = subsection {
            for naming in names {
                let naming = naming?;
                self.names.push((naming.index, naming.name));
            }
        }
        Ok(())
    }

    /// Names of all its functions.
    #[cfg(test)]
    pub(super) fn function_names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().map(|(_, name)| *name)
    }

    /// Number of its types.
    pub(super) fn types(&self) -> u32 {
        self.types.as_ref().map_or(0, TypeSectionReader::count)
    }

    /// Number of its functions.
    pub(super) fn functions(&self) -> u32 {
        super::numbers::count(self.functions.len())
    }

    /// Number of its memories, without the guest's.
    pub(super) fn memories(&self) -> u32 {
        self.memories.as_ref().map_or(0, MemorySectionReader::count)
    }

    /// Number of its tables.
    pub(super) fn tables(&self) -> u32 {
        self.tables.as_ref().map_or(0, TableSectionReader::count)
    }

    /// Number of its globals.
    pub(super) fn globals(&self) -> u32 {
        self.globals.as_ref().map_or(0, GlobalSectionReader::count)
    }

    /// Index in the runtime of what it exports under `name`.
    pub(super) fn export(&self, name: &str) -> Option<u32> {
        self.exports.iter().find(|export| export.0 == name).map(|export| export.2)
    }

    /// Appends its types.
    pub(super) fn write_types(&self, mut base: Base, to: &mut TypeSection) -> Result<()> {
        self.types.clone().map_or(Ok(()), |types| base.parse_type_section(to, types))
    }

    /// Appends the types of its functions.
    pub(super) fn write_functions(&self, base: Base, to: &mut FunctionSection) {
        for ty in &self.functions {
            to.function(base.types.saturating_add(*ty));
        }
    }

    /// Appends its memories, as large as `room` says.
    pub(super) fn write_memories(
        &self,
        mut base: Base,
        room: Room,
        to: &mut MemorySection,
    ) -> Result<()> {
        // The guest's own, which is imported, has index 0.
        for (memory, index) in self.memories.clone().into_iter().flatten().zip(1u32..) {
            let mut memory = base.memory_type(memory?)?;
            let name = self.exported(ExternalKind::Memory, index);
            if let Some(pages) = name.and_then(|name| room.minimum(name)) {
                memory.minimum = pages.into();
            }
            to.memory(memory);
        }
        Ok(())
    }

    /// Appends its globals, with the first values that `room` says.
    pub(super) fn write_globals(
        &self,
        mut base: Base,
        room: Room,
        to: &mut GlobalSection,
    ) -> Result<()> {
        for (global, index) in self.globals.clone().into_iter().flatten().zip(0u32..) {
            let global = global?;
            let name = self.exported(ExternalKind::Global, index);
            match name.and_then(|name| room.initial(name)) {
                Some(value) => {
                    let ty = base.global_type(global.ty)?;
                    to.global(ty, &ConstExpr::i32_const(value.cast_signed()));
                }
                None => base.parse_global(to, global)?,
            }
        }
        Ok(())
    }

    /// The name under which it exports something.
    fn exported(&self, kind: ExternalKind, index: u32) -> Option<&'static str> {
        let found = self.exports.iter().find(|export| export.1 == kind && export.2 == index);
        found.map(|export| export.0)
    }

    /// Appends its tables.
    pub(super) fn write_tables(&self, mut base: Base, to: &mut TableSection) -> Result<()> {
        self.tables.clone().map_or(Ok(()), |tables| base.parse_table_section(to, tables))
    }

    /// Appends what the host reads, under reserved names.
    pub(super) fn write_exports(&self, base: Base, to: &mut ExportSection) {
        for (name, kind, index) in &self.exports {
            let (kind, index) = match kind {
                ExternalKind::Global => (ExportKind::Global, base.globals.saturating_add(*index)),
                ExternalKind::Memory => (ExportKind::Memory, *index),
                ExternalKind::Table => (ExportKind::Table, base.tables.saturating_add(*index)),
                _ => continue,
            };
            to.export(&format!("{PREFIX}{name}"), kind, index);
        }
    }

    /// Appends its functions.
    pub(super) fn write_code(&self, mut base: Base, to: &mut CodeSection) -> Result<()> {
        self.bodies.iter().try_for_each(|body| base.parse_function_body(to, body.clone()))
    }

    /// Appends the names of its functions, so that a debugger shows whose they are.
    pub(super) fn write_names(&self, base: Base, to: &mut NameMap) {
        for (index, name) in &self.names {
            to.append(base.functions.saturating_add(*index), &format!("{PREFIX}{name}"));
        }
    }
}

impl Reencode for Base {
    type Error = Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32> {
        Ok(index.saturating_add(self.types))
    }

    fn function_index(&mut self, index: u32) -> Result<u32> {
        Ok(index.saturating_add(self.functions))
    }

    fn global_index(&mut self, index: u32) -> Result<u32> {
        Ok(index.saturating_add(self.globals))
    }

    fn table_index(&mut self, index: u32) -> Result<u32> {
        Ok(index.saturating_add(self.tables))
    }
}
