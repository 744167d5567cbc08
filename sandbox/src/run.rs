//! A run: what goes in, and what comes out.

use crate::limits::Limits;
use crate::message::Message;
use crate::outcome::Outcome;
use crate::records::Records;
use crate::session::{Evaluated, Finished};
use crate::verdict::{Phase, Verdict, verdict};
use std::ops::Range;

/// What one run judges, and under which limits.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The content.
    pub content: &'a [u8],
    /// The events, evaluated in order in one instance; ABIs without events ignore them.
    pub events: &'a [&'a [u8]],
    /// The limits.
    pub limits: &'a Limits,
    /// UTF-8 JSON for `proofhouse_configure`; ignored by interpreters that take none.
    pub configuration: Option<&'a str>,
    /// Arguments of a command, its name first.
    pub arguments: &'a [String],
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How it ended.
    pub outcome: Outcome,
    /// Where it ended.
    pub phase: Phase,
    /// Index of the event that was being evaluated when it ended early.
    pub event: Option<usize>,
    /// Fuel of all calls together.
    pub fuel: u64,
    /// Largest size of the guest's linear memory, in bytes.
    pub peak_memory_bytes: u64,
    /// Numbers of the allocations while the content was loaded and evaluated, for
    /// [`Variant::FailedAllocation`](crate::Variant::FailedAllocation); empty where the heap is not checked.
    pub allocations: Range<u32>,
    /// Records emitted while the content was loaded.
    pub emitted: Records,
    /// The events that were evaluated, in order.
    pub events: Vec<Evaluated>,
    /// Diagnostics, in order.
    pub messages: Vec<Message>,
    /// stdout and stderr.
    pub output: Vec<u8>,
    /// Host functions that the guest called and that are not provided.
    pub refused_calls: Vec<&'static str>,
}

impl Run {
    /// The blame table's answer.
    pub fn verdict(&self) -> Verdict {
        verdict(self.outcome.kind(), self.phase)
    }

    pub(crate) fn new(outcome: Outcome, finished: Finished) -> Self {
        let captured = finished.captured;
        Self {
            outcome,
            phase: finished.phase,
            event: finished.event,
            fuel: finished.fuel,
            peak_memory_bytes: finished.peak_memory_bytes,
            allocations: finished.allocations,
            emitted: finished.emitted_in_load,
            events: finished.evaluated,
            messages: captured.messages,
            output: captured.output,
            refused_calls: captured.refused_calls.into_iter().collect(),
        }
    }
}
