//! What a run tells people: a line while it goes on, a table when it is over.

use super::statistics::Statistics;
use crate::cli::{Failure, progress, say};
use crate::text::{Plain, cut};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use proofhouse_corpus::{Case, CaseOutcome};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most characters of a guest's own text in a line.
const SHOWN: usize = 200;

/// What a finding is, on one line and without the control characters of others.
pub(super) fn headline(found: &CaseOutcome) -> String {
    let parts = [&found.kind, &found.detail].map(|part| Plain(&cut(part, SHOWN)).to_string());
    parts.join(" ").trim_end().to_owned()
}

/// Where it is, likewise, if that is known.
pub(super) fn site(found: &CaseOutcome) -> Option<String> {
    let site = Plain(&cut(&found.site, SHOWN)).to_string();
    (!site.is_empty()).then_some(site)
}

/// How often the line is drawn anew.
const PERIOD: Duration = Duration::from_millis(500);

/// A line on a terminal.
pub(super) struct StatusLine {
    bar: ProgressBar,
    shown: Instant,
}

impl StatusLine {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
        let bar = style.map_or(bar.clone(), |style| bar.with_style(style));
        progress::gives_way_to_log(&bar);
        Self { bar, shown: Instant::now() }
    }

    /// Draws it, if it is time.
    pub(super) fn show(&mut self, stage: &Path) {
        if self.shown.elapsed() >= PERIOD {
            self.shown = Instant::now();
            let statistics = Statistics::read_all(stage);
            let (reached, points) = statistics.edges();
            self.bar.set_message(format!(
                "{} runs, {}/s, {reached} of {points} edges, {} crashes",
                statistics.runs,
                per_second(&statistics),
                statistics.crashes
            ));
            self.bar.tick();
        }
    }
}

impl Drop for StatusLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn per_second(statistics: &Statistics) -> u64 {
    statistics.runs.saturating_mul(1000).checked_div(statistics.elapsed_ms).unwrap_or(0)
}

/// Where the inputs are that a run keeps.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kept<'p> {
    /// It keeps none.
    Nowhere,
    InMemory,
    /// A directory of the user's.
    In(&'p Path),
    /// A directory that goes with the run.
    Until(&'p Path),
}

impl Kept<'_> {
    fn size(self, statistics: &Statistics) -> Option<String> {
        match self {
            Self::Nowhere => None,
            Self::InMemory => {
                // What libFuzzer keeps covers something new, or is put in the place of what did.
                let said = Some(statistics.kept).filter(|kept| *kept > 0);
                Some(format!("{} inputs, in memory", said.unwrap_or(statistics.novel)))
            }
            Self::In(directory) => Some(format!("{} files", inputs_in(directory))),
            Self::Until(directory) => Some(format!("{} files, forgotten", inputs_in(directory))),
        }
    }
}

/// How many inputs libFuzzer finds in a directory: files that are not empty, at any depth.
fn inputs_in(directory: &Path) -> usize {
    let (mut count, mut directories) = (0_usize, vec![directory.to_owned()]);
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                directories.push(entry.path());
            } else if entry.path().metadata().is_ok_and(|file| file.is_file() && file.len() > 0) {
                count = count.saturating_add(1);
            }
        }
    }
    count
}

/// The table, on stdout.
pub(super) fn print(
    statistics: &Statistics,
    found: &[(PathBuf, Case)],
    kept: Kept<'_>,
) -> Result<(), Failure> {
    say::tell(&text(statistics, found, kept))
}

fn text(statistics: &Statistics, found: &[(PathBuf, Case)], kept: Kept<'_>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<22}{value}");
    };
    line("new findings", found.len().to_string());
    line("crashing runs", statistics.crashes.to_string());
    if let Some(run) = statistics.first_finding {
        line("first finding at run", run.to_string());
    }
    line("executions", statistics.runs.to_string());
    if statistics.rehearsals > 0 {
        line("rehearsals", statistics.rehearsals.to_string());
    }
    line("executions per second", per_second(statistics).to_string());
    let (reached, points) = statistics.edges();
    line("edges covered", format!("{reached} of {points}"));
    if let Some(size) = kept.size(statistics) {
        line("corpus size", size);
    }
    for (path, case) in found {
        let expected = &case.expected;
        let _ = writeln!(text, "\n{}", headline(expected));
        if let Some(site) = site(expected) {
            let _ = writeln!(text, "  at    {site}");
        }
        let _ = writeln!(text, "  case  {}", path.display());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_guest_made_up_stay_on_their_line() {
        let found = CaseOutcome {
            kind: "trapped".into(),
            detail: String::new(),
            site: format!("evil\n\u{1b}[31m{}", "n".repeat(1000)),
            event: None,
        };
        assert_eq!(headline(&found), "trapped");
        let site = site(&found).unwrap_or_default();
        assert!(site.starts_with("evil\\u{a}\\u{1b}[31mnn") && site.ends_with("n..."), "{site}");
        assert!(site.len() < 300, "{site}");
        assert_eq!(super::site(&CaseOutcome { site: String::new(), ..found }), None);
    }
}
