//! Who looks into modules: this process, or a child.

use super::process::{Ending, ask};
use super::refused::Why;
use super::request::Request;
use super::{CompileError, artefact};
use crate::engine;
use crate::instrument::{CoveragePoint, Instrumented, Options, Summary, instrument};
use crate::limits::{
    MAX_ARTEFACT_BYTES, MAX_COMPILE_TIME, MAX_LOCATE_TIME, MAX_LOCATIONS_BYTES, MAX_REFUSAL_BYTES,
    MAX_SOURCES_BYTES,
};
use crate::module::ModuleInfo;
use crate::num::usize_of;
use crate::outcome::Unusable;
use crate::sources::Sources;
use crate::symbols::{self, Location, locations};
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// Who compiles, and who reads debug information.
#[derive(Debug, Clone, Default)]
pub enum Compiler {
    /// This process. For tests, benches and fuzz targets, where the module is known.
    #[default]
    InProcess,
    /// A child: that program with those arguments must end in [`compile_child`](super::compile_child).
    Child {
        /// The program, normally `/proc/self/exe`.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
}

impl Compiler {
    /// The artefact of a module.
    pub(super) fn compile(&self, wasm: &[u8], options: Options) -> Result<Vec<u8>, CompileError> {
        let Self::Child { program, arguments } = self else { return compile(wasm, options) };
        let mut command = Command::new(program);
        command.args(arguments);
        ask(command, &Request::Compile(options), wasm, MAX_ARTEFACT_BYTES, MAX_COMPILE_TIME)
            .map_err(unanswered)
    }

    /// What the rewriter finds in a module, whether or not it could be run.
    pub(crate) fn inspect(&self, wasm: &[u8], options: Options) -> Result<Summary, CompileError> {
        let json = match self {
            Self::InProcess => inspect(wasm, options)?,
            Self::Child { program, arguments } => {
                let mut command = Command::new(program);
                command.args(arguments);
                let request = Request::Inspect(options);
                ask(command, &request, wasm, MAX_ARTEFACT_BYTES, MAX_COMPILE_TIME)
                    .map_err(unanswered)?
            }
        };
        serde_json::from_slice(&json).map_err(|error| CompileError::Machine(error.into()))
    }

    /// The places in the sources at those offsets; `None` where they cannot be had. A trap without a
    /// line is still the same trap.
    pub(crate) fn locate(&self, wasm: &[u8], offsets: &[u64]) -> Option<Vec<Vec<Location>>> {
        let Self::Child { program, arguments } = self else {
            return Some(locations(wasm, offsets));
        };
        let mut command = Command::new(program);
        command.args(arguments);
        let request = Request::Locate(offsets.to_vec());
        looked_up(command, &request, wasm, MAX_LOCATIONS_BYTES)
    }

    /// The places of all points of a coverage map; `None` where they cannot be had.
    pub(crate) fn sources(&self, wasm: &[u8], points: &[CoveragePoint]) -> Option<Sources> {
        let Self::Child { program, arguments } = self else {
            return Some(symbols::sources(wasm, points, true));
        };
        let mut command = Command::new(program);
        command.args(arguments);
        let request = Request::Sources(points.to_vec());
        let found: Sources = looked_up(command, &request, wasm, MAX_SOURCES_BYTES)?;
        found.is_consistent(points.len()).then_some(found)
    }
}

/// What a child finds in debug information.
fn looked_up<T: DeserializeOwned>(
    command: Command,
    request: &Request,
    wasm: &[u8],
    max_bytes: u64,
) -> Option<T> {
    ask(command, request, wasm, max_bytes, MAX_LOCATE_TIME)
        .map_err(|ending| ending.to_string())
        .and_then(|json| serde_json::from_slice(&json).map_err(|error| error.to_string()))
        .inspect_err(|problem| {
            tracing::warn!(problem, "debug information cannot be read; going on without lines");
        })
        .ok()
}

/// Why a child did not answer.
fn unanswered(ending: Ending) -> CompileError {
    match ending {
        Ending::Machine(error) => CompileError::Machine(error),
        Ending::Refused(why, words) => {
            let words = words.get(..usize_of(MAX_REFUSAL_BYTES)).unwrap_or(&words);
            why.unusable(String::from_utf8_lossy(words).into_owned()).into()
        }
        ending @ (Ending::Stopped(_) | Ending::Late(_) | Ending::Spent) => {
            Unusable::CompileStopped { problem: ending.to_string() }.into()
        }
    }
}

/// The artefact of a module, made in this process.
pub(super) fn compile(wasm: &[u8], options: Options) -> Result<Vec<u8>, CompileError> {
    let instrumented = rewrite(wasm, options)?;
    let engine = engine::compiling().map_err(|e| CompileError::Engine(format!("{e:#}")))?;
    let invalid = |e: wasmtime::Error| Unusable::Invalid { problem: format!("{e:#}") };
    let code = engine.precompile_module(&instrumented.module).map_err(invalid)?;
    let module = ModuleInfo::read(wasm)?;
    artefact::encode(module, &instrumented, &code).map_err(|e| CompileError::Machine(e.into()))
}

/// What the rewriter finds in a module, as JSON.
pub(super) fn inspect(wasm: &[u8], options: Options) -> Result<Vec<u8>, CompileError> {
    let summary = rewrite(wasm, options)?.summary;
    serde_json::to_vec(&summary).map_err(|e| CompileError::Machine(e.into()))
}

fn rewrite(wasm: &[u8], options: Options) -> Result<Instrumented, Unusable> {
    instrument(wasm, options).map_err(|refusal| Why::of(&refusal).unusable(Why::words(&refusal)))
}

/// The places of all points, looked up in this process, as JSON.
pub(super) fn all_sources(wasm: &[u8], points: &[CoveragePoint]) -> Result<Vec<u8>, CompileError> {
    let sources = symbols::sources(wasm, points, true);
    serde_json::to_vec(&sources).map_err(|e| CompileError::Machine(e.into()))
}

/// The places at those offsets, looked up in this process, as JSON.
pub(super) fn locate(wasm: &[u8], offsets: &[u64]) -> Result<Vec<u8>, CompileError> {
    serde_json::to_vec(&locations(wasm, offsets)).map_err(|e| CompileError::Machine(e.into()))
}
