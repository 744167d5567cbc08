//! Runs an interpreter, compiled to Wasm, on content and events: isolated, limited, and with an
//! outcome for everything that can happen.
//!
//! An *interpreter* is a Wasm module that consumes *content*, the bytes that ship, and evaluates
//! *events* against it. A [`Sandbox`] makes an [`Interpreter`] of a module. [`Interpreter::run`] takes
//! a [`Job`], uses a fresh instance for it, and returns a [`Run`] with an [`Outcome`]. [`verdict()`]
//! says whose fault an outcome is.
//!
//! What this crate is not for: it knows no policy, no report and no file but its cache of compiled
//! modules, and nothing about any kind of content.
//!
//! Start reading at [`Interpreter::run`]; what a guest can reach of its host is in `host`, and how it is
//! handed its input in `abi`.

mod abi;
mod agreement;
mod baseline;
mod clock;
mod compile;
mod constants;
mod description;
mod engine;
mod gauges;
mod guest_memory;
mod host;
mod image;
mod inspection;
pub mod instrument;
mod interpreter;
pub mod limits;
mod memory_error;
mod message;
mod module;
mod module_bytes;
mod num;
mod observation;
mod outcome;
mod records;
mod resident;
mod run;
mod sandbox;
mod sanitize;
mod session;
mod sources;
mod stack_profile;
mod symbols;
mod variant;
mod verdict;
mod watched;

pub use abi::{ABI_VERSION, Abi};
pub use compile::{Cache, CacheError, Compilation, CompileError, Compiler, compile_child};
pub use constants::data_segments;
pub use description::{
    ContentKind, Contract, DESCRIBE_SCHEMA, Description, DescriptionError, TemplateType,
};
pub use host::ubsan_imports;
pub use inspection::{Anatomy, Inspection, Linked, Memory};
pub use interpreter::{Interpreter, OpenError};
pub use limits::Limits;
pub use memory_error::{
    MemoryAccess, MemoryError, MemoryErrorKind, MemoryObject, Position, Region, ShadowBytes,
};
pub use message::{Message, TextPosition};
pub use module::{Export, Import, ItemKind, ModuleInfo, Signature};
pub use module_bytes::{DamagedModule, MODULE_DIGEST_BYTES, ModuleBytes};
pub use observation::Observation;
pub use outcome::{
    AbiViolation, Advice, Frame, HostFault, Outcome, OutcomeKind, Resource, Stack, Stream,
    TrapKind, Unusable,
};
pub use records::Records;
pub use resident::Resident;
pub use run::{Job, Run};
pub use sandbox::{Sandbox, SandboxError};
pub use sanitize::Sanitize;
pub use session::Evaluated;
pub use sources::{PointPlace, SourceFunction, SourceLine, Sources};
pub use stack_profile::StackProfile;
pub use variant::Variant;
pub use verdict::{Phase, Verdict, verdict};
pub use watched::Watched;
