//! Programs written in C.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::digest::Digest;
use crate::error::Error;
use crate::manifest::{CGuest, CVersion, Program, ProgramKind};
use crate::stamp::Stamp;
use crate::toolchain::Toolchain;
use crate::upstream::Sources;

/// The headers that every C guest has, from the workspace's root.
const SDK: &str = "sandbox/sdk/c";

/// What the linker of a checked build may leave undefined, from the workspace's root.
const SANITIZER_IMPORTS: &str = "sandbox/sdk/sanitizer-imports.txt";

/// The linker's name for the address where its own things end and an allocator's begin.
pub(crate) const HEAP_BASE: &str = "__heap_base";

/// A program to compile.
#[derive(Debug)]
pub(crate) struct Compilation<'a> {
    pub(crate) root: &'a Path,
    pub(crate) toolchain: &'a Toolchain,
    /// The guest's folder, from the root.
    pub(crate) folder: &'a Path,
    pub(crate) guest: &'a CGuest,
    pub(crate) version: &'a CVersion,
    pub(crate) program: &'a Program,
    /// What the guest is compiled from besides its own sources.
    pub(crate) upstream: Option<&'a Sources<'a>>,
}

impl Compilation<'_> {
    /// Makes `artefact`, unless it is up to date. Returns whether it was made.
    pub(crate) fn build(&self, artefact: &Path) -> Result<bool, Error> {
        let inputs = self.digest()?;
        if Stamp::is_fresh(artefact, &inputs) {
            return Ok(false);
        }
        self.compile(artefact)?;
        Stamp::write(artefact, &inputs)?;
        Ok(true)
    }

    /// Everything that decides what comes out. Folders are taken whole: to rebuild once too often
    /// is cheap, to miss a header is not.
    fn digest(&self) -> Result<String, Error> {
        let mut digest = Digest::default();
        digest.add(self.toolchain.version.as_bytes());
        digest.add(self.compiler().as_os_str().as_encoded_bytes());
        for argument in self.arguments() {
            digest.add(argument.as_bytes());
        }
        digest.add_folder(&self.root.join(SDK))?;
        if self.program.kind.profile().is_some() {
            let list = self.root.join(SANITIZER_IMPORTS);
            digest.add(&fs::read(&list).map_err(Error::io(&list))?);
        }
        digest.add_folder(&self.root.join(self.folder))?;
        if let Some(upstream) = self.upstream {
            upstream.add_to(&mut digest)?;
        }
        Ok(digest.finish())
    }

    fn compiler(&self) -> &Path {
        match Target::of(self.program.kind) {
            Target::Wasm(_) => &self.toolchain.wasm_cc,
            Target::Native(_) => &self.toolchain.native_cc,
        }
    }

    /// The whole command line but for the output. Run from the root: all paths are from there, so
    /// that debug information is the same wherever the workspace is.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = owned(DIALECT);
        arguments.extend(self.shared_arguments());
        arguments.push(format!("-I{SDK}"));
        for source in self.guest.sources.iter().chain(&self.program.sources) {
            arguments.push(self.folder.join(source.as_path()).display().to_string());
        }
        if let Target::Wasm(flags) = Target::of(self.program.kind) {
            arguments.extend(self.toolchain.wasm_ldflags.iter().cloned());
            arguments.extend(owned(flags));
            // A build profile has a stack that its frames fit in.
            let is_checked = self.program.kind.profile().is_some();
            if !is_checked {
                arguments.push(format!("-Wl,-z,stack-size={}", self.guest.stack_bytes));
            }
            let memory =
                if is_checked { self.guest.checked_memory_bytes } else { self.guest.memory_bytes };
            if let Some(bytes) = memory {
                arguments.push(format!("-Wl,--initial-memory={bytes}"));
                // Where it begins that the allocator has from the start.
                arguments.push(format!("-Wl,--export={HEAP_BASE}"));
            }
        }
        arguments
    }

    /// What holds for the sources of others too.
    fn shared_arguments(&self) -> Vec<String> {
        let mut arguments = vec![format!("-ffile-prefix-map={}=.", self.root.display())];
        for folder in &self.guest.include {
            arguments.push(format!("-I{}", self.folder.join(folder.as_path()).display()));
        }
        for define in &self.version.defines {
            arguments.push(format!("-D{define}"));
        }
        match Target::of(self.program.kind) {
            Target::Wasm(_) => {
                arguments.extend(self.toolchain.wasm_cflags.iter().cloned());
                arguments.extend(owned(WASM_FLAGS));
                if self.program.kind.profile().is_none() {
                    arguments.extend(owned(OPTIMISED));
                }
            }
            Target::Native(flags) => arguments.extend(owned(flags)),
        }
        arguments
    }

    /// Compiles into a folder of its own and moves the result into place. The linker writes the
    /// output's file name into a module, so it must have its final name from the start.
    fn compile(&self, artefact: &Path) -> Result<(), Error> {
        let parent = artefact.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
        let scratch = tempfile::tempdir_in(parent).map_err(Error::io(parent))?;
        let file = artefact.file_name().unwrap_or_default();
        let output = scratch.path().join(file);
        let mut command = Command::new(self.compiler());
        command.args(self.arguments()).arg("-o").arg(&output);
        if let Some(upstream) = self.upstream {
            let tree = upstream.copy(scratch.path().join("upstream"))?;
            let objects = scratch.path().join("objects");
            let mut shared = self.shared_arguments();
            if self.program.kind.profile().is_some() {
                shared.extend(tree.checked_arguments());
            }
            command.args(tree.compile(self.compiler(), &shared, self.root, &objects)?);
            command.args(tree.include_arguments());
        }
        if let Target::Native(_) = Target::of(self.program.kind) {
            // Mathematics is a library of its own there. It goes behind what uses it.
            command.arg("-lm");
        }
        command.current_dir(self.root).stdin(Stdio::null());
        run_compiler(command, &file.to_string_lossy())?;
        fs::rename(&output, artefact).map_err(Error::io(artefact))
    }
}

