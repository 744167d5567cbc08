//! Which ABI a module speaks, and where its entry points are.

use super::Abi;
use crate::module::ModuleInfo;
use crate::outcome::Unusable;
use wasmtime::{Module, ModuleExport};

/// The entry points of a module.
pub(crate) struct Exports {
    pub(crate) abi: Abi,
    pub(crate) memory: ModuleExport,
    /// `_initialize` of a WASI reactor.
    pub(crate) initialize: Option<ModuleExport>,
    pub(crate) entry: Entry,
}

/// Those of its ABI.
pub(crate) enum Entry {
    Reactor(Reactor),
    Harness(Harness),
    Command(Command),
}

pub(crate) struct Reactor {
    pub(crate) abi_version: ModuleExport,
    pub(crate) alloc: ModuleExport,
    pub(crate) load: ModuleExport,
    pub(crate) evaluate: ModuleExport,
    pub(crate) free: Option<ModuleExport>,
    pub(crate) warmup: Option<ModuleExport>,
    pub(crate) configure: Option<ModuleExport>,
    pub(crate) describe: Option<ModuleExport>,
}

pub(crate) struct Harness {
    pub(crate) malloc: ModuleExport,
    pub(crate) initialise: Option<ModuleExport>,
    pub(crate) test_one_input: ModuleExport,
}

pub(crate) struct Command {
    pub(crate) start: ModuleExport,
}

/// Detects the ABI and checks that every entry point has the type that the ABI says.
pub(crate) fn detect(info: &ModuleInfo, module: &Module) -> Result<Exports, Unusable> {
    let lookup = Lookup { info, module };
    let (abi, entry) = if lookup.has("proofhouse_abi_version") || lookup.has("proofhouse_load") {
        (Abi::Reactor, Entry::Reactor(lookup.reactor()?))
    } else if lookup.has("LLVMFuzzerTestOneInput") {
        (Abi::Harness, Entry::Harness(lookup.harness()?))
    } else if lookup.has("_start") {
        (Abi::Command, Entry::Command(Command { start: lookup.function("_start", "() -> ()")? }))
    } else {
        let exports = info.exports.iter().map(|export| export.name.clone()).collect();
        return Err(Unusable::NoAbi { exports });
    };
    let memory = lookup.memory()?;
    let initialize = lookup.optional("_initialize", "() -> ()")?;
    Ok(Exports { abi, memory, initialize, entry })
}

struct Lookup<'a> {
    info: &'a ModuleInfo,
    module: &'a Module,
}

impl Lookup<'_> {
    fn reactor(&self) -> Result<Reactor, Unusable> {
        Ok(Reactor {
            abi_version: self.function("proofhouse_abi_version", "() -> (i32)")?,
            alloc: self.function("proofhouse_alloc", "(i32) -> (i32)")?,
            load: self.function("proofhouse_load", "(i32, i32) -> (i32)")?,
            evaluate: self.function("proofhouse_evaluate", "(i32, i32) -> (i32)")?,
            free: self.optional("proofhouse_free", "(i32) -> ()")?,
            warmup: self.optional("proofhouse_warmup", "() -> ()")?,
            configure: self.optional("proofhouse_configure", "(i32, i32) -> (i32)")?,
            describe: self.optional("proofhouse_describe", "() -> (i64)")?,
        })
    }

    fn harness(&self) -> Result<Harness, Unusable> {
        Ok(Harness {
            malloc: self.function("malloc", "(i32) -> (i32)")?,
            initialise: self.optional("LLVMFuzzerInitialize", "(i32, i32) -> (i32)")?,
            test_one_input: self.function("LLVMFuzzerTestOneInput", "(i32, i32) -> (i32)")?,
        })
    }

    fn has(&self, name: &str) -> bool {
        self.info.export(name).is_some()
    }

    fn function(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<ModuleExport, Unusable> {
        self.optional(name, expected)?.ok_or(Unusable::MissingExport { name })
    }

    fn optional(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<Option<ModuleExport>, Unusable> {
        let Some(export) = self.info.export(name) else { return Ok(None) };
        let found = export.function.as_ref().map_or("no function", |ty| ty.as_str());
        if found != expected {
            return Err(Unusable::ExportType { name, expected, found: found.to_owned() });
        }
        Ok(self.module.get_export_index(name))
    }

    fn memory(&self) -> Result<ModuleExport, Unusable> {
        let name = "memory";
        let missing = Unusable::MissingExport { name };
        if !self.info.export(name).is_some_and(|export| export.is_memory) {
            return Err(missing);
        }
        self.module.get_export_index(name).ok_or(missing)
    }
}
