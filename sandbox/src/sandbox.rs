//! The sandbox: one engine, its host functions, its watchdog, and where compiled modules come from.

use crate::clock::Clock;
use crate::compile::Compilation;
use crate::engine;
use crate::host::{Growth, State, Wasi, linker};
use crate::interpreter::{Interpreter, OpenError};
use crate::limits::Limits;
use crate::module_bytes::ModuleBytes;
use crate::sanitize::Sanitize;
use std::sync::Arc;
use wasmtime::{Engine, FuncType, Linker, Store};

/// A place to run interpreters in.
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<State>,
    pub(crate) clock: Clock,
    pub(crate) compilation: Arc<Compilation>,
}

/// The machine does not let a sandbox be made: no address space or no thread.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the sandbox: {0}")]
pub struct SandboxError(String);

impl Sandbox {
    /// A sandbox for up to `instances` runs at the same time.
    ///
    /// # Errors
    /// If the machine has no address space or no thread left for it.
    pub fn new(instances: u32, compilation: Compilation) -> Result<Self, SandboxError> {
        Self::with(instances, Arc::new(compilation))
    }

    /// A sandbox beside this one, for one thread: threads that share one take turns at the engine's
    /// counters, which shows where runs take microseconds.
    ///
    /// # Errors
    /// If the machine has no address space or no thread left for it.
    pub fn beside(&self) -> Result<Self, SandboxError> {
        // One that runs, and one that is being given back.
        Self::with(2, Arc::clone(&self.compilation))
    }

    fn with(instances: u32, compilation: Arc<Compilation>) -> Result<Self, SandboxError> {
        let failed = |error: wasmtime::Error| SandboxError(format!("{error:#}"));
        let engine = engine::running(instances).map_err(failed)?;
        let linker = linker(&engine).map_err(failed)?;
        let clock = Clock::start().map_err(|error| SandboxError(error.to_string()))?;
        Ok(Self { engine, linker, clock, compilation })
    }

    /// Makes an interpreter of a module: vets it, instruments and compiles it, and asks it what it is.
    ///
    /// It runs code of the module, so the thread needs the stack that [`Interpreter::run`] needs.
    ///
    /// # Errors
    /// What stands in the way, as an outcome in the phase in which it arose.
    pub fn interpreter(
        &self,
        wasm: impl Into<ModuleBytes>,
        limits: &Limits,
        sanitize: Sanitize,
    ) -> Result<Interpreter, OpenError> {
        Interpreter::open(self, wasm.into(), limits, sanitize, sanitize.options())
    }

    /// The same, with coverage: for [`Interpreter::run_observed`]. Outcomes and fuel are the same.
    ///
    /// # Errors
    /// What stands in the way, as an outcome in the phase in which it arose.
    pub fn covered_interpreter(
        &self,
        wasm: impl Into<ModuleBytes>,
        limits: &Limits,
        sanitize: Sanitize,
    ) -> Result<Interpreter, OpenError> {
        Interpreter::open(self, wasm.into(), limits, sanitize, sanitize.options().coverage(true))
    }

    /// The same, with everything counted in full and no comparisons: for reports.
    ///
    /// # Errors
    /// What stands in the way, as an outcome in the phase in which it arose.
    pub fn counted_interpreter(
        &self,
        wasm: impl Into<ModuleBytes>,
        limits: &Limits,
        sanitize: Sanitize,
    ) -> Result<Interpreter, OpenError> {
        Interpreter::open(self, wasm.into(), limits, sanitize, sanitize.options().counts(true))
    }

    /// An interpreter that is watched while it evaluates events: for [`Interpreter::run_watched`]. Its memory
    /// is not checked, since what checks put in the place of its own code is not watched.
    ///
    /// # Errors
    /// What stands in the way, as an outcome in the phase in which it arose.
    pub fn watched_interpreter(
        &self,
        wasm: impl Into<ModuleBytes>,
        limits: &Limits,
    ) -> Result<Interpreter, OpenError> {
        let sanitize = Sanitize::Off;
        Interpreter::open(self, wasm.into(), limits, sanitize, sanitize.options().watch(true))
    }

    /// Whether the host function of that name has that type.
    pub(crate) fn provides(&self, module: &str, name: &str, ty: &FuncType) -> bool {
        self.host_function(module, name).is_some_and(|provided| FuncType::eq(&provided, ty))
    }

    /// The type of the host function of that name.
    pub(crate) fn host_function(&self, module: &str, name: &str) -> Option<FuncType> {
        let limits = Limits::default();
        let growth = Growth::new(&limits, 0, 0, 0, self.clock.deadline(limits.deadline));
        let wasi = Wasi::new(Vec::new(), Vec::new());
        let mut store = Store::new(&self.engine, State::new(limits, wasi, growth));
        let function = self.linker.get(&mut store, module, name).ok()?.into_func()?;
        Some(function.ty(&store))
    }
}
