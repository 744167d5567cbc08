//! The fixtures' content and events, encoded as an interpreter receives them.
//!
//! Content is written as TOML and events as JSON, so that people can review them. The native programs
//! and the tests want bytes: `fixtures/content/NAME.toml` becomes `content/NAME.chan`, and the events
//! of `fixtures/events/NAME.json` become `events/NAME/1.event` and so on, in order.

use std::fs;
use std::path::{Path, PathBuf};

use proofhouse_corpus::{ChannelFile, EventsFile};

use crate::error::Error;
use crate::stamp::replace;

/// Encodes everything from `fixtures` into `output`. Returns the files.
pub(crate) fn encode_fixtures(fixtures: &Path, output: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for source in list(&fixtures.join("content"), "toml")? {
        let file = output.join("content").join(stem(&source)).with_extension("chan");
        replace(&file, &encode_content(&source)?)?;
        written.push(file);
    }
    for source in list(&fixtures.join("events"), "json")? {
        let folder = output.join("events").join(stem(&source));
        let files = encode_events(&source, &folder)?;
        remove_others(&folder, &files)?;
        written.extend(files);
    }
    Ok(written)
}

fn encode_content(source: &Path) -> Result<Vec<u8>, Error> {
    let text = fs::read_to_string(source).map_err(Error::io(source))?;
    let content = ChannelFile::from_toml(&text).map_err(|error| Error::ContentSource {
        path: source.to_owned(),
        source: Box::new(error),
    })?;
    content
        .encode()
        .map_err(|error| Error::ContentEncode { path: source.to_owned(), source: Box::new(error) })
}

fn encode_events(source: &Path, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let bytes = fs::read(source).map_err(Error::io(source))?;
    let file = EventsFile::parse(&bytes)
        .map_err(|error| Error::Events { path: source.to_owned(), source: Box::new(error) })?;
    let mut written = Vec::new();
    for (number, event) in (1_u32..).zip(&file.events) {
        let path: PathBuf = folder.join(format!("{number}.event"));
        replace(&path, &event.bytes())?;
        written.push(path);
    }
    Ok(written)
}

/// Removes events that an earlier version of the source had.
fn remove_others(folder: &Path, keep: &[PathBuf]) -> Result<(), Error> {
    for path in list(folder, "event")? {
        if !keep.contains(&path) {
            fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// The files of a folder that have the extension, sorted. None when there is no folder.
fn list(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> PathBuf {
    path.file_stem().map(PathBuf::from).unwrap_or_default()
}
