//! `guests/index.json`: what ships, for the product to find a guest by its name.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::artefact::Artefact;
use crate::digest::sha256;
use crate::error::Error;
use crate::stamp::replace;

/// The schema's name and version. Readers tolerate unknown members.
const SCHEMA: &str = "proofhouse.guests/1";

/// Writes the index of those artefacts that are there. One may be absent only when another guest
/// was asked for by name.
pub(crate) fn write(folder: &Path, artefacts: &[Artefact<'_>]) -> Result<(), Error> {
    let mut guests = Vec::new();
    for artefact in artefacts {
        let path = folder.join(&artefact.file);
        if path.is_file() {
            let module = fs::read(&path).map_err(Error::io(&path))?;
            guests.push(entry(artefact, &module));
        }
    }
    let index = json!({ "schema": SCHEMA, "guests": guests });
    replace(&folder.join("index.json"), format!("{index:#}\n").as_bytes())
}

/// What the index says of one guest. `file` is in the index's folder.
fn entry(artefact: &Artefact<'_>, module: &[u8]) -> Value {
    json!({
        "name": artefact.guest.manifest.name().as_str(),
        "version": artefact.version.as_str(),
        "file": artefact.file,
        "sha256": sha256(module),
        "size": module.len(),
    })
}
