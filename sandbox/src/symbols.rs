//! From an offset in a module to function, file and line.

use crate::module::ModuleInfo;
use crate::num::u64_of;
use crate::outcome::Frame;
use addr2line::Context;
use gimli::{EndianArcSlice, LittleEndian, SectionId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use wasmparser::{KnownCustom, Name, Parser, Payload};

type Slice = EndianArcSlice<LittleEndian>;

/// The names and line tables of one module.
pub(crate) struct Symbols {
    /// Names of functions by index, demangled.
    names: HashMap<u32, String>,
    /// Debug information. Its caches are not for several threads at once.
    lines: Option<Mutex<Context<Slice>>>,
    /// Where the code section's contents begin.
    code_offset: u64,
}

impl Symbols {
    /// Reads them. What is absent or damaged is left out: a frame then has an offset and no line.
    pub(crate) fn read(wasm: &[u8], info: &ModuleInfo) -> Self {
        let mut names = HashMap::new();
        let mut sections: HashMap<String, Arc<[u8]>> = HashMap::new();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            let Payload::CustomSection(section) = payload else { continue };
            match section.as_known() {
                KnownCustom::Name(reader) => read_names(reader, &mut names),
                _ if section.name().starts_with(".debug_") => {
                    sections.insert(section.name().into(), section.data().into());
                }
                _ => {}
            }
        }
        let load = |id: SectionId| -> Result<Slice, gimli::Error> {
            let data = sections.get(id.name()).cloned().unwrap_or_else(|| Arc::from([]));
            Ok(EndianArcSlice::new(data, LittleEndian))
        };
        let lines = gimli::Dwarf::load(load)
            .and_then(Context::from_dwarf)
            .map_err(|error| tracing::debug!(%error, "debug information not readable"))
            .ok()
            .filter(|_| info.has_line_tables)
            .map(Mutex::new);
        Self { names, lines, code_offset: info.code_offset }
    }

    /// The frames at one instruction, innermost first: more than one where functions were inlined.
    pub(crate) fn frames(&self, function: u32, module_offset: Option<u64>) -> Vec<Frame> {
        let mut frames = module_offset.map(|offset| self.inlined(offset)).unwrap_or_default();
        if frames.is_empty() {
            frames.push(Frame {
                function: String::new(),
                file: None,
                line: None,
                column: None,
                module_offset,
            });
        }
        // The outermost is the function of the module; the name section knows it best.
        if let Some(outermost) = frames.last_mut() {
            match self.names.get(&function) {
                Some(name) => outermost.function.clone_from(name),
                None if outermost.function.is_empty() => {
                    outermost.function = format!("wasm-function[{function}]");
                }
                None => {}
            }
        }
        frames
    }

    fn inlined(&self, module_offset: u64) -> Vec<Frame> {
        let Some(address) = module_offset.checked_sub(self.code_offset) else { return Vec::new() };
        let Some(lines) = &self.lines else { return Vec::new() };
        // A thread that died while it held the caches leaves nothing that reading could spoil.
        let lines = lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut found = Vec::new();
        let Ok(mut frames) = lines.find_frames(address).skip_all_loads() else { return found };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame
                .function
                .and_then(|f| f.demangle().ok().map(std::borrow::Cow::into_owned))
                .unwrap_or_default();
            let location = frame.location;
            found.push(Frame {
                function,
                file: location.as_ref().and_then(|l| l.file).map(str::to_owned),
                line: location.as_ref().and_then(|l| l.line).filter(|l| *l > 0),
                column: location.as_ref().and_then(|l| l.column).filter(|c| *c > 0),
                module_offset: Some(module_offset),
            });
        }
        found
    }
}

fn read_names(reader: wasmparser::NameSectionReader<'_>, names: &mut HashMap<u32, String>) {
    for subsection in reader.into_iter().map_while(Result::ok) {
        let Name::Function(functions) = subsection else { continue };
        for naming in functions.into_iter().map_while(Result::ok) {
            names.insert(naming.index, demangle(naming.name));
        }
    }
}

/// Rust and C++ names as people write them; any other name as it is.
pub(crate) fn demangle(name: &str) -> String {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return format!("{rust:#}");
    }
    if name.starts_with("_Z")
        && let Ok(cpp) = cpp_demangle::Symbol::new(name)
        && let Ok(text) = cpp.demangle()
    {
        return text;
    }
    name.to_owned()
}

/// Frames of a backtrace of the engine, symbolised.
pub(crate) fn symbolise(symbols: &Symbols, trace: &wasmtime::WasmBacktrace) -> Vec<Frame> {
    trace
        .frames()
        .iter()
        .flat_map(|frame| symbols.frames(frame.func_index(), frame.module_offset().map(u64_of)))
        .take(crate::limits::MAX_FRAMES)
        .collect()
}
