//! Guests written in Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::compile::HEAP_BASE;
use crate::error::Error;
use crate::manifest::{Name, RustGuest};
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
    let stack = guest.stack_bytes.map(|bytes| format!("-Clink-arg=-zstack-size={bytes}"));
    let memory = guest.memory_bytes.map(|bytes| {
        // Where it begins that the allocator has from the start.
        let export = format!("-Clink-arg=--export={HEAP_BASE}");
        [format!("-Clink-arg=--initial-memory={bytes}"), export]
    });
    let inlining = guest
        .inline_threshold
        .map(|threshold| format!("-Cllvm-args=-inline-threshold={threshold}"));
    let status = Command::new(&cargo.program)
        .args(["rustc", "--package", guest.package.as_str()])
        // The module alone: where the crate is a Rust library as well, cargo leaves out LTO for both.
        .args(["--lib", "--crate-type", "cdylib"])
        .args(["--profile", PROFILE, "--target", TARGET, "--target-dir"])
        .arg(target_dir)
        .arg("--")
        // After the size that rustc names, and the linker takes the last.
        .args(stack)
        .args(memory.into_iter().flatten())
        // For the whole program at once: LTO takes it from here.
        .args(inlining)
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
    /// The folder where cargo keeps the sources of a crate of the lock file. Fetches them if need be.
    pub(crate) fn sources_of(&self, root: &Path, package: &Name) -> Result<PathBuf, Error> {
        let output = Command::new(&self.program)
            .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET])
            .current_dir(root)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Run { program: self.program.clone(), source })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
            return Err(Error::Metadata { package: package.clone(), status: output.status, said });
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let packages = metadata.get("packages").and_then(Value::as_array);
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        packages
            .into_iter()
            .flatten()
            .find(|entry| text(entry, "name").as_deref() == Some(package.as_str()))
            .and_then(|entry| {
                PathBuf::from(text(entry, "manifest_path")?).parent().map(Path::to_owned)
            })
            .ok_or_else(|| Error::NoCrate { package: package.clone() })
    }

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
