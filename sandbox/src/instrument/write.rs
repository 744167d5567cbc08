//! Writes the instrumented module, section by section.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BranchHints, CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ExportKind,
    ExportSection, FunctionSection, GlobalSection, GlobalType, MemorySection, MemoryType, Module,
    RawSection, SectionId, TableSection, TypeSection, ValType,
};

use wasmparser::SectionLimited;

use super::across;
use super::additions::{Additions, SHADOW};
use super::coverage::{WRITER_PARAMETERS, writer};
use super::customs::{Fate, fate};
use super::door;
use super::function::{Forward, Function, Told, WrittenBody};
use super::interface::{self, Interface, PREFIX, WATCHED_PADDING};
use super::known::Role;
use super::limits::{MAX_EXPORTS, MAX_WATCHED_BYTES};
use super::meter::{SLICE_PARAMETERS, SLICE_RESULTS, TABLE};
use super::names::Names;
use super::numbers::{count, index, offset};
use super::offsets::{OffsetMap, OffsetMapBuilder};
use super::oracle::HEAP_CALLS;
use super::original::Original;
use super::refusal::{Limited, Refusal};
use super::removal::{Check, is_removed};
use super::shadow::{GRANULE_LOG2, Poison};
use super::stack::recursive;
use super::summary::{NullPageFound, Summary};

/// Functions that are rewritten before they go into the code section.
const FUNCTIONS_AT_A_TIME: usize = 1024;

/// Everything that goes into an instrumented module.
pub(super) struct Writer<'w, 'a> {
    pub(super) original: &'w Original<'a>,
    pub(super) names: &'w Names<'a>,
    pub(super) additions: &'w Additions,
    pub(super) summary: &'w Summary,
}

impl Writer<'_, '_> {
    /// Which of our exports the module gets.
    pub(super) fn interface(&self) -> Interface {
        Interface {
            fuel: self.additions.passes.fuel.is_some(),
            fuel_lent: self.additions.fuel_lent.is_some(),
            shadow: self.additions.passes.checks.is_some(),
            start: self.original.start.is_some(),
            stack_pointer: self.summary.stack_pointer.is_some(),
            coverage: self.additions.coverage.is_some(),
            watch: self.additions.passes.watch.is_some(),
            depth: self.additions.passes.stack.is_some(),
            stack_room: self.additions.passes.stack.and_then(|stack| Some(stack.linear?.room)),
            layout: self.additions.layout,
            image: self.additions.mutable_globals.is_some(),
            oracle: self.additions.tell_oracle.is_some(),
        }
    }

    /// The module, and how its code maps to the original's.
    ///
    /// # Errors
    /// It would leave an implementation limit.
    pub(super) fn write(&self) -> Result<(Vec<u8>, OffsetMap), Refusal> {
        let mut module = Module::new();
        module.section(&self.types()?);
        self.copy(&mut module, SectionId::Import, self.original.imports.as_ref());
        module.section(&self.functions());
        if self.additions.tell_oracle.is_some() || self.additions.passes.fuel.is_some() {
            module.section(&self.tables()?);
        } else {
            self.copy(&mut module, SectionId::Table, self.original.tables.as_ref());
        }
        module.section(&self.memories()?);
        module.section(&self.globals()?);
        module.section(&self.exports()?);
        self.copy(&mut module, SectionId::Element, self.original.elements.as_ref());
        let data = self.data()?;
        if self.original.data_count.is_some() {
            module.section(&DataCountSection { count: data.len() });
        }
        let (code, hints, offsets) = self.code()?;
        if !hints.is_empty() {
            module.section(&hints);
        }
        module.section(&code);
        let code_start = module.len().saturating_sub(code.byte_len());
        if !data.is_empty() {
            module.section(&data);
        }
        self.customs(&mut module);
        Ok((module.finish(), offsets.finish(count(code_start))))
    }

