//! The original module, taken apart: its sections, and the counts that the rewriter needs of them.

use wasmparser::{
    CustomSectionReader, DataSectionReader, ElementSectionReader, ExportSectionReader, FuncType,
    FunctionBody, GlobalSectionReader, ImportSectionReader, MemoryType, Parser, Payload,
    TableSectionReader, TypeRef, TypeSectionReader,
};

use super::limits::MAX_ORIGINAL_BYTES;
use super::numbers::{count, index};
use super::proposals;
use super::refusal::Refusal;

/// Size of a page of linear memory in bytes, as the power of two that the format writes.
const PAGE_SIZE_LOG2: u32 = 16;

/// A valid original module. Everything in it borrows from the bytes; offsets are into them.
pub(super) struct Original<'a> {
    /// The module itself.
    pub(super) bytes: &'a [u8],
    /// The type section.
    pub(super) types: Option<TypeSectionReader<'a>>,
    /// The function types, in index order.
    pub(super) signatures: Vec<FuncType>,
    /// The import section.
    pub(super) imports: Option<ImportSectionReader<'a>>,
    /// Number of imported functions: they come first in the index space.
    pub(super) imported_functions: u32,
    /// Number of imported globals: they come first in the index space.
    pub(super) imported_globals: u32,
    /// Number of imported tables: they come first in the index space.
    pub(super) imported_tables: u32,
    /// Type index of every defined function.
    pub(super) functions: Vec<u32>,
    /// The table section.
    pub(super) tables: Option<TableSectionReader<'a>>,
    /// The one memory, if there is one.
    pub(super) memory: Option<MemoryType>,
    /// The global section.
    pub(super) globals: Option<GlobalSectionReader<'a>>,
    /// The export section.
    pub(super) exports: Option<ExportSectionReader<'a>>,
    /// The function that runs when the module is instantiated.
    pub(super) start: Option<u32>,
    /// The element section.
    pub(super) elements: Option<ElementSectionReader<'a>>,
    /// Number of data segments, where the module announces it.
    pub(super) data_count: Option<u32>,
    /// The body of every defined function.
    pub(super) bodies: Vec<FunctionBody<'a>>,
    /// The data section.
    pub(super) data: Option<DataSectionReader<'a>>,
    /// The custom sections, in their order.
    pub(super) customs: Vec<CustomSectionReader<'a>>,
}

impl<'a> Original<'a> {
    /// Takes the module apart and judges it.
    ///
    /// # Errors
    /// The bytes are no valid module, or one that could not be checked in full.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_ORIGINAL_BYTES {
            return Err(Refusal::TooLarge { bytes: bytes.len(), limit: MAX_ORIGINAL_BYTES });
        }
        if Parser::is_component(bytes) {
            return Err(Refusal::Component);
        }
        let mut original = Self::empty(bytes);
        for payload in Parser::new(0).parse_all(bytes) {
            original.take(payload?)?;
        }
        proposals::validate(bytes)?;
        original.signatures = match &original.types {
            Some(types) => types.clone().into_iter_err_on_gc_types().collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        Ok(original)
    }

    /// Number of parameters of the functions of type `ty`.
    pub(super) fn parameters(&self, ty: u32) -> u32 {
        self.signatures.get(index(ty)).map_or(0, |signature| count(signature.params().len()))
    }

    /// Place among the defined functions of the function with that index; `None` if it is imported.
    pub(super) fn defined(&self, function: u32) -> Option<u32> {
        function.checked_sub(self.imported_functions)
    }

    /// Indices of the defined functions.
    pub(super) fn all_functions(&self) -> impl Iterator<Item = u32> + use<> {
        (self.imported_functions..).take(self.functions.len())
    }

    /// Number of defined globals.
    pub(super) fn defined_globals(&self) -> u32 {
        self.globals.as_ref().map_or(0, GlobalSectionReader::count)
    }

    /// Number of tables, imported ones included.
    pub(super) fn all_tables(&self) -> u32 {
        let defined = self.tables.as_ref().map_or(0, TableSectionReader::count);
        self.imported_tables.saturating_add(defined)
    }

    fn empty(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            types: None,
            signatures: Vec::new(),
            imports: None,
            imported_functions: 0,
            imported_globals: 0,
            imported_tables: 0,
            functions: Vec::new(),
            tables: None,
            memory: None,
            globals: None,
            exports: None,
            start: None,
            elements: None,
            data_count: None,
            bodies: Vec::new(),
            data: None,
            customs: Vec::new(),
        }
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), Refusal> {
        match payload {
            Payload::TypeSection(section) => self.types = Some(section),
            Payload::ImportSection(section) => self.take_imports(section)?,
            Payload::FunctionSection(section) => {
                self.functions = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::TableSection(section) => self.tables = Some(section),
            Payload::MemorySection(section) => {
                if section.count() > 1 {
                    return Err(Refusal::SeveralMemories { count: section.count() });
                }
                for memory in section {
                    self.memory = Some(judged(memory?)?);
                }
            }
            Payload::GlobalSection(section) => self.globals = Some(section),
            Payload::ExportSection(section) => self.exports = Some(section),
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => self.elements = Some(section),
            Payload::DataCountSection { count, .. } => self.data_count = Some(count),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(section) => self.data = Some(section),
            Payload::CustomSection(section) => self.customs.push(section),
            // The rest carries nothing by itself, or belongs to a proposal that validation refuses.
            _ => {}
        }
        Ok(())
    }

    fn take_imports(&mut self, section: ImportSectionReader<'a>) -> Result<(), Refusal> {
        for import in section.clone().into_imports() {
            match import?.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                    self.imported_functions = self.imported_functions.saturating_add(1);
                }
                TypeRef::Global(_) => {
                    self.imported_globals = self.imported_globals.saturating_add(1);
                }
                TypeRef::Memory(_) => return Err(Refusal::ImportedMemory),
                TypeRef::Table(_) => {
                    self.imported_tables = self.imported_tables.saturating_add(1);
                }
                TypeRef::Tag(_) => {}
            }
        }
        self.imports = Some(section);
        Ok(())
    }
}

/// A memory that one shadow can cover and that nobody else reaches.
fn judged(memory: MemoryType) -> Result<MemoryType, Refusal> {
    if memory.memory64 {
        return Err(Refusal::Memory64);
    }
    if memory.shared {
        return Err(Refusal::SharedMemory);
    }
    match memory.page_size_log2 {
        None | Some(PAGE_SIZE_LOG2) => Ok(memory),
        Some(log2) => Err(Refusal::PageSize { bytes: 1u64.checked_shl(log2).unwrap_or(0) }),
    }
}
