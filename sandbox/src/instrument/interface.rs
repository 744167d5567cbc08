//! What an instrumented module offers to its host, beside what the original offers to everyone.
//!
//! All of it is exported under names that begin with [`PREFIX`]; an original that uses such a name
//! itself is refused.

use serde::{Deserialize, Serialize};

/// Names of the rewriter's own exports begin like this.
pub const PREFIX: &str = "__proofhouse_";
/// Mutable `i64` global: the fuel that is left. To be set before a call; *below zero after it, fuel ran
/// out*, however the call ended. It is zero in a fresh instance, so that nothing runs before it is set.
pub const FUEL: &str = "__proofhouse_fuel";
/// Memory: the shadow. From the start it is as large as it ever gets, [`SHADOW_BYTES`], so that only the
/// guest's own memory ever grows.
pub const SHADOW: &str = "__proofhouse_shadow";
/// Size of the shadow in bytes: one for every eight that a 32-bit address can name. All but what was
/// poisoned is never touched.
pub const SHADOW_BYTES: u64 = 1 << 29;
/// Memory: counters and comparisons, in the places that a [`CoverageMap`](super::CoverageMap) says. It
/// does not grow.
pub const COVERAGE: &str = "__proofhouse_coverage";
/// Function without parameters and results: the original's start function, which no longer runs by
/// itself. To be called first, with fuel.
pub const START: &str = "__proofhouse_start";
/// Mutable `i32` global: the original's linear stack pointer.
pub const STACK_POINTER: &str = "__proofhouse_stack_pointer";

/// Mutable `i32` global, for [`Violation::read`](super::Violation::read).
pub(super) const SUSPECT: &str = "__proofhouse_suspect";
/// Mutable `i32` global, for [`Violation::read`](super::Violation::read).
pub(super) const SUSPECT_LENGTH: &str = "__proofhouse_suspect_length";
/// Mutable `i32` global, for [`Violation::read`](super::Violation::read).
pub(super) const SUSPECT_OPERAND: &str = "__proofhouse_suspect_operand";

/// The globals that [`Violation::read`](super::Violation::read) asks for.
pub const NOTES: [&str; 3] = [SUSPECT, SUSPECT_LENGTH, SUSPECT_OPERAND];

/// Which of the exports above an instrumented module has. Its own memory stays memory 0.
#[expect(clippy::struct_excessive_bools, reason = "each stands for one export")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interface {
    /// It has [`FUEL`].
    pub fuel: bool,
    /// It has [`SHADOW`], and the globals that [`Violation::read`](super::Violation::read) reads.
    pub shadow: bool,
    /// It has [`START`].
    pub start: bool,
    /// It has [`STACK_POINTER`].
    pub stack_pointer: bool,
    /// It has [`COVERAGE`].
    #[serde(default)]
    pub coverage: bool,
}