/// Runs a compiler that makes `file`, and passes on what it has to say.
pub(crate) fn run_compiler(mut command: Command, file: &str) -> Result<(), Error> {
    let run = command.output().map_err(|source| {
        let program = command.get_program().into();
        Error::Run { program, source }
    })?;
    let said = String::from_utf8_lossy(&run.stderr).trim_end().to_owned();
    if !run.status.success() {
        return Err(Error::Compiler { file: file.to_owned(), status: run.status, said });
    }
    if !said.is_empty() {
        eprintln!("{said}");
    }
    Ok(())
}

/// The language, and warnings that no guest has.
const DIALECT: &[&str] = &["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion"];

/// Line tables, so that a trap has a file and a line; a full DWARF would make a module ten times as
/// large.
const WASM_FLAGS: &[&str] = &["-gline-tables-only", "-fdebug-compilation-dir=."];

/// How Wasm programs are optimised for release.
const OPTIMISED: &[&str] = &["-O2"];

/// What a program runs on, with the flags that make it what it is.
enum Target {
    Wasm(&'static [&'static str]),
    Native(&'static [&'static str]),
}

impl Target {
    const fn of(kind: ProgramKind) -> Self {
        match kind {
            ProgramKind::Reactor | ProgramKind::CheckedO0 | ProgramKind::CheckedO1 => {
                Self::Wasm(&["-mexec-model=reactor"])
            }
            // The sandbox asks a harness for room with malloc.
            ProgramKind::Harness => Self::Wasm(&["-mexec-model=reactor", "-Wl,--export=malloc"]),
            ProgramKind::Command => Self::Wasm(&[]),
            // Optimised as for Wasm: the two are compared in benchmarks.
            ProgramKind::Native => Self::Native(&["-O2", "-g1"]),
            ProgramKind::NativeAsan => {
                Self::Native(&["-O1", "-g1", "-fno-omit-frame-pointer", "-fsanitize=address"])
            }
            ProgramKind::NativeFuzz => Self::Native(&["-O2", "-g1", "-fsanitize=fuzzer,address"]),
        }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(str::to_owned).collect()
}
