//! What is built: the artefacts of a guest, each with its recipe.

use crate::error::Error;
use crate::manifest::{CGuest, CVersion, Manifest, Name, Program, ProgramKind, RustGuest};
use crate::toolchain::Toolchain;
use crate::workspace::Guest;

/// One file that is built.
#[derive(Debug)]
pub(crate) struct Artefact<'a> {
    pub(crate) guest: &'a Guest,
    pub(crate) version: &'a Name,
    /// Its name in the collection's output folder.
    pub(crate) file: String,
    pub(crate) recipe: Recipe<'a>,
}

/// How an artefact is built.
#[derive(Debug)]
pub(crate) enum Recipe<'a> {
    /// By a C compiler.
    Compile { guest: &'a CGuest, version: &'a CVersion, program: &'a Program },
    /// By cargo.
    Cargo { guest: &'a RustGuest },
}

/// The artefacts of a guest, in the order of its manifest.
pub(crate) fn artefacts(guest: &Guest) -> Result<Vec<Artefact<'_>>, Error> {
    let artefacts = match &guest.manifest {
        Manifest::C(declared) => c_artefacts(guest, declared),
        Manifest::Rust(declared) => vec![rust_artefact(guest, declared)],
    };
    for (index, artefact) in artefacts.iter().enumerate() {
        if artefacts.iter().take(index).any(|earlier| earlier.file == artefact.file) {
            return Err(Error::BuiltTwice {
                file: artefact.file.clone(),
                manifest: guest.folder.join("guest.toml"),
            });
        }
    }
    Ok(artefacts)
}

fn c_artefacts<'a>(guest: &'a Guest, declared: &'a CGuest) -> Vec<Artefact<'a>> {
    let build = |version: &'a CVersion, program: &'a Program| {
        let name = declared.name.as_str();
        Artefact {
            guest,
            version: &version.version,
            file: guest.collection.file_name(name, version.version.as_str(), program.kind),
            recipe: Recipe::Compile { guest: declared, version, program },
        }
    };
    let versions = declared.versions.iter();
    versions
        .flat_map(|version| declared.programs.iter().map(move |program| build(version, program)))
        .collect()
}

fn rust_artefact<'a>(guest: &'a Guest, declared: &'a RustGuest) -> Artefact<'a> {
    let (name, version) = (declared.name.as_str(), declared.version.as_str());
    Artefact {
        guest,
        version: &declared.version,
        file: guest.collection.file_name(name, version, ProgramKind::Reactor),
        recipe: Recipe::Cargo { guest: declared },
    }
}

impl Artefact<'_> {
    /// Whether it is the guest itself, the module that the sandbox runs.
    pub(crate) fn is_reactor(&self) -> bool {
        match &self.recipe {
            Recipe::Compile { program, .. } => program.kind == ProgramKind::Reactor,
            Recipe::Cargo { .. } => true,
        }
    }

    /// Whether it belongs into the box: the guest itself, and its builds for checks.
    pub(crate) fn ships(&self) -> bool {
        match &self.recipe {
            Recipe::Compile { program, .. } => {
                program.kind == ProgramKind::Reactor || program.kind.profile().is_some()
            }
            Recipe::Cargo { .. } => true,
        }
    }

    /// Whether it takes asking for: nothing but a comparison needs it.
    pub(crate) fn is_fuzzer(&self) -> bool {
        match &self.recipe {
            Recipe::Compile { program, .. } => program.kind == ProgramKind::NativeFuzz,
            Recipe::Cargo { .. } => false,
        }
    }

    /// Whether the toolchain has what the artefact needs beyond a compiler.
    pub(crate) fn is_possible(&self, toolchain: &Toolchain) -> bool {
        match &self.recipe {
            Recipe::Compile { program, .. }
                if matches!(program.kind, ProgramKind::NativeAsan | ProgramKind::NativeFuzz) =>
            {
                toolchain.has_sanitizer("address")
            }
            Recipe::Compile { .. } | Recipe::Cargo { .. } => true,
        }
    }
}
