//! What the processes of a fuzzing run hand on to each other: a file in the stage, named by a variable.

use proofhouse_sandbox::Sanitize;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// The variable that names the file. It is read before the arguments, which then are libFuzzer's.
pub(crate) const VARIABLE: &str = "PROOFHOUSE_FUZZ";

/// File in the stage that ends the run: nothing is to be started any more.
pub(super) const STOP: &str = "stop";

/// What is fuzzed and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
pub(super) struct State {
    /// The stage: a directory whose path a shell takes as it is.
    pub(super) stage: PathBuf,
    /// The process that waits.
    pub(super) outer: u32,
    /// The interpreter's name, for case files.
    pub(super) interpreter: String,
    /// What an input is.
    pub(super) mode: Mode,
    /// Ids of the events, whose bytes lie in the stage.
    pub(super) event_ids: Vec<String>,
    /// Whether the content under test is there, in the stage.
    pub(super) fixed_content: bool,
    /// Whether corpora hold anything to begin with.
    pub(super) has_corpus: bool,
    /// Whether mutators know the structure of channel files and events.
    pub(super) structure: bool,
    /// Whether a crash ends the run.
    pub(super) keep_going: bool,
    /// Whether the process that waits keeps a line on the terminal.
    pub(super) has_status_line: bool,
    pub(super) fuel: u64,
    pub(super) memory_bytes: u64,
    /// Wall time of one run.
    pub(super) deadline: Duration,
    pub(super) sanitize: String,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// The content; the events stay.
    Content,
    /// One event; the content stays.
    Events,
    /// Content and one event: the content's length as four bytes, least significant first, the
    /// content, the event.
    Both,
}

impl State {
    /// Whether nobody waits for the run any more. The shell that libFuzzer starts its processes with may live on
    /// when the one before it is gone, so that a parent's death tells them nothing.
    pub(super) fn is_over(&self) -> bool {
        let outer = i32::try_from(self.outer).ok().and_then(Pid::from_raw);
        let is_gone = outer.is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH));
        is_gone || !self.stage.exists() || self.stage.join(STOP).exists()
    }

    /// How closely memory is checked.
    pub(super) fn sanitize(&self) -> Sanitize {
        Sanitize::named(&self.sanitize).unwrap_or_default()
    }
}

/// An input that is content and an event.
pub(super) fn join(content: &[u8], event: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), content, event].concat()
}

/// Its two parts. A length that is too large means that all of it is content.
pub(super) fn split(input: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = input.split_first_chunk() else { return (input, &[]) };
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    rest.split_at_checked(length).unwrap_or((rest, &[]))
}