    /// Copies a section to which nothing is added.
    fn copy<T>(&self, module: &mut Module, id: SectionId, section: Option<&SectionLimited<'_, T>>) {
        let bytes = section.and_then(|section| {
            let range = section.range();
            self.original.bytes.get(index(offset(range.start))..index(offset(range.end)))
        });
        if let Some(data) = bytes {
            module.section(&RawSection { id: id.into(), data });
        }
    }

    fn types(&self) -> Result<TypeSection, Refusal> {
        let mut to = TypeSection::new();
        if let Some(types) = self.original.types.clone() {
            RoundtripReencoder.parse_type_section(&mut to, types)?;
        }
        for results in &self.additions.result_types {
            to.ty().function([], results.iter().copied());
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_types(self.additions.base, &mut to)?;
        }
        if self.additions.writer_type().is_some() {
            to.ty().function(WRITER_PARAMETERS, []);
        }
        if self.additions.slice_type().is_some() {
            to.ty().function(SLICE_PARAMETERS, SLICE_RESULTS);
        }
        if self.additions.door_type().is_some() {
            to.ty().function(door::PARAMETERS, door::RESULTS);
        }
        Ok(to)
    }

    fn functions(&self) -> FunctionSection {
        let mut to = FunctionSection::new();
        for ty in &self.original.functions {
            to.function(*ty);
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_functions(self.additions.base, &mut to);
        }
        let added =
            [self.additions.writer_type(), self.additions.slice_type(), self.additions.door_type()];
        for ty in added.into_iter().flatten() {
            to.function(ty);
        }
        to
    }

    fn tables(&self) -> Result<TableSection, Refusal> {
        let mut to = TableSection::new();
        if let Some(tables) = self.original.tables.clone() {
            RoundtripReencoder.parse_table_section(&mut to, tables)?;
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_tables(self.additions.base, &mut to)?;
        }
        if self.additions.passes.fuel.is_some() {
            to.table(TABLE);
        }
        Ok(to)
    }

