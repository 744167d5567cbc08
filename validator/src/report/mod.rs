//! Reports: the same judgements, rendered for people and for programs.
//!
//! A report is written as the judgements come, so its head is what is known before the first of them
//! and its end is what is known after the last.

mod human;
mod json;

pub(crate) use human::Plain;
pub use human::{Human, Palette};
pub use json::{Json, REPORT_SCHEMA};

use crate::gates::Gates;
use crate::ingest::Notes;
use crate::interpreter::Judge;
use crate::judge::Judgement;
use crate::policy::Policy;
use proofhouse_sandbox::Verdict;
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// What is known before anything is judged.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// What is gone by.
    pub policy: &'a Policy,
    /// Who judges.
    pub judges: &'a [Judge],
    /// Ids of the events, in order.
    pub events: &'a crate::events::Events,
    /// How many subjects there are.
    pub subjects: usize,
    /// What else there is to know about the listing of the subjects.
    pub notes: &'a Notes,
    /// Where times are reported, how long it took until the interpreters were ready. Times make reports differ
    /// from run to run.
    pub timings: Option<Duration>,
}

impl Head<'_> {
    fn gates(&self) -> &Gates {
        &self.policy.gates
    }
}

/// What wrote a document.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: "proofhouse", version: env!("CARGO_PKG_VERSION") }
    }
}

/// How many subjects got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// May ship.
    pub accepted: u64,
    /// Must not ship.
    pub rejected: u64,
    /// Could not be judged.
    pub inconclusive: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Rejected => &mut self.rejected,
            Verdict::Inconclusive => &mut self.inconclusive,
        };
        *count = count.saturating_add(1);
    }

    /// The verdict on all of them: rejected beats inconclusive beats accepted; nothing at all was not
    /// judged.
    pub fn verdict(self) -> Verdict {
        match self {
            Self { rejected: 1.., .. } => Verdict::Rejected,
            Self { inconclusive: 1.., .. } | Self { accepted: 0, .. } => Verdict::Inconclusive,
            Self { accepted: 1.., .. } => Verdict::Accepted,
        }
    }
}

/// How judgements are rendered: for whom, in which form.
///
/// Those who judge render too, each its own subjects, so that nothing but writing is left for one thread alone.
pub trait Form: Sync {
    /// Before the first subject.
    ///
    /// # Errors
    /// If `out` takes no more.
    fn begin(&self, head: &Head<'_>, out: &mut dyn Write) -> io::Result<()>;
    /// The judgement of the subject at `index`.
    ///
    /// # Errors
    /// If `out` takes no more.
    fn subject(
        &self,
        head: &Head<'_>,
        index: usize,
        judgement: &Judgement,
        out: &mut dyn Write,
    ) -> io::Result<()>;
    /// After the last one.
    ///
    /// # Errors
    /// If `out` takes no more.
    fn end(&self, head: &Head<'_>, tally: Tally, out: &mut dyn Write) -> io::Result<()>;
}

/// A report: its form, and where it goes.
pub struct Report<'w> {
    /// How it is rendered.
    pub form: Box<dyn Form>,
    /// Where it goes.
    pub out: Box<dyn Write + 'w>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_beats_inconclusive_beats_accepted_and_nothing_is_not_accepted() {
        let tally = |accepted, rejected, inconclusive| Tally { accepted, rejected, inconclusive };
        assert_eq!(tally(0, 0, 0).verdict(), Verdict::Inconclusive);
        assert_eq!(tally(9, 0, 0).verdict(), Verdict::Accepted);
        assert_eq!(tally(9, 0, 1).verdict(), Verdict::Inconclusive);
        assert_eq!(tally(9, 1, 1).verdict(), Verdict::Rejected);
    }
}
