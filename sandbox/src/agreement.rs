//! Whether two runs of one job agree: with inlined checks and judged by the slow oracle, or with checks and
//! without. For those who hold the sanitizer against something.

use crate::memory_error::MemoryErrorKind;
use crate::outcome::{Outcome, TrapKind};
use crate::run::Run;
use std::fmt::Debug;

impl Run {
    /// The first difference between this run, with inlined checks, and the same with
    /// [`Sanitize::Oracle`](crate::Sanitize::Oracle). There must be none.
    pub fn differs_from_oracle(&self, oracle: &Self) -> Option<String> {
        differs("outcome", &told_once(&self.outcome), &told_once(&oracle.outcome))
            .or_else(|| differs("peak memory", &self.peak_memory_bytes, &oracle.peak_memory_bytes))
            .or_else(|| differs("allocations", &self.allocations, &oracle.allocations))
            .or_else(|| self.behaves_otherwise(oracle))
    }

    /// The first difference between this run, with checks, and the same with
    /// [`Sanitize::Off`](crate::Sanitize::Off). Where the checks found nothing there must be none, unless the
    /// guest does something with addresses themselves.
    pub fn differs_from_unchecked(&self, unchecked: &Self) -> Option<String> {
        if let Outcome::Trapped { memory: Some(_), .. } = self.outcome {
            return None;
        }
        differs("outcome", &unplaced(&self.outcome), &unplaced(&unchecked.outcome))
            .or_else(|| self.behaves_otherwise(unchecked))
    }

    fn behaves_otherwise(&self, other: &Self) -> Option<String> {
        differs("phase", &self.phase, &other.phase)
            .or_else(|| differs("event", &self.event, &other.event))
            .or_else(|| differs("fuel", &self.fuel, &other.fuel))
            .or_else(|| differs("records", &self.emitted, &other.emitted))
            .or_else(|| differs("events", &self.events, &other.events))
            .or_else(|| differs("messages", &self.messages, &other.messages))
            .or_else(|| differs("output", &self.output, &other.output))
            .or_else(|| differs("refused calls", &self.refused_calls, &other.refused_calls))
    }
}

fn differs<T: PartialEq + Debug>(what: &str, one: &T, two: &T) -> Option<String> {
    (one != two).then(|| format!("{what}: {one:?}, but {two:?}"))
}

/// An access that cannot but leave the memory, because of its constant offset and the largest size that the
/// module declares, is compiled to a trap. If nothing comes before it in its block, the engine makes one of that
/// and the branch that leads to it, which is where fuel is counted: the trap has the place of its block's start.
/// With checks there is no such size, and the access has its own place.
fn unplaced(outcome: &Outcome) -> Outcome {
    let mut outcome = outcome.clone();
    if let Outcome::Trapped { trap: TrapKind::MemoryOutOfBounds, frames, .. } = &mut outcome
        && let Some(frame) = frames.first_mut()
    {
        (frame.module_offset, frame.file, frame.line, frame.column) = (None, None, None, None);
    }
    outcome
}

/// An access that leaves the memory traps by itself, or is stopped as a wild access because the lookup met
/// poison first; both say the same.
fn told_once(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Trapped { memory: Some(memory), frames, .. }
            if memory.error == MemoryErrorKind::WildAccess && memory.first_bad.is_none() =>
        {
            Outcome::trapped(TrapKind::MemoryOutOfBounds, frames.clone())
        }
        other => other.clone(),
    }
}
