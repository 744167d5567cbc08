//! The workspace and the guests that its folders declare.

use std::fs;
use std::path::{Path, PathBuf};

use crate::collection::Collection;
use crate::error::Error;
use crate::manifest::Manifest;

/// The workspace, by its root.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
}

/// A guest as its folder declares it.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) collection: Collection,
    /// From the workspace's root.
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
}

impl Workspace {
    /// The workspace that `start` is in.
    pub(crate) fn find(start: &Path) -> Result<Self, Error> {
        start
            .ancestors()
            .find(|folder| folder.join(Collection::Guests.sources()).is_dir())
            .map(|root| Self { root: root.to_owned() })
            .ok_or_else(|| Error::NoWorkspace { start: start.to_owned() })
    }

    /// All guests, sorted by collection and folder.
    pub(crate) fn guests(&self) -> Result<Vec<Guest>, Error> {
        let mut guests: Vec<Guest> = Vec::new();
        for collection in Collection::ALL {
            for folder in self.declared(collection)? {
                let guest = self.guest(collection, folder)?;
                let name = guest.manifest.name();
                if let Some(first) = guests.iter().find(|other| other.manifest.name() == name) {
                    return Err(Error::DeclaredTwice {
                        name: name.clone(),
                        first: first.folder.clone(),
                        second: guest.folder,
                    });
                }
                guests.push(guest);
            }
        }
        Ok(guests)
    }

    /// The folders of a collection that have a manifest. A collection may be absent.
    fn declared(&self, collection: Collection) -> Result<Vec<PathBuf>, Error> {
        let sources = Path::new(collection.sources());
        let path = self.root.join(sources);
        if !path.is_dir() {
            return Ok(Vec::new());
        }
        let mut folders = Vec::new();
        for entry in fs::read_dir(&path).map_err(Error::io(&path))? {
            let entry = entry.map_err(Error::io(&path))?;
            if entry.path().join("guest.toml").is_file() {
                folders.push(sources.join(entry.file_name()));
            }
        }
        folders.sort();
        Ok(folders)
    }

    fn guest(&self, collection: Collection, folder: PathBuf) -> Result<Guest, Error> {
        let path = self.root.join(&folder).join("guest.toml");
        let text = fs::read_to_string(&path).map_err(Error::io(&path))?;
        let manifest = toml::from_str(&text)
            .map_err(|source| Error::Manifest { path, source: Box::new(source) })?;
        Ok(Guest { collection, folder, manifest })
    }
}
