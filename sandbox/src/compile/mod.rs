//! From a module's bytes to machine code: instrumented and compiled in a child process with a wall
//! limit, or from the cache.
//!
//! The compiler is the largest piece of code that a hostile module reaches, and it cannot be
//! interrupted, so it runs apart, and the rewriter with it: a module that makes it crash, hang or swell ends a child.

mod artefact;
mod cache;
mod child;
mod compiler;
mod process;
mod refused;
mod request;

pub(crate) use artefact::Instrumentation;
pub use cache::{Cache, CacheError};
pub use child::compile_child;
pub use compiler::Compiler;

use crate::host::{Provided, provided};
use crate::instrument::Options;
use crate::module::{Import, ItemKind, ModuleInfo};
use crate::module_bytes::{DamagedModule, ModuleBytes};
use crate::outcome::Unusable;
use std::fs::File;
use wasmtime::{Engine, Module};

/// Where compiled modules come from.
#[derive(Debug, Default)]
pub struct Compilation {
    /// Who compiles.
    pub compiler: Compiler,
    /// Where artefacts are kept between processes.
    pub cache: Option<Cache>,
}

/// Why no machine code could be had.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The module is at fault.
    #[error(transparent)]
    Module(#[from] Unusable),
    /// The module is packed and damaged.
    #[error(transparent)]
    Damaged(#[from] DamagedModule),
    /// The machine is: the child could not be started, for example.
    #[error("cannot compile: {0}")]
    Machine(#[source] std::io::Error),
    /// The engine cannot be set up on this machine.
    #[error("cannot set up the compiler: {0}")]
    Engine(String),
    /// The artefact that the compiler made is refused by the engine: our own bug.
    #[error("the engine refuses what the compiler made: {0}")]
    Artefact(String),
}

/// A module that is ready to be instantiated, and what is known about how it was instrumented.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) module: Module,
    pub(crate) instrumentation: Instrumentation,
}

impl Compilation {
    /// The compiled form of what the rewriter makes of a module.
    pub(crate) fn module(
        &self,
        engine: &Engine,
        wasm: &ModuleBytes,
        options: Options,
    ) -> Result<Compiled, CompileError> {
        if let Some(compiled) = self.cached(engine, wasm, options) {
            // What is provided may have changed since.
            vet(&compiled.instrumentation.module)?;
            return Ok(compiled);
        }
        let key = cache::Key::of(engine, wasm, options);
        let wasm = wasm.get()?;
        vet(&ModuleInfo::read(wasm)?)?;
        let artefact = self.compiler.compile(wasm, options)?;
        let compiled =
            deserialise(engine, &artefact).map_err(|e| CompileError::Artefact(e.to_string()))?;
        if let Some(cache) = &self.cache
            && let Err(error) = cache.write(&key, &artefact)
        {
            tracing::warn!(%error, "cannot write to the cache; going on without");
        }
        Ok(compiled)
    }

    /// The same, if it is in the cache.
    pub(crate) fn cached(
        &self,
        engine: &Engine,
        wasm: &ModuleBytes,
        options: Options,
    ) -> Option<Compiled> {
        let entry = self.cache.as_ref()?.read(&cache::Key::of(engine, wasm, options))?;
        // Another version of the engine, or damage that its digest does not show.
        let refused = |error| tracing::warn!(%error, "cached artefact refused");
        mapped(engine, entry).map_err(refused).ok()
    }
}

/// Whether all imports of a module are provided, by name.
fn vet(module: &ModuleInfo) -> Result<(), Unusable> {
    let missing = module.imports.iter().find(|import| {
        import.kind != ItemKind::Function || provided(&import.module, &import.name) == Provided::No
    });
    match missing.cloned() {
        None => Ok(()),
        Some(Import { module, name, .. }) => Err(Unusable::UnknownImport { module, name }),
    }
}

fn deserialise(engine: &Engine, artefact: &[u8]) -> wasmtime::Result<Compiled> {
    let (instrumentation, code) = artefact::decode(artefact)?;
    Ok(Compiled { module: machine_code(engine, Code::Bytes(code))?, instrumentation })
}

/// The same, with the machine code where it is.
fn mapped(engine: &Engine, entry: cache::Entry) -> wasmtime::Result<Compiled> {
    let (instrumentation, _) = artefact::decode(entry.artefact())?;
    Ok(Compiled { module: machine_code(engine, Code::File(entry.into_file()))?, instrumentation })
}

/// Where machine code is.
enum Code<'a> {
    Bytes(&'a [u8]),
    /// At the start of a file; the engine does not look at what is behind it.
    File(File),
}

#[expect(
    unsafe_code,
    reason = "machine code is trusted by nature; this is the one place that does"
)]
fn machine_code(engine: &Engine, code: Code<'_>) -> wasmtime::Result<Module> {
    // SAFETY: the bytes come from our own compile child, either now or, through the cache, at an
    // earlier time. The cache lies in a directory that only this user can write to, its entries are
    // owned by this user and never written again, and each carries a digest. That shows damage, not origin:
    // whoever can write there as this user can already run code as this user.
    unsafe {
        match code {
            Code::Bytes(bytes) => Module::deserialize(engine, bytes),
            Code::File(file) => Module::deserialize_open_file(engine, file),
        }
    }
}
