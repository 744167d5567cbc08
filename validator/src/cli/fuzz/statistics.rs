//! What each process of a run has done so far: a file in the stage, replaced now and then, which the
//! process that waits reads.

use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;

/// How often the file is replaced while inputs run.
pub(super) const PERIOD: Duration = Duration::from_millis(500);
/// Folder in the stage.
pub(super) const FOLDER: &str = "statistics";

/// One process, or all of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Statistics {
    /// Inputs that were run.
    pub(super) runs: u64,
    /// Inputs that were run before they were handed out.
    pub(super) rehearsals: u64,
    /// Inputs that ended in a finding, new or known.
    pub(super) crashes: u64,
    /// Findings that could not be written.
    pub(super) lost: u64,
    /// Inputs for the corpus, and the like, that could not be written.
    pub(super) unsaved: u64,
    /// Inputs that could not be judged.
    pub(super) unjudged: u64,
    /// Inputs that libFuzzer keeps, as far as it has said.
    pub(super) kept: u64,
    /// Inputs that covered something new.
    pub(super) novel: u64,
    /// The first reason for any of these.
    pub(super) problem: Option<String>,
    /// Time since the first run, in milliseconds.
    pub(super) elapsed_ms: u64,
    /// Run at which the first finding came.
    pub(super) first_finding: Option<u64>,
    /// For each point of the coverage map, whether it was ever reached.
    pub(super) covered: Vec<u8>,
}

impl Statistics {
    /// Points that were reached, and points that there are.
    pub(super) fn edges(&self) -> (usize, usize) {
        (self.covered.iter().filter(|covered| **covered != 0).count(), self.covered.len())
    }

    /// Takes over what a run reached.
    pub(super) fn cover(&mut self, counters: &[u8]) {
        self.covered.resize(self.covered.len().max(counters.len()), 0);
        for (covered, counter) in self.covered.iter_mut().zip(counters) {
            *covered |= u8::from(*counter != 0);
        }
    }

    fn add(&mut self, other: Self) {
        self.runs = self.runs.saturating_add(other.runs);
        self.rehearsals = self.rehearsals.saturating_add(other.rehearsals);
        self.crashes = self.crashes.saturating_add(other.crashes);
        self.lost = self.lost.saturating_add(other.lost);
        self.unsaved = self.unsaved.saturating_add(other.unsaved);
        self.unjudged = self.unjudged.saturating_add(other.unjudged);
        // Each process has all of them.
        self.kept = self.kept.max(other.kept);
        self.novel = self.novel.max(other.novel);
        self.problem = self.problem.take().or(other.problem);
        self.elapsed_ms = self.elapsed_ms.max(other.elapsed_ms);
        self.first_finding = match (self.first_finding, other.first_finding) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.cover(&other.covered);
    }

    /// Replaces this process's file. What cannot be written is missing from a status line.
    pub(super) fn write(&self, stage: &Path) {
        let folder = stage.join(FOLDER);
        let (path, temporary) = (
            folder.join(format!("{}.json", std::process::id())),
            folder.join(format!("{}.tmp", std::process::id())),
        );
        let json = serde_json::to_vec(self).unwrap_or_default();
        let _ = std::fs::write(&temporary, json).and_then(|()| std::fs::rename(&temporary, &path));
    }

    /// All processes of the run together.
    pub(super) fn read_all(stage: &Path) -> Self {
        let mut all = Self::default();
        let entries = std::fs::read_dir(stage.join(FOLDER)).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.extension().is_some_and(|e| e == "json")
                && let Ok(json) = std::fs::read(&path)
                && let Ok(one) = serde_json::from_slice(&json)
            {
                all.add(one);
            }
        }
        all
    }
}
