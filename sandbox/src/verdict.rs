//! Whose fault an outcome is: one table of outcome × phase.
//!
//! Before the content is handed over, nothing that goes wrong is the content's fault. Afterwards the
//! content is stopped by whatever the interpreter does with it, since a host would have had to live
//! with the same. A host fault is never the content's fault.

use crate::outcome::OutcomeKind;
use serde::Serialize;

/// The judgement on one content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may ship.
    Accepted,
    /// It must not ship.
    Rejected,
    /// It could not be judged. A pipeline stops, but the content is not blamed.
    Inconclusive,
}

/// What was being done when a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The module was vetted and compiled.
    Compile,
    /// The instance was made, and its start function ran.
    Instantiate,
    /// `_initialize`, `proofhouse_warmup`, `proofhouse_describe` or `LLVMFuzzerInitialize` ran.
    Initialise,
    /// The policy's configuration was handed over.
    Configure,
    /// The interpreter was asked for a buffer for the content.
    Alloc,
    /// The content was handed over.
    Load,
    /// An event was handed over; its buffer counts as part of this.
    Evaluate,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 7] = [
        Self::Compile,
        Self::Instantiate,
        Self::Initialise,
        Self::Configure,
        Self::Alloc,
        Self::Load,
        Self::Evaluate,
    ];
}

/// The blame table.
pub fn verdict(outcome: OutcomeKind, phase: Phase) -> Verdict {
    use OutcomeKind as O;
    use Phase as P;
    use Verdict::{Accepted, Inconclusive, Rejected};
    match (phase, outcome) {
        // The content has not been handed over.
        (P::Compile | P::Instantiate | P::Initialise | P::Configure | P::Alloc, _) => Inconclusive,

        // Loading is the last phase where there are no events, and evaluating is where there are.
        (P::Load | P::Evaluate, O::Accepted | O::Completed) => Accepted,
        (
            P::Load | P::Evaluate,
            O::Rejected
            | O::EvaluationError
            | O::Trapped
            | O::OutOfFuel
            | O::OutOfMemory
            | O::StackExhausted
            | O::OutputFlood
            | O::AbiViolation,
        ) => Rejected,
        (P::Load | P::Evaluate, O::Unusable | O::HostFault) => Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each cell, written out: A accepted, R rejected, I inconclusive; a column per outcome kind.
    const TABLE: [(Phase, &str); 7] = [
        //                   accepted completed rejected evaluation trap fuel memory stack flood abi unusable host
        (Phase::Compile, "I I I I I I I I I I I I"),
        (Phase::Instantiate, "I I I I I I I I I I I I"),
        (Phase::Initialise, "I I I I I I I I I I I I"),
        (Phase::Configure, "I I I I I I I I I I I I"),
        (Phase::Alloc, "I I I I I I I I I I I I"),
        (Phase::Load, "A A R R R R R R R R I I"),
        (Phase::Evaluate, "A A R R R R R R R R I I"),
    ];

    #[test]
    fn every_cell_has_the_verdict_of_the_table() {
        for ((phase, row), expected_phase) in TABLE.into_iter().zip(Phase::ALL) {
            assert_eq!(phase, expected_phase);
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells.len(), OutcomeKind::ALL.len(), "{phase:?}");
            for (outcome, cell) in OutcomeKind::ALL.into_iter().zip(cells) {
                let expected = match cell {
                    "A" => Verdict::Accepted,
                    "R" => Verdict::Rejected,
                    _ => Verdict::Inconclusive,
                };
                assert_eq!(verdict(outcome, phase), expected, "{outcome:?} in {phase:?}");
            }
        }
    }
}
