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
/// Most bytes of the program with all that it carries: one file that people download for each build server.
const MOST_BYTES: u64 = 60 << 20;
/// What tells its build which file to take in.
const VARIABLE: &str = "PROOFHOUSE_EMBED";

/// Builds all guests, packs those that ship with their checked builds, and builds the program with them. Says
/// where that is.
pub(crate) fn dist(request: &Request) -> Result<PathBuf, Error> {
    run(request)?;
    let workspace = Workspace::find(&request.start)?;
    let output = workspace.root.join(&request.output);
    let folder = output.join(Collection::Guests.output());
    let modules: Vec<_> = shipped(&workspace)?.into_iter().map(|file| folder.join(file)).collect();
    let packed = output.join("guests.box");
    let size = pack(&modules, &packed)?;
    eprintln!("  packed {} modules, {size} bytes", modules.len());
    build(request, &workspace.root, &packed)?;
    let program = workspace.root.join("target/release").join(PACKAGE);
    let size = fs::metadata(&program).map_err(Error::io(&program))?.len();
    eprintln!("   built {}, {size} bytes", program.display());
    if size > MOST_BYTES {
        return Err(Error::LargeProgram { size, most: MOST_BYTES });
    }
    Ok(program)
}

/// File names of what goes into the program: each guest, and its builds for checks.
fn shipped(workspace: &Workspace) -> Result<Vec<String>, Error> {
    let mut files = Vec::new();
    for guest in workspace.guests()? {
        if guest.collection == Collection::Guests {
            let built = artefacts(&guest)?.into_iter().filter(Artefact::ships);
            files.extend(built.map(|artefact| artefact.file));
        }
    }
    Ok(files)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_guest_ships_and_a_c_guest_with_its_checked_builds() {
        let workspace = Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let mut files = shipped(&workspace).unwrap();
        files.sort();
        let expected = [
            "cedar@", "cel@", "ebpf@", "libyara@", "libyara@", "libyara@", "rego@", "sigma@",
            "yara@",
        ];
        assert_eq!(files.len(), expected.len(), "{files:?}");
        for (file, expected) in files.iter().zip(expected) {
            assert!(file.starts_with(expected), "{files:?}");
        }
        for profile in ["-checked-O0.wasm", "-checked-O1.wasm"] {
            assert!(files.iter().any(|file| file.ends_with(profile)), "{profile}: {files:?}");
        }
    }
}
