//! The release: one program that carries its interpreters.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::artefact::{Artefact, artefacts};
use crate::collection::Collection;
use crate::error::Error;
use crate::pack::pack;
use crate::run::{Request, run};
use crate::workspace::Workspace;

/// The product's package, and its program.
const PACKAGE: &str = "proofhouse";
/// What tells its build which file to take in.
const VARIABLE: &str = "PROOFHOUSE_EMBED";

/// Builds all guests, packs those that ship with their checked builds, and builds the program with them. Says
/// where that is.
pub(crate) fn dist(request: &Request) -> Result<PathBuf, Error> {
    run(request)?;
    let workspace = Workspace::find(&request.start)?;
    let output = workspace.root.join(&request.output);
    let folder = output.join(Collection::Guests.output());
    let mut modules = Vec::new();
    for guest in workspace.guests()? {
        if guest.collection == Collection::Guests {
            let built = artefacts(&guest)?.into_iter().filter(Artefact::ships);
            modules.extend(built.map(|artefact| folder.join(artefact.file)));
        }
    }
    let packed = output.join("guests.box");
    let size = pack(&modules, &packed)?;
    eprintln!("  packed {} modules, {size} bytes", modules.len());
    build(request, &workspace.root, &packed)?;
    let program = workspace.root.join("target/release").join(PACKAGE);
    let size = fs::metadata(&program).map_err(Error::io(&program))?.len();
    eprintln!("   built {}, {size} bytes", program.display());
    Ok(program)
}

fn build(request: &Request, root: &Path, packed: &Path) -> Result<(), Error> {
    let packed = fs::canonicalize(packed).map_err(Error::io(packed))?;
    let program = &request.cargo.program;
    let status = Command::new(program)
        .args(["build", "--release", "--package", PACKAGE])
        .env(VARIABLE, packed)
        // Its own debug information is larger than all guests.
        .env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo")
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .map_err(|source| Error::Run { program: program.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Program { status }) }
}
