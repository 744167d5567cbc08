//! What can be said of a module without feeding it anything: a full answer also where it cannot be used.
//!
//! The module's code runs only where it is usable, and then only what an interpreter is asked when it is
//! opened: what it is.

mod anatomy;

pub use anatomy::{Anatomy, Memory};

use crate::abi::{self, Abi};
use crate::host::{Provided, provided};
use crate::instrument::Summary;
use crate::interpreter::{Interpreter, OpenError};
use crate::limits::Limits;
use crate::module::{Import, ItemKind, Signature};
use crate::module_bytes::ModuleBytes;
use crate::outcome::Unusable;
use crate::sandbox::Sandbox;
use crate::sanitize::Sanitize;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was found out about a module.
pub struct Inspection {
    /// What it is made of.
    pub anatomy: Anatomy,
    /// The ABI that its exports are those of.
    pub abi: Result<Abi, Unusable>,
    /// What becomes of each import, in order.
    pub imports: Vec<Linked>,
    /// What the rewriter finds in it, or why it refuses it.
    pub rewriting: Result<Summary, OpenError>,
    /// The interpreter that it is, or why it cannot be used.
    pub interpreter: Result<Interpreter, OpenError>,
}

/// What becomes of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Linked {
    /// It is provided.
    Provided,
    /// It is there to be linked; every call returns an error and is listed in the run.
    Refused,
    /// Something of this name is provided, with another type.
    OtherType {
        /// The type that is provided, as [`Signature`] writes it.
        provided: String,
    },
    /// Nothing of this name is provided.
    Unknown,
    /// Only functions are provided.
    NotAFunction,
}

/// Types of host functions that were asked for: a module may import one a million times.
type HostTypes = BTreeMap<(String, String), Option<Signature>>;

impl Sandbox {
    /// Finds out what can be said of a module.
    ///
    /// It runs code of the module, so the thread needs the stack that
    /// [`Interpreter::run`](crate::Interpreter::run) needs.
    pub fn inspect(&self, wasm: &ModuleBytes, limits: &Limits) -> Inspection {
        let bytes = wasm.get().unwrap_or_default();
        let anatomy = Anatomy::read(bytes);
        let abi = match &anatomy.problem {
            Some(problem @ (Unusable::NotWasm | Unusable::Component)) => Err(problem.clone()),
            _ => abi::of_exports(&anatomy.info),
        };
        let mut types = HostTypes::default();
        let imports = anatomy.info.imports.iter();
        let imports = imports.map(|import| self.linked(import, &mut types)).collect();
        let interpreter = self.interpreter(wasm.clone(), limits, Sanitize::On);
        let rewriting = if let Ok(interpreter) = &interpreter {
            Ok(interpreter.instrumentation().clone())
        } else if let Some(problem) = anatomy.problem.clone().filter(is_over_a_limit) {
            // What is too much for the compiler is not handed to a rewriter either.
            Err(problem.into())
        } else {
            let compiler = &self.compilation.compiler;
            compiler.inspect(bytes, Sanitize::On.options()).map_err(Into::into)
        };
        Inspection { anatomy, abi, imports, rewriting, interpreter }
    }

    fn linked(&self, import: &Import, types: &mut HostTypes) -> Linked {
        if import.kind != ItemKind::Function {
            return Linked::NotAFunction;
        }
        let found = match provided(&import.module, &import.name) {
            Provided::No => return Linked::Unknown,
            Provided::Yes => Linked::Provided,
            Provided::Refused => Linked::Refused,
        };
        let name = (import.module.clone(), import.name.clone());
        let provided = types.entry(name).or_insert_with(|| {
            let ty = self.host_function(&import.module, &import.name);
            ty.as_ref().map(Signature::of_host)
        });
        let Some(provided) = provided else { return Linked::Unknown };
        if import.function.as_ref() == Some(provided) {
            found
        } else {
            Linked::OtherType { provided: provided.as_str().to_owned() }
        }
    }
}

fn is_over_a_limit(problem: &Unusable) -> bool {
    match problem {
        Unusable::NotWasm | Unusable::Component | Unusable::OverLimit { .. } => true,
        Unusable::Invalid { .. }
        | Unusable::Unsupported { .. }
        | Unusable::NoAbi { .. }
        | Unusable::AbiVersion { .. }
        | Unusable::MissingExport { .. }
        | Unusable::ExportType { .. }
        | Unusable::UnknownImport { .. }
        | Unusable::ImportType { .. }
        | Unusable::NotInstrumentable { .. }
        | Unusable::CompileStopped { .. } => false,
    }
}
