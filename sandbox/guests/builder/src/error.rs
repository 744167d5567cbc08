//! Why guests could not be built.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use proofhouse_corpus::{EncodeError, EventsError, SourceError};

use crate::manifest::Name;

/// What went wrong. Most are the author's of a guest; each says where to look.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{} is in no workspace: no folder above it has sandbox/guests", start.display())]
    NoWorkspace { start: PathBuf },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Manifest { path: PathBuf, source: Box<toml::de::Error> },
    #[error("guest {name} is declared twice, in {} and in {}", first.display(), second.display())]
    DeclaredTwice { name: Name, first: PathBuf, second: PathBuf },
    #[error("{file} would be built twice: {} declares it", manifest.display())]
    BuiltTwice { file: String, manifest: PathBuf },
    #[error("there is no guest {name}; there are: {}", known.join(", "))]
    UnknownGuest { name: String, known: Vec<String> },
    #[error("no C toolchain; sandbox/sdk/toolchain.sh --install gets one where it may\n{said}")]
    NoToolchain { said: String },
    #[error("sandbox/sdk/toolchain.sh does not say {key}")]
    ToolchainAnswer { key: &'static str },
    #[error("cannot run {}: {source}", program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("compiling {file} failed ({status})\n{said}")]
    Compiler { file: String, status: ExitStatus, said: String },
    #[error("cargo build of {package} for {target} failed ({status})")]
    Cargo { package: Name, target: &'static str, status: ExitStatus },
    #[error("cargo build of the program failed ({status})")]
    Program { status: ExitStatus },
    #[error("the report of the program does not say when it was ready")]
    Report,
    #[error("the program has {size} bytes with all that it carries, which is over {most}")]
    LargeProgram { size: u64, most: u64 },
    #[error("the index of the box is over 4 GiB")]
    LargeIndex,
    #[error("cargo cannot say where the sources of {package} are ({status})\n{said}")]
    Metadata { package: Name, status: ExitStatus, said: String },
    #[error("crate {package} is not among the builder's dependencies for Wasm")]
    NoCrate { package: Name },
    #[error("{} does not have this text exactly once: {from}", file.display())]
    Edit { file: PathBuf, from: String },
    #[error("cargo built {package} and there is no {}: is it a cdylib?", path.display())]
    NoModule { package: Name, path: PathBuf },
    #[error("{}: {source}", path.display())]
    ContentSource { path: PathBuf, source: Box<SourceError> },
    #[error("{}: {source}", path.display())]
    ContentEncode { path: PathBuf, source: Box<EncodeError> },
    #[error("{}: {source}", path.display())]
    Events { path: PathBuf, source: Box<EventsError> },
}

impl Error {
    /// For `map_err`: an error of reading or writing, with its path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