    fn memories(&self) -> Result<MemorySection, Refusal> {
        let mut to = MemorySection::new();
        if let Some(memory) = self.original.memory {
            let mut memory = RoundtripReencoder.memory_type(memory)?;
            // The runtime holds the guest to what it declared; the heap's pages and those of the fake
            // stack come on top.
            if self.additions.passes.grow.is_some() {
                memory.minimum = self.additions.room.pages().into();
                memory.maximum = None;
            }
            to.memory(memory);
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_memories(self.additions.base, self.additions.room, &mut to)?;
        }
        if let Some(coverage) = &self.additions.coverage {
            let (minimum, maximum) = (coverage.pages(), Some(coverage.pages()));
            to.memory(MemoryType {
                minimum,
                maximum,
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
        }
        if self.additions.passes.watch.is_some() {
            let bytes = MAX_WATCHED_BYTES.saturating_add(WATCHED_PADDING.saturating_mul(2));
            let pages = u64::from(bytes.div_ceil(1 << 16));
            to.memory(MemoryType {
                minimum: pages,
                maximum: Some(pages),
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
        }
        Ok(to)
    }

    fn globals(&self) -> Result<GlobalSection, Refusal> {
        let mut to = GlobalSection::new();
        if let Some(globals) = self.original.globals.clone() {
            RoundtripReencoder.parse_global_section(&mut to, globals)?;
        }
        let metered = self.additions.passes.fuel;
        let reserve = metered.map(|slices| slices.reserve);
        let fuel = [metered.map(|slices| slices.fuel), reserve, self.additions.fuel_lent];
        for _ in fuel.into_iter().flatten() {
            let ty = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
            to.global(ty, &ConstExpr::i64_const(0));
        }
        if let Some(stack) = self.additions.passes.stack {
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            to.global(ty, &ConstExpr::i32_const(0)).global(ty, &ConstExpr::i32_const(0));
            if let Some(linear) = stack.linear {
                to.global(ty, &ConstExpr::i32_const(linear.room.cast_signed()));
            }
        }
        if self.additions.watched_globals {
            // Nothing is watched at first.
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            to.global(ty, &ConstExpr::i32_const(-1)).global(ty, &ConstExpr::i32_const(0));
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_globals(self.additions.base, self.additions.room, &mut to)?;
        }
        Ok(to)
    }

    fn exports(&self) -> Result<ExportSection, Refusal> {
        let mut to = ExportSection::new();
        for export in self.original.exports.clone().into_iter().flatten() {
            let export = export?;
            if export.name.starts_with(PREFIX) {
                return Err(Refusal::ReservedExport { name: export.name.to_owned() });
            }
            RoundtripReencoder.parse_export(&mut to, export)?;
        }
        if let Some(fuel) = self.additions.passes.fuel {
            to.export(interface::FUEL, ExportKind::Global, fuel.fuel);
            to.export(interface::FUEL_RESERVE, ExportKind::Global, fuel.reserve);
        }
        if let Some(door) = self.additions.door() {
            to.export(interface::DOOR, ExportKind::Func, door);
        }
        if let Some(lent) = self.additions.fuel_lent {
            to.export(interface::FUEL_LENT, ExportKind::Global, lent);
        }
        if let Some(stack) = self.additions.passes.stack {
            to.export(interface::DEPTH, ExportKind::Global, stack.depth_left);
            to.export(interface::STACK_STOP, ExportKind::Global, stack.stop);
            if let Some(linear) = stack.linear {
                to.export(interface::STACK_LIMIT, ExportKind::Global, linear.limit);
            }
        }
        if let Some(start) = self.original.start {
            to.export(interface::START, ExportKind::Func, start);
        }
        if let Some(stack) = self.summary.stack_pointer {
            to.export(interface::STACK_POINTER, ExportKind::Global, stack.global);
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_exports(self.additions.base, &mut to);
        }
        if let Some(coverage) = &self.additions.coverage {
            to.export(interface::COVERAGE, ExportKind::Memory, coverage.memory);
        }
        for global in self.additions.mutable_globals.iter().flatten() {
            to.export(&format!("{}{global}", interface::IMAGE_GLOBAL), ExportKind::Global, *global);
        }
        if let Some(watch) = self.additions.passes.watch {
            to.export(interface::WATCH, ExportKind::Memory, watch.memory);
            to.export(interface::WATCH_START, ExportKind::Global, watch.start);
            to.export(interface::WATCH_BYTES, ExportKind::Global, watch.bytes);
        }
        if to.len() > MAX_EXPORTS {
            let (count, limit) = (to.len().into(), MAX_EXPORTS.into());
            return Err(Refusal::Limit { what: Limited::Exports, count, limit });
        }
        Ok(to)
    }

    fn code(&self) -> Result<(CodeSection, BranchHints, OffsetMapBuilder), Refusal> {
        let mut code = CodeSection::new();
        let mut hints = BranchHints::new();
        let mut offsets = OffsetMapBuilder::default();
        // Some at a time: what is written is there twice until it is in the section.
        for functions in self.originals()?.chunks(FUNCTIONS_AT_A_TIME) {
            let written = across::try_map(functions, |function| self.function(function))?;
            for (function, written) in functions.iter().zip(written) {
                code.raw(&written.bytes);
                let start = code.byte_len().saturating_sub(written.bytes.len());
                let original = offset(function.body.range().start);
                offsets.function(original, count(start), written.pieces);
                if !written.hints.is_empty() {
                    hints.function_hints(function.index, written.hints);
                }
            }
        }
        if let Some(runtime) = &self.additions.runtime {
            runtime.write_code(self.additions.base, &mut code)?;
        }
        if let Some(coverage) = self.additions.passes.coverage
            && self.additions.writer_type().is_some()
        {
            code.raw(&writer(coverage).into_raw_body());
        }
        if let Some(slices) = self.additions.passes.fuel {
            code.raw(&slices.body().into_raw_body());
            code.raw(&door::body(&self.additions.rooms, slices.fuel).into_raw_body());
        }
        Ok((code, hints, offsets))
    }

    /// The functions of the original.
    fn originals(&self) -> Result<Vec<Function<'_>>, Refusal> {
        let recursive = match self.additions.passes.stack {
            Some(_) => recursive(self.original)?,
            None => Vec::new(),
        };
        let bodies = self.original.functions.iter().zip(&self.original.bodies);
        let indexed = bodies.zip(self.original.all_functions()).enumerate();
        let functions = indexed.map(|(nth, ((ty, body), index))| Function {
            module: self.original.bytes,
            index,
            recursive: recursive.get(nth).copied().unwrap_or(false),
            parameters: self.original.parameters(*ty),
            results: self.additions.results(*ty),
            body: body.clone(),
            hook: self.additions.hooks.get(&index).copied(),
            coverage: self.additions.coverage.as_ref().map(|plan| plan.function(nth)),
        });
        Ok(functions.collect())
    }

    /// What becomes of one of them.
    fn function(&self, function: &Function<'_>) -> Result<WrittenBody, Refusal> {
        if let Some((stand_in, role)) = self.additions.stand_in(function.index) {
            let pricing = self.additions.pricing(role.price, role.parameters);
            return Ok(function.replace(Forward {
                stand_in,
                parameters: role.parameters,
                result: role.result,
                pricing,
                told: self.told(role),
            }));
        }
        let redirects = &self.additions.redirects;
        let price = self.additions.stand_ins.priced.get(&function.index);
        let pricing = |locals| self.additions.pricing(*price?, locals);
        function.rewrite(self.additions.passes, redirects, pricing)
    }

    /// Who is told of calls of a function that is stood in for, if that is one of an allocator.
    fn told(&self, role: Role) -> Option<Told> {
        let function = self.additions.tell_oracle?;
        let at = HEAP_CALLS.iter().position(|name| *name == role.stand_in)?;
        Some(Told { function, number: count(at) })
    }

    fn data(&self) -> Result<DataSection, Refusal> {
        let mut to = DataSection::new();
        if let Some(data) = self.original.data.clone() {
            RoundtripReencoder.parse_data_section(&mut to, data)?;
        }
        // As a data segment it is in the memory's initial image, and costs no instance anything.
        if let Some(NullPageFound::Guarded { bytes, .. }) = self.summary.null_page
            && !is_removed(Check::NullPage)
        {
            let granules = index(bytes >> GRANULE_LOG2);
            let poison = std::iter::repeat_n(Poison::NULL_PAGE.0, granules);
            to.active(SHADOW, &ConstExpr::i32_const(0), poison);
        }
        if let Some((granule, poison)) = self.additions.room.redzones() {
            to.active(SHADOW, &ConstExpr::i32_const(granule.cast_signed()), poison);
        }
        Ok(to)
    }

    fn customs(&self, module: &mut Module) {
        for custom in &self.original.customs {
            if fate(custom.name()) == Fate::Copied {
                module.section(&CustomSection {
                    name: custom.name().into(),
                    data: custom.data().into(),
                });
            }
        }
        let base = self.additions.base;
        module.section(&self.names.write(base.functions, |to| {
            if let Some(runtime) = &self.additions.runtime {
                runtime.write_names(base, to);
            }
            if let Some(index) = self.additions.coverage.as_ref().and_then(|plan| plan.writer) {
                to.append(index, "proofhouse_keep_call");
            }
            if let Some(slices) = self.additions.passes.fuel {
                to.append(slices.function, &format!("{PREFIX}take_slice"));
            }
            if let Some(door) = self.additions.door() {
                to.append(door, interface::DOOR);
            }
        }));
    }
}
