//! The gates: each is one kind of check that pushes findings into a sink.
//!
//! | gate | question |
//! |---|---|
//! | `schema` | does the content keep its format and the interpreter's contract? |
//! | `load` | does the interpreter load it? |
//! | `exercise` | does it survive the events? |
//! | `coverage` | do the events reach all of it? Off unless it is asked for |

pub mod contract;
pub mod coverage;
pub mod outcome;
pub mod schema;
pub mod variants;

use serde::Serialize;
use std::collections::BTreeSet;

/// One kind of check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// The content's format, and what it needs against what the interpreter says it supplies.
    Schema,
    /// The interpreter loads the content.
    Load,
    /// The interpreter evaluates the events; needs `load`.
    Exercise,
    /// The events have the interpreter evaluate every field; needs `exercise`. Off unless it is asked for:
    /// it takes some more runs.
    Coverage,
}

impl Gate {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Schema, Self::Load, Self::Exercise, Self::Coverage];

    /// The gate as the command line and policies write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Load => "load",
            Self::Exercise => "exercise",
            Self::Coverage => "coverage",
        }
    }

    /// Whether it is on where nothing is said.
    fn is_default(self) -> bool {
        match self {
            Self::Schema | Self::Load | Self::Exercise => true,
            Self::Coverage => false,
        }
    }

    /// The gate of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.name() == name)
    }
}

/// The gates that are on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gates(BTreeSet<Gate>);

impl Gates {
    /// `only` of all gates (if it is empty, all that are on by default), without `skip`.
    pub fn choose(only: &[Gate], skip: &[Gate]) -> Self {
        let asked =
            |gate: &Gate| if only.is_empty() { gate.is_default() } else { only.contains(gate) };
        let chosen = |gate: &Gate| asked(gate) && !skip.contains(gate);
        Self(Gate::ALL.into_iter().filter(chosen).collect())
    }

    /// Whether that gate is on.
    pub fn on(&self, gate: Gate) -> bool {
        self.0.contains(&gate)
    }

    /// Whether the interpreter has to be run.
    pub fn run_interpreter(&self) -> bool {
        self.on(Gate::Load) || self.evaluate_events()
    }

    /// Whether events have to be evaluated.
    pub fn evaluate_events(&self) -> bool {
        self.on(Gate::Exercise) || self.on(Gate::Coverage)
    }

    /// Whether nothing would be checked at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
