//! Findings on disk: the raw input and a case file each, written, synced and renamed before anybody is
//! told, and once for each kind of outcome and site.

use crate::cli::files::{self, FileError};
use crate::cli::outcome_key::is_same;
use crate::cli::whole_file;
use cap_std::AmbientAuthority;
use proofhouse_corpus::{Case, CaseOutcome};
use sha1::{Digest, Sha1};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Ending of a case file.
pub(crate) const CASE: &str = "case";
/// Largest case file that is looked at to find out what is known.
const MAX_KNOWN_BYTES: u64 = 16 << 20;

/// A directory of findings.
pub(super) struct Findings {
    directory: PathBuf,
    authority: AmbientAuthority,
    known: Vec<CaseOutcome>,
}

impl Findings {
    /// Looks at what is there. A file that is no case file is nobody's business here.
    pub(super) fn open(directory: &Path, authority: AmbientAuthority) -> Self {
        let mut findings = Self { directory: directory.to_owned(), authority, known: Vec::new() };
        findings.known = findings.read().into_iter().map(|(_, case)| case.expected).collect();
        findings
    }

    /// All findings that are there, by file name.
    pub(super) fn read(&self) -> Vec<(PathBuf, Case)> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == CASE))
            .collect();
        paths.sort_unstable();
        let read = |path: PathBuf| {
            let bytes = files::read(&path, MAX_KNOWN_BYTES, self.authority).ok()?;
            Some((path, Case::decode(&bytes).ok()?))
        };
        paths.into_iter().filter_map(read).collect()
    }

    /// Whether one like it is there.
    pub(super) fn knows(&self, outcome: &CaseOutcome) -> bool {
        self.known.iter().any(|known| is_same(known, outcome))
    }

    /// Keeps a finding, unless one like it is there; gives its case file's path.
    ///
    /// # Errors
    /// It cannot be written in full. Then no case file is left of it.
    pub(super) fn keep(&mut self, input: &[u8], case: &Case) -> Result<Option<PathBuf>, FileError> {
        if self.knows(&case.expected) {
            return Ok(None);
        }
        // Another process of the same run may have been faster.
        self.known = self.read().into_iter().map(|(_, case)| case.expected).collect();
        if self.knows(&case.expected) {
            return Ok(None);
        }
        let raw = self.directory.join(name(input));
        let path = raw.with_extension(CASE);
        whole_file::write(&raw, input, self.authority)?;
        if let Ok(bytes) = case.encode() {
            whole_file::write(&path, &bytes, self.authority)?;
        }
        // The names too: a rename is in the directory only after that.
        if let Ok(directory) = std::fs::File::open(&self.directory) {
            let _ = directory.sync_all();
        }
        self.known.push(case.expected.clone());
        Ok(Some(path))
    }
}

/// The name that libFuzzer gives to a crashing input.
pub(super) fn name(input: &[u8]) -> String {
    let mut name = String::from("crash-");
    for byte in Sha1::digest(input) {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}
