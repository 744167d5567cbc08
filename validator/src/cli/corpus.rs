//! `proofhouse corpus`: what lies in corpora and case files.

use super::args::{Corpus, CorpusAction};
use super::files::{self, Bounds};
use super::{Failure, case, exit, say};
use cap_std::AmbientAuthority;
use proofhouse_corpus::{Case, ChannelFile, FieldValues};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// How much of a corpus is read.
const BOUNDS: Bounds = Bounds { files: 1_000_000, file_bytes: 16 << 20, total_bytes: 4 << 30 };

pub(super) fn run(args: &Corpus, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    match &args.action {
        CorpusAction::Stats { directory } => stats(directory, authority),
        CorpusAction::Export { case: path } => {
            let json = case::read(path, authority)?.to_json();
            say::tell(&format!("{json}\n"))?;
            Ok(ExitCode::from(exit::ACCEPTED))
        }
        #[cfg(feature = "fuzz")]
        CorpusAction::Merge { interpreter, events, into, from } => {
            // With a slash at its end it is a directory, whatever it is called.
            let into = into.join("");
            let corpus = std::iter::once(into).chain(from.iter().cloned()).collect();
            super::fuzz::run(&super::args::Fuzz::merge(interpreter, events, corpus), authority)
        }
    }
}

fn stats(directory: &Path, authority: AmbientAuthority) -> Result<ExitCode, Failure> {
    let files = files::read_all(directory, BOUNDS, authority)
        .map_err(|error| Failure::Usage(format!("corpus {error}")))?;
    let mut sizes: Vec<usize> = files.iter().map(|(_, bytes)| bytes.len()).collect();
    sizes.sort_unstable();
    let mut kinds = BTreeMap::<&str, usize>::new();
    for (_, bytes) in &files {
        let count = kinds.entry(kind(bytes)).or_default();
        *count = count.saturating_add(1);
    }
    let mut text = format!("files         {}\n", files.len());
    let _ = writeln!(text, "bytes         {}", sizes.iter().sum::<usize>());
    if let (Some(smallest), Some(largest)) = (sizes.first(), sizes.last()) {
        let median = sizes.get(sizes.len() / 2).unwrap_or(smallest);
        let _ = writeln!(text, "sizes         {smallest} to {largest}, median {median}");
    }
    for (kind, count) in kinds {
        let _ = writeln!(text, "{kind:<14}{count}");
    }
    say::tell(&text)?;
    Ok(ExitCode::from(exit::ACCEPTED))
}

fn kind(bytes: &[u8]) -> &'static str {
    if ChannelFile::decode(bytes).is_ok() {
        "channel files"
    } else if FieldValues::decode(bytes).is_ok() {
        "events"
    } else if Case::decode(bytes).is_ok() {
        "cases"
    } else {
        "other"
    }
}
