//! `guests/index.json`: what ships, for the product to find a guest by its name.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::artefact::Artefact;
use crate::digest::sha256;
use crate::error::Error;
use crate::stamp::replace;

/// The schema's name and version. Readers tolerate unknown members.
const SCHEMA: &str = "proofhouse.guests/1";

#[derive(Debug, Serialize)]
struct Index<'a> {
    schema: &'static str,
    guests: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    /// In the index's folder.
    file: &'a str,
    sha256: String,
    size: usize,
}

/// Writes the index of those artefacts that are there. One may be absent only when another guest
/// was asked for by name.
pub(crate) fn write(folder: &Path, artefacts: &[Artefact<'_>]) -> Result<(), Error> {
    let mut guests = Vec::new();
    for artefact in artefacts {
        let path = folder.join(&artefact.file);
        if !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).map_err(Error::io(&path))?;
        guests.push(Entry {
            name: artefact.guest.manifest.name().as_str(),
            version: artefact.version.as_str(),
            file: &artefact.file,
            sha256: sha256(&bytes),
            size: bytes.len(),
        });
    }
    replace(&folder.join("index.json"), render(&Index { schema: SCHEMA, guests }).as_bytes())
}

/// Text and numbers only: there is nothing in an index that JSON cannot say.
fn render(index: &Index<'_>) -> String {
    let mut text = serde_json::to_string_pretty(index).unwrap_or_default();
    text.push('\n');
    text
}
