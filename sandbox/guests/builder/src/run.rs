//! The program: what is asked for is built, in order.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

use crate::artefact::{Artefact, Recipe, artefacts};
use crate::cargo::{self, Cargo};
use crate::collection::Collection;
use crate::compile::Compilation;
use crate::encode::encode_fixtures;
use crate::error::Error;
use crate::index;
use crate::toolchain::Toolchain;
use crate::upstream::Sources;
use crate::workspace::{Guest, Workspace};

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Request {
    /// A folder in the workspace.
    pub(crate) start: PathBuf,
    /// Where the collections' output folders are; from the workspace's root.
    pub(crate) output: PathBuf,
    /// Only these guests; all when there is none.
    pub(crate) only: Vec<String>,
    /// Native fuzzers too.
    pub(crate) fuzzers: bool,
    /// Which C toolchain to prefer: `clang` or `zig`.
    pub(crate) prefer: String,
    pub(crate) cargo: Cargo,
}

/// Builds what is asked for and says on standard error what was built.
pub(crate) fn run(request: &Request) -> Result<(), Error> {
    let workspace = Workspace::find(&request.start)?;
    let guests = workspace.guests()?;
    check_names(&guests, &request.only)?;
    let build = Build {
        request,
        root: &workspace.root,
        output: workspace.root.join(&request.output),
        toolchains: HashMap::new(),
    };
    build.run(&guests)
}

/// Lists what can be built: guest, version and file, one artefact a line.
pub(crate) fn list(request: &Request) -> Result<Vec<String>, Error> {
    let workspace = Workspace::find(&request.start)?;
    let guests = workspace.guests()?;
    check_names(&guests, &request.only)?;
    let mut lines = Vec::new();
    for guest in guests.iter().filter(|guest| is_wanted(guest, &request.only)) {
        for artefact in artefacts(guest)? {
            let file = request.output.join(guest.collection.output()).join(&artefact.file);
            let name = guest.manifest.name();
            lines.push(format!("{name} {} {}", artefact.version, file.display()));
        }
    }
    Ok(lines)
}

fn check_names(guests: &[Guest], only: &[String]) -> Result<(), Error> {
    let mut known = guests.iter().map(|guest| guest.manifest.name().as_str());
    for name in only {
        if !known.clone().any(|guest| guest == name) {
            let known = known.by_ref().map(str::to_owned).collect();
            return Err(Error::UnknownGuest { name: name.clone(), known });
        }
    }
    Ok(())
}

fn is_wanted(guest: &Guest, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|name| name == guest.manifest.name().as_str())
}

struct Build<'a> {
    request: &'a Request,
    root: &'a Path,
    output: PathBuf,
    /// For each build profile, and for none, asked for when the first program in C comes.
    toolchains: HashMap<Option<&'static str>, Toolchain>,
}

impl Build<'_> {
    fn run(mut self, guests: &[Guest]) -> Result<(), Error> {
        let mut shipped = Vec::new();
        for guest in guests {
            let artefacts = artefacts(guest)?;
            if is_wanted(guest, &self.request.only) {
                let fuzzers = self.request.fuzzers;
                for artefact in artefacts.iter().filter(|a| fuzzers || !a.is_fuzzer()) {
                    self.build(artefact)?;
                }
            }
            if guest.collection == Collection::Guests {
                shipped.extend(artefacts.into_iter().filter(Artefact::is_reactor));
            }
        }
        index::write(&self.output.join(Collection::Guests.output()), &shipped)?;
        let is_fixture = |guest: &Guest| guest.collection == Collection::Fixtures;
        if guests.iter().any(|guest| is_fixture(guest) && is_wanted(guest, &self.request.only)) {
            let fixtures = self.output.join(Collection::Fixtures.output());
            encode_fixtures(&self.root.join("fixtures"), &fixtures)?;
        }
        Ok(())
    }

    fn build(&mut self, artefact: &Artefact<'_>) -> Result<(), Error> {
        let path = self.output.join(artefact.guest.collection.output()).join(&artefact.file);
        let built = match &artefact.recipe {
            Recipe::Cargo { guest } => {
                let target_dir = self.output.join("guests-build");
                cargo::build(&self.request.cargo, self.root, &target_dir, guest, &path)?
            }
            Recipe::Compile { guest, version, program } => {
                let (root, folder) = (self.root, &artefact.guest.folder);
                let request = self.request;
                let toolchain = self.toolchain(program.kind.profile())?;
                if !artefact.is_possible(toolchain) {
                    eprintln!("  absent {}: no sanitizer in this toolchain", artefact.file);
                    return Ok(());
                }
                let upstream = match &guest.upstream {
                    Some(declared) => {
                        let folder = request.cargo.sources_of(root, &declared.package)?;
                        let folder = folder.join(declared.folder.as_path());
                        Some(Sources { declared, folder })
                    }
                    None => None,
                };
                let upstream = upstream.as_ref();
                Compilation { root, toolchain, folder, guest, version, program, upstream }
                    .build(&path)?
            }
        };
        eprintln!("{:>8} {}", if built { "built" } else { "fresh" }, self.shown(&path).display());
        Ok(())
    }

    fn toolchain(&mut self, profile: Option<&'static str>) -> Result<&Toolchain, Error> {
        Ok(match self.toolchains.entry(profile) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(place) => {
                place.insert(Toolchain::find(self.root, &self.request.prefer, profile)?)
            }
        })
    }

    /// A path as it is shown: from the root where it is inside.
    fn shown<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.root).unwrap_or(path)
    }
}
