//! Guests written in Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::manifest::RustGuest;
use crate::stamp::replace;

/// What guests in Rust are compiled for.
const TARGET: &str = "wasm32-wasip1";

/// The profile of guests, in the workspace's `Cargo.toml`.
const PROFILE: &str = "guest";

/// What cargo is run with.
#[derive(Debug)]
pub(crate) struct Cargo {
    /// The program.
    pub(crate) program: PathBuf,
    /// Folders of this machine that get into modules, and what they are called there.
    pub(crate) folders: Vec<(PathBuf, &'static str)>,
}

/// Makes `artefact`. What is up to date is for cargo to say. Returns whether the artefact changed.
///
/// `target_dir` is one of the guests' own: the cargo that runs this program holds the lock on the
/// other.
pub(crate) fn build(
    cargo: &Cargo,
    root: &Path,
    target_dir: &Path,
    guest: &RustGuest,
    artefact: &Path,
) -> Result<bool, Error> {
    let status = Command::new(&cargo.program)
        .args(["build", "--package", guest.package.as_str()])
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", cargo.remapped_paths(root))
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .map_err(|source| Error::Run { program: cargo.program.clone(), source })?;
    if !status.success() {
        return Err(Error::Cargo { package: guest.package.clone(), target: TARGET, status });
    }
    let library = guest.package.as_str().replace('-', "_");
    let path = target_dir.join(TARGET).join(PROFILE).join(format!("{library}.wasm"));
    let module =
        fs::read(&path).map_err(|_| Error::NoModule { package: guest.package.clone(), path })?;
    let changed = fs::read(artefact).map_or(true, |present| present != module);
    replace(artefact, &module)?;
    Ok(changed)
}

impl Cargo {
    /// Flags for rustc that keep this machine's paths out of panic messages and debug information.
    fn remapped_paths(&self, root: &Path) -> String {
        let root = (root.to_owned(), ".");
        let flags = self.folders.iter().chain([&root]).map(|(folder, name)| {
            // Where two apply, rustc takes the last.
            format!("--remap-path-prefix={}={name}", folder.display())
        });
        flags.collect::<Vec<_>>().join("\u{1f}")
    }
}
