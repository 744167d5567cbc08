//! Which ABI a module speaks, and where its entry points are.

use super::Abi;
use crate::module::{ItemKind, ModuleInfo};
use crate::outcome::Unusable;
use wasmtime::{Module, ModuleExport};

/// The entry points of a module: `E` is where one is found in its compiled form, or nothing where nobody
/// wants to call it.
pub(crate) struct Exports<E = ModuleExport> {
    pub(crate) abi: Abi,
    pub(crate) memory: E,
    /// `_initialize` of a WASI reactor.
    pub(crate) initialize: Option<E>,
    pub(crate) entry: Entry<E>,
}

/// Those of its ABI, without those that lie behind the door ([`Behind`](crate::instrument::Behind)): they are
/// there, and of the right type.
pub(crate) enum Entry<E = ModuleExport> {
    Reactor(Reactor<E>),
    Harness(Harness<E>),
    Command(Command<E>),
}

pub(crate) struct Reactor<E = ModuleExport> {
    pub(crate) abi_version: E,
    /// Whether it has `proofhouse_free`.
    pub(crate) frees: bool,
    pub(crate) warmup: Option<E>,
    pub(crate) configure: Option<E>,
    pub(crate) describe: Option<E>,
}

pub(crate) struct Harness<E = ModuleExport> {
    pub(crate) initialise: Option<E>,
}

pub(crate) struct Command<E = ModuleExport> {
    pub(crate) start: E,
}

/// Detects the ABI and checks that every entry point has the type that the ABI says.
pub(crate) fn detect(info: &ModuleInfo, module: &Module) -> Result<Exports, Unusable> {
    detect_by(info, &|name| module.get_export_index(name))
}

/// The ABI that a module's exports are those of, whether or not it could be used.
pub(crate) fn of_exports(info: &ModuleInfo) -> Result<Abi, Unusable> {
    detect_by(info, &|_| Some(())).map(|exports| exports.abi)
}

fn detect_by<E>(
    info: &ModuleInfo,
    find: &dyn Fn(&str) -> Option<E>,
) -> Result<Exports<E>, Unusable> {
    let lookup = Lookup { info, find };
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

struct Lookup<'a, E> {
    info: &'a ModuleInfo,
    find: &'a dyn Fn(&str) -> Option<E>,
}

impl<E> Lookup<'_, E> {
    fn reactor(&self) -> Result<Reactor<E>, Unusable> {
        let abi_version = self.function("proofhouse_abi_version", "() -> (i32)")?;
        self.function("proofhouse_alloc", "(i32) -> (i32)")?;
        self.function("proofhouse_load", "(i32, i32) -> (i32)")?;
        self.function("proofhouse_evaluate", "(i32, i32) -> (i32)")?;
        Ok(Reactor {
            abi_version,
            frees: self.optional("proofhouse_free", "(i32) -> ()")?.is_some(),
            warmup: self.optional("proofhouse_warmup", "() -> ()")?,
            configure: self.optional("proofhouse_configure", "(i32, i32) -> (i32)")?,
            describe: self.optional("proofhouse_describe", "() -> (i64)")?,
        })
    }

    fn harness(&self) -> Result<Harness<E>, Unusable> {
        self.function("malloc", "(i32) -> (i32)")?;
        let initialise = self.optional("LLVMFuzzerInitialize", "(i32, i32) -> (i32)")?;
        self.function("LLVMFuzzerTestOneInput", "(i32, i32) -> (i32)")?;
        Ok(Harness { initialise })
    }

    fn has(&self, name: &str) -> bool {
        self.info.export(name).is_some()
    }

    fn function(&self, name: &'static str, expected: &'static str) -> Result<E, Unusable> {
        self.optional(name, expected)?.ok_or(Unusable::MissingExport { name })
    }

    fn optional(&self, name: &'static str, expected: &'static str) -> Result<Option<E>, Unusable> {
        let Some(export) = self.info.export(name) else { return Ok(None) };
        let found = export.function.as_ref().map_or("no function", |ty| ty.as_str());
        if found != expected {
            return Err(Unusable::ExportType { name, expected, found: found.to_owned() });
        }
        Ok((self.find)(name))
    }

    fn memory(&self) -> Result<E, Unusable> {
        let name = "memory";
        let missing = Unusable::MissingExport { name };
        if !self.info.export(name).is_some_and(|export| export.kind == ItemKind::Memory) {
            return Err(missing);
        }
        (self.find)(name).ok_or(missing)
    }
}
