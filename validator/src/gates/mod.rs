//! The gates: each is one kind of check that pushes findings into a sink.
//!
//! | gate | question |
//! |---|---|
//! | `schema` | does the content keep its format and the interpreter's contract? |
//! | `load` | does the interpreter load it? |
//! | `exercise` | does it survive the events? |

pub mod contract;
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
}

impl Gate {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 3] = [Self::Schema, Self::Load, Self::Exercise];

    /// The gate as the command line and policies write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Load => "load",
            Self::Exercise => "exercise",
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
    /// `only` of all gates (all of them if it is empty), without `skip`.
    pub fn choose(only: &[Gate], skip: &[Gate]) -> Self {
        let chosen = |gate: &Gate| (only.is_empty() || only.contains(gate)) && !skip.contains(gate);
        Self(Gate::ALL.into_iter().filter(chosen).collect())
    }

    /// Whether that gate is on.
    pub fn on(&self, gate: Gate) -> bool {
        self.0.contains(&gate)
    }

    /// Whether the interpreter has to be run.
    pub fn run_interpreter(&self) -> bool {
        self.on(Gate::Load) || self.on(Gate::Exercise)
    }

    /// Whether nothing would be checked at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
