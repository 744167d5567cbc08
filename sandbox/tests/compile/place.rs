//! A temporary folder with a cache in it, and ways to open a guest with it.

use crate::common::{reactor, run, sandbox_with, small_limits, wasm, with_guest_stack};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use proofhouse_sandbox::{
    Cache, CacheError, Compilation, Compiler, HostFault, Interpreter, OpenError, Outcome, Phase,
    Sanitize,
};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Name of the cache's directory in the folder.
pub(crate) const CACHE: &str = "cache";

/// A compiler that cannot be started: what can be opened with it comes from the cache.
pub(crate) fn no_compiler() -> Compiler {
    Compiler::Child { program: "/nonexistent/compiler".into(), arguments: Vec::new() }
}

/// This binary as a compile child.
pub(crate) fn child_compiler() -> Compiler {
    let program = std::env::current_exe().unwrap();
    Compiler::Child { program, arguments: vec![crate::COMPILE.into()] }
}

/// A guest that rejects everything with that code.
pub(crate) fn guest(code: u8) -> Vec<u8> {
    let load = format!("(i32.const {code})");
    wasm(&reactor(r#"(memory (export "memory") 1)"#, &load, "(i32.const 0)"))
}

/// The code with which a guest rejects.
pub(crate) fn code_of(interpreter: &Interpreter) -> i32 {
    match run(interpreter, b"content", &[]).outcome {
        Outcome::Rejected { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

/// Opens a module with that compiler and that cache.
pub(crate) fn open(
    wasm: &[u8],
    compiler: Compiler,
    cache: Option<Cache>,
) -> Result<Interpreter, OpenError> {
    let sandbox = sandbox_with(Compilation { compiler, cache });
    with_guest_stack(|| sandbox.interpreter(wasm.to_vec(), &small_limits(), Sanitize::On))
}

/// The cache in a folder.
pub(crate) fn cache_in(folder: &Path) -> Result<Cache, CacheError> {
    Cache::open(&Dir::open_ambient_dir(folder, ambient_authority()).unwrap(), CACHE)
}

/// A folder that is gone afterwards.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder whose cache has the entry of one guest.
    pub(crate) fn with_entry(wasm: &[u8]) -> Self {
        let place = Self::new();
        place.open(wasm);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn cache(&self) -> Cache {
        cache_in(self.path()).unwrap()
    }

    pub(crate) fn cache_path(&self) -> PathBuf {
        self.path().join(CACHE)
    }

    /// Opens a guest with the cache, and compiles it where it must be.
    pub(crate) fn open(&self, wasm: &[u8]) -> Interpreter {
        open(wasm, Compiler::InProcess, Some(self.cache())).unwrap()
    }

    /// Whether the cache serves that guest.
    pub(crate) fn hits(&self, wasm: &[u8]) -> bool {
        match open(wasm, no_compiler(), Some(self.cache())) {
            Ok(_) => true,
            Err(OpenError {
                phase: Phase::Compile,
                outcome: Outcome::HostFault { fault: HostFault::Engine { .. } },
            }) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The files in the cache.
    pub(crate) fn entries(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache_path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The only file in the cache.
    pub(crate) fn entry(&self) -> PathBuf {
        let entries = self.entries();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries[0].clone()
    }
}
